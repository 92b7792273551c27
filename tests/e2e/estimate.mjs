/**
 * A scientist's first visit: choose a workflow, submit too early, fill in, read the figure, go beyond the past runs,
 * take it on paper, share the address. Usage: node estimate.mjs WEB_URL WORKFLOW_NAME
 */
import assert from "node:assert/strict";
import { assertAccessible, assertFocus, assertNoOverflow, withBrowser } from "./browser.mjs";

const [webUrl, workflow] = process.argv.slice(2);
const UNIT_BYTES = { kB: 1e3, MB: 1e6, GB: 1e9, TB: 1e12 };
const MONEY = String.raw`\$[\d,]+(\.\d+)?`;

/** "60 kB to 35 MB" → megabytes in the (geometric) middle of the range. */
function middleOf(range) {
  const [low, high] = [...range.matchAll(/([\d.]+)\s(kB|MB|GB|TB)/g)].map(([, amount, unit]) => Number(amount) * UNIT_BYTES[unit]);
  return Number((Math.sqrt(low * high) / 1e6).toPrecision(3));
}

await withBrowser(async (newPage) => {
  const page = await newPage();
  const workflowField = page.getByLabel("Workflow", { exact: true });
  const input = page.getByLabel("Input dataset size", { exact: true });
  const inputUnit = page.getByLabel("Unit of input dataset size");
  const submit = page.getByRole("button", { name: "Estimate cost" });
  const figure = page.locator("#result-title");

  await page.goto(webUrl);
  await page.getByRole("heading", { name: "Workflows with past runs" }).waitFor();
  await assertAccessible(page, "first visit");

  await submit.click();
  const summary = page.getByRole("alert");
  await assertFocus(page, summary, "submitted empty");
  assert.match(await summary.innerText(), /Select a workflow[^]*Enter the input dataset size/);
  await assertAccessible(page, "errors");
  await summary.getByRole("link", { name: "Enter the input dataset size" }).click();
  await assertFocus(page, input, "after the link of the summary");

  // Beyond fifteen workflows the field is a text box with suggestions.
  if (await workflowField.evaluate((element) => element.tagName === "SELECT")) await workflowField.selectOption(workflow);
  else await workflowField.fill(workflow);
  const range = await page.locator("#workflow-hint").innerText();
  assert.match(range, /^Past runs read/, "the workflow must say which sizes its past runs read");
  const usual = middleOf(range);
  await input.fill(String(usual));
  await inputUnit.selectOption("MB");
  await page.getByLabel("Budget").fill("1000000");
  await submit.click();
  await figure.waitFor();
  await assertFocus(page, figure, "after the answer");
  assert.match(await figure.innerText(), new RegExp(`^About ${MONEY}$`));
  assert.match(await page.locator(".interval p").innerText(), new RegExp(`^8 in 10 runs like this cost between ${MONEY} and ${MONEY}\\.$`));
  await page.getByText("Within budget.").waitFor();
  assert.equal(await page.locator(".outcomes circle").count(), 20);
  await page.locator(".curve svg").waitFor();
  await page.getByRole("heading", { name: "Most similar past runs" }).waitFor();
  assert.equal(await page.getByText("rough guide").count(), 0, "no warning inside of the range");
  await assertAccessible(page, "result");
  const expected = await figure.innerText();
  const shared = page.url();

  await page.getByRole("radio", { name: "90 %" }).check();
  await page.getByText("9 in 10 runs like this cost between").waitFor();
  await page.getByRole("button", { name: "View as table" }).click();
  await page.getByRole("columnheader", { name: "Typical cost" }).waitFor();

  await page.getByRole("button", { name: "View as chart" }).click();
  await page.emulateMedia({ media: "print", colorScheme: "dark" });
  assert(!(await submit.isVisible()) && !(await page.getByRole("navigation").isVisible()), "paper gets no form");
  for (const part of [figure, page.locator(".outcomes .chart svg"), page.locator(".curve svg")]) assert(await part.isVisible(), "paper gets the answer and its charts");
  assert.equal(await figure.evaluate((element) => getComputedStyle(element).color), "rgb(13, 92, 99)", "and is light, whatever the screen");
  await page.emulateMedia({ media: "screen", colorScheme: "light" });

  await input.fill(String(Math.round(usual * 1e5)));
  await submit.click();
  await page.getByText(/^The largest read .* and this one reads [\d,]+ times as much\.$/).waitFor();
  assert.equal(await figure.innerText(), "Past runs cannot tell");
  await page.getByText(/^What they can tell, at .*: about \$/).waitFor();
  await page.getByText(/^Run one at .* and one at .* first, and record what they cost\.$/).waitFor();

  await page.goBack();
  await page.waitForFunction((text) => document.querySelector("#result-title")?.textContent === text, expected);
  assert.equal(await input.inputValue(), String(usual), "going back brings the form back too");

  for (const colorScheme of ["light", "dark"]) {
    const visitor = await newPage({ viewport: { width: 320, height: 700 }, colorScheme });
    await visitor.goto(shared);
    await visitor.locator("#result-title").waitFor();
    assert.equal(await visitor.locator("#result-title").innerText(), expected, "a shared address gives the same figure");
    assert.equal(await visitor.getByLabel("Input dataset size", { exact: true }).inputValue(), String(usual));
    await visitor.locator(".curve svg").waitFor();
    const { y } = await visitor.locator("#result-title").boundingBox();
    assert(y >= 0 && y < 350, `the answer to a shared address is in view, below the form or not: ${y}`);
    await assertNoOverflow(visitor, `320 px, ${colorScheme}`);
    await assertAccessible(visitor, `320 px, ${colorScheme}`);
  }
});
console.log("estimate: ok");
