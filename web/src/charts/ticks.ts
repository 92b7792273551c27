import { SMALLEST_SHOWN_USD } from "@/format";

const STEPS = [[1, 2, 5], [1, 3], [1]];

/** Round values of a logarithmic axis: as many as fit in `most`, thinned to whole powers of ten when they must be. */
export function logTicks(low: number, high: number, most: number): number[] {
  const first = Math.floor(Math.log10(low));
  const powers = Array.from({ length: Math.ceil(Math.log10(high)) - first + 1 }, (_, index) => first + index);
  const within = (steps: readonly number[]) =>
    powers.flatMap((power) => steps.map((step) => Number(`${step}e${power}`))).filter((tick) => tick >= low && tick <= high);
  const fitting = STEPS.map(within).find((ticks) => ticks.length <= most);
  if (fitting) return fitting;
  const tens = within([1]);
  const every = Math.ceil(tens.length / Math.max(1, most));
  return tens.filter((_, index) => index % every === 0);
}

/** The same for amounts in USD, from the smallest that the app tells apart. */
export const logMoneyTicks = (low: number, high: number, most: number) => logTicks(Math.max(low, SMALLEST_SHOWN_USD), high, most);
