import { describe, expect, test } from "vitest";
import { costExtent, coverageWords, isOutside, missInWords } from "@/accuracy/points";
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

test.each([[10, "as predicted"], [11.2, "12 % more"], [8, "20 % less"], [21, "2.1 times as much"], [4, "1/2.5 of it"], [0, "–"]])("$%d of 10 predicted: %s", (cost, words) =>
  expect(missInWords(run(cost))).toBe(words));

test("a coverage is judged by what chance does to so few runs", () => {
  expect(coverageWords(0.8, 0.88, 16)).toMatch(/^as promised/);
  expect(coverageWords(0.8, 0.55, 16)).toMatch(/^too narrow/);
  expect(coverageWords(0.8, 0.88, 1000)).toMatch(/^wider/);
  expect(coverageWords(0.8, 1, 0)).toMatch(/^as promised/);
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
