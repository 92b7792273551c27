import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { ApiError, type Api, type BatchTotal, type Prediction } from "@/api/client";
import { ask } from "@/batch/ask";
import { toCsv } from "@/batch/export";
import { toBatch, type BatchRow } from "@/batch/rows";
import { keptAs } from "@/batch/summary";
import { total } from "@/batch/total";
import { inOrder } from "@/components/SortableTable";
import { readSize } from "@/tables/cells";
import { readHeader } from "@/tables/columns";
import { csvCell, csvText } from "@/csv";
import { FileProblem, parseCsv, readCsv } from "@/tables/csv";

const cells = JSON.parse(readFileSync(new URL("cells.json", import.meta.url), "utf8")) as { inert: [string, string][]; untouched: string[] };
const read = async (text: string) => {
  const csv = await parseCsv(text);
  return toBatch(csv, readHeader("batch", csv.columns));
};

describe("a batch file", () => {
  test("is read with the lines on which rows start, wrong rows beside right ones", async () => {
    const { rows, notes } = await read(
      'label,workflow,input_size,output_size,notes\r\na,w,120 GB,1.5GiB,x\r\n\r\n"b,\nc",w,"1,5 GB",,\r\n,w,7 MB,,\r\nd,,7 MB,,\r\n,w,0 B,,\r\nf,w,1 MB,,,x\r\n',
    );
    expect(notes).toEqual(["not read: notes"]);
    expect(rows.map(({ line, label, request }) => [line, label, request])).toEqual([
      [2, "a", { workflow_name: "w", input_bytes: 120e9, output_bytes: 1.5 * 2 ** 30 }],
      [4, "b,\nc", null],
      [6, "line 6", { workflow_name: "w", input_bytes: 7e6 }],
      [7, "d", null],
      [8, "line 8", null],
      [9, "f", null],
    ]);
    expect(rows.flatMap(({ problem }) => problem ?? [])).toEqual([
      "column “input_size”: “1,5 GB” is not a size: use a full stop for decimals, like 1.5",
      "column “workflow”: is empty",
      "column “input_size”: must be more than 0",
      "has more cells than the header",
    ]);
  });
  test("may come from a spreadsheet that separates by semicolons, and may hold parameters", async () => {
    const { rows } = await read('workflow;input_size;parameters\nw;1 MB;"{""paired"": true}"\nw;1 MB;[1]\n');
    expect(rows[0]?.request).toEqual({ workflow_name: "w", input_bytes: 1e6, parameters: { paired: true } });
    expect(rows[1]?.problem).toMatch(/no JSON object/);
  });
  test.each([
    ["", "The file is empty."],
    ["workflow,input_size\n", "there is no row below the header"],
  ])("%j is refused", async (text, message) => await expect(read(text)).rejects.toThrow(new FileProblem(message)));
  test("that is no text is refused", async () => {
    await expect(readCsv(new File([new Uint8Array([0x50, 0x4b, 0xff])], "x.xlsx"))).rejects.toThrow("x.xlsx is not CSV text in UTF-8");
    expect((await readCsv(new File(["\ufeffworkflow,input_size\nw,1 MB"], "x.csv"))).columns).toEqual(["workflow", "input_size"]);
  });
  test.each(["12", "1.2.3 GB", "GB", "1,200 MB", "-1 GB", "1 Gb"])("%s is no size", (text) => expect(() => readSize(text)).toThrow("not a size"));
  test.each([["1 kB", 1e3], ["1KB", 1e3], ["2 KiB", 2048], ["0.5 PB", 5e14], ["512 B", 512], ["1tb", 1e12]])("%s", (text, bytes) => expect(readSize(text)).toBe(bytes));
});

const prediction = (usd: number): Prediction =>
  ({ workflow_name: "w", cost_usd: usd, extrapolated: false, warnings: [], intervals: [{ coverage: 0.8, low_usd: usd / 2, high_usd: usd * 2 }], outcomes_usd: [usd], model: { version: 3 }, prediction_id: "p" }) as unknown as Prediction;
const rowsOf = (count: number): BatchRow[] =>
  Array.from({ length: count }, (_, index) => ({ line: index + 2, label: `r${index}`, workflow: "w", request: { workflow_name: "w", input_bytes: index + 1 }, prediction: null, problem: null, passing: false }));

describe("asking", () => {
  const never = new AbortController().signal;
  const fake = (predictBatch: Api["predictBatch"]) => ({ predictBatch }) as Api;

  test("takes the total from the API where one request was enough", async () => {
    const outcome = await ask(fake((requests) => Promise.resolve({ predictions: requests.map(() => prediction(2)), total: { cost_usd: 7, intervals: [], outcomes_usd: [], left_out: 0 } })), rowsOf(500), () => undefined, never);
    expect(outcome.total.cost_usd).toBe(7);
  });
  test("goes in fives of hundreds, makes one total of all, and keeps what came before a failure", async () => {
    const sizes: number[] = [];
    const answering = fake((requests) => {
      sizes.push(requests.length);
      if (sizes.length === 3) return Promise.reject(new ApiError("internal_error", "no", 500, null, null));
      return Promise.resolve({ predictions: requests.map(() => prediction(2)), total: { cost_usd: 1, intervals: [], outcomes_usd: [], left_out: 0 } });
    });
    const first = await ask(answering, rowsOf(1200), () => undefined, never);
    expect(sizes).toEqual([500, 500, 200]);
    expect(first.failure?.message).toBe("no");
    expect(first.total.cost_usd).toBe(2000);
    const second = await ask(answering, first.rows, () => undefined, never);
    expect(sizes).toEqual([500, 500, 200, 200]);
    expect(second.failure).toBeNull();
    expect(second.total.cost_usd).toBe(2400);
  });
  test("says with each request who is to pay", async () => {
    const teams: unknown[] = [];
    const answering = fake((requests, _signal, team) => {
      teams.push(team);
      return Promise.resolve({ predictions: requests.map(() => prediction(2)), total: { cost_usd: 7, intervals: [], outcomes_usd: [], left_out: 0 } });
    });
    await ask(answering, rowsOf(501), () => undefined, never, "genomics");
    expect(teams).toEqual(["genomics", "genomics"]);
  });
  test("names the predictions that its requests were kept as, each once", () => {
    const kept = (id: string) => ({ ...(rowsOf(1)[0] as BatchRow), prediction: { ...prediction(2), prediction_id: id } });
    expect(keptAs([kept("a.1"), kept("a.2"), ...rowsOf(1), kept("b.1")])).toEqual(["a", "b"]);
  });
  test("notes what is wrong with a row and does not ask again for it", async () => {
    let asked = 0;
    const outcome = await ask(
      fake(() => {
        asked += 1;
        return Promise.resolve({ predictions: [{ error: "workflow_not_found", message: "No w.", request_id: "" }], total: { cost_usd: 0, intervals: [], outcomes_usd: [], left_out: 0 } });
      }),
      rowsOf(1),
      () => undefined,
      never,
    );
    expect(asked).toBe(1);
    expect(outcome.rows[0]).toMatchObject({ problem: "No w.", passing: false, prediction: null });
  });
});

interface Case {
  name: string;
  predictions: Prediction[];
  total: BatchTotal;
}
const cases = JSON.parse(readFileSync(new URL("totals.json", import.meta.url), "utf8")) as Case[];

describe("the total of several requests", () => {
  test.each(cases)("of $name is the contract's", ({ predictions, total: expected }) => {
    const found = total(predictions);
    const near = (a: number, b: number) => expect(Math.abs(Math.log(a / b))).toBeLessThan(0.12);
    near(found.cost_usd, expected.cost_usd);
    for (const [index, { coverage, low_usd, high_usd }] of found.intervals.entries()) {
      expect(coverage).toBe(expected.intervals[index]?.coverage);
      near(low_usd, expected.intervals[index]?.low_usd ?? 0);
      near(high_usd, expected.intervals[index]?.high_usd ?? 0);
    }
    expect(found.left_out).toBe(expected.left_out);
    for (const [index, usd] of found.outcomes_usd.entries()) near(usd, expected.outcomes_usd[index] ?? 0);
    expect(total(predictions)).toEqual(found);
  });
  test("of none or one needs no simulation", () => {
    expect(total([])).toEqual({ cost_usd: 0, intervals: [], outcomes_usd: [], left_out: 0 });
    expect(total([prediction(3)])).toEqual({ cost_usd: 3, intervals: prediction(3).intervals, outcomes_usd: prediction(3).outcomes_usd, left_out: 0 });
  });
  test("ends where any cost does", () => expect(total([prediction(1e9), prediction(1e9)]).cost_usd).toBe(1e9));
});

test("rows are ordered by what they hold, those without a value last", () => {
  const rows = [{ n: 2 }, { n: null }, { n: 10 }];
  expect(inOrder(rows, ({ n }) => n, true).map(({ n }) => n)).toEqual([10, 2, null]);
  expect(inOrder(rows, ({ n }) => n, false).map(({ n }) => n)).toEqual([2, 10, null]);
  expect(inOrder([{ s: "b10" }, { s: "b2" }], ({ s }) => s, false).map(({ s }) => s)).toEqual(["b2", "b10"]);
});

describe("exports", () => {
  const cell = (text: string) => (/[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  test.each(cells.inert)("%j stays text in a spreadsheet", (text, inert) => expect(csvCell(text)).toBe(cell(inert)));
  test.each(cells.untouched)("%j is left as it is", (text) => expect(csvCell(text)).toBe(cell(text)));
  test("hold every row, its error, and inert cells", () => {
    const [asked] = rowsOf(1);
    const text = toCsv([
      { ...(asked as BatchRow), label: "=cmd()", prediction: prediction(2) },
      { ...(asked as BatchRow), line: 3, request: null, problem: 'is "wrong"' },
    ]);
    const [header, first, second] = text.split("\r\n");
    expect(header).toBe("line,label,workflow,input_bytes,output_bytes,cost_usd,low_80_usd,high_80_usd,low_90_usd,high_90_usd,extrapolated,beyond_evidence,warnings,model_version,prediction_id,error");
    expect(first).toBe("2,'=cmd(),w,1,,2,1,4,,,false,false,,3,p,");
    expect(second).toBe('3,r0,w,,,,,,,,,,,,,"is ""wrong"""');
  });
  test("nothing is an empty file with an empty header", () => expect(csvText([])).toBe("\r\n"));
});
