/** Fails the build when the page's JavaScript outgrows what a phone on a slow line should have to load. */
import { readdirSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const BUDGET_KB = 130;
const folder = new URL("../dist/assets/", import.meta.url);

const kilobytes = (kind) =>
  readdirSync(folder)
    .filter((name) => name.endsWith(kind))
    .reduce((sum, name) => sum + gzipSync(readFileSync(new URL(name, folder)), { level: 9 }).length, 0) / 1000;

const script = kilobytes(".js");
console.log(`${script.toFixed(1)} kB JavaScript and ${kilobytes(".css").toFixed(1)} kB CSS, gzipped (budget ${BUDGET_KB} kB JavaScript)`);
if (script > BUDGET_KB) {
  console.error(`The JavaScript is over its budget of ${BUDGET_KB} kB`);
  process.exit(1);
}
