// Queries as the engine in the browser reads them.

import assert from "node:assert/strict";
import { test } from "node:test";
import { explained, readable, shortened } from "../../server/frontend/src/local.js";

const known = { accsm: "urn:o#", line: "urn:line/", skos: "urn:skos#" };

test("names with several dots become IRIs, but not in texts, comments and IRIs", () => {
  const text = 'PREFIX x: <urn:x/>\nSELECT * { ?s x:p x:A.2.i, x:1.5, "x:A.2.i", <x:A.2.i> . # x:A.2.i\n}';
  assert.equal(readable(text, {}), text.replace("x:A.2.i,", "<urn:x/A.2.i>,"));
  assert.equal(readable("PREFIX x: <urn:x/> ASK { ?s ?p x:a\\,b.c.d }", {}), "PREFIX x: <urn:x/> ASK { ?s ?p <urn:x/a,b.c.d> }");
});

test("known prefixes are declared on the first line, where the query does not", () => {
  const text = "SELECT * {\n  ?s accsm:supports line:A.2.2.iv ; skos:notation ?n ; other:p 1 }";
  assert.equal(readable(text, known), `PREFIX accsm: <urn:o#> PREFIX skos: <urn:skos#> ${text.replace("line:A.2.2.iv", "<urn:line/A.2.2.iv>")}`);
  const own = "PREFIX accsm: <urn:own#> ASK { ?s a accsm:A.b.c, accsm:B }";
  assert.equal(readable(own, known), "PREFIX accsm: <urn:own#> ASK { ?s a <urn:own#A.b.c>, accsm:B }");
});

test("a place at which the engine gave up is told in words", () => {
  const end = " Look for what is missing or too much there, or right before it.";
  const query = "PREFIX x: <urn:x> ASK {\n  ?p x:a x:b x:c ?s }";
  assert.equal(explained("error at 2:15: expected OPTIONAL", query), `Line 2: the query cannot be read near “x:c ?s }”.${end}`);
  assert.equal(explained("error at 1:6: expected x", "ASK {"), `Line 1: the query cannot be read near “{”.${end}`);
  assert.equal(explained("error at 2:9: expected x", "ASK {\n ?a y:b ?c }"), "Line 2: the prefix y: is not declared.");
  assert.equal(explained("the engine is lost", ""), "the engine is lost");
});

test("a graph is shown with the prefixes that are known", () => {
  const text = '<urn:line/A> <urn:o#p> "<urn:o#no>"@en , <urn:line/A.2.i> , <urn:o#C> .\n';
  assert.equal(shortened(text, { ...known, all: "urn:" }),
    '@prefix accsm: <urn:o#> .\n@prefix line: <urn:line/> .\nline:A accsm:p "<urn:o#no>"@en , <urn:line/A.2.i> , accsm:C .\n'); // prettier-ignore
  assert.equal(shortened("", known), "");
});
