// Make the scripts of the workbench: node build.mjs FOLDER. Beside them are the licences of what they hold.

import { build } from "esbuild";
import { copyFileSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const folder = process.argv[2];
const options = {
  absWorkingDir: here,
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  legalComments: "none",
  metafile: true,
};
const { metafile } = await build({
  ...options,
  entryPoints: ["src/workbench.js", "src/search.js"],
  outdir: folder,
});

// The engine that answers queries in the browser, which only static copies have, in a folder of its own.
const engine = await build({
  ...options,
  entryPoints: ["src/engine.js"],
  outfile: join(folder, "engine", "engine.js"),
});
copyFileSync(join(here, "node_modules/oxigraph/web_bg.wasm"), join(folder, "engine", "oxigraph.wasm"));

writeLicences(metafile, folder);
writeLicences(engine.metafile, join(folder, "engine"));

function writeLicences({ inputs }, place) {
  const packages = new Set();
  for (const path of Object.keys(inputs)) {
    const found = /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path);
    if (found) packages.add(found[1]);
  }
  const texts = [...packages].sort().map(licence);
  writeFileSync(join(place, "licences.txt"), texts.join(`\n${"-".repeat(72)}\n\n`));
}

/** The licence of a package; a package without its text may have that of this project, Apache-2.0. */
function licence(name) {
  const root = join(here, "node_modules", name);
  const { version, license } = JSON.parse(readFileSync(join(root, "package.json")));
  const file = readdirSync(root).find((one) => /^licen[cs]e/i.test(one));
  if (!file && !license.includes("Apache-2.0")) throw new Error(`${name} has no licence text`);
  const text = readFileSync(file ? join(root, file) : join(here, "LICENSE"), "utf8").trim();
  return `${name} ${version} (${license})\n\n${text}\n`;
}
