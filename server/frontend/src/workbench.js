// Makes a workbench of the form for a query: an editor in place of the text area, queries in tabs, an
// answer without a new page, and questions, terms and a history beside it.

import { Knowledge } from "./complete.js";
import { createEditor } from "./editor.js";
import { format } from "./format.js";
import { createEngine } from "./local.js";
import { unknown } from "./names.js";
import { makeSide } from "./side.js";
import { counted, json, make, read, tabs, write } from "./tools.js";
import { USES } from "./use.js";

const MARKED = 400; // milliseconds after the last key
const SAID = 1100; // more, before it is said
const COPIES = { hidden: !navigator.clipboard }; // browsers copy on pages with https, and of this machine
const LONGEST_LINK = 8000; // characters of an address that others can be asked to open

const form = document.querySelector("form.query");
const { terms, things, complete, check, questions } = form.dataset;
const area = form.elements.query;
const local = form.dataset.engine ? createEngine(form.dataset) : null; // of a static copy
const endpoint = local ? new URL(location.pathname, location.href) : new URL(form.getAttribute("action"), location.href);
const linked = new URLSearchParams(location.search).get("query");
const given = linked !== null || document.querySelector(".answer, .problem") !== null;
if (local && linked !== null) area.value = linked;

// What is known of the dataset

let knowledge = null;
const asked = new Set();

async function load() {
  const [known, found] = await Promise.all([terms, things].map(json));
  knowledge = new Knowledge(known, found, !local);
  review();
  return knowledge;
}

const loading = load();

/** Ask the server for things that are not known yet; whether there are new ones. */
async function more({ words, classes }) {
  const address = `${complete}?${new URLSearchParams([["q", words], ...classes.map((name) => ["class", name])])}`;
  if (!complete || !knowledge.more || asked.has(address)) return false;
  asked.add(address);
  const answer = await fetch(address);
  if (!answer.ok) return false;
  knowledge.add(await answer.json());
  return true;
}

// The parts of the page

const host = make("div", { className: "editor" });
const status = make("p", { className: "status", role: "status" });
const fixes = make("div", { className: "fixes" });
const timer = make("span", { className: "timer", "aria-hidden": "true" });
const cancel = button("Cancel", () => running?.abort(), { hidden: true });
const copied = make("span", { className: "note", role: "status" });
const chooser = make("select", { "aria-label": "Program" }, ...Object.keys(USES).map((name) => make("option", {}, name)));
const snippet = make("code", {});
const use = make("details", { className: "use" }, make("summary", {}, "Use in…"),
  make("div", { className: "run" }, chooser, button("Copy", () => copy(snippet.textContent), COPIES)),
  make("pre", { className: "code", tabIndex: 0, role: "region", "aria-label": "The query for this program" }, snippet));
const shelf = make("div", { className: "run" });
const panel = make("div", { className: "workbench-main" });
const strip = make("div", { className: "strip" });

function button(text, press, properties = {}) {
  const made = make("button", { type: "button", className: "second", ...properties }, text);
  made.addEventListener("click", press);
  return made;
}

// Queries in tabs, kept in the browser

let queries = read("queries", []);
let chosen = Math.min(read("chosen", 0), Math.max(0, queries.length - 1));
if (given || !queries.length) {
  const same = queries.findIndex(({ text }) => text.trim() === area.value.trim());
  if (same < 0) queries.push({ name: nextName(), text: area.value });
  chosen = same < 0 ? queries.length - 1 : same;
  Object.assign(queries[chosen], { view: new URLSearchParams(location.search).get("view") ?? "", viewed: head(area.value) });
}

/** What a query asks for, before its patterns: a view is kept as long as that is the same. */
function head(text) {
  return text.replace(/^(?:\s*(?:#[^\n]*\n|(?:PREFIX|BASE)\b[^\n<]*<[^>\n]*>))*/i, "").split("{", 1)[0].replace(/\bWHERE\b/i, "").trim();
}

function nextName() {
  const numbers = queries.map(({ name }) => Number(/^Query (\d+)$/.exec(name)?.[1] ?? 0));
  return `Query ${Math.max(0, ...numbers) + 1}`;
}

const list = tabs("Queries", (place) => choose(place));
const closer = button("Close", () => close(), { "aria-label": "Close this query" });
strip.append(list.element, button("New", () => open("", ""), { "aria-label": "New query" }), closer);

function keep() {
  write("queries", queries);
  write("chosen", chosen);
  list.show(queries.map(({ name }) => name), chosen);
  closer.hidden = queries.length < 2;
}

function choose(place) {
  chosen = place;
  editor.open(queries[place].text);
  area.value = queries[place].text;
  keep();
  review();
}

function open(text, name) {
  const same = queries.findIndex((query) => query.text === text);
  if (same < 0) queries.push({ name: name || nextName(), text });
  choose(same < 0 ? queries.length - 1 : same);
  editor.view.focus();
}

function close() {
  queries.splice(chosen, 1);
  choose(Math.min(chosen, queries.length - 1));
  list.focus();
}

// Mistakes: marked soon, said later, and mended by a button

let waiting = 0;
let saying = 0;
let checking = new AbortController();

function review() {
  clearTimeout(waiting);
  clearTimeout(saying);
  waiting = setTimeout(examine, MARKED);
}

async function examine() {
  checking.abort();
  checking = new AbortController();
  const text = editor.text;
  const body = { method: "POST", body: text, headers: { "Content-Type": "application/sparql-query" } };
  let errors = [];
  try {
    if (check && text.trim()) errors = (await (await fetch(check, { ...body, signal: checking.signal })).json()).errors ?? [];
  } catch {
    return; // another check has begun, or the server is away
  }
  if (text !== editor.text) return;
  const names = knowledge ? unknown(text, knowledge) : [];
  const before = (end) => end - /\S*\s*$/.exec(text.slice(0, end))[0].length; // what is missing is marked before it
  const mistakes = errors.map(({ from, to }) => ({ from: from === to ? before(to) : from, to: to || 1, kind: "mistake" }));
  editor.mark([...mistakes, ...names.map((one) => ({ ...one, kind: "unknown" }))]);
  const said = errors.length ? errors.slice(0, 1).map(asMistake) : names.slice(0, 3).map(asName);
  clearTimeout(saying);
  saying = setTimeout(() => say(said), SAID);
}

function asMistake({ detail, hint, fix }) {
  const what = fix && (fix.insert ? `${fix.from === fix.to ? "Insert" : "Write"} ${fix.insert.trim()}` : "Remove it");
  return { text: `${detail} ${hint}`.replaceAll("`", ""), fix: fix && { ...fix, what } };
}

function asName({ from, to, name, near }) {
  const text = `${name} is not in the data.${near ? ` The nearest name is ${near}.` : ""}`;
  return { text, fix: near && { from, to, insert: near, what: `Write ${near}` } };
}

function say(found) {
  if (editor.isListOpen()) return (saying = setTimeout(() => say(found), SAID));
  if (!found.length && !status.classList.contains("care")) return undefined; // it says something else
  status.textContent = found.map(({ text }) => text).join(" ");
  status.classList.toggle("care", found.length > 0);
  fixes.replaceChildren(
    ...found.filter(({ fix }) => fix).map(({ fix }) =>
      button(fix.what, () => {
        editor.replace({ from: fix.from, to: fix.to, insert: fix.insert });
        fixes.replaceChildren();
        editor.view.focus();
      })),
  );
  return undefined;
}

// The editor

const editor = createEditor({
  host,
  text: queries[chosen].text,
  label: "SPARQL query. Control and Space list what fits; Escape, then Tab leave.",
  knowledge: () => knowledge,
  more,
  run: () => form.requestSubmit(),
  hint: (text) => {
    if (matchMedia("(max-width: 800px)").matches) status.textContent = text;
  },
  changed: (text) => {
    area.value = queries[chosen].text = text;
    write("queries", queries);
    fixes.replaceChildren();
    if (use.open) showUse();
    review();
  },
});
area.value = queries[chosen].text;

// Running

let running = null;

async function run() {
  running?.abort();
  const own = (running = new AbortController());
  const text = editor.text;
  const started = performance.now();
  const seconds = () => `${((performance.now() - started) / 1000).toFixed(performance.now() - started < 100 ? 3 : 1)} s`;
  const clock = setInterval(() => (timer.textContent = seconds()), 100);
  status.classList.remove("care");
  status.textContent = "Running …";
  cancel.hidden = false;
  try {
    const shown = await answered(text, own.signal);
    shown.addEventListener("click", change);
    const rows = shown.querySelectorAll("table.results tbody tr").length;
    const isError = shown.matches(".problem");
    const said = isError ? "not answered" : rows ? `${counted(rows, "row")} shown` : "answered";
    status.textContent = `${said[0].toUpperCase()}${said.slice(1)}, ${seconds()}.`;
    place(shown);
    side.ran(text, said);
    history.replaceState(null, "", isLong(text) ? endpoint : link(text));
  } catch (error) {
    if (running !== own) return; // another run has begun
    document.querySelector(".answer, .problem")?.remove();
    status.textContent = own.signal.aborted ? `Cancelled after ${seconds()}.` : `There is no answer (${error.message}): run the query again.`;
  } finally {
    clearInterval(clock);
    if (running === own) [running, cancel.hidden, timer.textContent] = [null, true, ""];
  }
}

/** The answer to a query as the server shows it, or its problem. */
async function answered(text, signal) {
  if (local) {
    await loading;
    return local.answer(text, knowledge.prefixes, (iri) => knowledge.label(iri), signal);
  }
  const request = { signal, headers: { Accept: "text/html" } };
  const answer = isLong(text)
    ? await fetch(endpoint, { ...request, method: "POST", body: parameters(text) })
    : await fetch(link(text), request);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const shown = page.querySelector("section.answer, section.problem");
  if (!shown) throw new Error(`status ${answer.status}`);
  const head = shown.matches(".problem") && shown.querySelector("h1");
  if (head) head.replaceWith(make("h2", {}, ...head.childNodes));
  if (head) shown.querySelector(".kinds")?.remove();
  return document.adoptNode(shown);
}

function place(shown) {
  document.querySelector(".answer, .problem")?.remove();
  document.querySelector("p.intro")?.remove();
  if (document.querySelector("main > h1") === null) panel.before(make("h1", {}, "Query"));
  panel.append(shown);
  shown.dispatchEvent(new CustomEvent("shown", { bubbles: true }));
}

/** The query with the view that is chosen for it. */
function parameters(text) {
  const { view, viewed } = queries[chosen];
  return new URLSearchParams({ query: text, ...(view && viewed === head(text) ? { view } : {}) });
}

function link(text) {
  return `${endpoint}?${parameters(text)}`;
}

function isLong(text) {
  return link(text).length > LONGEST_LINK;
}

/** Show the answer in another view without a new page; the query keeps that view. */
function change(event) {
  const picked = event.target.closest("[data-view]");
  if (!picked || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  Object.assign(queries[chosen], { view: picked.dataset.view, viewed: head(editor.text) });
  write("queries", queries);
  run().then(() => document.querySelector(".answer [data-view][aria-current]")?.focus());
}

async function copy(text) {
  await navigator.clipboard.writeText(text);
  copied.textContent = "Copied.";
  setTimeout(() => (copied.textContent = ""), 2000);
}

function showUse() {
  snippet.textContent = USES[chooser.value](editor.text, String(endpoint));
}

// The page

const side = makeSide({
  questions,
  terms: loading,
  open,
  insert: (words) => editor.insert(words),
});
const keys = make("p", { className: "keys", id: "keys" },
  make("kbd", {}, "Ctrl Space"), " what fits here · ", make("kbd", {}, "Esc"), " ", make("kbd", {}, "Tab"), " leave");
const submit = make("button", { type: "submit" }, "Run ", make("kbd", {}, "Ctrl Enter"));
shelf.append(submit, cancel, button("Format", () => {
  editor.replace({ from: 0, to: editor.text.length, insert: format(editor.text) });
}), button("Copy link", () => copy(link(editor.text)), COPIES), timer, copied, keys);
form.querySelector("label").hidden = true;
area.hidden = true;
area.required = false; // an empty text area that is hidden would keep the form from being sent
form.querySelector(".run").remove();
list.panel(host);
area.after(strip, host, status, fixes, shelf, ...(local ? [] : [use]));
const layout = make("div", { className: "workbench" });
form.replaceWith(layout);
layout.append(panel, side.element);
panel.append(form);
const shown = document.querySelector(".answer");
if (shown) panel.append(shown);
shown?.addEventListener("click", change);
chooser.addEventListener("change", showUse);
use.addEventListener("toggle", () => use.open && showUse());
form.addEventListener("submit", (event) => {
  event.preventDefault();
  run();
});
keep();
loading.catch(() => (status.textContent = "The editor offers nothing, as the terms cannot be loaded: reload the page."));
if (local && given) run();
