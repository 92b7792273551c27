/**
 * Takes the pictures of the README and of docs/web-app.md from a running Runquote that holds the example history.
 * Usage: npm run screenshots -- WEB_URL FOLDER
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "playwright-core";

const [webUrl, folder] = process.argv.slice(2);
if (!webUrl || !folder) {
  console.error("Usage: npm run screenshots -- WEB_URL FOLDER");
  process.exit(2);
}
/** Made up, and said to be so in each picture: the measured histories cost fractions of a cent. */
const WORKFLOW = "wgs-germline-demo";
const QUESTION = `/?workflow=${WORKFLOW}&input=120&iu=GB&budget=40`;
const BATCH = [
  "label,workflow,input_size,output_size",
  ...[62, 58, 71, 120, 66, 180].map((size, index) => `patient-${index + 1},${WORKFLOW},${size} GB,`),
  `cohort,${WORKFLOW},900 GB,`,
  `controls,${WORKFLOW},450 GB,`,
];
const TEAM = "demo-cardiology";
const desk = (height, colorScheme = "light") => ({ viewport: { width: 1200, height }, deviceScaleFactor: 1.5, colorScheme });
const PHONE = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, colorScheme: "light" };

const chart = (page) => page.locator(".figure svg").first().waitFor();

async function estimate(page) {
  await page.goto(webUrl + QUESTION);
  await page.locator("#result-title").waitFor();
  await chart(page);
}

async function batch(page) {
  await page.goto(`${webUrl}/batch`);
  await page.locator("#batch-file").setInputFiles({ name: "cohort.csv", mimeType: "text/csv", buffer: Buffer.from(BATCH.join("\n")) });
  await page.locator("#batch-title").waitFor();
}

/** Picture → how its page is reached, and left as it was, and the window it is looked at in. */
const PICTURES = {
  "estimate": { reach: estimate, options: desk(1180) },
  "estimate-dark": { reach: estimate, options: desk(860, "dark") },
  "estimate-phone": { reach: estimate, options: PHONE, top: ".result" },
  "batch": { reach: batch, options: desk(1300) },
  "runs": {
    reach: async (page) => {
      await page.goto(`${webUrl}/runs?workflow=${WORKFLOW}`);
      await page.locator("tbody tr").first().waitFor();
    },
  },
  "models": {
    reach: async (page) => {
      await page.goto(`${webUrl}/models?workflow=${WORKFLOW}`);
      // What it leaves is one more version that is not promoted, since there is nothing new to learn.
      await page.getByRole("button", { name: "Retrain now" }).click();
      await page.getByRole("heading", { name: "No update" }).waitFor({ timeout: 300_000 });
      await page.locator(".status.rejected").first().waitFor();
      await page.mouse.move(0, 0);
    },
    options: desk(1100),
  },
  "accuracy": {
    reach: async (page) => {
      await page.goto(`${webUrl}/accuracy?workflow=${WORKFLOW}`);
      await chart(page);
    },
    options: desk(1250),
  },
  "budgets": {
    reach: async (page) => {
      await batch(page);
      await page.getByRole("link", { name: "Budgets", exact: true }).click();
      await page.getByLabel("Team", { exact: true }).fill(TEAM);
      await page.getByLabel(/^Monthly budget/).fill("1000");
      await page.getByRole("button", { name: "Set budget" }).click();
      await page.getByLabel("Paid by").selectOption(TEAM);
      await page.getByText(/that remain: about/).waitFor();
    },
    leave: async (page) => {
      await page.getByRole("button", { name: `Change the budget of ${TEAM}` }).click();
      const removed = page.waitForResponse((response) => response.request().method() === "DELETE");
      await page.getByRole("button", { name: "Remove" }).click();
      await removed;
    },
    options: desk(950),
  },
};

// Chromium's own sandbox needs privileges that containers seldom give; the pages are ours.
const browser = await chromium.launch({ executablePath: process.env.RUNQUOTE_CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
try {
  mkdirSync(folder, { recursive: true });
  for (const [name, { reach, leave, options = desk(860), top = "body" }] of Object.entries(PICTURES)) {
    const page = await browser.newPage(options);
    await reach(page);
    await page.evaluate(() => document.fonts.ready);
    await page.locator(top).evaluate((element) => element.scrollIntoView());
    await page.screenshot({ path: join(folder, `${name}.png`), animations: "disabled" });
    await leave?.(page);
    await page.close();
    console.log(`${name}.png`);
  }
} finally {
  await browser.close();
}
