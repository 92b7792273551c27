/** A lab's batch: a file with a wrong line, every run's estimate, the total, and a team's budget. Usage: node batch.mjs WEB_URL WORKFLOW_NAME */
import assert from "node:assert/strict";
import { assertAccessible, assertFocus, assertNoOverflow, withBrowser } from "./browser.mjs";

const [webUrl, workflow] = process.argv.slice(2);
const amount = (text) => Number(text.replace(/[^\d.]/g, ""));

await withBrowser(async (newPage) => {
  const page = await newPage({ viewport: { width: 390, height: 800 } });
  await page.goto(`${webUrl}/batch`);
  const rows = Array.from({ length: 12 }, (_, index) => `sample-${index + 1},${workflow},${index + 1} MB`);
  const lines = ["label,workflow,input_size", ...rows, `wrong,${workflow},12`];
  await page.locator("#batch-file").setInputFiles({ name: "cohort.csv", mimeType: "text/csv", buffer: Buffer.from(lines.join("\n")) });
  const figure = page.locator("#batch-title");
  await figure.waitFor();
  await assertFocus(page, figure, "after a batch");
  await page.getByText("cohort.csv, 12 of 13 runs together").waitFor();
  assert.match(await page.locator(".row-problems").innerText(), /Line 14 wrong: column “input_size”: “12” has no unit/);
  const [low, high] = (await page.locator(".interval strong").allInnerTexts()).map(amount);
  const total = amount(await figure.innerText());
  assert(low < total && total < high, `the total ${total} lies in its interval ${low} to ${high}`);
  const costs = (await page.locator("tbody td.number:nth-child(5) > span:first-child").allInnerTexts()).map(amount);
  assert.equal(costs.length, 12);
  assert.deepEqual(costs, costs.toSorted((a, b) => b - a), "most expensive first");
  await assertNoOverflow(page, "batch, 390 px");
  await assertAccessible(page, "batch");

  const team = `visitor-${Date.now()}`;
  await page.getByRole("link", { name: "Budgets", exact: true }).click();
  await page.getByLabel("Team", { exact: true }).fill(team);
  await page.getByLabel("Monthly budget (USD)").fill("1000");
  await page.getByRole("button", { name: "Set budget" }).click();
  await page.getByText(`The budget of ${team} is set.`).waitFor();
  await page.getByLabel("Paid by").selectOption(team);
  await page.getByText(/^Within budget\. Of \$1,000\.00 that remain: about \$1,000 left/).waitFor();
  await assertNoOverflow(page, "budgets, 390 px");
  await assertAccessible(page, "budgets");
  await page.getByRole("button", { name: `Change the budget of ${team}` }).click();
  await page.getByRole("button", { name: "Remove" }).click();
  await page.locator("tbody th", { hasText: team }).waitFor({ state: "detached" });
});
console.log("batch: ok");
