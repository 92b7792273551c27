/**
 * Takes the README's picture from a running Runquote.
 * Usage: npm run screenshot -- WEB_URL_WITH_QUESTION OUTPUT.png
 * for example: npm run screenshot -- "http://127.0.0.1:8080/?workflow=rnaseq-quant&input=20&iu=MB" ../docs/images/estimate.png
 */
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { chromium } from "playwright-core";

const [address, output] = process.argv.slice(2);
if (!address || !output) {
  console.error("Usage: npm run screenshot -- WEB_URL_WITH_QUESTION OUTPUT.png");
  process.exit(2);
}
const executablePath = process.env.RUNQUOTE_CHROMIUM ?? "/usr/bin/chromium";
// Chromium's own sandbox needs privileges that containers seldom give; the page is ours.
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
try {
  const page = await browser.newPage({ viewport: { width: 1200, height: 860 }, deviceScaleFactor: 2, colorScheme: "light" });
  await page.goto(address);
  await page.locator("#result-title").waitFor();
  await page.locator(".curve svg").waitFor();
  await page.evaluate(() => document.fonts.ready);
  await page.evaluate(() => scrollTo(0, 0));
  mkdirSync(dirname(output), { recursive: true });
  await page.screenshot({ path: output });
} finally {
  await browser.close();
}
