import { describe, expect, test } from "vitest";
import type { BatchTotal, BudgetLine } from "@/api/client";
import { monthAfter, readMonth } from "@/budgets/months";
import { standing, teamName, withBatch } from "@/budgets/standing";

const line = (spent: number, limit: number | null): BudgetLine => ({
  team: "genomics",
  limit_usd: limit,
  spent_usd: spent,
  runs: 3,
  remaining_usd: limit === null ? null : limit - spent,
  over_budget: limit !== null && spent > limit,
  workflows: [],
});
const total: BatchTotal = { cost_usd: 20, intervals: [{ coverage: 0.8, low_usd: 17, high_usd: 26 }, { coverage: 0.9, low_usd: 15, high_usd: 30 }], outcomes_usd: Array.from({ length: 20 }, (_, number) => 14.5 + number * 0.6), left_out: 0 };

test("months follow one another over the year's end", () => {
  expect([-1, 1, 12].map((later) => monthAfter("2026-12", later))).toEqual(["2026-11", "2027-01", "2027-12"]);
  expect(["2026-01", "2026-13", "soon", null].map(readMonth)).toEqual(["2026-01", null, null, null]);
});

test("a team stands within, near the end of, or over its budget, or has none", () => {
  expect([standing(line(10, 100)), standing(line(90, 100)), standing(line(100, 100)), standing(line(101.5, 100)), standing(line(5, null))].map(({ words }) => words)).toEqual([
    "within budget",
    "nearly used up",
    "nearly used up",
    "$1.50 over budget",
    "no budget set",
  ]);
  expect(teamName({ ...line(1, null), team: null })).toBe("No team");
});

describe("a queued batch", () => {
  test.each([
    [line(60, 100), "within", "Of $40.00 that remain: about $20 left, 8 times in 10 between $14 left and $23 left."],
    [line(75, 100), "may exceed", "Of $25.00 that remain: about $5.00 left, 8 times in 10 between $1.00 short and $8.00 left."],
    [line(85, 100), "likely exceeds", "Of $15.00 that remain: about $5.00 short, 8 times in 10 between $11 short and $2.00 short."],
    [line(100, 100), "likely exceeds", "The budget is used up before the batch starts."],
    [line(1, null), null, "This team has no budget to hold the batch against."],
  ])("is held against what is left", (team, verdict, words) => expect(withBatch(team, total)).toEqual({ verdict, words }));
});
