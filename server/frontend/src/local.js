// Queries of a static copy, which a worker of the browser answers: see engine.js.

import { declared, prefixOf, tokens } from "./reader.js";
import { counted, make } from "./tools.js";

const ROWS = "application/sparql-results+json";
const TRIPLES = "text/turtle";
const MOST_ROWS = 1000;
const SHOWN = 40; // characters of a query in a message
const LONGEST_TURTLE = 1e6; // characters
const LOCAL = /^\w(?:[\w-]*\w)?$/;
const GRAPH_FORMS = /^(?:CONSTRUCT|DESCRIBE)$/i;
const FORMS = /^(?:SELECT|ASK|CONSTRUCT|DESCRIBE)$/i;

/**
 * A query as Oxigraph reads it: names with several dots, such as x:A.2.i, as IRIs, and the prefixes
 * that the dataset knows declared on its first line, so that places in messages stay.
 */
export function readable(text, known) {
  const all = tokens(text);
  const own = declared(all);
  const spaces = { ...known, ...own };
  const used = new Set();
  let made = text;
  for (const token of all.toReversed().filter(({ kind }) => kind === "name")) {
    const prefix = prefixOf(token);
    const local = token.text.slice(prefix.length + 1);
    const isDotted = /\..*\./.test(local) && prefix in spaces;
    if (isDotted) made = `${made.slice(0, token.from)}<${spaces[prefix]}${local.replace(/\\(.)/g, "$1")}>${made.slice(token.to)}`;
    else used.add(prefix);
  }
  const missing = [...used].filter((prefix) => prefix in known && !(prefix in own)).sort();
  return missing.map((prefix) => `PREFIX ${prefix}: <${known[prefix]}> `).join("") + made;
}

/** Why the engine has not answered a query, in words: it tells the line and column at which it gave up. */
export function explained(message, query) {
  const place = /error at (\d+):(\d+)/.exec(message);
  if (!place) return message;
  const all = tokens(query);
  const own = declared(all);
  const foreign = all.find((token) => token.kind === "name" && !(prefixOf(token) in own));
  if (foreign) return `Line ${query.slice(0, foreign.from).split("\n").length}: the prefix ${prefixOf(foreign)}: is not declared.`;
  const start = query.split("\n").slice(0, place[1] - 1).join("\n").length + (place[1] > 1 ? 1 : 0);
  const near = all.find(({ to }) => to >= start + Number(place[2]) - 1) ?? all.at(-1);
  const [rest] = query.slice(near?.from ?? 0).split("\n", 1);
  const shown = rest.length > SHOWN ? `${rest.slice(0, SHOWN)}…` : rest;
  return `Line ${place[1]}: the query cannot be read near “${shown}”. Look for what is missing or too much there, or right before it.`;
}

/** Turtle without prefixes, written with those that are known; longer texts stay as they are. */
export function shortened(text, known) {
  if (text.length > LONGEST_TURTLE) return text;
  const spaces = Object.entries(known).sort(([, one], [, other]) => other.length - one.length);
  const used = new Set();
  const parts = [];
  let end = 0;
  for (const { kind, text: iri, from, to } of tokens(text)) {
    const found = kind === "iri" && spaces.find(([, space]) => iri.startsWith(`<${space}`) && LOCAL.test(iri.slice(space.length + 1, -1)));
    if (!found) continue;
    used.add(found[0]);
    parts.push(text.slice(end, from), `${found[0]}:${iri.slice(found[1].length + 1, -1)}`);
    end = to;
  }
  const lines = [...used].sort().map((prefix) => `@prefix ${prefix}: <${known[prefix]}> .\n`);
  return lines.join("") + parts.join("") + text.slice(end);
}

/** The engine of the page whose form has `data` about it. */
export function createEngine({ engine, program, dump, base, apart, root }) {
  const at = (address) => String(new URL(address, location.href));
  const dataset = { program: at(program), dump: at(dump), base, apart: apart.split(" ") };
  let worker = null;

  /** The text of an answer, in a format; the worker ends if `signal` is aborted. */
  function ask(query, format, signal) {
    worker ??= new Worker(at(engine), { type: "module" });
    const asked = worker;
    return new Promise((resolve, reject) => {
      const stop = () => {
        asked.terminate();
        if (worker === asked) worker = null;
        reject(new Error("cancelled"));
      };
      if (signal?.aborted) return stop();
      signal?.addEventListener("abort", stop, { once: true });
      asked.onmessage = ({ data }) => {
        signal?.removeEventListener("abort", stop);
        if (data.error === undefined) resolve(data.text);
        else reject(Object.assign(new Error(data.error), { isOfQuery: true }));
      };
      asked.onerror = () => {
        stop();
        reject(new Error("the browser does not run the engine"));
      };
      return asked.postMessage({ dataset, query, format });
    });
  }

  /** The page of a thing in this copy, or else its IRI. */
  const page = (iri) => {
    if (!iri.startsWith(`${base}id/`) || iri.includes("?") || iri.includes("#")) return iri;
    return at(`${root}${iri.slice(base.length)}/`);
  };

  /** The answer as a section, or why there is none; `name` is what the page calls an IRI. */
  async function answer(text, known, name, signal) {
    const query = readable(text, known);
    const form = tokens(query).find(({ kind, text: word }) => kind === "word" && FORMS.test(word))?.text ?? "";
    const isGraph = GRAPH_FORMS.test(form);
    let said;
    try {
      said = await ask(query, isGraph ? TRIPLES : ROWS, signal);
    } catch (error) {
      if (!error.isOfQuery) throw error;
      return make("section", { className: "problem", role: "alert" },
        make("h2", {}, "The query was not answered"), make("p", {}, explained(error.message, query)));
    }
    const save = (format, ending) => saving(`answer.${ending}`, format, () => ask(query, format));
    const files = isGraph ? [save(TRIPLES, "ttl")] : [save("text/csv", "csv"), save(ROWS, "json")];
    const shown = isGraph ? [turtle(shortened(said, known))] : rows(JSON.parse(said), (term) => cell(term, page, name));
    return make("section", { className: "answer", "aria-labelledby": "answer" },
      make("h2", { id: "answer" }, "Answer"), ...shown, make("p", { className: "formats" }, "The answer as ", ...files));
  }

  return { ask, answer, page };
}

function turtle(text) {
  return make("pre", { className: "code", tabIndex: 0, role: "region", "aria-label": "The answer in Turtle" }, make("code", {}, text));
}

function rows({ head, boolean, results }, show) {
  if (boolean !== undefined) return [make("p", { className: "boolean" }, boolean ? "Yes" : "No")];
  const all = results.bindings;
  const first = all.slice(0, MOST_ROWS);
  const note = all.length > first.length ? `Only the first ${MOST_ROWS} of ${all.length} rows are shown.` : counted(all.length, "row");
  const heads = head.vars.map((name) => make("th", { scope: "col" }, name));
  const lines = first.map((row) => make("tr", {}, ...head.vars.map((name) => make("td", { "data-column": name }, ...(row[name] ? [show(row[name])] : [])))));
  const table = make("table", { className: "results block", "data-sort": "", "data-filter": "" },
    make("caption", { className: "hidden" }, "The answer to the query"),
    make("thead", {}, make("tr", {}, ...heads)), make("tbody", {}, ...lines));
  const box = make("div", { className: "scroll", tabIndex: 0, role: "region", "aria-label": "Rows of the answer" }, table);
  return [make("p", { className: "note", role: "status" }, note), ...(all.length ? [box] : [])];
}

function cell({ type, value, "xml:lang": language }, page, name) {
  if (type === "uri" && /^https?:/i.test(value)) return make("a", { href: page(value), title: value }, name(value));
  const text = type === "uri" ? name(value) : type === "bnode" ? `_:${value}` : value ?? "";
  return make("span", { className: "literal", ...(language ? { lang: language } : {}) }, text);
}

function saving(file, type, load) {
  const button = make("button", { type: "button", className: "second" }, file.split(".")[1].toUpperCase());
  button.addEventListener("click", async () => {
    const href = URL.createObjectURL(new Blob([await load()], { type }));
    make("a", { href, download: file }).click();
    setTimeout(() => URL.revokeObjectURL(href), 1000);
  });
  return button;
}
