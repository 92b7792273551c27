/** From data to pixels. Charts here need no more than a linear and a logarithmic axis and straight lines between points. */

type Pair = readonly [number, number];
type Point = readonly [x: number, y: number];

/** Where a value lies, in pixels; what is outside of the domain lies outside of the range, in proportion. */
export interface Scale {
  (value: number): number;
  readonly domain: Pair;
}

export const linearScale = (domain: Pair, range: Pair): Scale => scale(domain, range, (value) => value);

/** Both ends of the domain are positive; what is below it, zero included, lies at its low end. */
export const logScale = (domain: Pair, range: Pair): Scale => scale(domain, range, (value) => Math.log(Math.max(value, domain[0])));

function scale(domain: Pair, [from, to]: Pair, measure: (value: number) => number): Scale {
  const start = measure(domain[0]);
  const perUnit = (to - from) / (measure(domain[1]) - start || 1);
  return Object.assign((value: number) => from + (measure(value) - start) * perUnit, { domain });
}

/** The lowest and highest positive value, none below `least`, kept apart so that a scale always has a width. */
export function positiveExtent(values: readonly number[], least = 0): [number, number] {
  const positive = values.filter((value) => value > 0).map((value) => Math.max(value, least));
  const low = Math.min(...positive);
  const high = Math.max(...positive);
  return low < high ? [low, high] : [low / 2, high * 2];
}

const joined = (points: readonly Point[]) => points.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join("L");

/** The `d` of a path through the points. */
export const linePath = (points: readonly Point[]) => (points.length === 0 ? "" : `M${joined(points)}`);

/** The `d` of the area between two lines. */
export const bandPath = (lower: readonly Point[], upper: readonly Point[]) =>
  lower.length === 0 ? "" : `M${joined(lower)}L${joined(upper.toReversed())}Z`;
