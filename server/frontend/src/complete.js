// What fits at the cursor of a query. `complete` is a pure function of the text, the cursor and what
// is known of the dataset: see `Knowledge`.

import { declared, prefixOf, read, tokens } from "./reader.js";

const MOST = 50;
const MANY = 12; // values and things that are offered before anything is typed
const TYPE = "rdf:type";
const NAMES = ["skos:prefLabel", "rdfs:label", "dcterms:title", "skos:altLabel", "foaf:name", "schema:name"];
const CODES = ["skos:notation", "accsm:alpha2", "accsm:alpha3", "accsm:projectNumber"];
const KEYWORDS = {
  start: [["SELECT", "SELECT * WHERE {\n  ⌶\n}"], ["ASK", "ASK {\n  ⌶\n}"],
    ["CONSTRUCT", "CONSTRUCT {\n  ⌶\n} WHERE {\n  \n}"], ["DESCRIBE", "DESCRIBE "], ["PREFIX", "PREFIX "]],
  where: [["WHERE", "WHERE {\n  ⌶\n}"], ["FROM", "FROM "], ["FROM NAMED", "FROM NAMED "]],
  subject: [["OPTIONAL", "OPTIONAL { ⌶ }"], ["FILTER", "FILTER(⌶)"], ["FILTER NOT EXISTS", "FILTER NOT EXISTS { ⌶ }"],
    ["BIND", "BIND(⌶ AS ?value)"], ["VALUES", "VALUES ?value { ⌶ }"], ["MINUS", "MINUS { ⌶ }"],
    ["GRAPH", "GRAPH "], ["SELECT", "{ SELECT ⌶ WHERE {  } }"]],
  joined: [["UNION", "UNION { ⌶ }"]],
  end: [["ORDER BY", "ORDER BY "], ["LIMIT", "LIMIT 10"], ["GROUP BY", "GROUP BY "], ["HAVING", "HAVING(⌶)"],
    ["OFFSET", "OFFSET 10"]],
};
const FUNCTIONS = [
  ["CONTAINS", "CONTAINS(LCASE(⌶), \"\")"], ["STRSTARTS", "STRSTARTS(⌶, \"\")"], ["REGEX", "REGEX(⌶, \"\")"],
  ["LANG", "LANG(⌶)"], ["LCASE", "LCASE(⌶)"], ["UCASE", "UCASE(⌶)"], ["STR", "STR(⌶)"], ["BOUND", "BOUND(⌶)"],
  ["IF", "IF(⌶, 1, 0)"], ["COALESCE", "COALESCE(⌶, \"\")"], ["CONCAT", "CONCAT(⌶, \"\")"], ["SUBSTR", "SUBSTR(⌶, 1)"],
  ["STRLEN", "STRLEN(⌶)"], ["STRAFTER", "STRAFTER(⌶, \"\")"], ["STRBEFORE", "STRBEFORE(⌶, \"\")"],
  ["REPLACE", "REPLACE(⌶, \"\", \"\")"], ["YEAR", "YEAR(⌶)"], ["MONTH", "MONTH(⌶)"], ["DATATYPE", "DATATYPE(⌶)"],
  ["ISIRI", "ISIRI(⌶)"], ["ROUND", "ROUND(⌶)"], ["ABS", "ABS(⌶)"],
  ["EXISTS", "EXISTS { ⌶ }"], ["NOT EXISTS", "NOT EXISTS { ⌶ }"],
];
const AGGREGATES = [
  ["COUNT", "COUNT(⌶)"], ["SUM", "SUM(⌶)"], ["AVG", "AVG(⌶)"], ["MIN", "MIN(⌶)"], ["MAX", "MAX(⌶)"],
  ["SAMPLE", "SAMPLE(⌶)"], ["GROUP_CONCAT", "GROUP_CONCAT(⌶; SEPARATOR=\", \")"],
];

/** What is known of a dataset: its terms and its things, as the server sends them. */
export class Knowledge {
  /** `dotted`: whether the endpoint reads names with several dots; else they are written as IRIs. */
  constructor(terms, things = { kinds: [], things: [] }, dotted = true) {
    Object.assign(this, { prefixes: {}, classes: {}, properties: {}, graphs: [], base: "" }, terms);
    this.dotted = dotted;
    this.iris = new Map();
    this.things = new Map();
    this.add(things);
    for (const name of Object.keys({ ...this.classes, ...this.properties })) this.iris.set(this.expand(name), name);
    for (const { name } of this.graphs) this.iris.set(this.expand(name), name);
  }

  /** Add things that the server found; `more` says that it has others. */
  add({ kinds, things, more }) {
    this.more ||= Boolean(more);
    for (const [name, label, codes, kind] of things) {
      this.things.set(name, { name, label, codes, classes: kinds[kind] });
      this.iris.set(this.expand(name), name);
    }
  }

  /** What an IRI is called: its label, its name or itself. */
  label(iri) {
    const name = this.iris.get(iri);
    return this.things.get(name)?.label || name || iri;
  }

  /** Whether all names with a prefix are known, so that another one is none of the dataset. */
  has(prefix) {
    this.spaces ??= new Set([...this.iris.values()].map((name) => name.split(":", 1)[0]));
    return this.spaces.has(prefix) && (!this.more || prefix === "accsm" || !this.prefixes[prefix].startsWith(this.base));
  }

  /** The IRI of a name or of an IRI in brackets; empty for an unknown prefix. */
  expand(text, own = {}) {
    if (text.startsWith("<")) {
      const iri = text.slice(1, -1);
      return /^[a-z][\w+.-]*:/i.test(iri) ? iri : this.base + iri;
    }
    const [prefix] = text.split(":", 1);
    const space = own[prefix] || this.prefixes[prefix];
    return space === undefined ? "" : space + text.slice(prefix.length + 1).replace(/\\(.)/g, "$1");
  }

  /** The name that the dataset uses for a term of a query, else the text itself. */
  name(text, own) {
    if (text === "a") return TYPE;
    return this.iris.get(this.expand(text, own)) ?? text;
  }

  /** A name as it is written into a query. */
  written(name) {
    const local = name.slice(name.indexOf(":") + 1);
    const plain = this.dotted || name.startsWith("<") || local.split(".").length < 3;
    return plain ? name : `<${this.expand(name)}>`;
  }
}

/**
 * What fits at the cursor of a query.
 *
 * Returns { from, to, typed, options }: each option has a label, what it inserts in place of the
 * text between from and to (⌶ in it is the new cursor), a detail such as "39 of 41", an explanation
 * and a rank; the best is first. `ask` are the words and classes for which a server has more things.
 */
export function complete(text, cursor, data) {
  const query = read(text, cursor);
  const offers = new Offers(query, data);
  const kind = query.place.place;
  if (query.quote) offers.quoted();
  else offers[`at${kind[0].toUpperCase()}${kind.slice(1)}`]?.();
  const options = [...offers.found.values()].sort(
    (one, other) => other.rank - one.rank || one.order - other.order || (one.label < other.label ? -1 : 1),
  );
  const { from, to, typed, quote } = query;
  return { from, to, typed, quoted: Boolean(quote), place: kind, ask: offers.asked, options: options.slice(0, MOST) };
}

/** The PREFIX lines that the names in `used` need in a query; those of the dataset are known. */
export function declarations(text, used, data) {
  const own = declared(tokens(text));
  const needed = new Set(tokens(used).filter(({ kind }) => kind === "name").map(prefixOf));
  return [...needed]
    .filter((name) => !(name in own) && name in data.prefixes)
    .sort()
    .map((name) => `PREFIX ${name}: <${data.prefixes[name]}>\n`)
    .join("");
}

class Offers {
  constructor(query, data) {
    Object.assign(this, { query, data, found: new Map(), asked: null });
    this.resolving = new Set();
    this.known = new Map();
    const { typed } = query;
    this.isVariable = /^[?$]/.test(typed);
    [this.prefix, this.sought] = /^[\w-]*:/.test(typed)
      ? [typed.slice(0, typed.indexOf(":") + 1), typed.slice(typed.indexOf(":") + 1)]
      : ["", typed.replace(/^[?$<]/, "")];
    this.words = words(this.sought);
    this.text = this.sought.toLowerCase();
  }

  /** Offer something if what is typed matches its keys, or if nothing is typed. */
  offer(label, keys, { rank = 0, insert = label, order = 0, name = "", ...rest }) {
    if (this.isVariable && !label.startsWith("?") && !label.startsWith("(")) return;
    if (this.prefix && !name.startsWith(this.prefix)) return;
    const typed = this.text || this.prefix;
    const match = !typed ? 0 : !this.text ? 0.84 : Math.max(0, ...keys.map((key) => this.match(key)));
    if (typed && !match) return;
    const all = { label, insert, order, rank: rank + 10 * match, ...rest };
    if (!(this.found.get(label)?.rank >= all.rank)) this.found.set(label, all);
  }

  /** How well what is typed matches a key, from 0 to 1. */
  match(key) {
    if (!key) return 0;
    const [text, low] = [this.text, key.toLowerCase()];
    if (low === text) return 1;
    if (low.startsWith(text)) return 0.84 + (0.15 * text.length) / low.length;
    const parts = words(key);
    const inOrder = ` ${parts.join(" ")} `.includes(` ${this.words.join(" ")} `);
    if (this.words.length && inOrder) return parts.at(-1) === this.words.at(-1) ? 0.95 : 0.9; // the noun is last
    const begins = (word) => parts.some((part) => part.startsWith(word));
    if (this.words.length && !/\d/.test(text) && this.words.every(begins)) return 0.8;
    if (text.length > 1 && low.includes(text)) return 0.5;
    if (text.length < 4) return 0;
    const edits = Math.min(distance(text, low), distance(text, low.slice(0, text.length)));
    return edits === 1 ? 0.35 : edits === 2 && text.length > 5 ? 0.3 : 0;
  }

  // Places

  atStart() {
    this.keywords("start");
  }

  atWhere() {
    this.keywords("where");
  }

  atEnd() {
    this.keywords("end");
  }

  atSubject() {
    const { open, partial, joined } = this.query.place;
    const before = open ? ". " : "";
    if (joined) this.keywords("joined", 2);
    this.variables({ rank: 4, before });
    this.keywords("subject", open ? 1 : 3);
    const { classes } = this.data;
    for (const [name, one] of Object.entries(classes)) {
      if (!one.n || one.old || name.startsWith("owl:")) continue;
      const rank = 2 + 0.2 * Math.log2(1 + (one.q ?? 0)) + (one.label ? 1 : 0);
      const insert = `${before}${this.fresh(name)} a ${name}`;
      this.offer(insert.replace(before, ""), [local(name), one.label], {
        rank: this.text ? rank : rank - 3, insert, detail: String(one.n), info: one.text, type: "class", name,
      });
    }
    if (this.text) this.allThings({ rank: -2, before });
    if (open) this.properties(open, { path: [], partial, before: "; ", rank: -0.5 });
  }

  atPredicate() {
    this.properties(this.query.place.subject, this.query.place);
  }

  atObject() {
    const { subject, path } = this.query.place;
    const last = path?.at(-1);
    const property = last ? this.data.name(last.name, this.query.prefixes) : "";
    const known = this.data.properties[property];
    if (property === TYPE && !last.inverse) return this.types(subject);
    const classes = this.objectClasses(subject, path) ?? [];
    const range = classes.find((name) => this.data.classes[name]?.label) ?? (last?.inverse ? "" : known?.range?.[0]);
    const named = range && this.data.classes[range]?.n && !this.isOpen(range) ? range : property;
    const fresh = property ? this.fresh(last?.inverse && named === property ? "?thing" : named) : "?value";
    this.offer(fresh, [fresh.slice(1)], { rank: 12, type: "variable" });
    this.variables({ rank: 6, classes, except: subject });
    if (last?.inverse) return this.thingsOf(classes);
    this.values(known);
    if (!known?.all || !known.values) this.thingsOf(classes);
    else if (this.text) this.thingsOf(classes, -2);
  }

  types(subject) {
    const fitting = this.classesOf(subject, { stated: false }) ?? [];
    for (const [name, one] of Object.entries(this.data.classes)) {
      const fit = fitting.length ? fitting.indexOf(name) : -1;
      const rank = (fit >= 0 ? 3 - fit * 0.1 : 0) + (one.n ? 1 : -3) + 0.2 * Math.log2(1 + (one.q ?? 0))
        + (one.label ? 0.5 : 0) - (one.old ? 3 : 0);
      this.offer(name, [local(name), one.label], { rank, detail: String(one.n), info: one.text, type: "class", name });
    }
    this.offer("?type", ["type"], { rank: 0.5, type: "variable" });
  }

  /** In quotes: the texts of the property, else the codes or the names of things that may have it. */
  quoted() {
    const { place, subject, path, variable } = this.query.place;
    const step = place === "object" ? path?.at(-1) : this.binding(variable)?.path?.at(-1);
    const owner = place === "object" ? subject : this.binding(variable)?.subject;
    const property = step ? this.data.name(step.name, this.query.prefixes) : "";
    const known = this.data.properties[property];
    const texts = (known?.values ?? []).filter(([value]) => value.startsWith('"'));
    const language = texts.map(([value]) => /"(@[\w-]+|\^\^\S+)?$/.exec(value)?.[1] ?? "")[0] ?? "";
    const add = (label, count) =>
      this.offer(label, [label], { rank: 0.01 * count, insert: `"${label.replace(/[\\"]/g, "\\$&")}"${language}`,
        detail: count ? String(count) : "", type: "text" });
    if (known?.all) {
      for (const [value, count] of texts) add(/^"(.*)"/s.exec(value)[1].replace(/\\(["\\])/g, "$1"), count);
      return;
    }
    const classes = owner ? this.classesOf(owner) : null;
    for (const { label, codes, classes: own } of this.data.things.values()) {
      if (classes && !own.some((name) => classes.includes(name))) continue;
      if (CODES.includes(property)) codes.forEach((code) => add(code, 0));
      else if (NAMES.includes(property) || !property) add(label, 0);
    }
  }

  atCompared() {
    const triple = this.binding(this.query.place.variable);
    const step = triple?.path?.at(-1);
    if (step && !step.inverse) this.values(this.data.properties[this.data.name(step.name, this.query.prefixes)]);
    if (!this.found.size || this.text) this.thingsOf(this.classesOf(this.query.place.variable) ?? [], -1);
    this.variables({ rank: -1 });
    if (this.text) this.functions();
  }

  /** The values of a property, with how often each occurs. */
  values(known) {
    for (const [name, count, label] of known?.values ?? []) {
      const key = name.replace(/^"(.*)".*$/s, "$1");
      const thing = this.data.things.get(name);
      this.offer(name, [local(key), key, label, ...(thing?.codes ?? [])], {
        rank: 3 + 0.2 * Math.log2(1 + count), insert: this.data.written(name), detail: count ? String(count) : "example",
        info: label ?? thing?.label, note: label, type: "value", name,
      });
    }
  }

  /** In VALUES: the values of the property that binds the variable, else things of its class. */
  atValues() {
    const { variable } = this.query.place;
    const step = this.binding(variable)?.path?.at(-1);
    const known = step && !step.inverse && this.data.properties[this.data.name(step.name, this.query.prefixes)];
    if (known) this.values(known);
    const classes = this.classesOf(variable, { listed: false }) ?? this.byName(variable);
    this.thingsOf(classes ?? [], -1);
    if (this.text && !classes) this.allThings({ rank: -2 });
    this.offer("UNDEF", ["UNDEF"], { rank: -5, type: "keyword" });
  }

  atExpression() {
    this.variables({ rank: 3 });
    this.functions();
  }

  atSelect() {
    const { selected, variables } = this.query;
    const free = variables.filter((name) => !selected.includes(name));
    free.forEach((name, place) => this.offer(name, [name.slice(1)], { rank: 6 - 0.1 * place, order: place, type: "variable" }));
    const counted = free[0] ?? variables[0];
    if (counted)
      this.offer(`(COUNT(DISTINCT ${counted}) AS ?n)`, ["COUNT", counted.slice(1)], { rank: 3, type: "function" });
    const { first, rest } = this.query.place;
    if (first) this.offer("DISTINCT", ["DISTINCT"], { rank: 2, insert: "DISTINCT ⌶", type: "keyword" });
    if (!selected.length) this.offer("*", ["*"], { rank: 2, type: "keyword" });
    if (!rest) this.keywords("where", -1);
  }

  atGroup() {
    const { selected, aliases, variables } = this.query;
    const first = selected.filter((name) => !aliases.includes(name));
    const rest = variables.filter((name) => !first.includes(name) && !aliases.includes(name));
    [...first, ...rest].forEach((name, place) =>
      this.offer(name, [name.slice(1)], { rank: 5 - 0.1 * place, order: place, type: "variable" }));
    if (this.text) this.keywords("end", -1);
  }

  atOrder() {
    const { selected, aliases, variables } = this.query;
    const names = [...new Set([...aliases, ...selected, ...variables])];
    names.forEach((name, place) => {
      const both = { order: place, type: "variable" };
      const isAlias = aliases.includes(name);
      this.offer(name, [name.slice(1)], { rank: (isAlias ? 5 : 6) - 0.1 * place, ...both });
      this.offer(`DESC(${name})`, ["DESC", name.slice(1)], { rank: (isAlias ? 7 : 2) - 0.1 * place, ...both });
    });
    if (this.text) this.keywords("end", -1);
  }

  atGraph() {
    this.graphs();
    this.variables({ rank: 2 });
    this.offer("?g", ["g", "graph"], { rank: 20, type: "variable" });
  }

  atFrom() {
    this.graphs();
  }

  atThing() {
    this.variables({ rank: 1 });
    if (this.text || this.prefix) this.allThings({});
  }

  atVariables() {
    this.variables({});
  }

  variables({ rank = 0, classes = [], except = "", before = "" }) {
    this.query.variables.forEach((name, place) => {
      if (name === except || name === this.query.typed) return;
      const own = classes.length ? (this.classesOf(name) ?? []) : [];
      const fits = !classes.length || own.some((one) => classes.includes(one));
      this.offer(name, [name.slice(1)], {
        rank: rank + (fits ? 1 : -4) - 0.01 * place, insert: before + name, order: place, type: "variable",
      });
    });
  }

  atService() {
    this.variables({ rank: 1 });
  }

  atPrefix() {
    for (const [name, space] of Object.entries(this.data.prefixes)) {
      if (name in this.query.prefixes) continue;
      this.found.delete(name);
      const match = !this.text ? 0.1 : Math.max(this.match(name), space.toLowerCase().includes(this.text) ? 0.5 : 0);
      if (match) this.found.set(name, { label: `${name}:`, insert: `${name}: <${space}>`, detail: space, rank: 10 * match, order: 0, type: "prefix" });
    }
  }

  // What is offered in several places

  keywords(place, rank = 1) {
    KEYWORDS[place].forEach(([label, insert], order) =>
      this.offer(label, [label], { rank: rank - 0.01 * order, insert, order, type: "keyword" }));
  }

  functions() {
    const all = this.query.place.aggregates ? [...AGGREGATES, ...FUNCTIONS] : FUNCTIONS;
    all.forEach(([label, insert], order) =>
      this.offer(label, [label], { rank: -0.01 * order, insert, order, type: "function" }));
  }

  graphs() {
    for (const { name, label, n, words: said } of this.data.graphs)
      this.offer(name, [local(name), label, said], {
        rank: 5 + 0.1 * Math.log2(1 + n), insert: name, detail: String(n), info: label, note: label, type: "graph", name,
      });
  }

  /** The properties of a term after a path, and what a value says in place of its property. */
  properties(subject, { path, inverse = false, partial = false, followed = false, before = "", rank: base = 0 }) {
    const start = path === null ? null : path.length ? this.objectClasses(subject, path) : this.classesOf(subject);
    const classes = start?.length ? start : null;
    const used = new Set(this.query.triples.filter((one) => one.subject === subject && !path?.length)
      .map((one) => one.path?.[0]?.name).filter(Boolean).map((name) => this.data.name(name, this.query.prefixes)));
    if (!inverse && !before)
      this.offer("a", ["a"], { rank: base + (classes ? (used.has(TYPE) ? -3 : 1.2) : 6), type: "keyword", info: "is a: the class of a thing" });
    for (const [name, one] of Object.entries(this.data.properties)) {
      if (name === TYPE) continue;
      const use = this.use(one, classes, inverse);
      if (!this.text && !this.prefix && classes && !use.fits) continue;
      if (!this.text && !this.prefix && !classes && !one.n) continue;
      let rank = base + (use.fits ? 3 : 0) + 1.5 * use.share + 0.2 * Math.log2(1 + (one.q ?? 0)) - (used.has(name) ? 1 : 0);
      if (!one.n || one.old) rank -= 3;
      if (one.last) rank -= this.text ? 1.5 : 3;
      if (partial && !this.text && use.share === 1) rank -= 2;
      this.offer(name, [local(name), one.label], {
        rank, insert: before + name, order: one.label ? 0 : 1, detail: use.detail, info: one.text, note: one.label,
        ranges: one.range, type: "property", name,
      });
      if (this.text.length > 2 && !inverse && !followed && (use.fits || !classes) && one.all && !one.last)
        for (const [value, count, label] of one.values ?? []) {
          const key = value.replace(/^"(.*)".*$/s, "$1");
          this.offer(`${name} ${value}`, [label ?? key], {
            rank: rank - 2.5 + 0.01 * Math.log2(1 + count), insert: `${before}${name} ${this.data.written(value)}`,
            detail: String(count), info: label, note: label, type: "value",
          });
        }
    }
  }

  /** How many things of the classes have a property, or are its values; the narrowest class is named. */
  use(property, classes, inverse) {
    const total = { fits: false, share: 0, detail: String(property.n) };
    if (!classes) return total;
    if (inverse) {
      const fits = Object.values(property.in ?? {}).some(([, , ranges]) => ranges.some((name) => classes.includes(name)));
      return { ...total, fits, share: fits ? 0.5 : 0 };
    }
    for (const name of classes) {
      const [things] = property.in?.[name] ?? [0];
      const all = this.data.classes[name]?.n ?? 0;
      const share = all ? Math.min(1, things / all) : 0;
      if (!things || share < total.share || (share === total.share && all >= total.all)) continue;
      Object.assign(total, { fits: true, share, all, detail: `${things} of ${all}` });
    }
    return total;
  }

  thingsOf(classes, rank = 0) {
    if (!classes.length || this.isVariable) return;
    this.asked = { words: this.sought, classes };
    let count = 0;
    for (const thing of this.data.things.values()) {
      if (!this.text && !this.prefix && count >= MANY) break;
      const place = classes.findIndex((name) => thing.classes.includes(name));
      if (place < 0) continue;
      count++;
      this.thingOffer(thing, { rank: rank + 2 - 0.1 * place });
    }
  }

  allThings({ rank = 0, before = "" }) {
    this.asked = { words: this.sought, classes: [] };
    for (const thing of this.data.things.values()) this.thingOffer(thing, { rank, before });
  }

  thingOffer({ name, label, codes }, { rank, before = "" }) {
    this.offer(name, [local(name), label, ...codes], {
      rank, insert: before + this.data.written(name), detail: codes[0] ?? "", note: label, info: label, type: "thing", name,
    });
  }

  // Classes

  /**
   * The classes that a term may have, the likeliest first; null if nothing tells them. The type that
   * is stated, or the values that are listed, may be left out.
   */
  classesOf(term, { stated = true, listed = true } = {}) {
    const key = `${term} ${stated} ${listed}`;
    if (this.known.has(key)) return this.known.get(key);
    if (!term || this.resolving.has(term)) return null;
    this.resolving.add(term);
    const found = (stated && this.stated(term)) || this.thingClasses(term) || (listed && this.listedClasses(term)) ||
      this.used(term) || this.byName(term);
    this.resolving.delete(term);
    this.known.set(key, found || null);
    return found || null;
  }

  stated(term) {
    const types = this.query.triples.filter(
      ({ subject, path, object }) =>
        subject === term && path?.length && this.data.name(path[0]?.name ?? "", this.query.prefixes) === TYPE &&
        !path[0].inverse && path.slice(1).every((step) => step?.name === "rdfs:subClassOf") && !/^[?[]/.test(object),
    );
    const names = types.map(({ object }) => this.data.name(object, this.query.prefixes)).filter((name) => name in this.data.classes);
    return names.length ? names : null;
  }

  thingClasses(term) {
    if (/^[?["'[]/.test(term)) return null;
    const thing = this.data.things.get(this.data.name(term, this.query.prefixes));
    return thing ? this.bySize(thing.classes) : null;
  }

  listedClasses(term) {
    const values = this.query.values[term] ?? [];
    const found = values.flatMap((value) => this.thingClasses(value) ?? []);
    return found.length ? this.bySize([...new Set(found)]) : null;
  }

  /** The classes by all triples with the term; what leaves none is passed over. */
  used(term) {
    let found = null;
    for (const { subject, path, object } of this.query.triples) {
      for (const classes of [
        subject === term && path?.length ? this.having(path[0]) : null,
        object === term && path?.length ? this.objectClasses(subject, path) : null,
      ]) {
        if (!classes?.length) continue;
        const both = found?.filter((name) => classes.includes(name));
        if (!found) found = classes;
        else if (both.length) found = both;
      }
    }
    return found;
  }

  /** The classes whose things have a step: a property, or the values of one. */
  having(step) {
    if (!step) return null;
    const known = this.data.properties[this.data.name(step.name, this.query.prefixes)];
    if (!known || step.name === "a") return null;
    return step.inverse ? this.ranges(known, null) : this.bySize(Object.keys(known.in ?? {}), known);
  }

  /** The classes of the values of a path from a subject. */
  objectClasses(subject, path) {
    const step = path?.at(-1);
    if (!step) return null;
    const known = this.data.properties[this.data.name(step.name, this.query.prefixes)];
    if (!known) return null;
    const before = path.length > 1 ? this.objectClasses(subject, path.slice(0, -1)) : this.classesOf(subject);
    return step.inverse ? this.bySize(Object.keys(known.in ?? {}), known) : this.ranges(known, before);
  }

  /** The classes of the values of a property, for the things of some classes. */
  ranges(property, classes) {
    const own = property.in ?? {};
    const chosen = classes?.filter((name) => name in own).slice(0, 1);
    const found = (chosen?.length ? chosen : Object.keys(own)).flatMap((name) => own[name][2]);
    return found.length ? [...new Set(found)] : null;
  }

  byName(term) {
    if (!term?.startsWith("?")) return null;
    const parts = words(term).join("");
    const found = Object.entries(this.data.classes).filter(
      ([name, one]) => one.n && one.label && local(name).toLowerCase() === parts.replace(/\d+$/, ""));
    return found.length ? found.map(([name]) => name) : null;
  }

  /** Classes, those of the dataset's ontology first, then those with fewer things. */
  bySize(classes, property) {
    const size = (name) => (property ? -(property.in[name]?.[0] ?? 0) : (this.data.classes[name]?.n ?? 0));
    const own = (name) => (this.data.classes[name]?.label ? 0 : 1);
    return [...classes].sort((one, other) => size(one) - size(other) || own(one) - own(other));
  }

  /** Whether a class is so general that its name says little. */
  isOpen(name) {
    return this.data.classes[name]?.n > 1000 || name === "skos:Concept";
  }

  /** The first triple that gives a variable its value. */
  binding(variable) {
    return this.query.triples.find(({ object }) => object === variable);
  }

  /** A variable that is not in use, named after a class or property. */
  fresh(name) {
    const plain = local(name).replace(/^(has|is)(?=[A-Z])/, "").replace(/\W/g, "");
    const stem = `?${plain ? plain[0].toLowerCase() + plain.slice(1) : "value"}`;
    let fresh = stem;
    for (let n = 2; this.query.variables.includes(fresh) && fresh !== this.query.typed; n++) fresh = stem + n;
    return fresh;
  }
}

function local(name) {
  return name.startsWith("<") ? name.slice(1, -1).split(/[/#]/).at(-1) : name.slice(name.indexOf(":") + 1);
}

/** The words of a name or text: countryCoordinator has two. */
function words(text) {
  return text.replace(/(\p{Ll})(\p{Lu})/gu, "$1 $2").toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
}

/** The number of letters to change between texts, two that are swapped as one; 3 for more. */
export function distance(one, other) {
  if (Math.abs(one.length - other.length) > 2) return 3;
  let [before, last] = [[], [...Array(other.length + 1).keys()]];
  for (let i = 1; i <= one.length; i++) {
    const row = [i];
    for (let j = 1; j <= other.length; j++) {
      const cost = one[i - 1] === other[j - 1] ? 0 : 1;
      row[j] = Math.min(row[j - 1] + 1, last[j] + 1, last[j - 1] + cost);
      if (i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1])
        row[j] = Math.min(row[j], before[j - 2] + 1);
    }
    [before, last] = [last, row];
  }
  return Math.min(3, last[other.length]);
}
