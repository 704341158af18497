// What completion offers at the cursors of cursors.json; DATA is a folder with terms and things.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Knowledge, complete, declarations } from "../../server/frontend/src/complete.js";
import { unknown } from "../../server/frontend/src/names.js";

const load = (name) => JSON.parse(readFileSync(join(process.env.DATA, `${name}.json`), "utf8"));
const [terms, things] = [load("terms"), load("things")];
const data = new Knowledge(terms, things);
const { design, own } = JSON.parse(readFileSync(new URL("cursors.json", import.meta.url), "utf8"));

/** The options where ⌶ stands in a text. */
function at(text, known = data) {
  const cursor = text.indexOf("⌶");
  return complete(text.replace("⌶", ""), cursor, known);
}

for (const { text, first = [], among = [], within = 5, detail } of [...design, ...own])
  test(text, () => {
    const { options } = at(text);
    const labels = options.map(({ label }) => label);
    assert.deepEqual(labels.slice(0, first.length), first);
    for (const label of among) assert.ok(labels.slice(0, within).includes(label), `${label} in ${labels.slice(0, within)}`);
    if (detail) assert.equal(options[0].detail, detail);
  });

test("no place makes it fail", () => {
  const query = design[4].text.replace("⌶", "accsm:supports") + " GROUP BY ?x HAVING(COUNT(?y) > 1) ORDER BY DESC(?x) LIMIT 1";
  for (const text of [query, "{ [ a ?x ; ] ( 1 2 [", "SELECT (", "PREFIX", "VALUES (?a", "\"\"\"a\nb", "FILTER(?a IN", "}}}", ""])
    for (let cursor = 0; cursor <= text.length; cursor++) complete(text, cursor, data);
});

test("a graph is found by its label, and by the words of its source", () => {
  for (const [words, name] of [["newspaper", "<graph/source/004>"], ["Borneo", "<graph/source/004>"], ["secretariat", "<graph/source/001>"],
    ["computed", "graph:inferred"]]) assert.equal(at(`ASK { GRAPH ${words}⌶ {} }`).options[0].label, name);
  assert.equal(at("ASK { GRAPH ⌶ {} }").options.length, terms.graphs.length + 1);
});

test("nothing is concluded from the body of a SERVICE, and nothing of the dataset offered in it", () => {
  const inside = at("ASK { SERVICE <http://example.org/> { ?p a accsm:Project ; supp⌶ ?x } }").options;
  assert.deepEqual(inside.filter(({ type }) => type !== "variable"), []);
  const after = at("ASK { SERVICE <http://example.org/> { ?p a accsm:Project } ?p supp⌶ ?x }").options;
  assert.equal(after[0].detail.includes(" of "), false);
});

test("names with two dots are written as IRIs where an engine does not read them", () => {
  const plain = new Knowledge(terms, things, false);
  const text = "ASK { ?p accsm:supports A.2.2.iv⌶ }";
  assert.equal(at(text).options[0].insert, "action-line-apsc-2025:A.2.2.iv");
  assert.equal(at(text, plain).options[0].insert, `<${terms.base}id/action-line/apsc-2025/A.2.2.iv>`);
});

test("deprecated properties and those that no data has come last", () => {
  const labels = at("ASK { ?d a accsm:Declaration ; sign⌶ ?x }").options.map(({ label }) => label);
  assert.ok(labels.indexOf("accsm:signedIn") > labels.indexOf("accsm:hasSignature"));
});

test("missing prefixes are declared, others are left alone", () => {
  assert.equal(declarations("ASK {}", "accsm:supports skos:notation", data),
    `PREFIX accsm: <${terms.prefixes.accsm}>\nPREFIX skos: <${terms.prefixes.skos}>\n`);
  assert.equal(declarations("PREFIX accsm: <x> ASK {}", "accsm:supports nothing:x", data), "");
});

test("a name that does not exist is found, with the nearest", () => {
  const text = 'PREFIX own: <urn:x> ASK { ?x accsm:suports ?y ; skos:prefLable "accsm:no" ; own:p country:KHMM, rdf:any, accsm:supports }';
  assert.deepEqual(unknown(text, data).map(({ name, near }) => [name, near]),
    [["accsm:suports", "accsm:supports"], ["skos:prefLable", "skos:prefLabel"], ["country:KHMM", "country:KHM"]]);
});

test("things that were not sent are asked for by what is typed and the classes that fit, and none is unknown", () => {
  const few = new Knowledge(terms, { kinds: [], things: [], more: true });
  const text = "ASK { ?person accsm:gaveSignature hun⌶ }";
  const { ask, options } = at(text, few);
  assert.deepEqual(ask, { words: "hun", classes: ["accsm:Signature"] });
  few.add({ kinds: [["accsm:Signature"]], things: [["<id/hun>", "Hun", [], 0]] });
  assert.deepEqual([options, at(text, few).options.map(({ label }) => label)], [[], ["<id/hun>"]]);
  assert.deepEqual(unknown("ASK { country:XYZ accsm:suports ?x }", few).map(({ name }) => name), ["accsm:suports"]);
});

test("the nearest name is one that fits: a property for a property, by its words, or by a label", () => {
  const near = (name) => unknown(`ASK { ?x ${name} ?y }`, data)[0].near;
  assert.deepEqual(["accsm:coordinator", "accsm:tilte", "accsm:date", "accsm:Prject", "country:Vietnam", "country:tha", "accsm:Countr"].map(near),
    ["accsm:countryCoordinator", "dcterms:title", "dcterms:date", "accsm:Project", "country:VNM", "country:THA", "accsm:Country"]); // prettier-ignore
});

if (process.env.OUT) {
  // Every text that an option makes, for the endpoint to parse: holes are filled with a variable.
  const { writeFileSync } = await import("node:fs");
  const filled = ({ type, label, insert }) =>
    type === "keyword" && insert !== "a" ? null : label === "DISTINCT" ? null : insert.replace(/\{ ⌶ \}/, "{}").replace("⌶", "?x");
  const local = [...design, ...own].filter(({ text }) => !text.includes("SERVICE")); // which is refused
  const made = local.flatMap(({ text }) => {
    const { from, to, options, place } = at(text);
    const plain = text.replace("⌶", "");
    return (place === "group" ? options.slice(0, 1) : options).flatMap((option) => {
      const insert = filled(option);
      if (insert === null) return [];
      const needsMore = place === "subject" && !insert.replace(/^[.;] /, "").includes(" ");
      const query = `${plain.slice(0, from)}${insert}${needsMore ? " ?p ?o" : ""}${plain.slice(to)}`;
      return [declarations(plain, insert, data) + query];
    });
  });
  writeFileSync(process.env.OUT, JSON.stringify(made));
}
