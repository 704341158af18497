// Ask with Comunica: comunica.mjs TASK ADDRESS QUERY
import { QueryEngine } from "@comunica/query-sparql";

const [task, address, query] = process.argv.slice(2);
const engine = new QueryEngine();
const endpoint = { sources: [{ type: "sparql", value: `${address}/sparql` }] };

async function print(result) {
  const { data } = await engine.resultToString(result, "application/n-triples");
  for await (const piece of data) process.stdout.write(piece);
}

if (task === "select") {
  const rows = await engine.queryBindings(query, endpoint);
  for await (const row of rows) console.log([...row.values()].map((term) => term.value).join("\t"));
} else if (task === "ask") {
  console.log(await engine.queryBoolean(query, endpoint));
} else if (task === "construct") {
  await print(await engine.query(query, endpoint));
} else if (task === "graph") {
  const all = "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }";
  await print(await engine.query(all, { sources: [`${address}/rdf-graph-store?default`] }));
} else if (task === "follow") {
  const objects = async (subject, property) => {
    const query = `SELECT ?o WHERE { <${subject}> <${property}> ?o }`;
    const rows = await engine.queryBindings(query, { sources: [subject] });
    return (await rows.toArray()).map((row) => row.get("o").value);
  };
  for (const line of await objects(query, `${address}/ontology#supports`)) {
    const definition = "http://www.w3.org/2004/02/skos/core#definition";
    for (const text of await objects(line, definition)) console.log(`${line}\t${text}`);
  }
}
