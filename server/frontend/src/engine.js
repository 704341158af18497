// A worker that answers queries in the browser: Oxigraph, with the dataset of a static copy.

import init, { Store } from "oxigraph";

const GZIP = [0x1f, 0x8b];
let opening = null;

/** Load the dataset: the merge of its graphs, without those apart, is the default graph. */
async function open({ program, dump, base, apart }) {
  const [bytes] = await Promise.all([load(dump), init({ module_or_path: program })]);
  const store = new Store();
  store.load(bytes, { format: "application/n-quads", no_transaction: true });
  const kept = apart.map((name) => `<${name}>`).join(", ");
  store.update(`INSERT { ?s ?p ?o } WHERE { GRAPH ?g { ?s ?p ?o } FILTER(?g NOT IN (${kept})) }`);
  return (query, format) => store.query(query, { base_iri: base, results_format: format });
}

/** The bytes of a file that is packed, unless the host has sent it so that the browser unpacked it. */
async function load(address) {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`${address}: status ${answer.status}`);
  const bytes = new Uint8Array(await answer.arrayBuffer());
  if (!GZIP.every((byte, place) => bytes[place] === byte)) return bytes;
  const unpacked = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(unpacked).arrayBuffer());
}

self.addEventListener("message", async ({ data }) => {
  try {
    opening ??= open(data.dataset);
    const query = await opening;
    self.postMessage({ text: query(data.query, data.format) });
  } catch (error) {
    self.postMessage({ error: String(error.message ?? error) });
  }
});
