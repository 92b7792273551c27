import { describe, expect, test } from "vitest";
import { ApiError, makeApi, type Send } from "@/api/client";
import { retryDelay, shouldRetry } from "@/api/queryOptions";
import type { WorkflowSummary } from "@/api/client";
import { describeOutcomes, exceedWords } from "@/estimate/budget";
import { stackDots } from "@/estimate/dots";
import { breakDown } from "@/estimate/effects";
import { csvCell } from "@/csv";
import { EMPTY, exampleSize, fromSearch, inUnit, likelierUnit, toRequest, toSearch, unitsFor, unitsGiven, varied, type FormValues } from "@/estimate/question";
import { logMoneyTicks, logTicks } from "@/charts/ticks";
import { headline } from "@/estimate/usable";
import { formSchema } from "@/estimate/validation";
import { sizesUpTo } from "@/estimate/useReach";

const workflow = {
  workflow_name: "rnaseq-quant",
  parameters: [
    { name: "trim.length", kind: "number", values: [20, 35, 100] },
    { name: "paired", kind: "category", values: [false, true] },
    { name: "aligner", kind: "category", values: ["salmon", "star"] },
  ],
} as unknown as WorkflowSummary;
const valid: FormValues = { ...EMPTY, workflow: "rnaseq-quant", input: "120" };

/** The messages of a form, by field. */
function problems(change: Partial<FormValues>): Record<string, string> {
  const parsed = formSchema([workflow]).safeParse({ ...valid, ...change });
  return Object.fromEntries((parsed.error?.issues ?? []).map(({ path, message }) => [path.join(" "), message]));
}

describe("messages", () => {
  test("a complete form has none", () => {
    expect(problems({})).toEqual({});
    expect(problems({ input: " 1.5 ", output: ".5", budget: "$ 50" })).toEqual({});
    expect(problems({ input: "1." })).toEqual({});
    expect(problems({ input: "1,200.5 GB", output: "1.2TB" })).toEqual({});
  });
  test("an empty form names what must be there", () =>
    expect(problems({ workflow: "", input: " " })).toEqual({ workflow: "Select a workflow", input: "Enter the input dataset size" }));
  test.each([
    ["abc", "Input dataset size must be a number, like 120 or 1.5 TB"],
    ["NaN", "Input dataset size must be a number, like 120 or 1.5 TB"],
    ["12 parsecs", "Input dataset size must be a number, like 120 or 1.5 TB"],
    ["500G", "Write 500 GB or 500 GiB, since G can mean either"],
    ["0", "Input dataset size must be more than 0"],
    ["-5", "Input dataset size must be more than 0"],
    ["-5 GB", "Input dataset size must be more than 0"],
    ["0.0000000001", "Input dataset size must be more than 0"],
    ["1,5", "Use a full stop for decimals, like 1.5"],
    ["1,200", "Write 1200 or 1.200, since 1,200 can mean either"],
    ["100000001 GB", "Input dataset size must be at most 100,000 TB"],
    ["150000000000", "Input dataset size must be at most 100,000 TB; if it is in bytes, write 150000000000 B"],
  ])("input %s", (input, message) => expect(problems({ input })).toEqual({ input: message }));
  test("the output's are the same, but it may be empty", () => {
    expect(problems({ output: "" })).toEqual({});
    expect(problems({ output: "x" })).toEqual({ output: "Expected output size must be a number, like 120 or 1.5 TB" });
    expect(problems({ output: "0" })).toEqual({ output: "Expected output size must be more than 0" });
  });
  test.each(["fifty", "0", "-1", "1,000", "1e99", "2000000000"])("budget %s", (budget) =>
    expect(problems({ budget })).toEqual({ budget: "Budget must be an amount in dollars, like 50" }));
  test("a team is one line of a length that the service takes", () => {
    expect(problems({ team: " genomics " })).toEqual({});
    for (const team of ["x".repeat(257), "a\nb"]) expect(problems({ team })).toEqual({ team: "Team must be one line of at most 256 characters" });
  });
  test("a parameter that was always a number must be one", () => {
    expect(problems({ parameters: { "trim/length": "long" } })).toEqual({ "parameters trim/length": "trim.length must be a number" });
    expect(problems({ parameters: { "trim/length": "", paired: "" } })).toEqual({});
  });
});

describe("the address", () => {
  const full: FormValues = {
    ...valid,
    inputUnit: "TiB",
    output: "1,5",
    outputUnit: "MB",
    budget: "40",
    team: "genomics & co",
    parameters: { "trim/length": "35", aligner: "a&b=c" },
  };
  test("holds the form as typed, mistakes included", () => expect(fromSearch(toSearch(full))).toEqual(full));
  test("a team is sent, trimmed; where none is given, none is", () => {
    expect(toRequest({ ...valid, team: " genomics " }, []).team).toBe("genomics");
    expect(toRequest({ ...valid, team: " " }, [])).not.toHaveProperty("team");
  });
  test("a size typed with its unit needs no other", () => {
    const typed = { ...valid, input: "1.2TB", inputUnit: "MB" as const };
    expect(toSearch(typed)).toBe("workflow=rnaseq-quant&input=1.2TB");
    expect(toRequest(fromSearch(toSearch(typed)), []).input_bytes).toBe(1.2e12);
    expect(inUnit("1,200.5 GB", "MB")).toBe("1,200.5 MB");
    expect(inUnit("1,200.5", "MB")).toBe("1,200.5");
  });
  test("leaves out what is empty", () => expect(toSearch(valid)).toBe("workflow=rnaseq-quant&input=120&iu=GB"));
  test("takes an unknown unit for GB, and a prototype's member for no unit", () =>
    expect([fromSearch("iu=PB").inputUnit, fromSearch("iu=constructor").inputUnit]).toEqual(["GB", "GB"]));
});

test("a request has bytes, typed parameters and nothing that was left out", () => {
  const values = { ...valid, input: "1.5", inputUnit: "GiB" as const, parameters: { "trim/length": "50.5", paired: "true", aligner: " star ", other: "" } };
  expect(toRequest(values, workflow.parameters)).toEqual({
    workflow_name: "rnaseq-quant",
    input_bytes: 1_610_612_736,
    parameters: { "trim.length": 50.5, paired: true, aligner: "star" },
  });
  expect(toRequest({ ...valid, output: "0.1", outputUnit: "MB" }, [])).toEqual({ workflow_name: "rnaseq-quant", input_bytes: 120e9, output_bytes: 100_000 });
});

test("only parameters that varied are asked for", () => {
  const profile = (values: (string | number | boolean)[]) => ({ name: "x", kind: "category" as const, values });
  expect([profile(["on_demand"]), profile([1, 1, 1]), profile([100, 100, 150]), profile([true, false])].map(varied)).toEqual([false, false, true, true]);
});

test("a unit is suggested when another one fits the past runs", () => {
  const range = [60_000, 35_000_000] as const;
  expect(likelierUnit("20", "GB", range)).toBe("MB");
  expect(likelierUnit("20", "MB", range)).toBeNull();
  expect(likelierUnit("900", "GB", range)).toBeNull();
  expect(likelierUnit("", "GB", range)).toBeNull();
  expect(likelierUnit("1", "TB", [1.07e9, 276e9]), "1 GB is below the range, and nobody means 1 GiB").toBeNull();
  expect(likelierUnit("2", "TB", [1.07e9, 276e9])).toBe("GB");
});

describe("units that nobody chose", () => {
  const past = (range: [number, number] | null, ratio: number | null) => ({ ...workflow, input_bytes_range: range, typical_output_ratio: ratio });
  const small = past([60_000, 35_000_000], 0.32);
  test("suit the middle of the past runs", () => {
    expect(unitsFor(small)).toEqual({ input: "MB", output: "MB" });
    expect(unitsFor(past([1e9, 1e17], 0.000_01))).toEqual({ input: "TB", output: "MB" });
    expect(unitsFor(past([20e9, 480e9], 0.002))).toEqual({ input: "GB", output: "MB" });
    expect([unitsFor(undefined), unitsFor(past(null, 0.3))]).toEqual([{ input: "GB", output: "GB" }, { input: "GB", output: "GB" }]);
    expect(unitsFor(past([60_000, 35_000_000], null)).output).toBe("GB");
  });
  test("follow the workflow of an address, unless it holds a size or a unit", () => {
    const units = (more: string) => {
      const { inputUnit, outputUnit } = fromSearch(`workflow=rnaseq-quant${more}`, [small]);
      return [inputUnit, outputUnit];
    };
    expect([units(""), units("&input=20"), units("&iu=TB"), units("&input=20&iu=TB&output=1")]).toEqual([["MB", "MB"], ["GB", "MB"], ["TB", "MB"], ["TB", "GB"]]);
    expect([unitsGiven("input=20"), unitsGiven("iu=GB"), unitsGiven("iu=GB&ou=TB")]).toEqual([[], ["input"], ["input", "output"]]);
  });
  test("come with an example that fits", () =>
    expect([exampleSize("MB", small), exampleSize("TiB", small), exampleSize("GB", small), exampleSize("GB", undefined)]).toEqual(["1.4 MB", "1.5 TiB", "120 GB", "120 GB"]));
});

test("the figure is less sure of itself far from all past runs", () => {
  const at = (extrapolation_factor: number | null) => headline({ cost_usd: 28, extrapolation_factor, beyond_evidence: null });
  expect([null, 1, 2, 2.1, 0.5, 0.4].map(at)).toEqual(["About $28", "About $28", "About $28", "Very roughly $28", "About $28", "Very roughly $28"]);
  expect(headline({ cost_usd: 28, extrapolation_factor: 99, beyond_evidence: { message: "", advice: "", edge: null } })).toBe("Past runs cannot tell");
});

test("how many outcomes a budget does not pay for is told", () => {
  expect([exceedWords({ exceeding: 0, outcomes: 20 }, 40), exceedWords({ exceeding: 1, outcomes: 20 }, 40), exceedWords({ exceeding: 3, outcomes: 20 }, 40)]).toEqual([
    "None of 20 outcomes exceeds $40", "1 of 20 outcomes exceeds $40", "3 of 20 outcomes exceed $40",
  ]);
  expect(describeOutcomes([10, 20, 50], 40)).toBe("3 equally likely outcomes, from $10 to $50. 1 of 3 outcomes exceeds $40.");
});

test("dots that would overlap are stacked, never across the budget", () => {
  expect(stackDots([10, 12, 40], 10, null)).toEqual([
    { x: 11, level: 0, exceeds: false },
    { x: 11, level: 1, exceeds: false },
    { x: 40, level: 0, exceeds: false },
  ]);
  expect(stackDots([10, 19, 21], 10, null).map(({ x }) => x), "neighbours do not overlap").toEqual([14.5, 14.5, 24.5]);
  expect(stackDots([10, 19, 21], 10, 20).map(({ x }) => x)).toEqual([14.5, 14.5, 24.5]);
  expect(stackDots([10, 19, 21], 10, 22).map(({ x }) => x), "nor cross the budget").toEqual([14.5, 14.5, 21]);
  expect(stackDots([10, 12], 10, 11).map(({ level, exceeds }) => [level, exceeds])).toEqual([[0, false], [0, true]]);
});

test("logarithmic ticks are round and few", () => {
  expect(logTicks(0.8, 30, 6)).toEqual([1, 2, 5, 10, 20]);
  expect(logTicks(0.8, 200, 5)).toEqual([1, 3, 10, 30, 100]);
  expect(logTicks(0.8, 200, 4)).toEqual([1, 10, 100]);
  expect(logTicks(1, 1e12, 4).length).toBeLessThanOrEqual(4);
  expect(logMoneyTicks(1e-12, 0.01, 4)).toEqual([0.00001, 0.0001, 0.001, 0.01]);
});

describe("the breakdown of a cost", () => {
  const effects = [1, -2, 3, -4, 5].map((effect_usd) => ({ factor: `f_${effect_usd}`, effect_usd, note: "" }));
  const total = ({ typical, effects }: ReturnType<typeof breakDown>) => effects.reduce((sum, { effect_usd }) => sum + effect_usd, typical);

  test("adds up, with what is past the third effect in one line", () => {
    const found = breakDown(10, effects);
    expect(found.effects.map(({ factor, note }) => [factor, note])).toEqual([["f_5", ""], ["f_-4", ""], ["f_3", ""], ["Everything else", "f -2, f 1"]]);
    expect([found.typical, total(found)]).toEqual([7, 10]);
  });
  test("starts from the typical run when the service names it, and leaves out what would show as nothing", () => {
    const typical = { factor: "typical_run", effect_usd: 6.99, note: "of 2 GB" };
    const found = breakDown(10, [{ factor: "size", effect_usd: 3, note: "" }, typical, { factor: "month", effect_usd: 0.01, note: "" }]);
    expect(found).toEqual({ typical: 6.99, note: "of 2 GB", effects: [{ factor: "size", effect_usd: 3, note: "" }] });
  });
});

test("no cell of an export is a formula", () => {
  expect(["=cmd()", "+1", "-1", "@x"].map(csvCell)).toEqual(["'=cmd()", "'+1", "'-1", "'@x"]);
  expect([csvCell('a "b", c'), csvCell(-1.5), csvCell(null)]).toEqual(['"a ""b"", c"', "-1.5", ""]);
});

test("a service that never answers is given up, and one that is asked no more is not called unreachable", async () => {
  const silent: Send = ({ signal }) => new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason as Error)));
  await expect(makeApi("http://127.0.0.1", silent, 10).listWorkflows(new AbortController().signal)).rejects.toMatchObject({ code: "unreachable" });
  const left = new AbortController();
  const asking = makeApi("http://127.0.0.1", silent).listWorkflows(left.signal);
  left.abort();
  await expect(asking).rejects.toMatchObject({ name: "AbortError" });
});

test("only a starting model and throttling are retried without being asked", () => {
  const problem = (code: ApiError["code"], retryAfter: number | null = null) => new ApiError(code, "", 503, null, retryAfter);
  expect([shouldRetry(5, problem("model_warming")), shouldRetry(20, problem("model_warming"))]).toEqual([true, false]);
  expect([shouldRetry(1, problem("too_many_requests")), shouldRetry(2, problem("too_many_requests"))]).toEqual([true, false]);
  expect([shouldRetry(0, problem("model_error")), shouldRetry(0, new Error("other"))]).toEqual([false, false]);
  expect([retryDelay(0, problem("model_warming", 5)), retryDelay(0, problem("model_warming")), retryDelay(0, problem("model_warming", 900))]).toEqual([5000, 3000, 30_000]);
});

test("a curve is asked for as far as a run beyond it, and no further", () => {
  const curve = [1e9, 5e9, 10e9].map((input_bytes) => ({ input_bytes }));
  expect(sizesUpTo(curve, 160e9)).toEqual([20e9, 40e9, 80e9, 160e9]);
  expect(sizesUpTo(curve, 62_500_000)).toEqual([500e6, 250e6, 125e6, 62_500_000]);
  expect([sizesUpTo(curve, 2e9), sizesUpTo([], 2e9)]).toEqual([[], []]);
});
