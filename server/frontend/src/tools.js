// Small things that the parts of the workbench share.

const KEY = "accsm-kg:";

/** Make an element with properties, or attributes if their names have a dash, and children. */
export function make(name, properties, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key.includes("-") || key === "role") element.setAttribute(key, value);
    else element[key] = value;
  }
  element.append(...children);
  return element;
}

/** A number with its noun: "1 row", "2 rows". */
export function counted(number, noun) {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

/** The JSON at an address; an error with the status if there is none. */
export async function json(address) {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`status ${answer.status}`);
  return answer.json();
}

/** What the browser keeps by a name; `otherwise` if there is nothing or the browser keeps nothing. */
export function read(name, otherwise) {
  try {
    return JSON.parse(localStorage.getItem(KEY + name)) ?? otherwise;
  } catch {
    return otherwise;
  }
}

/** Let the browser keep something by a name. */
export function write(name, value) {
  try {
    localStorage.setItem(KEY + name, JSON.stringify(value));
  } catch {
    // the store is full or refused: the page works without it
  }
}

let count = 0;

/** A list of tabs with a name: arrows, Home and End choose one. `choose` is told which. */
export function tabs(label, choose) {
  const element = make("div", { role: "tablist", "aria-label": label, className: "sheets" });
  const id = `sheets-${count++}`;
  let panelId = "";
  let current = 0;
  element.addEventListener("keydown", (event) => {
    const last = element.children.length - 1;
    const steps = { ArrowLeft: current - 1, ArrowRight: current + 1, Home: 0, End: last };
    if (!(event.key in steps)) return;
    event.preventDefault();
    choose((steps[event.key] + last + 1) % (last + 1));
    element.children[current].focus();
  });
  return {
    element,
    focus: () => element.children[current].focus(),
    /** The element that the tabs are about. */
    panel(shown) {
      shown.setAttribute("role", "tabpanel");
      panelId = shown.id ||= `${id}-panel`;
    },
    /** Show tabs with these names, of which one is chosen. */
    show(names, place) {
      current = place;
      element.replaceChildren(
        ...names.map((name, number) => {
          const tab = make("button", { type: "button", role: "tab", id: `${id}-${number}`,
            "aria-selected": String(number === place), tabIndex: number === place ? 0 : -1 }, name);
          if (panelId) tab.setAttribute("aria-controls", panelId);
          tab.addEventListener("click", () => choose(number));
          return tab;
        }),
      );
      if (panelId) document.getElementById(panelId)?.setAttribute("aria-labelledby", `${id}-${place}`);
    },
  };
}
