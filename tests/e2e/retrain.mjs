/** Retrain from the Models page and see the new version. Usage: node retrain.mjs WEB_URL WORKFLOW_NAME */
import assert from "node:assert/strict";
import { assertAccessible, assertFocus, assertNoOverflow, withBrowser } from "./browser.mjs";

const [webUrl, workflow] = process.argv.slice(2);
const RETRAINING_MS = 180_000;

await withBrowser(async (newPage) => {
  const page = await newPage({ viewport: { width: 768, height: 900 }, colorScheme: "dark" });
  await page.goto(`${webUrl}/models`);
  await page.getByRole("link", { name: workflow, exact: true }).click();
  const newest = page.getByRole("group", { name: "Versions of the model" }).locator("tbody tr").first();
  const version = async () => Number.parseInt(await newest.getByRole("rowheader").innerText(), 10);
  await newest.waitFor();
  const before = await version();
  await page.getByRole("button", { name: "Retrain now" }).click();
  await page.getByRole("heading", { name: /^Retraining: / }).waitFor();
  await assertAccessible(page, "retraining");
  const ended = page.getByRole("heading", { name: /^No update|was promoted$/ }).and(page.locator("#retraining-title"));
  await ended.waitFor({ timeout: RETRAINING_MS });
  await assertFocus(page, ended, "after a retraining");
  await page.waitForFunction((old) => Number.parseInt(document.querySelector("tbody tr th").innerText, 10) > old, before);
  assert.equal(await version(), before + 1, "the new version is listed");
  assert.match(await newest.innerText(), /median error [\d.]+ %/, "with what it was judged by");
  await assertNoOverflow(page, "models, 768 px");
  await assertAccessible(page, "retrained");
});
console.log("retrain: ok");
