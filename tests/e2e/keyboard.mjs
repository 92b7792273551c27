/** A whole visit without a mouse, mistakes included. Usage: node keyboard.mjs WEB_URL WORKFLOW_NAME */
import assert from "node:assert/strict";
import { assertFocus, hasFocus, withBrowser } from "./browser.mjs";

const [webUrl, workflow] = process.argv.slice(2);

await withBrowser(async (newPage) => {
  const page = await newPage();
  const press = (...keys) => keys.reduce((before, key) => before.then(() => page.keyboard.press(key)), Promise.resolve());
  /** Tab on until the focus is there: everything before it can be passed, and nothing keeps the focus. */
  const tabTo = async (locator) => {
    for (let steps = 0; steps < 40; steps += 1) {
      await press("Tab");
      if (await hasFocus(locator)) return;
    }
    assert.fail(`Tab does not lead to ${locator}`);
  };
  const input = page.getByLabel("Input dataset size", { exact: true });
  const summary = page.getByRole("alert");

  await page.goto(webUrl);
  await input.waitFor();
  await press("Tab", "Enter");
  assert.equal(await page.evaluate(() => document.activeElement.id), "main", "the skip link leads past the navigation");

  await tabTo(page.getByRole("button", { name: "Estimate cost" }));
  await press("Enter");
  await assertFocus(page, summary, "submitted empty");
  await tabTo(summary.getByRole("link", { name: "Select a workflow" }));
  await press("Enter");
  await assertFocus(page, page.getByLabel("Workflow", { exact: true }), "after the link of the summary");
  await page.keyboard.type(workflow);

  await tabTo(input);
  await page.keyboard.type("20,5");
  await press("Enter");
  await assertFocus(page, summary, "with a decimal comma");
  assert.match(await summary.innerText(), /^There is a problem\s+Use a full stop for decimals, like 20\.5$/);
  assert.equal(await input.inputValue(), "20,5", "what was typed stays");
  await tabTo(summary.getByRole("link", { name: "Use a full stop for decimals" }));
  await press("Enter");
  await assertFocus(page, input, "after the link of the summary");
  await press("ControlOrMeta+a");
  await page.keyboard.type("20");
  await press("Tab");
  await summary.waitFor({ state: "detached" });
  await page.keyboard.type("MB");
  await press("Shift+Tab", "Enter");
  const figure = page.locator("#result-title");
  await figure.waitFor();
  await assertFocus(page, figure, "after the answer");

  await tabTo(page.getByRole("radio", { name: "80 %" }));
  await press("ArrowRight");
  await page.getByText("9 in 10 runs like this cost between").waitFor();
  await tabTo(page.getByRole("button", { name: "View as table" }));
  await press("Enter");
  await page.getByRole("columnheader", { name: "Typical cost" }).waitFor();
});
console.log("keyboard: ok");
