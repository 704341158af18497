// The editor: CodeMirror with the colours, folds and lists of this project, in a shadow root, whose
// styles the Content-Security-Policy allows.

import { acceptCompletion, autocompletion, closeBrackets, closeBracketsKeymap, closeCompletion, completionStatus,
  moveCompletionSelection, selectedCompletion, startCompletion } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { HighlightStyle, StreamLanguage, bracketMatching, codeFolding, foldGutter, foldKeymap, foldService,
  indentOnInput, indentService, syntaxHighlighting } from "@codemirror/language";
import { EditorState, Prec, StateEffect, StateField } from "@codemirror/state";
import { Decoration, EditorView, drawSelection, highlightActiveLine, highlightActiveLineGutter, keymap, lineNumbers }
  from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { complete, declarations } from "./complete.js";
import { tokenAt, tokens } from "./reader.js";
import { make } from "./tools.js";

const STYLES = { comment: "comment", iri: "url", string: "string", open: "string", variable: "variableName",
  language: "string", name: "propertyName", number: "number", word: "keyword" };
const WORDS = new RegExp(
  `^(?:a|ABS|ASC|ASK|AS|AVG|BASE|BIND|BNODE|BOUND|BY|CEIL|COALESCE|CONCAT|CONSTRUCT|CONTAINS|COUNT|DATATYPE|DAY|DESC|\
DESCRIBE|DISTINCT|ENCODE_FOR_URI|EXISTS|FALSE|FILTER|FLOOR|FROM|GRAPH|GROUP|GROUP_CONCAT|HAVING|HOURS|IF|IN|IRI|\
ISBLANK|ISIRI|ISLITERAL|ISNUMERIC|ISURI|LANG|LANGMATCHES|LCASE|LIMIT|MAX|MD5|MIN|MINUS|MINUTES|MONTH|NAMED|NOT|NOW|\
OFFSET|OPTIONAL|ORDER|PREFIX|RAND|REDUCED|REGEX|REPLACE|ROUND|SAMETERM|SAMPLE|SECONDS|SELECT|SEPARATOR|SERVICE|\
SHA1|SHA256|SHA384|SHA512|SILENT|STR|STRAFTER|STRBEFORE|STRDT|STRENDS|STRLANG|STRLEN|STRSTARTS|STRUUID|SUBSTR|SUM|\
TIMEZONE|TRUE|TZ|UCASE|UNDEF|UNION|URI|UUID|VALUES|WHERE|YEAR)$`,
  "i",
);
/** Places at which a list opens by itself after a space. */
const OPEN = new Set(["predicate", "object", "values", "compared", "graph", "from"]);
const [NARROWEST_INFO, WIDEST_INFO] = [200, 384]; // pixels
const ICONS = { class: "C", property: "P", value: "=", thing: "•", variable: "?", graph: "G", prefix: ":", text: "\"" };

/** SPARQL as the reader of completion reads it; a string of several lines ends at three quotes. */
const language = StreamLanguage.define({
  name: "sparql",
  startState: () => ({ quotes: "" }),
  token(stream, state) {
    if (state.quotes) {
      const end = stream.string.indexOf(state.quotes, stream.pos);
      if (end < 0) stream.skipToEnd();
      else [stream.pos, state.quotes] = [end + 3, ""];
      return "string";
    }
    const token = tokenAt(stream.string, stream.pos);
    if (token.kind === "open" && /^("""|''')/.test(token.text)) state.quotes = token.text.slice(0, 3);
    stream.pos = token.to;
    return token.kind === "word" && !WORDS.test(token.text) ? null : (STYLES[token.kind] ?? null);
  },
  languageData: {
    closeBrackets: { brackets: ["(", "[", "{", "'", '"'] },
    commentTokens: { line: "#" },
    indentOnInput: /^\s*\}$/,
  },
});

const colours = HighlightStyle.define([
  { tag: tags.keyword, color: "var(--code-keyword)", fontWeight: "600" },
  { tag: tags.variableName, color: "var(--code-variable)" },
  { tag: tags.string, color: "var(--code-string)" },
  { tag: tags.number, color: "var(--code-string)" },
  { tag: tags.propertyName, color: "var(--accent)" },
  { tag: tags.url, color: "var(--accent)" },
  { tag: tags.comment, color: "var(--soft)", fontStyle: "italic" },
]);

/** Types over a selection: the browser would keep its colours as a style, which the policy forbids. */
const typing = EditorView.domEventHandlers({
  beforeinput(event, view) {
    const { from, to, empty } = view.state.selection.main;
    if (event.inputType !== "insertText" || empty || !event.data || view.composing) return false;
    const typed = () => view.state.update(view.state.replaceSelection(event.data),
      { userEvent: "input.type", scrollIntoView: true });
    event.preventDefault();
    const handlers = view.state.facet(EditorView.inputHandler);
    if (!handlers.some((handle) => handle(view, from, to, event.data, typed))) view.dispatch(typed());
    return true;
  },
});

const theme = EditorView.theme({
  "&": { fontSize: "0.875rem", color: "var(--ink)", backgroundColor: "var(--paper)", border: "1px solid var(--soft)",
    borderRadius: "6px", maxHeight: "30rem", minHeight: "13rem" },
  "&.cm-focused": { outline: "3px solid var(--accent)", outlineOffset: "1px" },
  ".cm-scroller": { fontFamily: "ui-monospace, SFMono-Regular, Menlo, Consolas, 'Liberation Mono', monospace",
    lineHeight: "1.5", minHeight: "13rem" },
  ".cm-gutters": { backgroundColor: "var(--panel)", color: "var(--soft)", border: "0", borderRadius: "6px 0 0 6px" },
  ".cm-activeLine": { backgroundColor: "color-mix(in srgb, var(--panel) 60%, transparent)" },
  ".cm-activeLineGutter": { backgroundColor: "var(--panel)", color: "var(--ink)" },
  ".cm-cursor": { borderLeftColor: "var(--ink)", borderLeftWidth: "2px" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    backgroundColor: "color-mix(in srgb, var(--accent) 25%, var(--paper))" },
  "&.cm-focused .cm-matchingBracket": { backgroundColor: "transparent", outline: "1px solid var(--accent)" },
  "&.cm-focused .cm-nonmatchingBracket": { backgroundColor: "transparent", outline: "1px solid var(--care)" },
  ".cm-foldPlaceholder": { backgroundColor: "var(--panel)", color: "var(--ink)", border: "1px solid var(--soft)" },
  ".cm-mistake": { textDecoration: "underline wavy var(--care) 2px", textUnderlineOffset: "3px" },
  ".cm-unknown": { textDecoration: "underline dotted var(--care) 2px", textUnderlineOffset: "3px" },
  ".cm-tooltip": { backgroundColor: "var(--paper)", color: "var(--ink)", border: "1px solid var(--soft)", borderRadius: "6px" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul": { fontFamily: "inherit", maxHeight: "16rem", maxWidth: "min(40rem, 92vw)" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li": { display: "flex", gap: "0.7rem", padding: "0.2rem 0.5rem",
    alignItems: "baseline" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li[aria-selected]": { backgroundColor: "var(--panel)", color: "var(--ink)",
    boxShadow: "inset 3px 0 var(--accent)" },
  ".cm-icon": { color: "var(--soft)", width: "1ch", flex: "none" },
  ".cm-completionLabel": { fontFamily: "ui-monospace, SFMono-Regular, Menlo, Consolas, monospace", overflow: "hidden",
    textOverflow: "ellipsis" },
  ".cm-note": { color: "var(--soft)", overflow: "hidden", textOverflow: "ellipsis", flex: "1 1 auto" },
  ".cm-completionDetail": { color: "var(--soft)", fontStyle: "normal", marginLeft: "auto", paddingLeft: "0.5rem", flex: "none" },
  ".cm-tooltip.cm-completionInfo": { padding: "0.5rem 0.7rem", maxWidth: "24rem" },
  ".cm-completionInfo p": { margin: "0 0 0.3rem" },
  ".cm-soft": { color: "var(--soft)" },
  "@media (max-width: 800px)": { ".cm-tooltip.cm-completionInfo, .cm-note": { display: "none" } },
});

const setMarks = StateEffect.define();
const marks = StateField.define({
  create: () => Decoration.none,
  update(found, transaction) {
    found = found.map(transaction.changes);
    for (const effect of transaction.effects)
      if (effect.is(setMarks)) {
        const size = transaction.newDoc.length;
        const shown = effect.value.filter(({ from, to }) => from < to && to <= size);
        found = Decoration.set(shown.map(({ from, to, kind }) => Decoration.mark({ class: `cm-${kind}` }).range(from, to)), true);
      }
    return found;
  },
  provide: (field) => EditorView.decorations.from(field),
});

/** A brace folds up to the one that closes it, the first PREFIX up to the last. */
const folds = foldService.of((state, start, end) => {
  const all = tokens(state.doc.toString());
  const open = all.findLast(({ text, kind, from }) => kind === "sign" && text === "{" && from >= start && from < end);
  if (open) {
    let depth = 0;
    for (const { kind, text, from } of all.slice(all.indexOf(open))) {
      depth += kind === "sign" ? ({ "{": 1, "}": -1 }[text] ?? 0) : 0;
      if (!depth) return from > end ? { from: open.to, to: from } : null;
    }
  }
  const declared = all.filter((_, place) => all[place - 2]?.text.toUpperCase() === "PREFIX" && all[place].kind === "iri");
  const isFirst = all[0]?.text.toUpperCase() === "PREFIX" && all[0].from >= start && all[0].from < end;
  return isFirst && declared.length > 1 ? { from: end, to: declared.at(-1).to } : null;
});

const indents = indentService.of((context, place) => {
  const before = tokens(context.state.doc.sliceString(0, place));
  const [after] = context.state.doc.sliceString(place, place + 200).split("\n");
  let depth = 0;
  for (const { kind, text } of before) if (kind === "sign") depth += { "{": 1, "}": -1 }[text] ?? 0;
  const more = before.at(-1)?.kind === "sign" && before.at(-1).text === ";";
  return 2 * Math.max(0, depth - (/^\s*\}/.test(after) ? 1 : 0) + (more ? 1 : 0));
});

/**
 * Make an editor in `host`. `knowledge` returns what is known of the dataset, null while it is
 * loaded; `more` asks the server for things; `changed`, `run` and `hint` are told of a new text,
 * Ctrl+Enter, and the explanation of the option that is chosen.
 */
export function createEditor({ host, text, label, knowledge, more, changed, run, hint }) {
  const root = host.attachShadow({ mode: "open" });
  let explicit = false; // whether the list was asked for
  let moved = false; // whether an option was chosen by the arrows
  let added = -1; // where a space ends that was added to a property

  async function source(context) {
    const data = knowledge();
    if (!data) return null;
    const doc = context.state.doc.toString();
    let found = complete(doc, context.pos, data);
    const isAsked = context.explicit || found.typed || found.quoted;
    if (!isAsked && !(OPEN.has(found.place) && /\s$/.test(doc.slice(0, context.pos)))) return null;
    if (found.ask && (await more(found.ask))) found = complete(doc, context.pos, data);
    if (context.aborted || !found.options.length) return null;
    return { from: found.from, to: found.to, filter: false, options: found.options.map((one) => option(one, data)) };
  }

  function option(one, data) {
    return {
      label: one.label, detail: one.detail, type: one.type, note: one.note === one.label ? "" : one.note, said: one.info,
      info: one.info || one.ranges ? () => explained(one) : undefined,
      apply: (view, _, from, to) => insert(view, one, from, to, data),
    };
  }

  function explained({ info, ranges }) {
    const lines = [info && make("p", {}, info), ranges && make("p", { className: "cm-soft" }, `Values: ${ranges.join(", ")}`)];
    return make("div", {}, ...lines.filter(Boolean));
  }

  function insert(view, one, from, to, data) {
    const doc = view.state.doc.toString();
    const gap = /[;.,{]$/.test(doc.slice(0, from)) ? " " : "";
    const [before, after] = `${gap}${one.insert}${one.type === "property" ? " " : ""}`.split("⌶");
    const written = before + (after ?? "");
    const isSpaced = one.type === "property" && doc[to] === " ";
    const top = prologue(doc, written, data);
    view.dispatch({
      changes: [...(top ? [top] : []), { from, to: isSpaced ? to + 1 : to, insert: written }],
      selection: { anchor: from + (top?.insert.length ?? 0) + before.length },
      scrollIntoView: true,
      userEvent: "input.complete",
    });
    added = one.type === "property" ? view.state.selection.main.head : -1;
    if (one.type === "property" || after !== undefined || /(^GRAPH|BY|PREFIX|DESCRIBE) $/.test(one.insert)) startCompletion(view);
    explicit = false;
  }

  const accept = (view) => completionStatus(view.state) === "active" && acceptCompletion(view);
  const move = (forward, by) => (view) => {
    if (completionStatus(view.state) !== "active") return false;
    moved = true;
    return moveCompletionSelection(forward, by)(view);
  };
  const keys = [
    { key: "Mod-Enter", run: () => (run(), true) },
    { key: "Ctrl-Space", run: (view) => ((explicit = true), startCompletion(view)) },
    { key: "ArrowDown", run: move(true) },
    { key: "ArrowUp", run: move(false) },
    { key: "PageDown", run: move(true, "page") },
    { key: "PageUp", run: move(false, "page") },
    { key: "Escape", run: closeCompletion },
    { key: "Tab", run: accept },
    { key: "Enter", run: (view) => {
      if (completionStatus(view.state) !== "active") return false;
      const { head } = view.state.selection.main;
      const typed = /[^\s{}()[\];,.]$/.test(view.state.doc.sliceString(0, head));
      if (typed || explicit || moved) return acceptCompletion(view);
      closeCompletion(view);
      return false;
    } },
  ];

  /** A path goes on right after a property, without the space that was added to it. */
  const paths = EditorView.inputHandler.of((view, from, to, typed) => {
    if (!"/|".includes(typed) || from !== to || from !== added) return false;
    view.dispatch({ changes: { from: from - 1, to, insert: typed }, selection: { anchor: from }, userEvent: "input.type" });
    return true;
  });

  const updates = EditorView.updateListener.of((update) => {
    if (completionStatus(update.state) === null) [explicit, moved] = [false, false];
    const chosen = selectedCompletion(update.state);
    if (chosen !== selectedCompletion(update.startState)) hint(chosen?.said ?? "");
    if (!update.docChanged) return;
    changed(update.state.doc.toString());
    const isTyped = update.transactions.some((one) => one.isUserEvent("input") && !one.isUserEvent("input.complete"));
    if (isTyped) declare(update.view);
  });

  /** Declare the known prefixes of names that were typed or pasted, but for the one at the cursor. */
  function declare(view) {
    const data = knowledge();
    const doc = view.state.doc.toString();
    const { head } = view.state.selection.main;
    const names = tokens(doc).filter(({ kind, from, to, text: name }) => kind === "name" && !name.endsWith(":") && (head < from || head > to));
    const top = data && prologue(doc, names.map((token) => token.text).join(" "), data);
    if (top) queueMicrotask(() => view.dispatch({ changes: top, userEvent: "input.declare" }));
  }

  const state = (doc) =>
    EditorState.create({
      doc,
      extensions: [
        Prec.highest(keymap.of(keys)),
        lineNumbers(), foldGutter(), highlightActiveLineGutter(), highlightActiveLine(), drawSelection(), history(),
        codeFolding(), folds, indents, indentOnInput(), bracketMatching(), closeBrackets(), language,
        syntaxHighlighting(colours), theme, marks, updates, paths, typing, EditorView.lineWrapping,
        autocompletion({ override: [source], defaultKeymap: false, icons: false, activateOnTypingDelay: 60,
          updateSyncTime: 50, interactionDelay: 20, positionInfo: explainedAt, addToOptions: [
            { render: ({ type }) => make("span", { className: "cm-icon", "aria-hidden": "true" }, ICONS[type] ?? ""), position: 20 },
            { render: ({ note }) => make("span", { className: "cm-note" }, note ?? ""), position: 60 },
          ] }),
        keymap.of([...closeBracketsKeymap, ...foldKeymap, ...historyKeymap, ...defaultKeymap]),
        EditorView.contentAttributes.of({ "aria-label": label, spellcheck: "false",
          autocapitalize: "off", autocorrect: "off", tabindex: "0" }),
      ],
    });
  const view = new EditorView({ state: state(text), parent: root, root });
  // What scrolls can have the focus; Tab accepts an option while the list is open.
  const reach = () => root.querySelector("[role=listbox]:not([tabindex])")?.setAttribute("tabindex", "0");
  new MutationObserver(reach).observe(root, { childList: true, subtree: true });
  return {
    view,
    get text() {
      return view.state.doc.toString();
    },
    open: (doc) => view.setState(state(doc)),
    replace: (changes) => view.dispatch({ changes, userEvent: "input.fix" }),
    insert: (words) => {
      const { head } = view.state.selection.main;
      const data = knowledge();
      const top = data && prologue(view.state.doc.toString(), words, data);
      const gap = head && !/\s/.test(view.state.doc.sliceString(head - 1, head)) ? " " : "";
      const added = `${gap}${words} `;
      view.dispatch({ changes: [...(top ? [top] : []), { from: head, insert: added }],
        selection: { anchor: head + (top?.insert.length ?? 0) + added.length }, userEvent: "input.complete" });
      view.focus();
    },
    mark: (found) => view.dispatch({ effects: setMarks.of(found) }),
    isListOpen: () => completionStatus(view.state) !== null,
  };
}

/** Where the explanation of an option is: beside the list, narrow if need be, else below it, never above options. */
function explainedAt(_view, list, option, info, space) {
  const [before, after] = [list.left - space.left, space.right - list.right];
  const isAfter = after >= Math.min(before, WIDEST_INFO);
  const room = Math.min(WIDEST_INFO, isAfter ? after : before);
  if (room < NARROWEST_INFO)
    return { style: `left: 0; top: ${list.bottom - list.top}px; max-width: ${list.right - list.left}px`, class: "cm-completionInfo-below" };
  const top = Math.max(space.top, Math.min(option.top, space.bottom - (info.bottom - info.top))) - list.top;
  return { style: `top: ${top}px; max-width: ${room}px`, class: `cm-completionInfo-${isAfter ? "right" : "left"}` };
}

/** The change that declares the prefixes of `added`, null if all are; below those that there are. */
function prologue(doc, added, data) {
  const lines = declarations(doc, added, data);
  if (!lines) return null;
  const head = /^(?:\s*(?:#[^\n]*\n|(?:PREFIX|BASE)\b[^\n<]*<[^>\n]*>[ \t]*\n))*/i.exec(doc)[0];
  const from = head.trim() ? head.trimEnd().length + 1 : 0;
  const isFirst = !/\bPREFIX\b/i.test(head);
  return { from: Math.min(from, doc.length), insert: lines + (isFirst && !doc.slice(from).startsWith("\n") ? "\n" : "") };
}
