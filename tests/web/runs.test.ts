import { expect, test } from "vitest";
import type { Api, Run } from "@/api/client";
import { csvText } from "@/csv";
import { duration } from "@/format";
import { TEMPLATE, toCells } from "@/runs/export";
import { filterProblem, readFilters, toQuery } from "@/runs/filters";
import { inRequests, record } from "@/runs/record";
import { toRuns, type RunRow } from "@/runs/rows";
import { changed, choices } from "@/runs/story";
import { readHeader } from "@/tables/columns";
import { parseCsv } from "@/tables/csv";

const read = async (text: string) => {
  const csv = await parseCsv(text);
  return toRuns(csv, readHeader("runs", csv.columns));
};
/** As in `tests/unit/runquote/test_tables.py`. */
const IDS = ["csv-eea9d53640eab53b", "csv-5f718a68d20fa5bf"];

test("the template, and so every export, is read back as the runs that it shows", async () => {
  const { rows, problems } = await read(csvText(TEMPLATE.map(toCells)));
  expect(problems).toEqual([]);
  expect(rows.map(({ run }) => run)).toEqual(TEMPLATE);
  expect(rows.map(({ line }) => line)).toEqual([2, 3]);
});

test("a cell of the wrong kind rejects its row, with the column and what to write", async () => {
  const cells = (change: object) => ({ ...toCells(TEMPLATE[0] as Run), ...change });
  const { rows, problems } = await read(csvText([cells({ input_bytes: "1,5" }), cells({ tags: "team=a" }), cells({ cost_usd: "0x10" }), cells({})]));
  expect(rows).toHaveLength(1);
  expect(problems.map(({ line, message }) => `${line} ${message}`)).toEqual([
    "2 column “input_bytes”: “1,5” is not a size: use a full stop for decimals, like 1.5",
    '3 column “tags”: “team=a” is no JSON object, like {"paired": true}',
    "4 column “cost_usd”: “0x10” is not in US dollars",
  ]);
});

test("the same rows get the ids that the command gives them, each its own", async () => {
  const { rows } = await read("Workflow,Input (GB),Price,Date\nw,1,2,2026-01-05\nw,1,2,2026-01-05\n");
  expect(rows.map(({ run }) => run.run_id)).toEqual(IDS);
});

const rowsOf = (count: number, padding = ""): RunRow[] => Array.from({ length: count }, (_, index) => ({ line: index + 2, label: `r${index}`, run: { run_id: `r${index}`, padding } }));

test("rows go in requests of at most 500 and below a megabyte", () => {
  expect(inRequests(rowsOf(1001)).map(({ length }) => length)).toEqual([500, 500, 1]);
  expect(inRequests(rowsOf(4, "é".repeat(200_000))).map(({ length }) => length)).toEqual([2, 2]);
});

test("answers are added up with the lines of what was rejected, and a failure keeps what came before", async () => {
  let requests = 0;
  const api = {
    recordRuns: () => {
      requests += 1;
      if (requests === 3) return Promise.reject(new Error("gone"));
      return Promise.resolve({ accepted: 498, unchanged: 1, rejected: [{ index: 7, run_id: null, error: "invalid_request", message: "no" }] });
    },
  } as unknown as Api;
  const told: number[] = [];
  const so = await record(api, rowsOf(1200), ({ sent }) => told.push(sent), new AbortController().signal);
  expect(so).toMatchObject({ accepted: 996, unchanged: 2, sent: 1000, failure: { message: "gone" } });
  expect(so.problems.map(({ line }) => line)).toEqual([9, 509]);
  expect(told).toEqual([500, 1000]);
});

test("bills that are held are counted beside what was recorded", async () => {
  const row = { index: 0, run_id: "r", cost_usd: 9000, message: "waits" };
  const api = { recordRuns: async () => ({ accepted: 0, unchanged: 0, rejected: [], held: [row] }) } as unknown as Api;
  expect(await record(api, rowsOf(1), () => undefined, new AbortController().signal)).toMatchObject({ accepted: 0, held: 1, sent: 1 });
});

test("what can be made of a run begins with what waits for a decision", () => {
  const bill = { cost_usd: 9000, held_at: "2026-01-06T00:00:00Z" };
  const run = { ...(TEMPLATE[1] as Run), held_bills: [bill, { ...bill, cost_usd: 7, state: "refused" as const }], bill_waits: true };
  expect(choices(run).map(({ name }) => name)).toEqual(["Accept the bill of $9,000.00", "Refuse the bill of $9,000.00", "Correct the cost", "Withdraw the run"]);
  expect(choices(run)[1]?.correction(0)).toEqual({ bill: { cost_usd: 9000, decision: "refuse" } });
  expect(choices({ ...run, bill_waits: false, withdrawn: true }).map(({ name }) => name)).toEqual(["Correct the cost", "Take the run back in"]);
});

test("a change says what was and what is", () => {
  const before = TEMPLATE[1] as Run;
  const after = { ...before, cost_usd: 1.5, tags: { team: "lab" }, version: 1, bill_waits: false };
  const change = { workflow_name: "w", run_id: "r", number: 1, kind: "corrected" as const, at: "", by: "k", reason: "x", before, after };
  expect(changed(change)).toEqual(["cost: 0.9 USD → 1.5 USD", 'tags: nothing → {"team":"lab"}']);
});

test("filters come from the address; days are whole and in UTC", () => {
  const filters = readFilters(new URLSearchParams("workflow=w&status=FAILED&tag=team:a&from=2026-02-28&to=2026-02-28"));
  expect(toQuery(filters)).toEqual({ status: "FAILED", tag: ["team:a"], completed_from: "2026-02-28T00:00:00.000Z", completed_before: "2026-03-01T00:00:00.000Z" });
  expect(toQuery(readFilters(new URLSearchParams("status=nonsense&from=soon")))).toEqual({});
  expect(filterProblem({ ...filters, tag: "genomics" })).toMatch(/team:genomics/);
  expect(filterProblem({ ...filters, to: "2026-02-27" })).toMatch(/first day/);
});

test.each([[400, "400 ms"], [8000, "8 s"], [3_600_000, "1 h"], [5_400_000, "1 h 30 min"], [90_061_000, "1 d 1 h"]])("%d ms took %s", (milliseconds, text) =>
  expect(duration(milliseconds).replaceAll("\u00a0", " ")).toBe(text));
