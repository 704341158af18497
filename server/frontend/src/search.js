// The search of a static copy: words in the names, codes and texts of things, found in the browser.

import { createEngine } from "./local.js";
import { counted, make } from "./tools.js";

const MOST = 50;
const place = document.querySelector("[data-engine]");
const engine = createEngine(place.dataset);
const words = (new URLSearchParams(location.search).get("q") ?? "").toLowerCase().split(/\s+/).filter(Boolean);

/** A query for the literals that have all the words, with what they are said of. */
function query() {
  const has = words.map((word) => `CONTAINS(LCASE(STR(?text)), ${JSON.stringify(word)})`).join(" && ");
  return `PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
SELECT ?thing ?label ?text WHERE {
  ?thing ?property ?text . FILTER(isLiteral(?text) && ${has})
  FILTER(STRSTARTS(STR(?thing), "${place.dataset.base}id/"))
  OPTIONAL { ?thing skos:prefLabel|rdfs:label ?label }
} ORDER BY ?thing ?text`;
}

/** What was found for each thing, the best first: its code or name, the beginning of these, the rest. */
function ranked(rows) {
  const sought = words.join(" ");
  const best = new Map();
  for (const { thing, label, text } of rows) {
    const said = text.value.toLowerCase();
    const isName = text.value === label?.value;
    const rank = said === sought ? 0 : isName ? (said.startsWith(sought) ? 1 : 2) : 3;
    const found = best.get(thing.value);
    if (!found || rank < found.rank) best.set(thing.value, { iri: thing.value, label: label?.value ?? thing.value, text: text.value, rank });
  }
  return [...best.values()].sort((one, other) => one.rank - other.rank || one.label.length - other.label.length);
}

function shown({ iri, label, text }) {
  const item = make("li", {}, make("h3", {}, make("a", { href: engine.page(iri), title: iri }, label)));
  if (text !== label) item.append(make("p", {}, text.length > 300 ? `${text.slice(0, 300)} …` : text));
  return item;
}

const status = make("p", { className: "outcome", role: "status" });
document.getElementById("q").value = words.join(" ");
place.replaceChildren(status);
if (words.length) {
  status.textContent = "Searching …";
  try {
    const answer = JSON.parse(await engine.ask(query(), "application/sparql-results+json"));
    const found = ranked(answer.results.bindings);
    const rest = found.length > MOST ? `, the first ${MOST} are shown` : "";
    status.textContent = `${counted(found.length, "result")}${rest}.`;
    place.append(make("ol", { className: "results-list" }, ...found.slice(0, MOST).map(shown)));
  } catch (error) {
    status.textContent = `The browser cannot search: ${error.message}`;
  }
}
