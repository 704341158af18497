// Names in a query that the dataset does not have, each with the nearest that it has.

import { distance } from "./complete.js";
import { declared, tokens } from "./reader.js";

const FREE = new Set(["rdf", "rdfs", "owl", "xsd", "sh", "accsm-sh"]); // vocabularies whose terms data need not use

/** The names in a text that are in no data: { from, to, name, near }. */
export function unknown(text, data) {
  const all = tokens(text);
  const own = declared(all);
  return all
    .filter(({ kind, text: name }) => kind === "name" && !name.endsWith(":") && !isKnown(name, own, data))
    .map(({ text: name, from, to }) => ({ from, to, name, near: nearest(name, data) }));
}

function isKnown(name, own, data) {
  const [prefix] = name.split(":", 1);
  const iri = data.expand(name, own);
  if (!iri || FREE.has(prefix) || data.iris.has(iri)) return true;
  if (data.prefixes[prefix] === undefined || (own[prefix] || data.prefixes[prefix]) !== data.prefixes[prefix])
    return true; // of another vocabulary
  return !data.has(prefix);
}

/**
 * The name that may be meant: a class for a class, else a property or a thing. With the same prefix,
 * one called so or with one other letter; then one of another vocabulary that is called so, one that
 * has all words of the name, one with two other letters, and one that begins so.
 */
function nearest(name, data) {
  const prefix = name.slice(0, name.indexOf(":") + 1);
  const local = name.slice(prefix.length);
  const isClass = (text) => /^[A-Z]/.test(text);
  const isTerm = (other) => other in data.classes || other in data.properties;
  const own = [...data.iris.values()].filter((other) => other.startsWith(prefix));
  const alike = own.filter((other) => !isTerm(other) || isClass(other.slice(prefix.length)) === isClass(local));
  const used = Object.entries(isClass(local) ? data.classes : data.properties).filter(([, { n, old }]) => n && !old);
  const apart = used.map(([other]) => other).filter((other) => !other.startsWith(prefix));
  const far = (other) => distance(after(other).toLowerCase(), local.toLowerCase());
  const sought = words(local);
  return [
    alike.find((other) => squeezed(data.things.get(other)?.label ?? "") === squeezed(local)),
    least(alike, far, 1),
    least(apart, far, 1),
    best(used.filter(([other]) => other.startsWith(prefix) && [...sought].every((word) => words(after(other)).has(word)))),
    least(alike, far, 2),
    shortest(alike.filter((other) => begins(after(other).toLowerCase(), local.toLowerCase()))),
  ].find(Boolean) ?? "";
}

const after = (name) => name.slice(name.indexOf(":") + 1);
const squeezed = (text) => text.toLowerCase().replace(/[^\p{L}\d]/gu, "");
const words = (text) => new Set(text.split(/(?<=[a-z\d])(?=[A-Z])|[^A-Za-z\d]+/).map((word) => word.toLowerCase()));
const begins = (one, other) => one.startsWith(other) || other.startsWith(one);
const best = (found) => found.sort(([, one], [, other]) => other.n - one.n)[0]?.[0];
const shortest = (found) => found.sort((one, other) => one.length - other.length)[0];

/** The first of some names whose number is the least, if that is at most `most`. */
function least(names, number, most) {
  const near = names.map((name) => [number(name), name]).filter(([far]) => far <= most);
  return near.sort(([one], [other]) => one - other)[0]?.[1];
}
