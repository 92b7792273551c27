/** States of the app that need a made-up API. Usage: node states.mjs SCENARIO WEB_URL [API_KEY] */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { assertAccessible, assertFocus, assertNoOverflow, hasFocus, withBrowser } from "../e2e/browser.mjs";

const [scenario, webUrl, apiKey] = process.argv.slice(2);
const WIDTHS = [320, 768, 1440];
const THEMES = ["light", "dark"];

const ask = (workflow, more = "") => `${webUrl}/?workflow=${encodeURIComponent(workflow)}&input=20&iu=GB${more}`;
const figure = (page) => page.locator("#result-title");
const button = (page, name) => page.getByRole("button", { name });

const scenarios = {
  /** Every state, narrow to wide, light and dark. */
  async appearance(newPage) {
    const states = {
      empty: async (page) => {
        await page.goto(webUrl);
        await page.getByText("Know the cost before you launch").waitFor();
      },
      errors: async (page) => {
        await page.goto(`${webUrl}/?workflow=rnaseq-quant&input=1,5&budget=x`);
        await page.getByText("There is a problem").waitFor();
      },
      result: async (page) => {
        await page.goto(ask("wgs-joint-calling", "&budget=12&p.trim.length=40"));
        await page.locator(".curve svg").waitFor();
      },
      alert: async (page) => {
        await page.route("**/v1/predictions", (route) => route.abort());
        await page.goto(ask("wgs-joint-calling"));
        await page.getByText("We could not reach the service").waitFor();
      },
    };
    for (const [state, reach] of Object.entries(states)) {
      for (const width of WIDTHS) {
        for (const colorScheme of THEMES) {
          const page = await newPage({ viewport: { width, height: 900 }, colorScheme });
          await reach(page);
          await assertNoOverflow(page, `${state}, ${width} px`);
          await assertAccessible(page, `${state}, ${width} px, ${colorScheme}`);
          await page.setViewportSize({ width: 320, height: 900 });
          await assertNoOverflow(page, `${state}, narrowed from ${width} px`);
          await page.close();
        }
      }
    }
  },

  /** What a person types is judged in words, kept, and can be typed without a mouse. */
  async form(newPage) {
    const page = await newPage();
    await page.goto(webUrl);
    const input = page.getByLabel("Input dataset size", { exact: true });
    await input.waitFor();
    await page.keyboard.press("Tab");
    assert(await hasFocus(page.getByRole("link", { name: "Skip to main content" })), "the skip link comes first");
    await page.keyboard.press("Enter");
    await page.keyboard.press("Tab");
    await page.keyboard.press("r"); // the list goes to its first workflow with this letter
    await page.getByText("All the files that the run reads, like 1.4 MB").waitFor();
    const units = ["input dataset", "expected output"].map((which) => page.getByLabel(`Unit of ${which} size`));
    assert.deepEqual(await Promise.all(units.map((unit) => unit.inputValue())), ["MB", "MB"], "the units follow the workflow");
    await page.getByLabel("Workflow", { exact: true }).selectOption("wgs-joint-calling");
    assert.deepEqual(await Promise.all(units.map((unit) => unit.inputValue())), ["GB", "GB"]);
    await units[0].selectOption("GiB");
    await page.getByLabel("Expected output size", { exact: false }).first().fill("1");
    await page.getByLabel("Workflow", { exact: true }).selectOption("rnaseq-quant");
    assert.deepEqual(await Promise.all(units.map((unit) => unit.inputValue())), ["GiB", "GB"], "what a person chose or typed stays");
    await page.getByLabel("Expected output size", { exact: false }).first().fill("");
    await units[0].selectOption("GB");
    await input.focus();
    await page.keyboard.type("1,5");
    await page.keyboard.press("Enter");
    const summary = page.getByRole("alert");
    await assertFocus(page, summary, "after Enter");
    assert.equal(await summary.getByRole("listitem").innerText(), "Use a full stop for decimals, like 1.5");
    assert.equal(await input.inputValue(), "1,5", "what was typed stays");
    assert.match(await input.evaluate((field) => document.getElementById(field.getAttribute("aria-describedby").split(" ")[0]).textContent), /full stop/);

    await input.fill("2000");
    await input.blur();
    await summary.waitFor({ state: "detached" });
    await button(page, "Use 2000 MB instead").waitFor({ state: "detached" });
    await input.fill("20");
    await button(page, "Use 20 MB instead").click();
    await page.getByText("20,000,000 bytes").waitFor();
    await button(page, "Use typical for this workflow").click();
    assert.equal(await page.getByLabel("Expected output size", { exact: false }).first().inputValue(), "6.4");

    await page.getByText("Run parameters").click();
    await page.getByLabel("Trim length").fill("long");
    await button(page, "Estimate cost").click();
    await summary.getByRole("link", { name: "trim.length must be a number" }).click();
    await assertFocus(page, page.getByLabel("Trim length"), "after the link to a parameter");
    await page.getByLabel("Trim length").fill("40");
    await page.getByLabel("Paired").selectOption("Yes");
    const sent = page.waitForRequest("**/v1/predictions");
    await button(page, "Estimate cost").click();
    assert.deepEqual((await sent).postDataJSON(), {
      workflow_name: "rnaseq-quant",
      input_bytes: 20e6,
      output_bytes: 6.4e6,
      parameters: { "trim.length": 40, paired: true },
    });
    await figure(page).waitFor();
    assert.match(await page.title(), /^About \$0\.0\d+, rnaseq-quant – Runquote$/);

    const waiting = page.waitForEvent("download");
    await button(page, "CSV").click();
    const rows = readFileSync(await (await waiting).path(), "utf8").split("\r\n");
    assert.match(rows[0], /^workflow_name,input_bytes,output_bytes,cost_usd,low_80_usd/);
    assert.match(rows[1], /^rnaseq-quant,20000000,6400000,0\.0\d+,/);

    await page.emulateMedia({ media: "print" });
    assert(!(await button(page, "Estimate cost").isVisible()) && (await figure(page).isVisible()), "paper gets the answer alone");
  },

  /** An interval that says nothing is not dressed up as an estimate. */
  async unusable(newPage) {
    const page = await newPage();
    await page.goto(ask("lost-far-out"));
    await page.getByText("The input is 570 times that of the largest past run").waitFor();
    assert.equal(await figure(page).innerText(), "No usable estimate");
    assert.equal(await page.title(), "No usable estimate, lost-far-out – Runquote");
    assert.equal(await page.locator(".outcomes, .interval").count(), 0);
    await page.locator(".curve svg").waitFor();
    await page.locator(".warnings").getByText("rough guide").waitFor();
    for (const name of ["Why this estimate", "Most similar past runs"]) await page.getByRole("heading", { name }).waitFor();
    const ticks = await page.locator(".curve .tick").allTextContents();
    assert(!ticks.some((tick) => /^\$0\.0*$|^\$0\.0{5,}/.test(tick)), `unreadable ticks: ${ticks}`);
    await assertAccessible(page, "no usable estimate");
  },

  /** The first paint has its charts, though no observer ever reports. */
  async unobserved(newPage) {
    const page = await newPage();
    await page.addInitScript(() => {
      window.ResizeObserver = class { observe() {} disconnect() {} };
    });
    await page.goto(ask("wgs-joint-calling"));
    await page.locator(".curve svg").waitFor();
    await page.locator(".outcomes svg").waitFor();
  },

  /** What the service does not answer, or not yet. */
  async faults(newPage) {
    const page = await newPage();
    const number = /\$\d/;
    await page.goto(ask("slow-start"));
    await page.getByText("Starting the model, up to 60 s").waitFor();
    await assertAccessible(page, "starting");
    await figure(page).waitFor();

    await page.goto(ask("throttled"));
    await figure(page).waitFor();

    await page.goto(ask("model-error"));
    await page.getByRole("alert").getByText("The model could not answer this request.").waitFor();
    assert.equal(await page.getByLabel("Input dataset size", { exact: true }).inputValue(), "20");
    await button(page, "Retry").click();
    await figure(page).waitFor();

    await page.goto(ask("untrained"));
    await page.getByText("No model of untrained yet").waitFor();
    await assertFocus(page, page.locator(".answer"), "without a number");
    assert.equal(await page.locator(".answer p").allInnerTexts().then((all) => all.join(" ")), "It has 3 successful runs; a first estimate needs five.");
    assert.doesNotMatch(await page.locator(".answer").innerText(), number);

    await page.goto(ask("rnaseq"));
    await page.getByText("We have no past runs of rnaseq").waitFor();
    await page.getByText("Near matches: rnaseq-quant.").waitFor();
    assert.doesNotMatch(await page.locator(".answer").innerText(), number);
    await assertAccessible(page, "unknown workflow");

    page.on("dialog", () => assert.fail("markup in a name must not run"));
    await page.goto(ask("<script>alert('x')</script>"));
    await page.locator(".curve svg").waitFor();
    assert.match(await page.locator(".asked").innerText(), /^<script>alert\('x'\)<\/script>, 20/);
    await page.goto(ask("<img src=x onerror=alert(1)>"));
    await page.getByText("We have no past runs of <img src=x onerror=alert(1)>").waitFor();

    await page.goto(`${webUrl}/nowhere`);
    await page.getByText("Page not found").waitFor();
  },

  /** A deployment that hands out no key asks for one. */
  async key(newPage) {
    const page = await newPage();
    await page.goto(webUrl);
    const field = page.getByLabel("API key");
    await button(page, "Continue").click();
    await assertFocus(page, field, "without a key");
    await assertAccessible(page, "asking for the key");
    await field.fill("wrong");
    await button(page, "Continue").click();
    await page.getByText("The service did not accept the API key").waitFor();
    await button(page, "Use another API key").click();
    await field.fill(apiKey);
    await button(page, "Continue").click();
    await page.getByText("Know the cost before you launch").waitFor();
    await page.reload();
    await page.getByText("Know the cost before you launch").waitFor();
  },

  /** The API is not there at all. */
  async unreachable(newPage) {
    const page = await newPage();
    await page.goto(webUrl);
    await page.getByText("We could not reach the service").waitFor();
    await button(page, "Retry").waitFor();
    await assertAccessible(page, "unreachable");
  },

  async nothing(newPage) {
    const page = await newPage();
    await page.goto(webUrl);
    await page.getByText("No past runs yet").waitFor();
    await assertAccessible(page, "no workflows");
  },

  /** Past 15 workflows, a list is too long to read: the field completes. */
  async many(newPage) {
    const page = await newPage();
    await page.goto(webUrl);
    await page.getByRole("combobox", { name: "Workflow", exact: true }).fill("workflow-17");
    await page.getByLabel("Input dataset size", { exact: true }).fill("20");
    await assertAccessible(page, "many workflows");
    await button(page, "Estimate cost").click();
    await figure(page).waitFor();
  },
};

await withBrowser(scenarios[scenario]);
console.log(`${scenario}: ok`);
