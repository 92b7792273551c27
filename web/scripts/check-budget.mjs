/** Fails the build when the JavaScript of the Estimate page outgrows what a phone on a slow line should have to load. */
import { readdirSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const BUDGET_KB = 130;
const dist = new URL("../dist/", import.meta.url);

const kilobytes = (paths) => paths.reduce((sum, path) => sum + gzipSync(readFileSync(new URL(path, dist)), { level: 9 }).length, 0) / 1000;

// index.html names all that the first page loads; every other file belongs to a page that is loaded when it is opened.
const first = [...readFileSync(new URL("index.html", dist), "utf8").matchAll(/(?:src|href)="\/(assets\/[^"]+\.js)"/g)].map(([, path]) => path);
const others = readdirSync(new URL("assets/", dist)).map((name) => `assets/${name}`).filter((path) => path.endsWith(".js") && !first.includes(path));
const script = kilobytes(first);
console.log(`${script.toFixed(1)} kB JavaScript for the Estimate page (budget ${BUDGET_KB} kB) and ${kilobytes(others).toFixed(1)} kB for the others, gzipped`);
if (first.length === 0 || script > BUDGET_KB) {
  console.error(`The JavaScript of the Estimate page is over its budget of ${BUDGET_KB} kB`);
  process.exit(1);
}
