import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { coverageProblem, coverageWords, isBeyondEvidence, isFarBelow, judge, judgeCoverage, judgeSpending, plausibleShares, VERDICT_WORDS, type CoverageKind, type Verdict } from "@/judgement";

interface Recorded {
  words: Record<Verdict, string>;
  outcomes: number[];
  budgets: { budget: number; verdict: Verdict; exceeding: number }[];
  left_out: { budget: number; verdict: Verdict }[];
  spending: { spent: number; limit: number; verdict: Verdict }[];
  factors: { factor: number; beyond: boolean }[];
  widths: { low: number; high: number; beyond: boolean }[];
  coverages: { promised: number; inside: number; runs: number; shares: [number, number]; kind: CoverageKind; far_below: boolean; words: string; problem: string | null }[];
}
const recorded = JSON.parse(readFileSync(new URL("judgements.json", import.meta.url), "utf8")) as Recorded;

test("the words are the contract's", () => expect(VERDICT_WORDS).toEqual(recorded.words));

test.each(recorded.budgets)("a budget of $budget is judged as the contract does", ({ budget, verdict, exceeding }) =>
  expect(judge(10.5, recorded.outcomes, budget)).toEqual({ verdict, exceeding, outcomes: 20 }));

test.each(recorded.left_out)("nobody can tell that $budget will do for runs that a total leaves out", ({ budget, verdict }) =>
  expect(judge(10.5, recorded.outcomes, budget, 1).verdict).toBe(verdict));

test.each(recorded.spending)("$spent of $limit spent is judged as the contract does", ({ spent, limit, verdict }) => expect(judgeSpending(spent, limit)).toBe(verdict));

test.each(recorded.factors)("so is an input $factor times the past ones", ({ factor, beyond }) =>
  expect(isBeyondEvidence({ extrapolation_factor: factor, intervals: [] })).toBe(beyond));

test.each(recorded.widths)("and an interval from $low to $high", ({ low, high, beyond }) => {
  const intervals = [{ coverage: 0.9, low_usd: 0, high_usd: 9 }, { coverage: 0.8, low_usd: low, high_usd: high }];
  expect(isBeyondEvidence({ extrapolation_factor: 1, intervals })).toBe(beyond);
});

test.each(recorded.coverages)("and $inside of $runs runs inside of a $promised interval", ({ promised, inside, runs, shares, kind, far_below, words, problem }) => {
  const measured = inside / Math.max(runs, 1);
  expect([judgeCoverage(promised, measured, runs), isFarBelow(promised, measured, runs)]).toEqual([kind, far_below]);
  expect([coverageWords(kind, runs), coverageProblem({ coverage_80: measured, coverage_90: 0.9 }, runs)]).toEqual([words, problem]);
  expect(coverageProblem({ coverage_80: measured, coverage_90: 0.9 }, null)).toBeNull();
  for (const [index, share] of plausibleShares(measured, runs).entries()) expect(share).toBeCloseTo(shares[index] ?? -1, 9);
});
