import type { Accuracy, EvaluatedRun } from "@/api/client";
import { positiveExtent } from "@/charts/scale";
import { month, moneyRange, size, SMALLEST_DRAWN_USD } from "@/format";

const JUDGED = 0.8;

export const intervalOf = ({ intervals }: EvaluatedRun) => intervals.find(({ coverage }) => coverage === JUDGED);

/** Whether a run cost more or less than its 80 % interval said. */
export function isOutside(run: EvaluatedRun): boolean {
  const interval = intervalOf(run);
  return interval !== undefined && (run.cost_usd < interval.low_usd || run.cost_usd > interval.high_usd);
}

/** From the lowest to the highest of what runs cost, what was predicted and the ends of the 80 % intervals, so that a plot holds each whole. */
export const costExtent = (runs: readonly EvaluatedRun[]) =>
  positiveExtent(
    runs.flatMap((run) => {
      const interval = intervalOf(run);
      return [run.cost_usd, run.predicted_usd, ...(interval ? [interval.low_usd, interval.high_usd] : [])];
    }),
    SMALLEST_DRAWN_USD,
  );

/** How many times too high or too low the prediction was, whichever it was: what misses are ordered by. */
export const offBy = ({ cost_usd, predicted_usd }: EvaluatedRun) =>
  cost_usd > 0 && predicted_usd > 0 ? Math.max(cost_usd / predicted_usd, predicted_usd / cost_usd) : Number.POSITIVE_INFINITY;

/** "3.1 times"; what is all but right says so. */
export function factorInWords(factor: number): string {
  if (!Number.isFinite(factor)) return "–";
  return factor < 1.005 ? "none" : `${Number(factor.toPrecision(factor < 2 ? 3 : 2)).toLocaleString("en-US")} times`;
}

export const rangeOf = (run: EvaluatedRun) => {
  const interval = intervalOf(run);
  return interval ? moneyRange(interval.low_usd, interval.high_usd).join(" to ") : "–";
};

export interface ErrorRow {
  name: string;
  runs: number;
  error: number;
}

export const byMonth = (months: Accuracy["months"]): ErrorRow[] => months.map((each) => ({ name: month(each.month), runs: each.runs, error: each.median_ape }));

export const bySize = (slices: Accuracy["slices"]): ErrorRow[] =>
  slices.map(({ input_bytes_range: [low, high], runs, challenger_median_ape }) => ({ name: low === high ? size(low) : `${size(low)} to ${size(high)}`, runs, error: challenger_median_ape }));
