// The layout of a query: a line for each triple, two spaces for each brace. Nothing else is changed.

import { tokens } from "./reader.js";

const CLAUSES = new Set(["SELECT", "ASK", "CONSTRUCT", "DESCRIBE", "FROM", "WHERE", "GROUP", "HAVING", "ORDER",
  "LIMIT", "OFFSET"]);
const PATTERNS = new Set(["OPTIONAL", "MINUS", "FILTER", "BIND", "VALUES", "GRAPH", "SERVICE"]);
const SHORT = 64; // characters of a group in one line

/** Return a query with its lines laid out anew. */
export function format(text) {
  const all = tokens(text, true);
  const out = [];
  let line = "";
  let depth = 0; // braces
  let brackets = 0;
  let more = false; // whether the line goes on with the subject of the line before
  let prologue = true;
  const end = () => {
    if (line.trim()) out.push("  ".repeat(depth + (more ? 1 : 0)) + line.trim());
    line = "";
  };
  for (let place = 0; place < all.length; place++) {
    const token = all[place];
    const word = token.kind === "word" ? token.text.toUpperCase() : "";
    const before = all[place - 1];
    const spaced = before && token.from > before.to;
    const gap = spaced && line && !line.endsWith(" ") ? " " : "";
    if (token.kind === "comment") {
      const alone = !before || text.slice(before.to, token.from).includes("\n");
      if (alone) end();
      else if (!line && out.length) {
        out[out.length - 1] += ` ${token.text}`;
        continue;
      }
      line += `${line ? " " : ""}${token.text}`;
      const next = all[place + 1];
      if (!alone || !next || next.kind !== "sign" || !".;,".includes(next.text)) end();
    } else if (word === "PREFIX" || word === "BASE") {
      end();
      line = token.text;
    } else if (word && CLAUSES.has(word) && !brackets) {
      end();
      more = false;
      if (prologue && out.length && word !== "WHERE") out.push("");
      prologue = false;
      line = token.text;
    } else if (token.text === "{") {
      const group = brackets ? "" : inOneLine(all, place, text);
      if (group) {
        line += `${line ? " " : ""}${group.text}`;
        place = group.last;
        if (all[place + 1]?.text.toUpperCase() !== "UNION" && all[place + 1]?.text !== ".") end();
        continue;
      }
      line += line ? " {" : "{";
      end();
      more = false;
      depth++;
    } else if (token.text === "}") {
      end();
      more = false;
      depth = Math.max(0, depth - 1);
      line = "}";
      const next = all[place + 1]?.text.toUpperCase() ?? "";
      if (next !== "UNION" && next !== "WHERE" && next !== ".") end();
    } else if (!brackets && depth && (token.text === "." || token.text === ";") && token.kind === "sign") {
      line += ` ${token.text}`;
      end();
      more = token.text === ";";
    } else if (token.text === "," && token.kind === "sign") line += brackets ? "," : " ,";
    else {
      if (word && PATTERNS.has(word) && !brackets && !/\b(NOT|UNION)$/i.test(line)) {
        end();
        more = false;
      }
      if (token.text === "(" || token.text === "[") brackets++;
      if (token.text === ")" || token.text === "]") brackets = Math.max(0, brackets - 1);
      const needed = before?.text === "," || (before?.text === ";" && brackets);
      line += (gap || (needed && line ? " " : "")) + token.text;
    }
  }
  end();
  return `${out.join("\n").replace(/^\n+/, "")}\n`;
}

/** A group without groups in it and with at most one triple, as one line; undefined for others. */
function inOneLine(all, first, text) {
  let last = first + 1;
  while (last < all.length && !"{}".includes(all[last].text) && all[last].kind !== "comment") last++;
  if (all[last]?.text !== "}") return undefined;
  const inner = all.slice(first + 1, last);
  const stop = inner.findIndex((token) => token.kind === "sign" && ".;".includes(token.text));
  if (stop >= 0 && stop < inner.length - 1) return undefined;
  if (inner.some((token) => token.kind === "word" && (CLAUSES.has(token.text.toUpperCase()) || PATTERNS.has(token.text.toUpperCase()))))
    return undefined;
  const before = all[first - 1]?.text.toUpperCase();
  if (inner.length && (before === "WHERE" || first === 0)) return undefined;
  const said = inner.map((token, place) => (place && token.from > inner[place - 1].to ? " " : "") + token.text).join("");
  return said.length <= SHORT ? { text: said ? `{ ${said} }` : "{}", last } : undefined;
}
