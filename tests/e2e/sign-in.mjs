/** Sign in through the local cloud's own page, and out again. Usage: node sign-in.mjs WEB_URL USERNAME PASSWORD */
import assert from "node:assert/strict";
import { withBrowser } from "./browser.mjs";

const [webUrl, username, password] = process.argv.slice(2);

await withBrowser(async (newPage) => {
  const page = await newPage();
  const signIn = page.getByRole("button", { name: "Sign in", exact: true });
  await page.goto(`${webUrl}/models`);
  await signIn.click();
  await page.getByLabel("Username").fill(username);
  await page.getByLabel("Password").fill(password);
  // Its preflight too must be answered for this origin.
  const [answer] = await Promise.all([page.waitForResponse((each) => each.url().endsWith("/workflows") && each.request().method() === "GET"), signIn.click()]);
  assert.equal(answer.status(), 200);
  assert.match(answer.request().headers()["authorization"], /^Bearer .+\..+\..+$/);
  await page.getByText(`Signed in as ${username}`).waitFor();
  assert.equal(page.url(), `${webUrl}/models`);
  await page.reload();
  await page.getByText(`Signed in as ${username}`).waitFor();
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.waitForURL(`${webUrl}/`);
  await signIn.click();
  await page.getByLabel("Password").waitFor();
});
console.log("sign-in: ok");
