// Adds to pages that are complete without it: suggestions, copying, sorting, keys in pictures, and
// light on what belongs together.

const make = (name, properties = {}, ...children) => {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...children);
  return element;
};

const FEW = 10; // rows that need no filter

// Say something to screen readers.
const status = make("p", { className: "hidden", role: "status" });
document.body.append(status);

// What is done to a page, and to an answer that the workbench puts into it.
function enhance(part) {
  // Copy the text of an element with data-copy, on pages with https and of this machine.
  if (navigator.clipboard) part.querySelectorAll("[data-copy]").forEach(copyable);
  // Put the folded rest of a table below its first rows.
  for (const more of part.querySelectorAll("details[data-more]")) {
    const [first, rest] = [more.previousElementSibling, more].map((box) => box.querySelector("tbody"));
    first.append(...rest.rows);
    more.remove();
  }
  part.querySelectorAll("table[data-filter]").forEach(filterable);
  // Sort a table with data-sort by the column whose head is chosen; a table of groups stays grouped.
  for (const table of part.querySelectorAll("table[data-sort]")) {
    for (const head of table.tHead?.rows[0]?.cells ?? []) {
      const button = make("button", { type: "button", className: "sort" }, ...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => sort(table, head));
    }
  }
}

function copyable(element) {
  const button = make("button", { type: "button", className: "copy", textContent: "Copy" });
  button.setAttribute("aria-label", `Copy ${element.getAttribute("aria-label") ?? "this text"}`);
  const text = element.textContent.trim();
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(text);
    button.textContent = status.textContent = "Copied";
    setTimeout(() => (button.textContent = "Copy"), 2000);
  });
  element.after(button);
}

// Filter the rows of a table by words, and show the first of many.
function filterable(table) {
  const rows = table.tBodies[0].rows;
  if (rows.length <= FEW) return;
  const step = matchMedia("(max-width: 46rem)").matches ? 25 : 100;
  let most = step;
  const input = make("input", { type: "search", autocomplete: "off", placeholder: "Filter rows" });
  input.setAttribute("aria-label", "Filter rows");
  const said = make("span", { className: "note" });
  said.setAttribute("role", "status");
  const button = make("button", { type: "button", className: "second" });
  const show = () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    let found = 0;
    for (const row of rows) {
      const text = words.length ? row.textContent.toLowerCase() : "";
      const fits = words.every((word) => text.includes(word));
      found += fits;
      row.hidden = !fits || found > most;
    }
    said.textContent = words.length ? `${found} of ${rows.length} rows have these words` : "";
    button.hidden = found <= most;
    button.textContent = `Show ${Math.min(step, found - most)} more of ${found} rows`;
  };
  input.addEventListener("input", () => [(most = step), show()]);
  button.addEventListener("click", () => [(most += step), show()]);
  table.addEventListener("sorted", show);
  const box = table.closest(".scroll");
  box.before(make("p", { className: "filter" }, input, " ", said));
  box.after(button);
  show();
}

const collator = new Intl.Collator("en", { numeric: true });

function sort(table, head) {
  const up = head.getAttribute("aria-sort") !== "ascending";
  const text = (row) => row.cells[head.cellIndex]?.textContent.trim() ?? "";
  for (const body of table.tBodies) {
    const rows = [...body.rows].filter((row) => !row.classList.contains("group"));
    const numbers = rows.map((row) => Number(text(row)));
    const areNumbers = rows.every((row, place) => text(row) && !Number.isNaN(numbers[place]));
    const value = new Map(rows.map((row, place) => [row, numbers[place]]));
    const compare = areNumbers
      ? (one, other) => value.get(one) - value.get(other)
      : (one, other) => collator.compare(text(one), text(other));
    rows.sort((one, other) => (up ? 1 : -1) * compare(one, other));
    body.append(...rows);
  }
  table.dispatchEvent(new CustomEvent("sorted"));
  for (const other of head.parentElement.cells) other.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", up ? "ascending" : "descending");
}

enhance(document);
document.addEventListener("shown", (event) => enhance(event.target));

// Move within a picture with data-grid by arrow keys; its links have data-row and data-column.
for (const grid of document.querySelectorAll("[data-grid]")) {
  const links = [...grid.querySelectorAll("a[data-row][data-column]")];
  const at = (row, column) =>
    links.find((link) => +link.dataset.row === row && +link.dataset.column === column);
  const steps = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
  const last = (name) => Math.max(...links.map((link) => +link.dataset[name]));
  const [rows, columns] = [last("row"), last("column")];
  grid.addEventListener("keydown", (event) => {
    const [step, link] = [steps[event.key], event.target.closest("a[data-row]")];
    if (!step || !link) return;
    event.preventDefault();
    let [row, column] = [+link.dataset.row, +link.dataset.column];
    do [row, column] = [row + step[0], column + step[1]];
    while (row >= 0 && row <= rows && column >= 0 && column <= columns && !at(row, column));
    at(row, column)?.focus();
  });
  const light = (event) => {
    const link = event.target.closest("a[data-row]");
    for (const part of grid.querySelectorAll("[data-row], [data-column]")) {
      const { row, column } = part.dataset;
      const same = link && (row === link.dataset.row || column === link.dataset.column);
      part.classList.toggle("lit", Boolean(same));
    }
  };
  for (const name of ["focusin", "pointerover"]) grid.addEventListener(name, light);
  for (const name of ["focusout", "pointerleave"]) grid.addEventListener(name, light);
}

// Light what `found` returns for the element below the pointer, else for that with the focus.
function lighten(area, found) {
  let lit = [];
  const light = ({ type, target }) => {
    for (const part of lit) part.classList.remove("lit");
    lit = type === "focusin" || type === "pointerover" ? found(target) : [];
    if (!lit.length) lit = found(document.activeElement);
    for (const part of lit) part.classList.add("lit");
  };
  for (const name of ["focusin", "pointerover", "focusout", "pointerleave"]) {
    area.addEventListener(name, light);
  }
}

// In a trace, light the paths through a row: rows before and after it, and the wires between.
for (const chain of document.querySelectorAll(".chain")) {
  const columns = [...chain.querySelectorAll(".steps")].map((list) => [...list.children]);
  const wires = [...chain.querySelectorAll(".between")].map((box) => [
    ...box.querySelectorAll("[data-from]"),
  ]);
  const follow = (column, place, ahead) => {
    const [near, far] = ahead ? ["from", "to"] : ["to", "from"];
    const next = (wires[ahead ? column : column - 1] ?? []).filter(
      (wire) => +wire.dataset[near] === place,
    );
    const rest = next.flatMap((wire) =>
      follow(column + (ahead ? 1 : -1), +wire.dataset[far], ahead),
    );
    return [columns[column][place], ...next, ...rest];
  };
  lighten(chain, (target) => {
    const step = target.closest(".step");
    const column = columns.findIndex((steps) => steps.includes(step));
    if (column < 0) return [];
    const place = columns[column].indexOf(step);
    return [...follow(column, place, false), ...follow(column, place, true)];
  });
}

// Light the facts and the printed cells that are about the same property.
const about = [...document.querySelectorAll("[data-about]")];
const names = (element) => element.dataset.about.split(" ");
lighten(document.querySelector("main"), (target) => {
  const chosen = target.closest("[data-about]");
  if (!chosen) return [];
  const wanted = new Set(names(chosen));
  const same = about.filter((one) => names(one).some((name) => wanted.has(name)));
  return same.length > 1 ? same : [];
});

// Suggest what the search finds for the words in an input with data-suggest.
document.querySelectorAll("input[data-suggest]").forEach((input, number) => {
  const list = make("ul", { id: `suggestions-${number}`, role: "listbox", hidden: true });
  list.className = "suggestions";
  list.setAttribute("aria-label", "Suggestions");
  input.setAttribute("role", "combobox");
  input.setAttribute("aria-controls", list.id);
  input.setAttribute("aria-autocomplete", "list");
  input.setAttribute("aria-expanded", "false");
  input.after(list);
  let [chosen, asked] = [-1, ""];

  const show = (open) => {
    list.hidden = !open;
    input.setAttribute("aria-expanded", String(open));
    if (!open) choose(-1);
  };
  const choose = (index) => {
    chosen = index;
    [...list.children].forEach((option, place) =>
      option.setAttribute("aria-selected", String(place === index)),
    );
    if (index < 0) input.removeAttribute("aria-activedescendant");
    else input.setAttribute("aria-activedescendant", list.children[index].id);
  };
  const ask = async () => {
    const words = input.value.trim();
    if (words === asked) return;
    asked = words;
    if (!words) return show(false);
    const answer = await fetch(`${input.dataset.suggest}?q=${encodeURIComponent(words)}`);
    if (!answer.ok || words !== input.value.trim()) return;
    const found = await answer.json();
    list.replaceChildren(
      ...found.map(({ label, kind, href }, place) => {
        const option = make("li", { id: `${list.id}-${place}`, role: "option" }, `${label} `);
        option.append(make("small", { textContent: kind }));
        option.addEventListener("mousedown", () => location.assign(href));
        option.dataset.href = href;
        return option;
      }),
    );
    status.textContent = `${found.length} suggestions`;
    show(found.length > 0);
  };
  input.addEventListener("input", ask);
  input.addEventListener("blur", () => show(false));
  input.addEventListener("keydown", (event) => {
    const count = list.hidden ? 0 : list.children.length;
    if (event.key === "Escape") show(false);
    else if (count && event.key === "ArrowDown") choose((chosen + 1) % count);
    else if (count && event.key === "ArrowUp") choose((chosen - 1 + count) % count);
    else if (event.key === "Enter" && chosen >= 0) location.assign(list.children[chosen].dataset.href);
    else return;
    if (event.key !== "Escape") event.preventDefault();
  });
});

// "/" moves to the search box.
document.addEventListener("keydown", (event) => {
  const typing = event.composedPath()[0].closest?.("input, textarea, select, [contenteditable]");
  if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  document.querySelector("input[data-suggest]")?.focus();
});
