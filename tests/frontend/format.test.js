// The layout of queries, and queries as they are used elsewhere.

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { format } from "../../server/frontend/src/format.js";
import { tokens } from "../../server/frontend/src/reader.js";
import { USES } from "../../server/frontend/src/use.js";

const folder = new URL("../../data/queries/", import.meta.url).pathname;
const texts = readdirSync(folder).filter((name) => name.endsWith(".rq")).map((name) => readFileSync(join(folder, name), "utf8"));
const said = (text) => tokens(text, true).map((token) => token.text.trim());

test("the layout changes nothing but space, and is stable", () => {
  assert.ok(texts.length > 90);
  for (const text of [...texts, ...texts.map((one) => one.replace(/^#.*\n/gm, "").replace(/\s+/g, " "))]) {
    const laid = format(text);
    assert.deepEqual(said(laid), said(text));
    assert.equal(format(laid), laid);
  }
});

test("a query in one line gets a line for each triple", () => {
  const text = 'PREFIX a: <urn:a#> SELECT ?x (COUNT(?y) AS ?n) WHERE { ?x a a:C ; a:p/a:q ?y . OPTIONAL { ?x a:r ?z } { ?x a:s "{" } UNION { ?x a:t [ a:u 1 ; a:v 2 ] } FILTER(?y > 1) } GROUP BY ?x ORDER BY DESC(?n) LIMIT 3';
  assert.equal(format(text), `PREFIX a: <urn:a#>

SELECT ?x (COUNT(?y) AS ?n)
WHERE {
  ?x a a:C ;
    a:p/a:q ?y .
  OPTIONAL { ?x a:r ?z }
  { ?x a:s "{" } UNION {
    ?x a:t [ a:u 1 ; a:v 2 ]
  }
  FILTER(?y > 1)
}
GROUP BY ?x
ORDER BY DESC(?n)
LIMIT 3
`);
});

test("comments stay where they are", () => {
  const text = "# first\nSELECT * { ?a ?b ?c . # why\n  # next\n  ?d ?e ?f }\n";
  assert.equal(format(text), "# first\n\nSELECT * {\n  ?a ?b ?c . # why\n  # next\n  ?d ?e ?f\n}\n");
});

test("every program gets the whole query", () => {
  const query = "SELECT * { ?s ?p 'it''s', \"a)-\\\"b\" , `x` }";
  for (const [name, make] of Object.entries(USES)) assert.ok(make(query, "http://h/sparql").includes("http://h/sparql"), name);
  assert.ok(USES.curl("ASK { ?s ?p 'x' }", "u").includes("'\\''x'\\''"));
  assert.ok(USES["Excel (Power Query)"]('ASK { ?s ?p "x#(" }', "u").includes('""x#(#)(""'));
  assert.ok(USES.R('ASK { ?s ?p (")") }', "u").startsWith('query <- r"-('));
});

if (process.env.OUT) {
  const { writeFileSync } = await import("node:fs");
  const query = `SELECT ?x ?y { VALUES (?x ?y) { ('it\\'s "so"' "back\\\\slash") ("é" """two
lines""") } }`;
  const made = Object.fromEntries(Object.entries(USES).map(([name, make]) => [name, make(query, process.env.ENDPOINT)]));
  writeFileSync(process.env.OUT, JSON.stringify(made));
}
