// Names in a query that the dataset does not have, each with the nearest that it has.

import { distance } from "./complete.js";
import { declared, tokens } from "./reader.js";

const FREE = new Set(["rdf", "rdfs", "owl", "xsd", "sh", "accsm-sh"]); // vocabularies whose terms data need not use

/** The names in a text that are in no data: { from, to, name, near }. */
export function unknown(text, data) {
  const all = tokens(text);
  const own = declared(all);
  return all
    .filter(({ kind, text: name }) => kind === "name" && !name.endsWith(":") && !isKnown(name, own, data))
    .map(({ text: name, from, to }) => ({ from, to, name, near: nearest(name, data) }));
}

function isKnown(name, own, data) {
  const [prefix] = name.split(":", 1);
  const iri = data.expand(name, own);
  if (!iri || FREE.has(prefix) || data.iris.has(iri)) return true;
  if (data.prefixes[prefix] === undefined || (own[prefix] || data.prefixes[prefix]) !== data.prefixes[prefix])
    return true; // of another vocabulary
  return !data.has(prefix);
}

/** The name with the same prefix that has the fewest other letters. */
function nearest(name, data) {
  const [prefix] = name.split(":", 1);
  const [, local] = name.toLowerCase().split(":");
  let best = ["", 3];
  for (const other of data.iris.values()) {
    if (!other.startsWith(`${prefix}:`)) continue;
    const said = other.slice(prefix.length + 1).toLowerCase();
    const far = said === local ? 0 : distance(said, local) || 3;
    if (far < best[1]) best = [other, far];
  }
  if (best[0]) return best[0];
  const begins = [...data.iris.values()].filter((other) => other.startsWith(`${prefix}:`) &&
    (other.slice(prefix.length + 1).toLowerCase().startsWith(local) || local.startsWith(other.slice(prefix.length + 1).toLowerCase())));
  return begins.sort((one, other) => one.length - other.length)[0] ?? "";
}
