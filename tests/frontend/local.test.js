// Queries as the engine in the browser reads them.

import assert from "node:assert/strict";
import { test } from "node:test";
import { readable } from "../../server/frontend/src/local.js";

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
