// Reads a query that is being written: which triples it has, and what belongs at the cursor. It reads
// on whatever is missing; a term right after an object begins a new subject.

const LOCAL = String.raw`(?:[\w:%-]|\\.|\.+(?=[\w:%\\-]))*`;
const TOKEN = new RegExp(
  [
    String.raw`(?<space>\s+)`,
    String.raw`(?<comment>#[^\n\r]*)`,
    String.raw`(?<iri><[^<>"{}|^${"`"}\\\s]*>)`,
    String.raw`(?<string>"""[^]*?"""|'''[^]*?'''|"(?:[^"\\\n\r]|\\.)*"|'(?:[^'\\\n\r]|\\.)*')`,
    String.raw`(?<open>["'][^\n\r]*)`,
    String.raw`(?<variable>[?$]\w+)`,
    String.raw`(?<language>@[A-Za-z-]+)`,
    String.raw`(?<blank>_:[\w.-]*\w)`,
    String.raw`(?<name>(?:[^\W\d_][\w.-]*)?:${LOCAL})`,
    String.raw`(?<number>[+-]?\d+(?:\.\d+)?)`,
    String.raw`(?<word>[^\W\d_]\w*)`,
    String.raw`(?<sign>\^\^|&&|\|\||!=|<=|>=|[^])`,
  ].join("|"),
  "uy",
);
const TERMS = new Set(["iri", "string", "variable", "blank", "name", "number"]);
/** What is offered in each of the clauses after the pattern. */
const PLACES = { GROUP: "group", HAVING: "expression", ORDER: "order", LIMIT: "none", OFFSET: "none" };
/** What may be typed before a name is complete. */
const TYPED = /(?:[?$]\w*|<[^<>"{}|^`\\\s]*|[\w%-][\w:.%-]*|:[\w.%-]*)$/u;

/** The tokens of a text: kind, text, from, to. Space is left out, and so are comments unless wanted. */
export function tokens(text, comments = false) {
  const found = [];
  for (let from = 0; from < text.length; ) {
    const token = tokenAt(text, from);
    if (token.kind !== "space" && (comments || token.kind !== "comment")) found.push(token);
    from = token.to;
  }
  return found;
}

/** The token, or the space, that begins at a place in a text. */
export function tokenAt(text, from) {
  TOKEN.lastIndex = from;
  const match = TOKEN.exec(text);
  const kind = Object.keys(match.groups).find((name) => match.groups[name] !== undefined);
  return { kind, text: match[0], from, to: TOKEN.lastIndex };
}

/** The namespaces that tokens declare, by prefix; empty for one that is not yet written. */
export function declared(all) {
  const found = {};
  all.forEach(({ kind, text }, place) => {
    if (kind !== "word" || text.toUpperCase() !== "PREFIX") return;
    const [name, iri] = all.slice(place + 1, place + 3);
    if (name?.kind === "name") found[prefixOf(name)] = iri?.kind === "iri" ? iri.text.slice(1, -1) : "";
  });
  return found;
}

/** The prefix of a token that is a name. */
export function prefixOf({ text }) {
  return text.slice(0, text.indexOf(":"));
}

/** Where what is typed before the cursor begins, its text, and the quote it stands in, if any. */
function typedAt(text, cursor) {
  const line = text.slice(text.lastIndexOf("\n", cursor - 1) + 1, cursor);
  const last = tokens(line).at(-1);
  if (last?.kind === "open" && last.to === line.length) {
    const from = cursor - line.length + last.from;
    return { from, typed: last.text.slice(1), quote: last.text[0] };
  }
  if (/(?:^|[^<\w])#/.test(line.replace(/<[^<>\s]*>|"[^"]*"|'[^']*'/g, "")))
    return { from: cursor, typed: "", quote: "", comment: true };
  const found = TYPED.exec(line)?.[0] ?? "";
  const isAfterVariable = /[?$]$/.test(line.slice(0, line.length - found.length));
  const typed = isAfterVariable ? found.slice(found.search(/\W/) + 1) : found;
  return { from: cursor - typed.length, typed, quote: "" };
}

/**
 * Read a query around a cursor.
 *
 * Returns the place at the cursor ({ place, … }) with what is typed, and of the whole query its
 * triples ({ subject, path, object }), the values of variables, the selected variables and aliases,
 * all variables, and the prefixes that it declares.
 */
export function read(text, cursor) {
  const { from, typed, quote, comment } = typedAt(text, cursor);
  let to = cursor;
  if (quote && text[cursor] === quote) to++;
  const all = tokens(text.slice(0, from) + " ".repeat(to - from) + text.slice(to));
  const here = { kind: "cursor", text: "", from, to };
  const at = all.findIndex((token) => token.from >= from);
  all.splice(at < 0 ? all.length : at, 0, here);
  const reader = new Reader(all);
  reader.query();
  return {
    from, to, typed, quote,
    place: comment ? { place: "none" } : (reader.place ?? { place: "end" }),
    triples: reader.triples,
    values: reader.values,
    selected: reader.selected,
    aliases: reader.aliases,
    variables: [...reader.variables],
    prefixes: declared(all),
  };
}

class Reader {
  constructor(all) {
    this.all = all;
    this.next = 0;
    this.triples = [];
    this.values = {};
    this.selected = [];
    this.aliases = [];
    this.variables = new Set();
    this.place = null;
    this.blanks = 0;
    this.open = "";
    for (const token of all) if (token.kind === "variable") this.variables.add(`?${token.text.slice(1)}`);
  }

  get token() {
    return this.all[this.next];
  }

  get word() {
    return this.token?.kind === "word" ? this.token.text.toUpperCase() : "";
  }

  /** Whether the cursor is here; it is passed. */
  here(place) {
    if (this.token?.kind !== "cursor") return false;
    this.place ??= place;
    this.next++;
    return true;
  }

  sign(text) {
    if (this.token?.kind !== "sign" || this.token.text !== text) return false;
    this.next++;
    return true;
  }

  /** The prologue, the form and its pattern, then what follows it; also of a subquery. */
  query(inner = false, partial = false) {
    let started = inner;
    while (this.token) {
      const word = this.word;
      if (word === "PREFIX") this.declaration();
      else if (word === "BASE") this.next += 2;
      else if (word === "SELECT") [started] = [true, this.select()];
      else if (word === "DESCRIBE") [started] = [true, this.describe()];
      else if (word === "ASK" || word === "CONSTRUCT") [started] = [true, this.next++];
      else if (word === "WHERE") this.next++;
      else if (word === "FROM") this.from();
      else if (this.sign("{")) {
        this.group(partial);
        return this.after(inner);
      }
      else if (this.here({ place: started ? "where" : "start" })) continue;
      else this.next++;
    }
  }

  declaration() {
    this.next++;
    if (!this.here({ place: "prefix" })) this.next++;
  }

  from() {
    this.next++;
    if (this.word === "NAMED") this.next++;
    if (!this.here({ place: "from" })) this.next++;
  }

  describe() {
    this.next++;
    while (TERMS.has(this.token?.kind) || this.token?.kind === "cursor")
      if (!this.here({ place: "thing" })) this.next++;
  }

  select() {
    this.next++;
    for (let depth = 0; this.token; ) {
      const { kind, text } = this.token;
      if (!depth && (["WHERE", "FROM"].includes(this.word) || text === "{")) return;
      const first = this.all[this.next - 1].text.toUpperCase() === "SELECT";
      const rest = this.all.slice(this.next).some((token) => token.text === "{");
      if (this.here(depth ? { place: "expression", aggregates: true } : { place: "select", first, rest })) continue;
      depth += kind === "sign" ? { "(": 1, ")": -1 }[text] ?? 0 : 0;
      if (this.word === "AS" && depth) {
        this.next++;
        if (this.token?.kind === "variable") this.aliases.push(`?${this.token.text.slice(1)}`);
      } else if (kind === "variable" && !depth) this.selected.push(`?${text.slice(1)}`);
      this.next++;
    }
  }

  /** What follows the pattern of a query: GROUP BY, HAVING, ORDER BY, LIMIT, OFFSET, VALUES. */
  after(inner) {
    let clause = "";
    while (this.token && !(inner && this.token.text === "}")) {
      const word = this.word;
      if (word in PLACES) {
        clause = word;
        this.next++;
        if (this.word === "BY") this.next++;
      } else if (word === "VALUES") this.valuesBlock();
      else if (this.here({ place: PLACES[clause] ?? "end", aggregates: true })) continue;
      else this.next++;
    }
  }

  /** A group in braces, of which the first has been read; partial ones need not match. */
  group(partial) {
    this.open = "";
    while (this.token && !this.sign("}")) {
      const word = this.word;
      if (word === "SELECT") {
        this.query(true, partial);
        continue;
      }
      if (word === "OPTIONAL" || word === "MINUS" || word === "EXISTS") {
        this.next++;
        if (this.sign("{")) this.group(true);
      } else if (word === "NOT") this.next++;
      else if (word === "GRAPH") {
        this.next++;
        if (!this.here({ place: "graph", partial })) this.next++;
        if (this.sign("{")) this.group(partial);
      } else if (word === "SERVICE") this.service();
      else if (word === "FILTER" || word === "BIND") {
        this.next++;
        this.filter(partial);
      } else if (word === "VALUES") this.valuesBlock();
      else if (this.sign("{")) this.group(partial);
      else if (this.sign(".")) this.open = "";
      else this.statement(partial);
      if (this.all[this.next - 1]?.text === "}") this.open = "";
    }
  }

  /** The body of SERVICE is about data elsewhere: it is passed over. */
  service() {
    this.next++;
    if (this.word === "SILENT") this.next++;
    if (!this.here({ place: "service" })) this.next++;
    if (!this.sign("{")) return;
    for (let depth = 1; this.token && depth; ) {
      if (this.here({ place: "service" })) continue;
      depth += { "{": 1, "}": -1 }[this.token.text] ?? 0;
      this.next++;
    }
  }

  /** A filter or a function call: an expression in brackets, or EXISTS with a group. */
  filter(partial) {
    if (this.word === "NOT") this.next++;
    if (this.word === "EXISTS") {
      this.next++;
      if (this.sign("{")) this.group(true);
      return;
    }
    if (this.here({ place: "expression", partial })) return;
    if (this.token?.kind === "word" || this.token?.kind === "name" || this.token?.kind === "iri") this.next++;
    if (this.sign("(")) this.expression(partial);
  }

  /** An expression up to its closing bracket; the value of `?x =` and `?x IN (` belongs to ?x. */
  expression(partial) {
    let left = null;
    let compared = false;
    while (this.token && !this.sign(")")) {
      const { kind, text } = this.token;
      if (kind === "cursor") {
        this.here({ place: compared && left ? "compared" : "expression", variable: left, partial });
      } else if (this.word === "EXISTS") {
        this.next++;
        if (this.sign("{")) this.group(true);
      } else if (this.word === "IN") {
        this.next++;
        if (this.sign("(")) this.listed(left);
      } else if (kind === "sign" && text === "(") {
        this.next++;
        this.expression(partial);
      } else if (text === "}" || text === "{") return;
      else {
        if (kind === "variable") [left, compared] = [`?${text.slice(1)}`, false];
        else if (text === "=" || text === "!=") compared = true;
        else if (compared && left && (kind === "iri" || kind === "name")) this.value(left, text);
        else if (["&&", "||", ","].includes(text)) [left, compared] = [null, false];
        this.next++;
      }
    }
  }

  listed(left) {
    while (this.token && !this.sign(")")) {
      if (this.here({ place: "compared", variable: left })) continue;
      if (this.token.text === "}") return;
      if (left) this.value(left, this.token.text);
      this.next++;
    }
  }

  value(variable, text) {
    (this.values[variable] ??= []).push(text);
  }

  valuesBlock() {
    this.next++;
    const names = [];
    while (this.token && !this.sign("{")) {
      if (this.token.kind === "variable") names.push(`?${this.token.text.slice(1)}`);
      else if (!"()".includes(this.token.text)) {
        if (this.here({ place: "variables" })) continue;
        return;
      }
      this.next++;
    }
    let column = 0;
    while (this.token && !this.sign("}")) {
      const variable = names[column % (names.length || 1)];
      if (this.here({ place: "values", variable })) column++;
      else if (this.token.text === "(") [column] = [0, this.next++];
      else if (TERMS.has(this.token.kind) || this.word) {
        if (variable) this.value(variable, this.token.text);
        [column] = [column + 1, this.next++];
      } else this.next++;
    }
  }

  /** A subject with its properties and objects; `open` is the subject if no `.` has followed. */
  statement(partial) {
    const joined = this.all[this.next - 1]?.text === "}";
    const place = { place: "subject", partial, open: this.open, joined, first: true };
    const subject = this.term(place, partial);
    if (subject === undefined) this.next++;
    else if (subject !== null) {
      this.open = subject;
      this.properties(subject, partial);
    }
  }

  /**
   * A term: its text; null for the cursor, undefined for what is none. The properties of a blank
   * node in brackets are read.
   */
  term(place, partial) {
    if (this.here(place)) return place.first ? null : "";
    const { kind, text } = this.token ?? {};
    if (TERMS.has(kind) || (kind === "word" && !place.first) || (kind === "word" && /^(true|false)$/.test(text))) {
      this.next++;
      if (this.token?.kind === "language") this.next++;
      if (this.token?.text === "^^") this.next += 2;
      return kind === "variable" ? `?${text.slice(1)}` : text;
    }
    if (kind === "open") {
      this.next++;
      return text;
    }
    if (this.sign("[")) {
      const node = `[${this.blanks++}`;
      this.properties(node, partial);
      this.sign("]");
      return node;
    }
    if (this.sign("(")) {
      while (this.token && !this.sign(")")) {
        if (this.token.text === "}") return "()";
        if (this.term({ ...place, first: false }, partial) === undefined) this.next++;
      }
      return "()";
    }
    return undefined;
  }

  /** Properties with objects; `;` goes on with the subject, `,` with the property. */
  properties(subject, partial) {
    do {
      while (this.sign(";"));
      if (!this.token || "].}".includes(this.token.text[0] ?? "x")) return;
      const path = this.path(subject, partial);
      if (path === undefined) return;
      do {
        const triple = { subject, path, object: "", partial };
        const object = this.term({ place: "object", subject, path, partial }, partial);
        if (object === undefined) return;
        if (object !== "") this.triples.push({ ...triple, object });
      } while (this.sign(","));
    } while (this.token?.text === ";");
  }

  /**
   * The steps of a path, each { name, inverse }; null for one that may have any length or several
   * properties; undefined if there is none. `!`, `|`, `?`, `*` and `+` give a null.
   */
  path(subject, partial) {
    const steps = [];
    let plain = true;
    for (let inverse = false; this.token; ) {
      const { kind, text } = this.token;
      if (kind === "cursor") {
        const followed = TERMS.has(this.all[this.next + 1]?.kind);
        this.here({ place: "predicate", subject, path: plain ? steps.slice() : null, inverse, partial, followed });
        steps.push(null);
      } else if (text === "^") {
        inverse = true;
        this.next++;
        continue;
      } else if (text === "(" || text === "!") {
        this.next++;
        plain = false;
        if (text === "(") this.path(subject, partial);
        this.sign(")");
        steps.push(null);
      } else if (kind === "name" || kind === "iri" || kind === "variable" || text === "a") {
        this.next++;
        steps.push(kind === "variable" ? null : { name: text === "a" ? "rdf:type" : text, inverse });
      } else if (kind === "word") {
        this.next++;
        steps.push(null);
      } else return steps.length ? (plain ? steps : null) : undefined;
      inverse = false;
      if (this.token?.kind === "sign" && "?*+".includes(this.token.text)) {
        const step = steps.pop();
        steps.push(step?.name === "rdfs:subClassOf" ? step : null);
        this.next++;
      }
      if (this.sign("/")) continue;
      if (this.sign("|")) {
        plain = false;
        continue;
      }
      return plain ? steps : null;
    }
    return steps.length ? (plain ? steps : null) : undefined;
  }
}
