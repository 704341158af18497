// What is beside a query: stored questions, the terms of the dataset, and the queries that were run.

import { json, make, read, tabs, write } from "./tools.js";

const NAMES = ["Questions", "Terms", "History"];
const MOST_SHOWN = 60;
const MOST_KEPT = 50;

/**
 * Make it; `questions` is an address, `terms` are promised, `open` shows a query in a tab, `insert`
 * writes a name at the cursor.
 */
export function makeSide({ questions, terms, open, insert }) {
  const list = tabs("Beside the query", show);
  const filter = make("input", { type: "search", autocomplete: "off" });
  const body = make("div", { className: "side-list" });
  const count = make("p", { className: "hidden", role: "status" });
  const element = make("aside", { className: "workbench-side", "aria-label": "Questions, terms and history" },
    list.element, make("div", { className: "side-panel" }, filter, count, body));
  list.panel(element.querySelector(".side-panel"));
  let chosen = 0;
  let asked = null; // the questions, when they have been loaded
  let data = null;
  let runs = read("history", []);
  const notes = ["The questions are being loaded.", "The terms are being loaded.", "Queries that you run are listed here."];

  function show(place) {
    chosen = place;
    list.show(NAMES, place);
    filter.value = "";
    fill();
  }

  function fill() {
    const search = asked ? `Search ${asked.length} questions` : "Search questions";
    filter.placeholder = [search, "Search terms", "Search the history"][chosen];
    filter.setAttribute("aria-label", filter.placeholder);
    const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    const has = (text) => words.every((word) => text.toLowerCase().includes(word));
    const items = [questionItems, termItems, runItems][chosen](has, words.length > 0);
    const note = filter.value ? "Nothing has these words." : notes[chosen];
    body.replaceChildren(...(items.length ? items : [make("p", { className: "note" }, note)]));
    count.textContent = words.length ? `${body.querySelectorAll("button").length} found` : "";
  }

  function item(text, note, press) {
    const made = make("button", { type: "button", className: "item" }, make("span", {}, text), " ", make("small", {}, note));
    made.addEventListener("click", press);
    return made;
  }

  function questionItems(has) {
    return (asked ?? [])
      .filter((one) => has(`${one.question} ${one.name} ${one.tags}`))
      .map((one) => item(one.question, told(one), () => openQuestion(one)));
  }

  /** The answer, and the values that it is for. */
  function told({ parameters, answer }) {
    return parameters && answer ? `${parameters.replaceAll("=", " ")}: ${answer}` : answer;
  }

  async function openQuestion({ name, question }) {
    const beside = new URL(`questions/${encodeURIComponent(name)}.rq`, new URL(questions, location.href));
    const answer = await fetch(beside);
    if (answer.ok) open(await answer.text(), question.length > 32 ? `${question.slice(0, 30)}…` : question);
  }

  function termItems(has, isSought) {
    if (!data) return [];
    const term = ([name, { n, label, text }]) => {
      const made = item(name, String(n), () => insert(name));
      made.title = text ?? label ?? "";
      return made;
    };
    const used = (all) => Object.entries(all).filter(([, one]) => one.n && !one.old);
    const byCount = (one, other) => other[1].n - one[1].n || (one[0] < other[0] ? -1 : 1);
    if (isSought)
      return [...used(data.classes), ...used(data.properties)]
        .filter(([name, { label = "", text = "" }]) => has(`${name} ${label} ${text}`))
        .sort(byCount).slice(0, MOST_SHOWN).map(term);
    const classes = used(data.classes).filter(([name, { label }]) => label && !name.startsWith("owl:"));
    const byUse = (one, other) => (other[1].q ?? 0) - (one[1].q ?? 0) || byCount(one, other);
    return classes.sort(byUse).map(([name, one]) => {
      const details = make("details", {}, make("summary", {}, `${one.label} `, make("small", {}, String(one.n))));
      details.addEventListener("toggle", () => {
        if (details.children.length > 1) return;
        const own = Object.entries(data.properties).filter(([, property]) => property.in?.[name]);
        const counted = own.map(([property, { in: uses, text }]) => [property, { n: uses[name][0], text }]);
        details.append(term([name, one]), ...counted.sort(byCount).map(term));
      });
      return details;
    });
  }

  function runItems(has) {
    const found = runs.filter(({ text }) => has(text));
    const items = found.map(({ text, time, said }) =>
      item(text.replace(/^(?:\s*(?:PREFIX|BASE)\b[^\n]*\n)*/i, "").trim().slice(0, 160), `${said}, ${new Date(time).toLocaleString()}`,
        () => open(text, "")));
    if (!items.length) return items;
    const clear = make("button", { type: "button", className: "second" }, "Clear the history");
    clear.addEventListener("click", () => {
      runs = [];
      write("history", runs);
      fill();
    });
    return [...items, clear];
  }

  /** Show what is promised for a tab, or why there is none. */
  function expect(place, promised, take) {
    const failed = ({ message }) => (notes[place] = `The ${NAMES[place].toLowerCase()} cannot be loaded (${message}): reload the page.`);
    promised.then(take, failed).then(() => chosen === place && fill());
  }

  filter.addEventListener("input", fill);
  show(0);
  expect(0, json(questions), (found) => (asked = found));
  expect(1, terms, (found) => (data = found));
  return {
    element,
    /** Keep a query that was run, with what it gave. */
    ran(text, said) {
      runs = [{ text, time: Date.now(), said }, ...runs.filter((one) => one.text !== text)].slice(0, MOST_KEPT);
      write("history", runs);
      if (chosen === 2) fill();
    },
  };
}
