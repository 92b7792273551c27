/** States of the app that need a made-up API. Usage: node states.mjs SCENARIO WEB_URL [API_KEY | IDENTITY_URL] */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { assertAccessible, assertFocus, assertNoOverflow, hasFocus, withBrowser } from "../e2e/browser.mjs";

const [scenario, webUrl, apiKey] = process.argv.slice(2);
const WIDTHS = [320, 768, 1440];
const THEMES = ["light", "dark"];

const ask = (workflow, more = "") => `${webUrl}/?workflow=${encodeURIComponent(workflow)}&input=20&iu=GB${more}`;
const figure = (page) => page.locator("#result-title");
/** The text of the file that a button gives. */
async function downloaded(page, name) {
  const waiting = page.waitForEvent("download");
  await button(page, name).click();
  return readFileSync(await (await waiting).path(), "utf8");
}
const button = (page, name) => page.getByRole("button", { name, exact: true });

/** A batch with a row of each fate: answered, beyond past runs, wrong, unknown, slow to start, and inert in a spreadsheet. */
const BATCH = {
  name: "cohort.csv",
  mimeType: "text/csv",
  buffer: Buffer.from(
    [
      "label,workflow,input_size,output_size,notes",
      "small,rnaseq-quant,2 MB,,",
      "large,rnaseq-quant,30 MB,6 MB,",
      "far,rnaseq-quant,200 MB,,",
      "lost,rnaseq-quant,900 GB,,",
      'comma,rnaseq-quant,"1,5 MB",,',
      "unknown,rnaseq,4 MB,,",
      "slow,slow-start,2 GB,,",
      "=cmd(),wgs-joint-calling,100 GB,,",
    ].join("\n"),
  ),
};
const chooseBatch = async (page, file = BATCH) => {
  await page.goto(`${webUrl}/batch`);
  await page.locator("#batch-file").setInputFiles(file);
};

/** Runs to record: new, known, refused by the service, and unreadable. */
const RUNS = {
  name: "runs.csv",
  mimeType: "text/csv",
  buffer: Buffer.from(
    [
      "workflow_name,run_id,status,started_at,completed_at,input_bytes,cost_usd,cost_source,tags",
      'w,new,SUCCEEDED,2026-01-05T09:00:00Z,2026-01-05T10:00:00Z,1e9,2.5,billed,"{""team"": ""a""}"',
      "w,known,SUCCEEDED,2026-01-05T09:00:00Z,2026-01-05T10:00:00Z,1000,2.5,billed,",
      "w,free,SUCCEEDED,2026-01-05T09:00:00Z,2026-01-05T10:00:00Z,1000,0,billed,",
      'w,comma,SUCCEEDED,2026-01-05T09:00:00Z,2026-01-05T10:00:00Z,1000,"2,5",billed,',
    ].join("\n"),
  ),
};

/** Refuse a bill, correct the cost and withdraw the run, each with its reason, and see all of it told. */
async function decide(page) {
  await page.getByRole("link", { name: "wgs-joint-calling-1002" }).click();
  await assertFocus(page, page.getByRole("heading", { name: "Run wgs-joint-calling-1002" }), "after opening a run");
  await page.getByText("Until somebody decides, the estimate counts.").waitFor();
  const change = async (choice, reason, told, cost) => {
    await page.getByLabel("Change", { exact: true }).selectOption({ index: choice });
    if (cost) await page.getByLabel("Cost (USD)").fill(cost);
    await page.getByLabel("Reason", { exact: true }).fill(reason);
    await button(page, "Change the run").click();
    await page.getByRole("row", { name: new RegExp(`${told}.*${reason}`) }).waitFor();
  };
  await change(1, "the bill of another run", "Bill refused");
  await change(0, "as the invoice says", "Corrected", "12.30");
  await page.getByText("12.3 USD").waitFor();
  await change(1, "it was a test", "Withdrawn");
  await page.getByText("Succeeded, withdrawn").waitFor();
  await button(page, "Close").click();
  await page.getByRole("heading", { name: "Run wgs-joint-calling-1002" }).waitFor({ state: "detached" });
}

/** Reach each state narrow to wide, light and dark: nothing sticks out, and axe finds nothing. */
async function looksRight(newPage, states) {
  for (const [state, reach] of Object.entries(states)) {
    for (const colorScheme of THEMES) {
      // Opened wide and made narrow in one theme, the other way round in the other.
      const widths = colorScheme === "light" ? WIDTHS : WIDTHS.toReversed();
      const page = await newPage({ viewport: { width: widths[0], height: 900 }, colorScheme });
      await reach(page);
      for (const width of widths) {
        await page.setViewportSize({ width, height: 900 });
        await assertNoOverflow(page, `${state}, ${width} px, ${colorScheme}`);
        await assertAccessible(page, `${state}, ${width} px, ${colorScheme}`);
      }
      await page.close();
    }
  }
}

const scenarios = {
  /** Every state, narrow to wide, light and dark. */
  async appearance(newPage) {
    const states = {
      empty: async (page) => {
        await page.goto(webUrl);
        await page.getByRole("heading", { name: "Workflows with past runs" }).waitFor();
      },
      errors: async (page) => {
        await page.goto(`${webUrl}/?workflow=rnaseq-quant&input=1,5&budget=x`);
        await page.getByText("There is a problem").waitFor();
      },
      result: async (page) => {
        await page.goto(ask("wgs-joint-calling", "&budget=12&p.trim.length=40"));
        await page.locator(".curve svg").waitFor();
      },
      "batch, empty": async (page) => {
        await page.goto(`${webUrl}/batch`);
        await page.getByText("Choose a CSV file").first().waitFor();
      },
      "batch, refused": async (page) => {
        await chooseBatch(page, { ...BATCH, buffer: Buffer.from("a,b\n1,2\n") });
        await page.getByText("No column says the workflow and the input size").waitFor();
      },
      "batch, result": async (page) => {
        await chooseBatch(page, { ...BATCH, buffer: Buffer.from(BATCH.buffer.toString().replace("slow-start", "few-runs")) });
        await page.getByLabel("Budget").fill("30");
        await page.getByText("Likely exceeds the budget").waitFor();
      },
      runs: async (page) => {
        await page.goto(`${webUrl}/runs?workflow=wgs-joint-calling`);
        await page.getByText("20 runs, latest first").waitFor();
      },
      "runs, one opened": async (page) => {
        await page.goto(`${webUrl}/runs?workflow=wgs-joint-calling`);
        await page.getByRole("link", { name: "wgs-joint-calling-1001" }).click();
        await page.getByText("is too far from the estimate").waitFor();
        await page.getByRole("button", { name: "Change the run" }).click();
        await page.getByText("Say why: it is kept with the run").waitFor();
      },
      "runs, recorded": async (page) => {
        await page.goto(`${webUrl}/runs?workflow=wgs-joint-calling&tag=x`);
        await page.getByText("Record past runs").click();
        await page.locator("#runs-file").setInputFiles(RUNS);
        await page.getByText("2 rows not recorded").waitFor();
      },
      models: async (page) => {
        await page.goto(`${webUrl}/models`);
        await page.getByRole("link", { name: "wgs-joint-calling" }).waitFor();
      },
      "models, one": async (page) => {
        await page.goto(`${webUrl}/models?workflow=wgs-joint-calling&retraining=retrain-1`);
        await page.getByText("No update: the model in service stays").waitFor();
      },
      accuracy: async (page) => {
        await page.goto(`${webUrl}/accuracy`);
        await page.getByRole("link", { name: "wgs-joint-calling" }).waitFor();
      },
      "accuracy, one": async (page) => {
        await page.goto(`${webUrl}/accuracy?workflow=wgs-joint-calling`);
        await page.locator(".figure svg").waitFor();
      },
      budgets: async (page) => {
        await page.goto(`${webUrl}/budgets`);
        await button(page, "Change the budget of genomics").click();
        await page.getByText("$3.40 over budget").waitFor();
      },
      "budgets, with a batch": async (page) => {
        await chooseBatch(page, { ...BATCH, buffer: Buffer.from("workflow,input_size\nwgs-joint-calling,400 GB\nwgs-joint-calling,400 GB\n") });
        await page.locator("#batch-title").waitFor();
        await page.getByRole("link", { name: "Budgets", exact: true }).click();
        await page.getByText("Of $79.50 that remain").waitFor();
      },
      starting: async (page) => {
        const body = JSON.stringify({ error: "model_warming", message: "The model is starting.", request_id: "req-1" });
        await page.route("**/v1/predictions", (route) => route.fulfill({ status: 503, headers: { "Access-Control-Allow-Origin": "*", "Retry-After": "30" }, body }));
        await page.goto(ask("wgs-joint-calling"));
        await page.getByText("Starting the model, up to 60 s").waitFor();
      },
      "no figure": async (page) => {
        await page.goto(ask("lost-far-out"));
        await page.locator(".curve svg").waitFor();
      },
      "no runs": async (page) => {
        await page.goto(ask("rnaseq"));
        await page.getByText("We have no past runs of rnaseq").waitFor();
      },
      "curve as table": async (page) => {
        await page.goto(ask("few-runs"));
        await button(page, "View as table").click();
        await page.getByText("this run", { exact: true }).waitFor();
      },
      "models, failed": async (page) => {
        await page.goto(`${webUrl}/models?workflow=wgs-joint-calling&retraining=failed`);
        await page.getByRole("heading", { name: "The retraining failed" }).waitFor();
      },
      alert: async (page) => {
        await page.route("**/v1/predictions", (route) => route.abort());
        await page.goto(ask("wgs-joint-calling"));
        await page.getByText("We could not reach the service").waitFor();
      },
    };
    await looksRight(newPage, states);
  },

  /** What a person types is judged in words, kept, and can be typed without a mouse. */
  async form(newPage) {
    const page = await newPage();
    await page.goto(webUrl);
    const input = page.getByLabel("Input dataset size", { exact: true });
    await page.getByRole("link", { name: "wgs-joint-calling" }).click();
    await assertFocus(page, input, "after a workflow of the list");
    assert.equal(await page.getByLabel("Workflow", { exact: true }).inputValue(), "wgs-joint-calling");
    assert.equal(await page.getByRole("alert").count(), 0, "what is not asked yet is not judged");
    await page.goto(webUrl);
    await input.fill("40");
    await page.getByRole("link", { name: "rnaseq-quant" }).click();
    assert.deepEqual([await input.inputValue(), await page.getByLabel("Unit of input dataset size").inputValue()], ["40", "GB"], "choosing a workflow keeps a typed size");
    await page.goto(webUrl);
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

    await input.fill("1,200.5 gib");
    await page.getByText("1200.5 GiB is 1,289,027,059,712 bytes").waitFor();
    assert.equal(await units[0].inputValue(), "GiB", "the unit beside follows the one that was typed");
    await page.getByLabel("Workflow", { exact: true }).selectOption("wgs-joint-calling");
    await page.getByText("1200.5 GiB is").waitFor();
    await units[0].selectOption("MB");
    assert.equal(await input.inputValue(), "1,200.5 MB", "choosing a unit puts it in place of the typed one");
    await input.fill("1.5e11");
    await page.getByText("150,000,000,000 bytes, 150 GB").waitFor();
    await input.fill("1,200");
    await input.blur();
    await summary.getByRole("link", { name: "Write 1200 or 1.200, since 1,200 can mean either" }).waitFor();
    await page.getByLabel("Workflow", { exact: true }).selectOption("rnaseq-quant");

    await input.fill("2000");
    await units[0].selectOption("GB");
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
    assert.equal(await page.locator(".asked").innerText().then((text) => text.replaceAll("\u00a0", " ")), "rnaseq-quant, 20 MB in, 6.4 MB out, trim length 40, paired true");

    await page.evaluate(() => Object.defineProperty(navigator, "clipboard", { value: undefined }));
    await button(page, "Copy link").click();
    await button(page, "Copy it from the address bar").waitFor();
    const rows = (await downloaded(page, "CSV")).split("\r\n");
    assert.match(rows[0], /^workflow_name,input_bytes,output_bytes,cost_usd,low_80_usd/);
    assert.match(rows[1], /^rnaseq-quant,20000000,6400000,0\.0\d+,/);

    await page.emulateMedia({ media: "print" });
    assert(!(await button(page, "Estimate cost").isVisible()) && (await figure(page).isVisible()), "paper gets the answer alone");

    const phone = await newPage({ viewport: { width: 390, height: 844 } });
    await phone.goto(ask("wgs-joint-calling"));
    await phone.locator(".curve svg").waitFor();
    await phone.waitForFunction(() => Math.abs(document.querySelector(".result").getBoundingClientRect().top) < 2);
    await assertFocus(phone, figure(phone), "when the answer of a shared address is there");
  },

  /** A link that a page does not wholly understand is an error in words; nothing of it is left out. */
  async links(newPage) {
    const page = await newPage();
    const asked = [];
    page.on("request", (request) => request.url().endsWith("/predictions") && asked.push(request.postData()));
    for (const [path, words] of [
      ["/?workflow=rnaseq-quant&input=9&iu=PB", "“iu” can be MB, GB, TB, GiB or TiB, and not “PB”."],
      ["/?workflow=rnaseq-quant&input=9&unit=MB", "“unit” means nothing on this page."],
      ["/?workflow=rnaseq-quant&input=9&input=90&iu=MB", "“input” is there 2 times."],
      ["/?workflow=rnaseq-quant&input=9&iu=MB&p.speed=2", "No past run of rnaseq-quant has “speed”."],
      ["/batch?colour=red", "“colour” means nothing on this page."],
      ["/runs?status=DONE", "“status” can be SUCCEEDED, FAILED or CANCELLED, and not “DONE”."],
      ["/runs?from=2026-02-30", "“from” must be a day like 2026-11-30, and not “2026-02-30”."],
      ["/predictions?team=", "“team” is empty."],
      ["/predictions?prediction=0f8fad5b", "“prediction” must be the id of a prediction, and not “0f8fad5b”."],
      ["/predictions?mine=true&prediction=0f8fad5b-d9cb-469f-a165-70867728950e", "“mine” means nothing on this page."],
      ["/models?order=up", "“order” can be ascending or descending, and not “up”."],
      ["/models?sort=colour", "There is no column “colour” to sort by"],
      ["/accuracy?workflow=", "“workflow” is empty."],
      ["/budgets?month=2026-13", "“month” must be a month like 2026-11, and not “2026-13”."],
    ]) {
      await page.goto(webUrl + path);
      await page.getByRole("alert").getByText(words).waitFor();
      assert.equal(await figure(page).count(), 0);
    }
    assert.deepEqual(asked, [], "nothing is asked of what is not understood");
    await assertAccessible(page, "a link that is not understood");
    await page.goto(`${webUrl}/?workflow=rnaseq-quant&input=9&iu=PB&nonsense=1`);
    await page.getByText("“nonsense” means nothing on this page.").waitFor();
    assert.equal(await page.title(), "This link cannot be read – Runquote");
    await page.getByRole("link", { name: "open the page without it" }).click();
    await page.getByRole("heading", { name: "Workflows with past runs" }).waitFor();
    await page.goto(`${webUrl}/?workflow=rnaseq-quant&budget=lots`);
    await page.getByText("Budget must be an amount in dollars, like 50").first().waitFor();
    for (const path of ["models", "accuracy", "runs"]) {
      await page.goto(`${webUrl}/${path}?workflow=rnaseq-qant`);
      await page.getByText("There is no workflow called rnaseq-qant.").waitFor();
    }
    await page.goto(ask("rnaseq-qant"));
    await page.getByText("We have no past runs of rnaseq-qant").waitFor();
  },

  /** A form that says something else than the answer beside it dims that, and says so. */
  async stale(newPage) {
    const page = await newPage();
    await page.goto(ask("wgs-joint-calling"));
    await figure(page).waitFor();
    const note = page.getByText("You changed the form. This answers the question before");
    assert.equal(await note.count(), 0);
    await page.getByLabel("Budget").fill("7");
    await note.waitFor();
    assert(Number(await figure(page).evaluate((heading) => getComputedStyle(heading).opacity)) < 1);
    await assertAccessible(page, "a stale answer");
    await page.getByLabel("Budget").fill("");
    await note.waitFor({ state: "detached" });
    await page.getByLabel("Input dataset size", { exact: true }).fill("40");
    await button(page, "estimate anew").click();
    await note.waitFor({ state: "detached" });
    await page.getByText("wgs-joint-calling, 40 GB in").waitFor();
  },

  /** What past runs cannot tell is not dressed up as an estimate: what they can tell, and what would help, is said. */
  async unusable(newPage) {
    const page = await newPage();
    await page.goto(ask("lost-far-out", "&budget=5"));
    await page.getByText("The largest read 35 MB, and this one reads 571 times as much.").waitFor();
    assert.equal(await figure(page).innerText(), "Past runs cannot tell");
    assert.equal(await page.title(), "Past runs cannot tell, lost-far-out – Runquote");
    await page.getByText(/^What they can tell, at 35\sMB: about \$0\.\d+, 8 times in 10 between/).waitFor();
    await page.getByText("Run one at 350 MB and one at 3.5 GB first, and record what they cost.").waitFor();
    assert(!(await page.getByText("If cost went on as among the past runs").isVisible()), "the figure is there on request only");
    await page.getByText("Show the figure all the same").click();
    await page.getByText("If cost went on as among the past runs: about $").waitFor();
    assert.equal(await page.locator(".outcomes, .interval").count(), 0);
    await page.locator(".curve svg").waitFor();
    assert.equal(await page.locator(".warnings").count(), 0, "and no warning repeats it");
    await page.getByRole("heading", { name: "Most similar past runs" }).waitFor();
    assert.equal(await page.getByRole("heading", { name: "Why this estimate" }).count(), 0, "no sum of effects, which would be a figure");
    assert.doesNotMatch(await page.getByRole("img", { name: /^Cost against input size/ }).getAttribute("aria-label"), /about \$/);
    await button(page, "View as table").click();
    await page.getByText("beyond past runs").first().waitFor();
    assert.equal(await page.getByText("this run", { exact: true }).count(), 0);
    await button(page, "View as chart").click();
    const ticks = await page.locator(".curve .tick").allTextContents();
    assert(!ticks.some((tick) => /^\$0\.0*$|^\$0\.0{5,}/.test(tick)), `unreadable ticks: ${ticks}`);
    await assertAccessible(page, "no figure");
    await page.goto(`${webUrl}/?workflow=lost-far-out&input=0.001&iu=MB`);
    await page.getByText("The smallest read 60 KB, 60 times as much as this one.").waitFor();
    await page.goto(ask("anything-goes"));
    await page.getByText("Those like it cost so differently that a thousand times as much would be no surprise.").waitFor();
    assert.equal(await page.getByText("What they can tell").count(), 0);
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

  /** Charts read out their values under a pointer, a finger and the arrow keys; the curve reaches the run; no label is cut off. */
  async charts(newPage) {
    for (const [width, address] of [[320, ask("wgs-joint-calling", "&budget=12")], [1440, `${webUrl}/?workflow=rnaseq-quant&input=200&iu=MB`]]) {
      const page = await newPage({ viewport: { width, height: 900 }, hasTouch: true });
      await page.goto(address);
      await page.locator(".curve svg").first().waitFor();
      for (const svg of await page.locator(".chart svg[role=img]").all()) {
        const cut = await svg.evaluate((drawing) => {
          const frame = drawing.getBoundingClientRect();
          return [...drawing.querySelectorAll("text")].filter((text) => {
            const box = text.getBoundingClientRect();
            return box.left < frame.left - 1 || box.right > frame.right + 1;
          }).map((text) => text.textContent);
        });
        assert.deepEqual(cut, [], `labels that are cut off at ${width} px`);
      }
      const outcomes = page.getByRole("group", { name: /^Read the outcomes/ });
      await outcomes.focus();
      await page.keyboard.press("Home");
      await page.getByText("Outcome 1 of 20: $").waitFor();
      await page.keyboard.press("End");
      await page.getByText("Outcome 20 of 20: $").waitFor();
      const curve = page.getByRole("group", { name: /^Read the runs and the curve/ });
      const you = await page.locator(".you circle").boundingBox();
      await curve.scrollIntoViewIfNeeded();
      const place = await page.locator(".you circle").boundingBox();
      await page.touchscreen.tap(place.x + place.width / 2, place.y + place.height / 2);
      await page.locator(".curve .readout").getByText(/^This run, |^A typical run of |^Past run /).waitFor();
      await curve.focus();
      await page.keyboard.press("End");
      if (width === 1440) {
        await page.waitForFunction(() => {
          const [line, run] = [".curve .trend.beyond:last-of-type", ".you circle"].map((each) => document.querySelector(each)?.getBoundingClientRect());
          return line && run && Math.abs(line.right - (run.left + run.width / 2)) < 3;
        });
        await page.keyboard.press("End");
        await page.locator(".curve .readout").getByText(/This run, 200\s?MB|A typical run of 200\s?MB, beyond past runs/).waitFor();
      }
      assert(you.width > 0);
      await assertAccessible(page, `a chart that is read, ${width} px`);
      await page.close();
    }
    const page = await newPage();
    await page.goto(`${webUrl}/accuracy?workflow=wgs-joint-calling`);
    await page.locator(".evaluated").first().waitFor();
    await page.locator(".evaluated circle").nth(7).hover();
    await page.locator(".readout").getByText(/^wgs-joint-calling-\d+, .*: cost \$[\d.]+, predicted \$/).waitFor();
  },

  /** Light, dark or as the system has it, remembered and there before the first paint; help needs no script and no internet. */
  async help(newPage) {
    const page = await newPage({ colorScheme: "light" });
    await page.goto(webUrl);
    const background = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
    const light = await background();
    await page.getByRole("combobox", { name: "Colours" }).selectOption("dark");
    const dark = await background();
    assert.notEqual(dark, light);
    await page.route("**/assets/*.js", (route) => route.abort());
    await page.reload();
    assert.equal(await background(), dark, "no script of the app is needed for it");
    await page.unroute("**/assets/*.js");
    await page.reload();
    await page.getByRole("combobox", { name: "Colours" }).selectOption("system");
    assert.equal(await background(), light);
    await page.emulateMedia({ colorScheme: "dark" });
    assert.equal(await background(), dark);
    const asked = [];
    page.on("request", (request) => asked.push(new URL(request.url()).origin));
    await page.getByRole("link", { name: "Help" }).click();
    await page.getByRole("heading", { name: "The web app", level: 1 }).waitFor();
    for (const name of ["Bringing in past runs", "Recipes", "The API"]) {
      await page.getByRole("navigation", { name: "Help" }).getByRole("link", { name }).click();
      await page.getByRole("heading", { name, level: 1 }).waitFor();
      for (const width of WIDTHS) {
        await page.setViewportSize({ width, height: 900 });
        await assertNoOverflow(page, `help, ${name}, ${width} px`);
        await assertAccessible(page, `help, ${name}, ${width} px`);
      }
    }
    await page.getByText("POST /predictions/batch").waitFor();
    for (const link of await page.locator(".help a").evaluateAll((links) => links.map(({ href }) => href).filter((href) => href.startsWith(location.origin)))) {
      assert.equal((await page.request.get(link)).status(), 200, link);
    }
    assert.deepEqual([...new Set(asked)], [new URL(webUrl).origin], "help comes from the app itself");
    await page.getByRole("link", { name: "Runquote" }).click();
    await page.getByRole("heading", { name: "Estimate a run" }).waitFor();
  },

  /** An answer that takes its time says what is waited for, and how long at most. */
  async slow(newPage) {
    const page = await newPage();
    let answer;
    const open = new Promise((resolve) => (answer = resolve));
    await page.route("**/v1/predictions", async (route) => {
      if (route.request().method() === "POST") await open;
      await route.continue();
    });
    await page.goto(ask("wgs-joint-calling"));
    const waiting = page.locator(".answer .waiting");
    await waiting.getByText("Asking the model…", { exact: true }).waitFor();
    await waiting.getByText("Still asking the model…").waitFor();
    await waiting.getByText("takes longer than usual. If no answer comes within a minute").waitFor({ timeout: 15_000 });
    await assertAccessible(page, "a slow answer");
    answer();
    await figure(page).waitFor();
  },

  /** A slow line shows the site's name before any script has come. */
  async unscripted(newPage) {
    const page = await newPage();
    await page.route("**/*.js", (route) => route.abort());
    await page.goto(webUrl);
    await page.getByRole("banner").getByRole("link", { name: "Runquote" }).waitFor();
    const place = await page.locator(".wordmark").boundingBox();
    await page.unroute("**/*.js");
    await page.reload();
    await page.getByRole("navigation").waitFor();
    assert.deepEqual(await page.locator(".wordmark").boundingBox(), place, "the script leaves it where it is");
  },

  /** A file of runs: wrong rows are named, the others answered, added up, sorted and taken along. */
  async batch(newPage) {
    const page = await newPage();
    await page.goto(webUrl);
    await page.getByRole("link", { name: "Batch" }).click();
    await page.waitForFunction(() => document.activeElement?.id === "main");
    await page.getByRole("heading", { name: "Estimate a batch" }).waitFor();
    assert.equal(await page.title(), "Estimate a batch – Runquote");
    assert.equal(await page.getByRole("link", { name: "Batch" }).getAttribute("aria-current"), "page");
    assert.equal((await downloaded(page, "Download a template")).split("\r\n")[1], "sample-1,rnaseq-quant,1.4 MB,");

    await page.locator("#batch-file").setInputFiles(BATCH);
    await page.getByText("Starting the models, up to 60 s").waitFor();
    const figure = page.locator("#batch-title");
    await figure.waitFor();
    await assertFocus(page, figure, "after a batch");
    assert.match(await figure.innerText(), /^About \$\d/);
    await page.getByText("cohort.csv, 5 of 8 runs together").waitFor();
    assert.deepEqual(await page.locator(".row-problems li").allInnerTexts(), [
      "Line 6 comma: column “input_size”: “1,5 MB” is not a size: use a full stop for decimals, like 1.5",
      "Line 7 unknown: There is no workflow called rnaseq. Near matches: rnaseq-quant.",
    ]);
    await page.getByText("1 run beyond the sizes of past runs").waitFor();
    await page.getByText("1 run is not in the total: past runs cannot tell what it will cost.").waitFor();
    await page.getByRole("cell", { name: "past runs cannot tell" }).waitFor();
    const table = page.getByRole("cell", { name: "past runs cannot tell" }).locator("xpath=ancestor::table");
    await page.setViewportSize({ width: 320, height: 800 });
    const [wide, room] = await table.evaluate((element) => [element.offsetWidth, element.parentElement.clientWidth]);
    assert(wide <= room, `the cost must not be cut on a phone: the table has ${wide} px of ${room}`);
    await page.setViewportSize({ width: 1280, height: 900 });
    await page.getByText("Not read: notes.").waitFor();
    const labels = () => page.locator("tbody th").evaluateAll((cells) => cells.map((cell) => cell.firstChild.textContent));
    assert.deepEqual(await labels(), ["=cmd()", "slow", "far", "large", "small", "lost"], "most expensive first, those that nobody can tell last");
    await button(page, "Input").click();
    assert.deepEqual(await labels(), ["lost", "=cmd()", "slow", "far", "large", "small"]);
    await button(page, "Input").click();
    assert.deepEqual(await labels(), ["small", "large", "far", "slow", "=cmd()", "lost"]);
    assert.equal(await page.getByRole("columnheader", { name: "Input" }).getAttribute("aria-sort"), "ascending");
    assert.equal(new URL(page.url()).search, "?sort=input&order=ascending");

    await page.getByLabel("Budget").fill("1,5");
    await page.getByLabel("Budget").blur();
    await page.getByText("Budget must be an amount in dollars, like 50").waitFor();
    await page.getByLabel("Budget").fill("1000");
    await page.getByText("None of 20 likely totals exceeds $1,000, not counting 1 run that past runs cannot tell of.").waitFor();
    await page.getByRole("radio", { name: "90 %" }).check();
    await page.getByText("9 times in 10, these runs together cost between").waitFor();

    const rows = (await downloaded(page, "CSV")).trimEnd().split("\r\n");
    assert.equal(rows.length, 9, "every row of the file, answered or not");
    assert.match(rows[8], /^9,'=cmd\(\),wgs-joint-calling,100000000000,,\d/);
    const exported = JSON.parse(await downloaded(page, "JSON"));
    assert.equal(exported.rows[0].prediction.cost_usd < exported.total.cost_usd, true);

    await page.getByRole("link", { name: "Estimate" }).click();
    await page.getByRole("heading", { name: "Workflows with past runs" }).waitFor();
    await page.goBack();
    await figure.waitFor();
    await page.emulateMedia({ media: "print" });
    assert(!(await page.locator(".drop").isVisible()) && (await figure.isVisible()), "paper gets the answer alone");
    assert(!(await page.getByText("Choose a CSV file with a line").isVisible()), "paper gets no instructions");
  },

  /** More rows than one request takes: several requests, one total, pages of a table; and a service that goes away. */
  async manyRows(newPage) {
    const page = await newPage();
    const lines = Array.from({ length: 1200 }, (_, index) => `r${index},rnaseq-quant,${index + 60} kB`);
    const file = { name: "many.csv", mimeType: "text/csv", buffer: Buffer.from(["label,workflow,input_size", ...lines].join("\n")) };
    let requests = 0;
    await page.route("**/v1/predictions/batch", (route) => {
      if (route.request().method() !== "POST") return route.continue();
      requests += 1;
      return requests === 3 ? route.abort() : route.continue();
    });
    await chooseBatch(page, file);
    await page.getByText("many.csv, 1,000 of 1,200 runs together").waitFor();
    await button(page, "Retry").click();
    await page.getByText("many.csv, 1,200 runs together").waitFor();
    assert.equal(requests, 4);
    const [low, high] = (await page.locator(".interval strong").allInnerTexts()).map((text) => Number(text.slice(1)));
    const about = Number((await page.locator("#batch-title").innerText()).replace("About $", ""));
    assert(low <= about && about <= high && high < low * 1.2, `a total of many runs is surer than each: ${low} ${about} ${high}`);
    await page.getByText("1 to 100 of 1,200").waitFor();
    await button(page, "Next").click();
    await page.getByText("101 to 200 of 1,200").waitFor();
    await button(page, "Input").click();
    await page.getByText("1 to 100 of 1,200").waitFor();
    assert.match(await page.locator("tbody th").first().innerText(), /^r1199/);
  },

  /** The history by filters and pages, and runs recorded from a file with wrong rows. */
  async runs(newPage) {
    const page = await newPage();
    await page.goto(`${webUrl}/runs`);
    await page.getByLabel("Workflow").selectOption("wgs-joint-calling");
    await page.getByText("20 runs, latest first").waitFor();
    await button(page, "Show more").click();
    await page.getByText("40 runs, latest first").waitFor();
    await button(page, "Show more").click();
    await page.getByText("60 runs, latest first: all there are").waitFor();
    assert.equal(JSON.parse(await downloaded(page, "JSON")).length, 60);
    await decide(page);
    await page.getByLabel("Status").selectOption("FAILED");
    await page.getByText("1 run, latest first: all that match").waitFor();
    assert.equal(await page.locator("td .status").innerText(), "Failed");
    await page.emulateMedia({ media: "print" });
    const onPaper = ["Workflow", "Status", "Tag", "Completed from", "Completed until"].map((name) => page.getByLabel(name).isVisible());
    assert.deepEqual(await Promise.all(onPaper), [true, true, false, false, false], "paper gets the filters that are set");
    await page.emulateMedia({ media: "screen" });
    await page.getByLabel("Status").selectOption("CANCELLED");
    await page.getByText("No run matches these filters.").waitFor();
    const sent = page.waitForRequest(/completed_before/);
    await page.getByLabel("Completed from").fill("2026-03-01");
    await page.getByLabel("Completed until").fill("2026-03-05");
    await page.getByLabel("Tag").fill("team:genomics");
    await page.keyboard.press("Enter");
    assert.equal(new URL((await sent).url()).searchParams.get("completed_before"), "2026-03-06T00:00:00.000Z");
    await page.waitForURL("**/runs?workflow=wgs-joint-calling&status=CANCELLED&from=2026-03-01&to=2026-03-05&tag=team%3Agenomics");
    await page.reload();
    assert.equal(await page.getByLabel("Tag").inputValue(), "team:genomics");
    await page.getByLabel("Completed from").fill("2026-03-09");
    await page.getByText("The first day must not be after the last").waitFor();

    await page.getByText("Record past runs").click();
    await page.locator("#runs-file").setInputFiles({ ...RUNS, buffer: Buffer.from("a,b\n1,2") });
    await page.getByText("No column says the workflow, the input size, the cost and the end or the start").waitFor();
    const posted = page.waitForRequest((request) => request.method() === "POST");
    await page.locator("#runs-file").setInputFiles(RUNS);
    const [first] = (await posted).postDataJSON().runs;
    assert.deepEqual([first.input_bytes, first.cost_usd, first.tags, "parameters" in first], [1e9, 2.5, { team: "a" }, false]);
    await assertFocus(page, page.getByRole("heading", { name: "1 run recorded" }), "after recording");
    await page.getByText("1 was there already. Models learn from them at the next retraining.").waitFor();
    assert.deepEqual(await page.locator(".row-problems li").allInnerTexts(), [
      "Line 4 free: The cost must be more than 0.",
      "Line 5 comma: column “cost_usd”: “2,5” is not an amount of dollars: use a full stop for decimals, like 12.30, and no comma",
    ]);

    // A large file is recorded though one goes elsewhere, and what became of it is told on return.
    const lines = Array.from({ length: 600 }, (_, index) => `w,r${index},SUCCEEDED,2026-01-05T09:00:00Z,2026-01-05T10:00:00Z,1000,2.5,billed,`);
    const [header] = RUNS.buffer.toString().split("\n");
    let release;
    const held = new Promise((resolve) => (release = resolve));
    await page.route("**/v1/runs", async (route) => (await held, await route.continue()));
    await page.locator("#runs-file").setInputFiles({ ...RUNS, name: "many.csv", buffer: Buffer.from([header, ...lines].join("\n")) });
    await page.getByText("Recording the runs of many.csv…").waitFor();
    assert.equal(await page.locator("#runs-file").count(), 0, "one file at a time");
    await page.getByRole("link", { name: "Models" }).click();
    await page.getByRole("heading", { name: "Models" }).waitFor();
    release();
    await page.getByRole("link", { name: "Runs", exact: true }).click();
    await page.getByRole("heading", { name: "600 runs recorded" }).waitFor();
  },

  /** A person's own columns: said by hand, shown as understood, and what is assumed is told before anything is recorded. */
  async columns(newPage) {
    const own = ["Sample;Fastq GB;Depth;Price;Finished", "a;120;30x;$12.30;2026-01-05", "b;60;15x;6.15 USD;2026-01-06 10:00", "c;30;15x;3,20;2026-01-07"];
    const file = { name: "own.csv", mimeType: "text/csv", buffer: Buffer.from(own.join("\n")) };
    for (const width of [320, 768, 1440]) {
      const page = await newPage({ viewport: { width, height: 900 } });
      await page.goto(`${webUrl}/runs`);
      await page.getByText("Record past runs").click();
      await page.locator("#runs-file").setInputFiles(file);
      const heading = page.getByRole("heading", { name: "Which column says what?" });
      await assertFocus(page, heading, "after choosing a file");
      await page.getByText("own.csv has 3 rows. No column says the workflow and the input size: choose it below.").waitFor();
      assert.equal(await page.getByLabel("Price").inputValue(), "cost_usd", "what is recognised is shown");
      await assertNoOverflow(page, `columns, ${width} px`);
      await assertAccessible(page, `columns, ${width} px`);
      await page.getByLabel("Fastq GB").selectOption("Input size");
      await page.getByLabel("Depth").selectOption("A parameter");
      await page.keyboard.press("Enter");
      await button(page, "Record 3 runs").press("Enter");
      await heading.waitFor();
      await page.getByLabel("Or the workflow, the same for all rows").fill("w");
      await page.getByLabel("Costs of all rows are").selectOption("billed");
      await page.getByText("First row: w, 120 GB of input, $12.30 billed, succeeded 5 Jan 2026 at 00:00 UTC").waitFor();
      await page.getByText("Line 4: column “Price”: “3,20” is not an amount of dollars").waitFor();
      await page.getByText("No status in the file: taken as SUCCEEDED.").waitFor();
      const posted = page.waitForRequest((request) => request.method() === "POST");
      await button(page, "Record 3 runs").click();
      const { runs } = (await posted).postDataJSON();
      assert.deepEqual(
        runs.map(({ run_id, ...run }) => run),
        [["2026-01-05T00:00:00Z", 120e9, 12.3, "30x"], ["2026-01-06T10:00:00Z", 60e9, 6.15, "15x"]].map(([ended, input_bytes, cost_usd, depth]) => ({
          status: "SUCCEEDED", cost_source: "billed", workflow_name: "w", started_at: ended, completed_at: ended, input_bytes, cost_usd, parameters: { depth },
        })),
      );
      await assertFocus(page, page.getByRole("heading", { name: "2 runs recorded" }), "after recording");
      await page.getByRole("link", { name: "Train w now" }).waitFor();

      await page.goto(`${webUrl}/batch`);
      await page.locator("#batch-file").setInputFiles(file);
      await page.getByLabel("Fastq GB").selectOption("Input size");
      await page.getByLabel("Or the workflow, the same for all rows").fill("wgs-joint-calling");
      await assertNoOverflow(page, `columns of a batch, ${width} px`);
      await button(page, "Estimate 3 runs").click();
      await page.getByText("own.csv, 3 runs together").waitFor();
    }
  },

  /** The models, and a retraining from the press of a button to its end. */
  async models(newPage) {
    const page = await newPage();
    await page.goto(`${webUrl}/models?sort=error&order=descending`);
    const rows = page.locator("tbody tr");
    assert.match(await rows.last().innerText(), /untrained.*No model yet/s, "rows without a value come last");
    assert.match(await rows.filter({ hasText: "latest retraining failed" }).innerText(), /^few-runs/);
    await page.getByText("The schedule next retrains all workflows with new runs on 6 Mar 2026 at 00:30 UTC.").waitFor();
    assert.match(await rows.filter({ hasText: "wgs-joint-calling" }).innerText(), /version 7 from 84 runs\s+1 Mar 2026\s+8\.4\s%\s+82\s%/);
    await page.getByRole("link", { name: "wgs-joint-calling" }).click();
    await page.getByRole("heading", { name: "Version 7 is in service" }).waitFor();
    await assertFocus(page, page.getByRole("main"), "after the link to a workflow");
    await page.getByText("2 new runs since the latest retraining, which the schedule learns from on 6 Mar 2026 at 00:30 UTC.").waitFor();
    assert.deepEqual(await page.locator("tbody .status").allInnerTexts(), ["Rejected", "In service", "Was promoted"]);
    await page.getByText("median error 8.4 % against 9.6 % of version 6").waitFor();
    await button(page, "Retrain now").click();
    await page.getByRole("heading", { name: "Retraining: prepare dataset" }).waitFor();
    assert.equal(await button(page, "Retrain now").getAttribute("aria-disabled"), "true");
    const again = page.waitForRequest("**/v1/workflows/wgs-joint-calling");
    await assertFocus(page, page.getByRole("heading", { name: "No update: the model in service stays" }), "after a retraining");
    await again;
    assert.equal(new URL(page.url()).search, "?workflow=wgs-joint-calling&retraining=retrain-1");
    assert.equal(await page.title(), "Models of wgs-joint-calling – Runquote");
    assert.match(await downloaded(page, "CSV"), /^workflow_name,version,[^]*\nwgs-joint-calling,7,[^]*,current,"?Promoted/);
    await page.getByText("Update endpoint").waitFor();
    assert.deepEqual(await page.locator(".steps li").evaluateAll((items) => items.map((item) => item.className)), ["done", "done", "done", "done", "skipped", "skipped"]);
    assert.deepEqual(await page.locator(".steps li .quiet").allInnerTexts().then((all) => all.slice(4)), ["not needed", "not needed"]);
    await page.getByLabel("Workflow").selectOption("untrained");
    await page.getByRole("heading", { name: "No model yet" }).waitFor();
    await page.getByText("3 successful runs so far; a first model needs 5.").waitFor();
    assert.equal(await button(page, "Retrain now").count(), 0, "too few runs to train on");
    await page.getByRole("link", { name: "All workflows" }).click();
    assert.match(await rows.filter({ hasText: "guessed" }).innerText(), /median of past costs[^]*67\s%\s*too seldom/);
    await page.goto(`${webUrl}/models?workflow=guessed`);
    await page.getByText("No model is better than a guess: answers are the median of past costs").waitFor();
    await page.getByText("Of 18 runs that it was checked on, only 67 % cost what its 80 % interval said; so few runs cannot tell whether by chance.").waitFor();
    await page.goto(ask("guessed"));
    await page.locator(".warnings").getByText("only 67 % cost what its 80 % interval said").waitFor();
    await page.goto(`${webUrl}/models`);
    await rows.first().waitFor();
    await page.goto(`${webUrl}/models?workflow=gone`);
    await page.getByRole("alert").getByText("There is no workflow called gone").waitFor();
    assert.equal(await button(page, "Retry").count(), 0, "asking again would not make it known");

    await page.goto(`${webUrl}/models?workflow=wgs-joint-calling`);
    await page.getByText("The model registry lists those before version 6.").waitFor();
    await page.goto(`${webUrl}/models?workflow=few-runs`);
    await page.getByText("Latest retraining, 5 Mar 2026, failed: Training was killed").waitFor();
    await page.goto(`${webUrl}/models?workflow=wgs-joint-calling&retraining=failed`);
    await page.getByRole("heading", { name: "The retraining failed at “Train model”" }).waitFor();
    await page.getByText("Version 7 goes on answering.").waitFor();
    assert.deepEqual(await page.locator(".steps li .quiet").allInnerTexts(), ["3\u00a0s", "3\u00a0s", ...Array(4).fill("not reached")]);
    assert.deepEqual(
      await page.locator(".marker").evaluateAll((markers) => markers.map((marker) => getComputedStyle(marker).borderTopWidth)),
      ["2px", "0px", "2px", "2px", "2px", "2px"],
      "a step that was not reached keeps its circle",
    );
    await assertAccessible(page, "a failed retraining");
  },

  /** What was predicted against what it cost, of a model with single runs, one without, and none. */
  async accuracy(newPage) {
    const page = await newPage();
    await page.goto(`${webUrl}/accuracy`);
    await page.getByRole("link", { name: "wgs-joint-calling" }).click();
    await page.getByRole("heading", { name: "Half of all estimates are less than 8.4 % off" }).waitFor();
    const chart = page.getByRole("img", { name: /^Predicted against actual cost of 60 runs/ });
    await chart.waitFor();
    const outside = await page.locator(".evaluated.outside").count();
    assert(outside > 3 && outside < 25, `about one run in five lies outside of its 80 % interval: ${outside}`);
    assert.match(await chart.getAttribute("aria-label"), new RegExp(`${outside} of them lie outside`));
    assert.match(await page.getByRole("row", { name: /^80\s% interval/ }).innerText(), /Held as promised[^]*82\s%/);
    assert.match(await page.getByRole("row", { name: /^90\s% interval/ }).innerText(), /Too narrow[^]*72\s%/);
    await page.getByText("median error on the 12 runs since").waitFor();
    await page.getByRole("row", { name: /^February 2026\s34 runs\s7\s%/ }).waitFor();
    await button(page, "View as table").click();
    await page.getByRole("group", { name: "Predicted and actual cost" }).getByRole("row").nth(60).waitFor();
    assert.equal(await page.getByRole("group", { name: "Worst misses" }).getByRole("row").count(), 6);
    await page.emulateMedia({ media: "print" });
    assert(await page.getByRole("heading", { name: "Worst misses" }).isVisible());
    await page.emulateMedia({ media: "screen" });
    assert.match(await downloaded(page, "CSV"), /^workflow_name,model_version,run_id,[^]*low_90_usd,high_90_usd\r\nwgs-joint-calling,7,/);
    assert.equal(JSON.parse(await downloaded(page, "JSON")).workflow_name, "wgs-joint-calling");
    await page.getByLabel("Workflow").selectOption("few-runs");
    await page.getByText("An early version of Runquote trained this model").waitFor();
    await page.getByLabel("Workflow").selectOption("untrained");
    await page.getByText("No model of untrained yet").waitFor();
    await page.getByText("A first model needs 5; then it is measured what it gets right.").waitFor();
    assert.equal(await page.getByText("train it now").count(), 0, "too few runs to train on");
    await page.getByLabel("Workflow").selectOption("unjudged");
    await page.getByRole("link", { name: "train it now" }).click();
    await page.getByRole("heading", { name: "No model yet" }).waitFor();
    await button(page, "Retrain now").waitFor();
  },

  /** What teams spent, what they may spend, and what a batch would leave of it. */
  async budgets(newPage) {
    const page = await newPage();
    await page.goto(`${webUrl}/budgets`);
    await page.getByText("$155.10 spent on 16 runs").waitFor();
    await page.getByText("Over budget: imaging.").waitFor();
    await page.getByText("3 runs recorded by an early version are not counted yet").waitFor();
    const line = (team) => page.locator("tbody tr").filter({ has: page.locator("th", { hasText: team }) });
    assert.match(await line("genomics").innerText(), /\$120\.50[^]*\$79\.50[^]*within budget[^]*\$200\.00/);
    assert.match(await line("No team").innerText(), /\$3\.20[^]*no budget set/);
    await line("genomics").getByText("genomics", { exact: true }).click();
    await page.getByText("wgs-joint-calling: $120.50, 4 runs").waitFor();
    assert.match(await downloaded(page, "CSV"), /^month,team,budget_usd,spent_usd,remaining_usd,over_budget,runs\r\n20\d\d-\d\d,genomics,200,120\.5,79\.5,false,4\r\n/);
    assert.equal(await page.getByText("No run has that tag yet").count(), 0);

    await button(page, "Set budget").click();
    await page.getByText("Enter the team's name").waitFor();
    await assertFocus(page, page.getByLabel("Team", { exact: true }), "without a team");
    await page.keyboard.type("refused");
    await page.getByLabel("Monthly budget (USD)", { exact: true }).fill("1,5");
    await button(page, "Set budget").click();
    await page.getByText("Budget must be an amount in dollars, like 50").waitFor();
    await page.getByLabel("Monthly budget (USD)", { exact: true }).fill("50");
    await button(page, "Set budget").click();
    await page.getByText("This team cannot have a budget.").waitFor();
    await page.getByLabel("Team", { exact: true }).fill("assembly");
    await button(page, "Set budget").click();
    await page.getByText("The budget of assembly is set.").waitFor();
    await line("assembly").waitFor();
    await button(page, "Change the budget of assembly").click();
    await page.keyboard.type("-1");
    await page.keyboard.press("Enter");
    await page.getByRole("alert").getByText("Budget must be an amount in dollars, like 50").waitFor();
    await page.getByLabel("Monthly budget of assembly in US dollars").fill("75");
    await page.keyboard.press("Enter");
    await line("assembly").getByText("$75.00").last().waitFor();
    await button(page, "Change the budget of assembly").click();
    await button(page, "Remove").click();
    await line("assembly").waitFor({ state: "detached" });

    await button(page, "Earlier").click();
    await page.waitForURL(/month=20\d\d-\d\d$/);
    await page.getByText("A budget counts from the month in which it was set.").waitFor();
    assert.match(await line("genomics").innerText(), /\$12\.00[^]*no budget then/);
    assert.equal(await page.getByRole("button", { name: /the budget of|Set budget/ }).count(), 0);
    await page.goBack();
    await page.goto(`${webUrl}/budgets`);
    await page.getByRole("link", { name: "Estimate the batch" }).click();
    await page.locator("#batch-file").setInputFiles({ ...BATCH, buffer: Buffer.from("workflow,input_size\nwgs-joint-calling,100 GB\n") });
    await page.locator("#batch-title").waitFor();
    await page.getByRole("link", { name: "Budgets", exact: true }).click();
    await page.getByLabel("Paid by").selectOption("genomics");
    await page.getByText(/^Within budget\. Of \$79\.50 that remain: about \$5\d left, 8 times in 10 between \$\d\d left and \$\d\d left\.$/).waitFor();
    await page.getByLabel("Paid by").selectOption("imaging");
    await page.getByText("The budget is used up before the batch starts.").waitFor();
    await page.getByLabel("Paid by").selectOption("No team");
    await page.getByText("This team has no budget to hold the batch against.").waitFor();

    // A file name that offers no place to break, and rows that the total leaves out.
    const name = `${"cohort_2026_q4_".repeat(6)}.csv`;
    await chooseBatch(page, { ...BATCH, name, buffer: Buffer.from("workflow,input_size\nwgs-joint-calling,100 GB\nwgs-joint-calling,x\n") });
    await page.locator("#batch-title").waitFor();
    await page.getByRole("link", { name: "Budgets", exact: true }).click();
    await page.getByText("1 of its 2 rows has no estimate and is not in this.").waitFor();
    await page.setViewportSize({ width: 390, height: 900 });
    await assertNoOverflow(page, "a long file name");

    await page.route("**/v1/budgets", async (route) => {
      const answer = await (await route.fetch()).json();
      await route.fulfill({ json: { ...answer, budgets: answer.budgets.filter(({ team }) => team === null) } });
    });
    await page.reload();
    await page.getByText("No run has that tag yet").waitFor();
  },

  /** What was asked is found again, beside what would be answered now: one run, and a batch. */
  async predictions(newPage) {
    const page = await newPage();
    const title = page.locator("#kept-title");
    const rows = page.locator("tbody tr");
    await page.goto(`${webUrl}/predictions`);
    await page.getByText("20 predictions, latest first").waitFor();
    assert.match(await rows.first().innerText(), /5 Mar 2026, 08:30 UTC\s+Grace Hopper\s+genomics\s+wgs-joint-calling\s+310\sGB\s+\$[\d.]+\s+\$\d+ to \$\d+/);
    await button(page, "Show more").click();
    await page.getByText("30 predictions, latest first: all there are").waitFor();
    const csv = (await downloaded(page, "CSV")).trimEnd().split("\r\n");
    assert.equal(csv.length, 31);
    assert.match(csv[1], /^0196f0c2-7d1e-7c3a-9f52-00000000001e,2026-03-05T08:30:00Z,Grace Hopper,genomics,wgs-joint-calling,1,0,310000000000,/);

    await page.getByLabel("Show", { exact: true }).selectOption("Mine");
    await page.waitForURL(/\?mine=true$/);
    await page.getByText("10 predictions, latest first: all that match").waitFor();
    await page.getByLabel("Show", { exact: true }).selectOption("For one team");
    await page.getByText("Enter the team whose predictions to list.").waitFor();
    assert.equal(await rows.count(), 0);
    await page.getByLabel("Team", { exact: true }).fill("genomics");
    await page.keyboard.press("Enter");
    await page.waitForURL(/\?team=genomics$/);
    await page.getByText("20 predictions, latest first: all that match").waitFor();
    await page.getByLabel("Asked from").fill("2026-03-05");
    await page.getByText("6 predictions, latest first: all that match").waitFor();
    await page.getByLabel("Show", { exact: true }).selectOption("Of one workflow");
    await page.getByRole("combobox", { name: "Workflow", exact: true }).selectOption("wgs-joint-calling");
    await page.waitForURL(/workflow=wgs-joint-calling/);
    assert.equal(new URL(page.url()).searchParams.get("team"), null, "one choice takes the place of the other");
    await page.goto(`${webUrl}/predictions?mine=true&team=genomics`);
    await page.getByText("Only one of workflow, team and mine can be asked for at a time").waitFor();
    assert.equal(await rows.count(), 0);

    // By keyboard from the list to one, which another model answers now.
    await page.goto(`${webUrl}/predictions?workflow=wgs-joint-calling`);
    await page.getByRole("link", { name: "5 Mar 2026, 07:30 UTC" }).focus();
    const again = page.waitForRequest((request) => request.url().endsWith("/v1/predictions") && request.method() === "POST");
    await page.keyboard.press("Enter");
    assert.deepEqual((await again).postDataJSON(), { workflow_name: "wgs-joint-calling", input_bytes: 300e9, output_bytes: null, parameters: null, team: "genomics", keep: false });
    await page.getByText("more than then (25 %), inside the 80 % interval of then.").waitFor();
    await assertFocus(page, title, "after opening a prediction");
    assert.equal(await title.innerText().then((text) => text.replaceAll("\u00a0", " ")), "wgs-joint-calling, 300 GB in");
    await page.getByText("Asked 5 Mar 2026, 07:30 UTC by Ada Lovelace for genomics.").waitFor();
    await page.getByText("Model version 7 answers in place of version 6.").waitFor();
    await page.emulateMedia({ media: "print" });
    assert(await page.getByRole("region", { name: "Said then" }).isVisible(), "paper gets what was said");
    assert(!(await button(page, "CSV").isVisible()));
    await page.emulateMedia({ media: "screen" });
    await page.getByRole("link", { name: "Open on the Estimate page" }).click();
    await figure(page).waitFor();
    assert.equal(await page.getByLabel("Team", { exact: false }).first().inputValue(), "genomics");

    // From the answer of the Estimate page to what is kept of it.
    await page.evaluate(() => Object.defineProperty(navigator, "clipboard", { value: { writeText: (text) => Promise.resolve((window.copied = text)) } }));
    await button(page, "Copy link to this prediction").click();
    await page.getByText("Link copied").first().waitFor();
    const link = await page.evaluate(() => window.copied);
    await page.getByRole("link", { name: link.split("=")[1] }).click();
    assert.equal(page.url(), link);
    await page.getByText("The same figure as then. The same model answers.").waitFor();
    await page.goto(`${link.slice(0, -1)}f.1`);
    await page.getByRole("alert").getByText("No prediction is kept under this id.").waitFor();
    assert.equal(await button(page, "Retry").count(), 0);

    // A batch with who is to pay; it is asked again only by a person.
    await page.goto(`${webUrl}/batch?team=imaging`);
    const sent = page.waitForRequest("**/v1/predictions/batch");
    await page.locator("#batch-file").setInputFiles({ ...BATCH, buffer: Buffer.from("workflow,input_size\nwgs-joint-calling,100 GB\nrnaseq-quant,900 GB\nrnaseq,1 GB\nwgs-joint-calling,50 GB\n") });
    assert.equal((await sent).postDataJSON().team, "imaging");
    await page.getByText("cohort.csv, 2 of 4 runs together, paid by imaging").waitFor();
    await page.locator(".kept-as a").click();
    await page.getByRole("heading", { name: "A batch of 4 runs" }).waitFor();
    const batch = page.url();
    await page.getByText("1 run not in the total: past runs cannot tell what it will cost.").waitFor();
    await page.getByText("Row 3: There is no workflow called rnaseq.").waitFor();
    assert.deepEqual(await page.getByRole("columnheader").allInnerTexts().then((all) => all.map((text) => text.replace(/\s*[↑↓]/, ""))), ["Row", "Workflow", "Input", "Said then"], "nothing is asked by itself");
    await button(page, "Said then").click();
    await page.waitForURL(/sort=then&order=descending/);
    assert.deepEqual(await rows.locator("th").allInnerTexts(), ["1", "4", "2", "3"]);
    await button(page, "Ask for 4 runs again").click();
    await page.getByText("The same figure as then.").waitFor();
    await page.getByRole("columnheader", { name: "Said now" }).waitFor();
    assert.equal((await downloaded(page, "CSV")).trimEnd().split("\r\n").length, 5);
    await page.goto(`${webUrl}/predictions?team=imaging`);
    await page.getByText("1 without an answer").first().waitFor();
    assert.match(await rows.first().innerText(), /imaging\s+several\s+4 rows/);

    // What went wrong now leaves what was said then.
    await page.route("**/v1/predictions", (route) => route.request().method() === "POST" ? route.abort() : route.continue());
    await page.goto(link);
    await page.getByText("We could not reach the service").waitFor();
    assert(await page.getByRole("region", { name: "Said then" }).isVisible());
    await page.unroute("**/v1/predictions");
    await button(page, "Retry").click();
    await page.getByText("The same figure as then.").waitFor();

    await looksRight(newPage, {
      predictions: async (tab) => {
        await tab.goto(`${webUrl}/predictions`);
        await tab.getByText("predictions, latest first").waitFor();
      },
      "predictions, none": async (tab) => {
        await tab.goto(`${webUrl}/predictions?team=nobody`);
        await tab.getByText("No prediction matches these filters.").waitFor();
      },
      "predictions, one": async (tab) => {
        await tab.goto(`${webUrl}/predictions?prediction=0196f0c2-7d1e-7c3a-9f52-000000000005`);
        await tab.getByText("more than then").waitFor();
      },
      "predictions, a batch": async (tab) => {
        await tab.goto(batch);
        await button(tab, "Ask for 4 runs again").click();
        await tab.getByText("The same figure as then.").waitFor();
      },
      "predictions, not found": async (tab) => {
        await tab.goto(`${webUrl}/predictions?prediction=0196f0c2-7d1e-7c3a-9f52-ffffffffffff`);
        await tab.getByText("No such prediction").waitFor();
      },
    });
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
    assert.equal(await page.getByText("train it now").count(), 0, "too few runs to train on");
    await assertFocus(page, page.locator(".answer"), "without a number");
    assert.equal(await page.locator(".answer p").allInnerTexts().then((all) => all.join(" ")), "It has 3 successful runs; a first estimate needs 5.");
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
    await page.getByRole("heading", { name: "Workflows with past runs" }).waitFor();
    await page.reload();
    await page.getByRole("heading", { name: "Workflows with past runs" }).waitFor();

    // What one key was shown is not for the next.
    await page.getByRole("link", { name: "Budgets" }).click();
    await page.getByText("$155.10 spent on 16 runs").waitFor();
    await button(page, "Use another API key").click();
    await field.fill("wrong");
    await button(page, "Continue").click();
    await page.getByText("The service did not accept the API key").waitFor();
    assert.equal(await page.getByText("$155.10").count(), 0);
  },

  /** People sign in with an identity provider, stay signed in, lose nothing when that ends, and sign out. */
  async signIn(newPage) {
    const identityUrl = apiKey;
    const page = await newPage();
    const size = page.getByLabel("Input dataset size", { exact: true });
    const signIn = async (tab) => {
      await tab.getByLabel("E-mail").fill("ada@example.org");
      await button(tab, "Sign in").click();
    };
    await page.goto(ask("wgs-joint-calling"));
    await button(page, "Sign in").waitFor();
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 900 });
      await assertNoOverflow(page, `asking to sign in, ${width} px`);
      await assertAccessible(page, `asking to sign in, ${width} px`);
    }
    await button(page, "Sign in").click();
    await signIn(page);
    await figure(page).waitFor();
    assert.equal(page.url(), ask("wgs-joint-calling"), "one comes back to the page that one asked for");
    await page.getByText("Signed in as ada@example.org").waitFor();
    await assertAccessible(page, "signed in");
    await page.reload();
    await figure(page).waitFor();

    // Without a word to the person, a token that has ended is renewed.
    await fetch(`${identityUrl}/test/expire`, { method: "POST" });
    await page.goto(ask("rnaseq-quant"));
    await figure(page).waitFor();

    // What is typed, and a batch that only this tab knows, are there when the session has ended for good.
    await chooseBatch(page, { ...BATCH, buffer: Buffer.from("workflow,input_size\nwgs-joint-calling,400 GB\n") });
    await page.locator("#batch-title").waitFor();
    await page.getByRole("link", { name: "Estimate", exact: true }).click();
    await page.getByLabel("Workflow", { exact: true }).selectOption("wgs-joint-calling");
    await size.fill("77");
    await fetch(`${identityUrl}/test/end`, { method: "POST" });
    await button(page, "Estimate cost").click();
    await page.getByText("Your sign-in has ended").waitFor();
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 900 });
      await assertNoOverflow(page, `the session has ended, ${width} px`);
      await assertAccessible(page, `the session has ended, ${width} px`);
    }
    const [tab] = await Promise.all([page.context().waitForEvent("page"), page.getByRole("link", { name: "Sign in again" }).click()]);
    await signIn(tab);
    await tab.getByText("You are signed in").waitFor();
    await assertAccessible(tab, "signed in beside another tab");
    await figure(page).waitFor();
    assert.equal(await page.getByText("Your sign-in has ended").count(), 0);
    assert.equal(await size.inputValue(), "77");
    await page.getByRole("link", { name: "Batch", exact: true }).click();
    await page.locator("#batch-title").waitFor();

    // A return that nobody here began is none.
    await tab.goto(`${webUrl}/signed-in?code=stolen&state=made-up`);
    await tab.getByText("You could not be signed in").waitFor();
    await assertAccessible(tab, "not signed in");

    await button(page, "Sign out").click();
    await page.waitForURL(`${webUrl}/`);
    await button(page, "Sign in").click();
    await page.getByLabel("E-mail").waitFor();
    assert.deepEqual(await tab.evaluate(() => ({ ...sessionStorage })), {}, "the other tab is signed out too");
  },

  /** The API is not there at all. */
  async unreachable(newPage) {
    const page = await newPage();
    await page.goto(webUrl);
    await page.getByText("We could not reach the service").waitFor();
    await button(page, "Retry").waitFor();
    await assertAccessible(page, "unreachable");
    await page.route("**/config.json", (route) => route.abort());
    await page.reload();
    await page.getByText("Nothing answered at its address. Check your connection.").waitFor();
  },

  async nothing(newPage) {
    const page = await newPage();
    await page.goto(webUrl);
    await page.getByText("No past runs yet").waitFor();
    await assertAccessible(page, "no workflows");
    await page.getByRole("link", { name: "Runs" }).click();
    await button(page, "Download a template").waitFor();
    await assertAccessible(page, "no runs");
    await page.getByRole("link", { name: "Predictions" }).click();
    await page.getByText("No prediction is kept yet.").waitFor();
    await assertAccessible(page, "no predictions");
    await page.getByRole("link", { name: "Models" }).click();
    await page.getByRole("link", { name: "Record some runs" }).waitFor();
    await page.getByRole("link", { name: "Budgets" }).click();
    await page.getByText("no team has a budget").waitFor();
    await assertAccessible(page, "no budgets");
  },

  /** Past 15 workflows, a list is too long to read: the field completes. */
  async many(newPage) {
    const page = await newPage();
    for (const [path, heading] of [["runs", "History"], ["predictions", "Asked and answered"], ["models", "Version 7 is in service"], ["accuracy", "Half of all estimates"]]) {
      await page.goto(`${webUrl}/${path}?workflow=workflow-3`);
      await page.getByRole("heading", { name: heading }).waitFor();
      const picker = page.getByRole("combobox", { name: "Workflow", exact: true });
      assert.equal(await picker.inputValue(), "workflow-3");
      await picker.fill("workflow-2");
      await page.waitForURL(/workflow=workflow-2(&|$)/);
      await page.getByRole("combobox", { name: "Workflow", exact: true }).fill("work");
      await page.keyboard.press("Tab");
      assert.equal(await page.getByRole("combobox", { name: "Workflow", exact: true }).inputValue(), "workflow-2", "what was only begun is given up");
      await assertAccessible(page, `many workflows on ${path}`);
    }
    await page.goto(webUrl);
    await page.getByText("These are the 15 with most runs of 40").waitFor();
    assert.equal(await page.getByRole("row").count(), 16);
    await page.getByRole("combobox", { name: "Workflow", exact: true }).fill("workflow-17");
    await page.getByLabel("Input dataset size", { exact: true }).fill("20");
    await assertAccessible(page, "many workflows");
    await button(page, "Estimate cost").click();
    await figure(page).waitFor();
  },
};

await withBrowser(scenarios[scenario]);
console.log(`${scenario}: ok`);
