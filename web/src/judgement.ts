import type { Interval, Metrics, Prediction } from "@/api/client";
import { FARTHEST, JUDGED_COVERAGE, LIKELY_SHARE, NEARLY_USED, SHORTFALL, WIDEST, WITHIN_SHARE } from "@/api/bounds";
import { counted } from "@/format";

/*
 * How answers are judged: the rules of `contract/judgement.py` and `contract/states.py`, in TypeScript.
 * tests/web/judgements.json holds both to the same answers.
 */

export type Verdict = "within" | "may exceed" | "likely exceeds" | "unknown";

export const VERDICT_WORDS: Record<Verdict, string> = {
  within: "Within budget",
  "may exceed": "May exceed the budget",
  "likely exceeds": "Likely exceeds the budget",
  unknown: "Past runs cannot tell",
};
/** Two-sided 95 %. */
const Z = 1.96;

export interface Judgement {
  verdict: Verdict;
  exceeding: number;
  outcomes: number;
}

/**
 * Hold equally likely outcomes, and the estimate in their middle, against a budget. Of a total that leaves out runs
 * whose cost nobody can tell, only that it is too high can be known.
 */
export function judge(cost: number, outcomes: readonly number[], budget: number, leftOut = 0): Judgement {
  const exceeding = outcomes.filter((usd) => usd > budget).length;
  const found = (verdict: Verdict) => ({ verdict, exceeding, outcomes: outcomes.length });
  if (exceeding > LIKELY_SHARE * outcomes.length || cost > budget) return found("likely exceeds");
  if (leftOut > 0) return found("unknown");
  return found(exceeding <= WITHIN_SHARE * outcomes.length ? "within" : "may exceed");
}

/** Hold what a team has spent in a month against its limit. */
export function judgeSpending(spent: number, limit: number): Exclude<Verdict, "unknown"> {
  if (spent > limit) return "likely exceeds";
  return spent >= NEARLY_USED * limit ? "may exceed" : "within";
}

/** Whether past runs cannot tell what a run costs: it is too far from all of them, or anything is likely. */
export function isBeyondEvidence({ extrapolation_factor, intervals }: Pick<Prediction, "extrapolation_factor" | "intervals">): boolean {
  const factor = extrapolation_factor ?? 1;
  return factor > FARTHEST || factor < 1 / FARTHEST || isTooWide(intervals);
}

export const isTooWide = (intervals: readonly Interval[]) =>
  intervals.some(({ coverage, low_usd, high_usd }) => coverage === JUDGED_COVERAGE && high_usd > WIDEST * low_usd);

/**
 * The long-run shares that a share measured on so few runs is compatible with: Wilson's score interval at 95 %, which
 * Brown, Cai and DasGupta recommend for few observations (Interval Estimation for a Binomial Proportion, Statistical
 * Science 16(2), 2001).
 */
export function plausibleShares(measured: number, runs: number): [number, number] {
  if (runs === 0) return [0, 1];
  const scale = 1 + Z ** 2 / runs;
  const middle = (measured + Z ** 2 / (2 * runs)) / scale;
  const reach = (Z * Math.sqrt((measured * (1 - measured)) / runs + Z ** 2 / (4 * runs ** 2))) / scale;
  return [Math.max(0, middle - reach), Math.min(1, middle + reach)];
}

export type CoverageKind = "held" | "unsure" | "narrow" | "wide" | "unknown";

/**
 * Whether an interval kept its promise. That it failed, or is wider than it need be, is said where the promise lies
 * outside of the plausible shares; what held less often than promised is never called held, however few the runs.
 */
export function judgeCoverage(promised: number, measured: number, runs: number): CoverageKind {
  if (runs === 0) return "unknown";
  const [low, high] = plausibleShares(measured, runs);
  if (high < promised) return "narrow";
  if (low > promised) return "wide";
  return Math.floor(measured * runs + 0.5) >= Math.floor(promised * runs + 1e-9) ? "held" : "unsure";
}

/** Whether an interval held so much less often than promised that every estimate is to say so. */
export function isFarBelow(promised: number, measured: number, runs: number): boolean {
  const kind = judgeCoverage(promised, measured, runs);
  return kind === "narrow" || (kind === "unsure" && promised - measured >= SHORTFALL);
}

const COVERAGE_WORDS: Record<Exclude<CoverageKind, "unsure">, string> = {
  unknown: "No runs to judge it by",
  narrow: "Too narrow: expect costs outside of it more often than promised",
  wide: "Holds more often than promised: wider than it needs to be",
  held: "Held as promised",
};

/** How an interval was judged. */
export const coverageWords = (kind: CoverageKind, runs: number) =>
  kind === "unsure" ? `Held less often than promised; ${counted(runs, "run")} cannot tell whether by chance` : COVERAGE_WORDS[kind];

/** That intervals held far less often than promised, in a sentence; null where they did not, or nobody knows. */
export function coverageProblem({ coverage_80, coverage_90 }: Pick<Metrics, "coverage_80" | "coverage_90">, runs: number | null): string | null {
  if (runs === null) return null;
  for (const [promised, measured] of [[0.8, coverage_80], [0.9, coverage_90]] as const) {
    if (!isFarBelow(promised, measured, runs)) continue;
    const held = `Of ${counted(runs, "run")} that it was checked on, only ${Math.round(measured * 100)} % cost what its ${promised * 100} % interval said`;
    return judgeCoverage(promised, measured, runs) === "narrow" ? `${held}: expect costs outside of the interval more often than promised.` : `${held}; so few runs cannot tell whether by chance.`;
  }
  return null;
}
