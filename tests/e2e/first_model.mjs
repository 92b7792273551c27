/** From a CSV file of past runs to a first estimate: record, train, watch the promotion, ask. Usage: node first_model.mjs WEB_URL */
import assert from "node:assert/strict";
import { assertAccessible, assertFocus, assertNoOverflow, withBrowser } from "./browser.mjs";

const [webUrl] = process.argv.slice(2);
const TRAINING_MS = 180_000;
const DAY_MS = 86_400_000;
const workflow = `visit-${Date.now()}`;

/** Runs that cost 2 dollars and half a dollar for each GB, give or take a little. */
function history(count) {
  const rows = Array.from({ length: count }, (_, index) => {
    const gigabytes = 2 + 3 * index;
    const ended = new Date(Date.now() - (count - index) * DAY_MS);
    const cost = (2 + 0.5 * gigabytes) * (1 + 0.05 * Math.sin(index * 7));
    const started = new Date(ended.getTime() - 3_600_000);
    return [workflow, `run-${index}`, "SUCCEEDED", started.toISOString(), ended.toISOString(), gigabytes * 1e9, cost.toFixed(2), "billed"].join(",");
  });
  return ["workflow_name,run_id,status,started_at,completed_at,input_bytes,cost_usd,cost_source", ...rows].join("\n");
}

await withBrowser(async (newPage) => {
  const page = await newPage({ viewport: { width: 1024, height: 900 } });
  await page.goto(`${webUrl}/runs`);
  await page.getByText("Record past runs").click();
  await page.locator("#runs-file").setInputFiles({ name: "runs.csv", mimeType: "text/csv", buffer: Buffer.from(history(24)) });
  await assertFocus(page, page.getByRole("heading", { name: "24 runs recorded" }), "after recording");

  await page.goto(`${webUrl}/?workflow=${workflow}&input=40&iu=GB`);
  await page.getByText(`No model of ${workflow} yet`).waitFor();

  await page.getByRole("link", { name: "Models", exact: true }).click();
  await page.getByRole("link", { name: workflow, exact: true }).click();
  await page.getByRole("heading", { name: "No model yet" }).waitFor();
  await page.getByText("No model was trained yet.").waitFor();
  await page.getByRole("button", { name: "Retrain now" }).click();
  const promoted = page.locator("#retraining-title").filter({ hasText: "Version 1 was promoted" });
  await promoted.waitFor({ timeout: TRAINING_MS });
  await assertFocus(page, promoted, "after the promotion");
  await page.locator("#model-title").filter({ hasText: "Version 1 is in service" }).waitFor();
  const version = page.getByRole("group", { name: "Versions of the model" }).locator("tbody tr");
  assert.equal(await version.count(), 1);
  assert.match(await version.innerText(), /^1\s[^]*In service\s+Promoted: first model[^]*24$/);
  await assertNoOverflow(page, "promoted, 1024 px");
  await assertAccessible(page, "promoted");

  await page.goto(`${webUrl}/?workflow=${workflow}&input=40&iu=GB`);
  const figure = page.locator("#result-title");
  await figure.waitFor();
  const about = Number((await figure.innerText()).replace("About $", ""));
  assert(about > 18 && about < 27, `40 GB cost about 22 dollars: ${about}`);
});
console.log("first model: ok");
