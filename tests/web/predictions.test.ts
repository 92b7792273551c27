import { expect, test } from "vitest";
import type { BatchTotal, KeptPrediction, Prediction } from "@/api/client";
import { fromSearch, toRequest } from "@/estimate/question";
import { difference, modelDifference, totalDifference } from "@/predictions/difference";
import { keptCsv, listCsv } from "@/predictions/export";
import { choiceOf, filterProblem, readFilters, toQuery } from "@/predictions/filters";
import { estimateAddress } from "@/predictions/kept";

const plain = (text: string) => text.replaceAll("\u00a0", " ");
const beyond = { beyond_evidence: { message: "Too far.", advice: "" } } as unknown as Pick<Prediction, "beyond_evidence">;
const said = (cost_usd: number, more: Partial<Prediction> = {}) =>
  ({ cost_usd, intervals: [{ coverage: 0.8, low_usd: cost_usd * 0.8, high_usd: cost_usd * 1.5 }], ...more }) as Prediction;

test.each([
  ["mine=true&from=2026-02-28", "mine", { person: "me", asked_from: "2026-02-28T00:00:00.000Z" }],
  ["workflow=w&to=2026-02-28", "workflow", { workflow_name: "w", asked_before: "2026-03-01T00:00:00.000Z" }],
  ["team=genomics", "team", { team: "genomics" }],
  ["", "all", {}],
])("the address ?%s lists %s", (search, choice, query) => {
  const filters = readFilters(new URLSearchParams(search));
  expect([choiceOf(filters), toQuery(filters), filterProblem(filters)]).toEqual([choice, query, null]);
});

test.each([
  ["workflow=w&team=a", /one of workflow, team and mine/],
  ["mine=true&team=a", /one of workflow, team and mine/],
  ["from=2026-03-01&to=2026-02-28", /first day/],
])("?%s cannot be asked for", (search, words) => expect(filterProblem(readFilters(new URLSearchParams(search)))).toMatch(words));

test.each([
  [said(10), said(10), "The same figure as then."],
  [said(10), said(12.5), "$2.50 more than then (25 %), inside the 80 % interval of then."],
  [said(10), said(7), "$3.00 less than then (30 %), outside of the 80 % interval of then."],
  [said(10), said(240), "$230 more than then, 24 times as much, outside of the 80 % interval of then."],
  [said(10, { intervals: [] }), said(11), "$1.00 more than then (10 %)."],
  [said(0, { intervals: [] }), said(11), "$11 more than then."],
  [said(10, beyond), said(11), "Past runs could not tell then; now they can."],
  [said(10), said(11, beyond), "Past runs can no longer tell."],
  [said(10, beyond), said(10, beyond), "Past runs could not tell then, and cannot tell now."],
])("how two figures differ: %#", (then, now, words) => expect(plain(difference(then, now))).toBe(words));

test("another model is named", () => {
  const model = { version: 6 } as Prediction["model"];
  expect(modelDifference(model, model)).toBe("The same model answers.");
  expect(modelDifference(model, { ...model, version: 7 })).toBe("Model version 7 answers in place of version 6.");
});

test("totals are compared only where the same rows are in both", () => {
  const answer = (cost: number, predictions: (Prediction | { error: string })[]) => ({ total: { ...said(cost), outcomes_usd: [cost], left_out: 0 } as BatchTotal, predictions });
  const wrong = { error: "workflow_not_found" };
  expect(plain(totalDifference(answer(20, [said(20), wrong]), answer(25, [said(25), wrong])))).toBe("$5.00 more than then (25 %), inside the 80 % interval of then.");
  for (const other of [wrong, said(3, beyond)]) {
    expect(totalDifference(answer(20, [said(20), other]), answer(25, [said(20), said(5)]))).toBe("The totals are not of the same rows, and so not compared: 1 row then, 2 rows now.");
    expect(totalDifference(answer(20, [said(20), other]), answer(25, [other, said(20)]))).toMatch(/not of the same rows/);
  }
  expect(totalDifference(answer(0, [wrong]), answer(0, [wrong]))).toBe("No row could be estimated then, and none can be now.");
});

test("the Estimate page is opened with the very same question", () => {
  const request = { workflow_name: "w & v", input_bytes: 123_456_789_012_345, output_bytes: 0.5e9, parameters: { "trim.length": 35, paired: true }, team: "a=b" };
  const profiles = [
    { name: "trim.length", kind: "number" as const, values: [20, 35] },
    { name: "paired", kind: "category" as const, values: [false, true] },
  ];
  expect(toRequest(fromSearch(estimateAddress(request).slice(2)), profiles)).toEqual(request);
});

const asked = { prediction_id: "p", asked_at: "2026-03-05T09:30:00Z", asked_by: { id: "k1", name: null }, team: "genomics" };

test("a list is exported with who asked, and empty where there is no figure", () => {
  const rows = listCsv([{ ...asked, rows: 2, unanswered: 2 }, { ...asked, asked_by: { id: "s", name: "=Ada" }, workflow_name: "w", rows: 1, input_bytes: 7, cost_usd: 2, low_usd: 1, high_usd: 3 }]).split("\r\n");
  expect(rows.slice(0, 3)).toEqual([
    "prediction_id,asked_at,asked_by,team,workflow_name,rows,unanswered,input_bytes,cost_usd,low_usd,high_usd",
    "p,2026-03-05T09:30:00Z,k1,genomics,,2,2,,,,",
    "p,2026-03-05T09:30:00Z,'=Ada,genomics,w,1,0,7,2,1,3",
  ]);
});

test("a batch is exported row by row, wrong rows as they came", () => {
  const batch: KeptPrediction = {
    ...asked,
    batch_request: { requests: [{ workflow_name: "w", input_bytes: 7 }, { workflow_name: ["x"], input_bytes: "1,5" }] as unknown as { workflow_name: string; input_bytes: number }[] },
    batch_answer: {
      predictions: [said(2, { model: { version: 7 } as Prediction["model"], warnings: [] }), { error: "invalid_request", message: "no", request_id: "" }],
      total: { cost_usd: 2, intervals: [], outcomes_usd: [2], left_out: 0 },
    },
  };
  const rows = keptCsv(batch).split("\r\n");
  expect(rows[1]).toBe("p,2026-03-05T09:30:00Z,k1,genomics,1,w,7,,,2,1.6,3,,,false,,7,");
  expect(rows[2]).toBe('p,2026-03-05T09:30:00Z,k1,genomics,2,"[""x""]","1,5",,,,,,,,,,,no');
});
