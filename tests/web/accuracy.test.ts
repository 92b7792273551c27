import { describe, expect, test } from "vitest";
import { costExtent, factorInWords, isOutside, offBy } from "@/accuracy/points";
import { coverageWords, judgeCoverage, plausibleShares } from "@/judgement";
import type { EvaluatedRun } from "@/api/client";
import { linearScale, linePath, bandPath, logScale, positiveExtent } from "@/charts/scale";
import { month } from "@/format";

const run = (cost: number, predicted = 10): EvaluatedRun =>
  ({ cost_usd: cost, predicted_usd: predicted, intervals: [{ coverage: 0.8, low_usd: 8, high_usd: 14 }, { coverage: 0.9, low_usd: 1, high_usd: 99 }] }) as EvaluatedRun;

test("a run is outside where its 80 % interval did not hold, whatever wider ones did", () =>
  expect([7.9, 8, 14, 14.1].map((cost) => isOutside(run(cost)))).toEqual([true, false, false, true]));

test("a plot's range holds costs, predictions and 80 % intervals whole", () => {
  expect(costExtent([run(10)])).toEqual([8, 14]);
  expect(costExtent([run(3), run(20, 25)])).toEqual([3, 25]);
  expect(costExtent([{ ...run(10, 12), intervals: [] }])).toEqual([10, 12]);
  expect(costExtent([run(0.000004, 0.00002)])).toEqual([0.000004, 14]);
  expect(costExtent([run(1e-12, 0.00002)])).toEqual([1e-7, 14]);
});

test.each([[10, "none"], [11.2, "1.12 times"], [8, "1.25 times"], [21, "2.1 times"], [4, "2.5 times"], [0, "–"]])("%d of 10 predicted is off by %s", (cost, words) =>
  expect(factorInWords(offBy(run(cost)))).toBe(words));

describe("an interval", () => {
  test("may hold, in the long run, what Wilson's score interval says", () => {
    // scipy.stats.binomtest(13, 19).proportion_ci(method="wilson") and (0, 10), (10, 10)
    for (const [inside, runs, low, high] of [[13, 19, 0.46, 0.8464], [0, 10, 0, 0.2775], [10, 10, 0.7225, 1]] as const) {
      const [from, to] = plausibleShares(inside / runs, runs);
      expect(from).toBeCloseTo(low, 3);
      expect(to).toBeCloseTo(high, 3);
    }
    expect(plausibleShares(1, 0)).toEqual([0, 1]);
  });
  test.each([
    [0.8, 13, 19, "unsure"],
    [0.8, 15, 19, "held"],
    [0.8, 15, 16, "held"],
    [0.8, 9, 16, "narrow"],
    [0.8, 880, 1000, "wide"],
    [0.9, 720, 1000, "narrow"],
    [0.8, 0, 0, "unknown"],
  ])("that promises %d and held %d of %d runs is %s", (promised, inside, runs, kind) => expect(judgeCoverage(promised, runs ? inside / runs : 0, runs)).toBe(kind));
  test("that held less often than promised is not called held", () =>
    expect(coverageWords(judgeCoverage(0.8, 13 / 19, 19), 19)).toBe("Held less often than promised; 19 runs cannot tell whether by chance"));
});

describe("scales", () => {
  test("are linear, or logarithmic with a floor at the low end", () => {
    expect([0, 5, 10, 12].map(linearScale([0, 10], [0, 100]))).toEqual([0, 50, 100, 120]);
    const log = logScale([1, 100], [200, 0]);
    expect([1, 10, 100, 0, 0.01].map((value) => Math.round(log(value)) + 0)).toEqual([200, 100, 0, 200, 200]);
    expect(linearScale([3, 3], [0, 10])(3)).toBe(0);
  });
  test("span the positive values, and never nothing", () => {
    expect(positiveExtent([0, 5, 2, -1])).toEqual([2, 5]);
    expect(positiveExtent([4])).toEqual([2, 8]);
    expect(positiveExtent([1e-9, 1], 1e-5)).toEqual([1e-5, 1]);
  });
  test("draw lines, and bands that come back along the upper line", () => {
    expect(linePath([[0, 0], [1, 2]])).toBe("M0.0,0.0L1.0,2.0");
    expect(bandPath([[0, 0], [1, 0]], [[0, 1], [1, 1]])).toBe("M0.0,0.0L1.0,0.0L1.0,1.0L0.0,1.0Z");
    expect([linePath([]), bandPath([], [])]).toEqual(["", ""]);
  });
});

test("months are read in UTC", () => expect(month("2026-03")).toBe("March 2026"));
