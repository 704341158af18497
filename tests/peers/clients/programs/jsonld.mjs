// Load JSON-LD with jsonld.js: jsonld.mjs TASK ADDRESS QUERY
import jsonld from "jsonld";

const [task, address, query] = process.argv.slice(2);

const print = async (url) => console.log(await jsonld.toRDF(url, { format: "application/n-quads" }));

if (task === "construct") {
  await print(`${address}/sparql?query=${encodeURIComponent(query)}`);
} else if (task === "graph") {
  await print(`${address}/rdf-graph-store?default`);
} else if (task === "follow") {
  const objects = async (subject, property) => {
    const nodes = await jsonld.flatten(subject);
    return nodes.find((node) => node["@id"] === subject)?.[property] ?? [];
  };
  for (const { "@id": line } of await objects(query, `${address}/ontology#supports`)) {
    const definition = "http://www.w3.org/2004/02/skos/core#definition";
    for (const { "@value": text } of await objects(line, definition)) console.log(`${line}\t${text}`);
  }
}
