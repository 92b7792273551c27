/** What the browser tests share: Debian's Chromium, driven by the web app's own development packages. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const fromWeb = createRequire(new URL("../../web/package.json", import.meta.url));
const { chromium } = fromWeb("playwright-core");
const AXE = readFileSync(fromWeb.resolve("axe-core/axe.min.js"), "utf8");

/**
 * Run a scenario in a fresh browser; `scenario` gets `newPage(options)`. Fails on any error the pages report, unless
 * they are not ours.
 */
export async function withBrowser(scenario, { ours = true } = {}) {
  const executablePath = process.env.RUNQUOTE_CHROMIUM;
  assert(executablePath, "RUNQUOTE_CHROMIUM must name a Chromium binary");
  // Chromium's own sandbox needs privileges that containers seldom give; these pages are ours.
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
  const problems = [];
  const newPage = async (options = {}) => {
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 }, ...options });
    page.setDefaultTimeout(30_000);
    // A violation that the page itself catches (a probe for eval, say) shows up nowhere else.
    await page.addInitScript(() =>
      addEventListener("securitypolicyviolation", (event) => console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`)),
    );
    page.on("pageerror", (error) => problems.push(`page error: ${error.message}`));
    page.on("console", (message) => {
      // A failed request is logged by the browser itself; the scenarios look at what the app makes of it.
      const expected = message.text().startsWith("Failed to load resource");
      if (message.type() === "error" && !expected) problems.push(`console: ${message.text()}`);
    });
    return page;
  };
  try {
    await scenario(newPage);
  } finally {
    await browser.close();
  }
  if (ours) assert.deepEqual(problems, [], "pages must load without errors or violations of their Content-Security-Policy");
}

/** No violation of any axe rule, best practices included. */
export async function assertAccessible(page, state) {
  await page.evaluate(AXE);
  const { violations, passes } = await page.evaluate(() => globalThis.axe.run());
  assert(passes.length > 10, `${state}: axe must have had something to check`);
  const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target, failureSummary }) => `${target} ${failureSummary}`).join("; ")}`);
  assert.deepEqual(found, [], `${state}: axe violations`);
}

/** Nothing sticks out sideways. */
export async function assertNoOverflow(page, state) {
  const [content, view] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
  assert.equal(content, view, `${state}: the page is wider than the window`);
}

/** Whether the focus is on (or in) what `locator` finds. */
export const hasFocus = (locator) => locator.evaluate((element) => element.contains(document.activeElement));

/** Wait until the focus is there. */
export async function assertFocus(page, locator, state) {
  const element = await locator.elementHandle();
  await page.waitForFunction((target) => target.contains(document.activeElement), element).catch(() => assert.fail(`${state}: the focus is not there`));
}
