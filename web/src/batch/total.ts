import { MAX_COST_USD } from "@/api/bounds";
import type { BatchTotal, Prediction } from "@/api/client";

/*
 * The total of several requests, which no single answer of the API holds. It is made as `contract/total.py` makes it,
 * with another random generator; tests/web/totals.json holds both to the same figures.
 */

const OUTCOMES_LISTED = 20;
const FEWEST_DRAWS = 1000;
const OUTCOMES = 20_000;

type Summand = Pick<Prediction, "workflow_name" | "extrapolated" | "beyond_evidence" | "outcomes_usd" | "intervals" | "cost_usd">;

/**
 * The median, the intervals and 20 outcomes of simulated sums; runs of which nobody can tell the cost are left out. Each draw takes one outcome of every run; runs vary independently,
 * except that those of one workflow beyond its past runs share the error of the trend. The same predictions give the
 * same total.
 */
export function total(answered: readonly Summand[]): BatchTotal {
  const predictions = answered.filter(({ beyond_evidence }) => !beyond_evidence);
  const left_out = answered.length - predictions.length;
  const [first] = predictions;
  if (!first) return { cost_usd: 0, intervals: [], outcomes_usd: [], left_out };
  if (predictions.length === 1) return { cost_usd: first.cost_usd, intervals: first.intervals, outcomes_usd: first.outcomes_usd, left_out };
  const draws = Math.max(FEWEST_DRAWS, Math.floor(OUTCOMES / predictions.length));
  const random = generator(predictions.length);
  const levels = () => Float64Array.from({ length: draws }, random);
  const shared = new Map<string, Float64Array>();
  const sums = new Float64Array(draws);
  for (const { workflow_name, extrapolated, outcomes_usd } of predictions) {
    const drawn = (extrapolated ? shared.get(workflow_name) : undefined) ?? levels();
    if (extrapolated) shared.set(workflow_name, drawn);
    for (let draw = 0; draw < draws; draw += 1) sums[draw] = (sums[draw] ?? 0) + outcomeAt(outcomes_usd, drawn[draw] ?? 0);
  }
  const ascending = sums.map((sum) => Math.min(sum, MAX_COST_USD)).sort();
  const bounds = ({ coverage }: { coverage: number }) => ({
    coverage,
    low_usd: quantile(ascending, (1 - coverage) / 2),
    high_usd: quantile(ascending, (1 + coverage) / 2),
  });
  const outcomes_usd = Array.from({ length: OUTCOMES_LISTED }, (_, number) => quantile(ascending, (number + 0.5) / OUTCOMES_LISTED));
  return { cost_usd: quantile(ascending, 0.5), intervals: first.intervals.map(bounds), outcomes_usd, left_out };
}

/** The outcome at a level between 0 and 1; between two of the equally likely ones it lies on the line through them. */
function outcomeAt(outcomes: readonly number[], level: number): number {
  const position = Math.min(Math.max(level * outcomes.length - 0.5, 0), outcomes.length - 1);
  return between(outcomes, position);
}

const quantile = (ascending: Float64Array, level: number) => between(ascending, level * (ascending.length - 1));

function between(values: ArrayLike<number>, position: number): number {
  const index = Math.floor(position);
  const low = values[index] ?? 0;
  return low + (position - index) * ((values[index + 1] ?? low) - low);
}

/** Mulberry32, a small generator of numbers from 0 to 1 (Tommy Ettinger, public domain). */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
