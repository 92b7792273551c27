import type { BatchTotal, Prediction } from "@/api/client";
import { counted, money, share } from "@/format";

type Figures = Pick<Prediction, "cost_usd" | "intervals" | "beyond_evidence">;

const JUDGED = 0.8;
/** From here on "so many times as much" says more than a share. */
const MANY = 2;

/** How a figure of now differs from that of then, in a sentence. */
export function difference(then: Figures, now: Figures): string {
  if (then.beyond_evidence && now.beyond_evidence) return "Past runs could not tell then, and cannot tell now.";
  if (then.beyond_evidence) return "Past runs could not tell then; now they can.";
  if (now.beyond_evidence) return "Past runs can no longer tell.";
  if (then.cost_usd === now.cost_usd) return "The same figure as then.";
  return `${amount(then.cost_usd, now.cost_usd)}${place(then.intervals, now.cost_usd)}.`;
}

function amount(then: number, now: number): string {
  const more = `${money(Math.abs(now - then))} ${now > then ? "more" : "less"} than then`;
  const words = more.replace(/^./, (first) => first.toUpperCase());
  if (then === 0) return words;
  if (now >= MANY * then) return `${words}, ${Number((now / then).toPrecision(2)).toLocaleString("en-US")} times as much`;
  return `${words} (${share(Math.abs(now - then) / then)})`;
}

function place(intervals: Figures["intervals"], usd: number): string {
  const interval = intervals.find(({ coverage }) => coverage === JUDGED);
  if (!interval) return "";
  const inside = usd >= interval.low_usd && usd <= interval.high_usd;
  return `, ${inside ? "inside" : "outside of"} the ${share(JUDGED)} interval of then`;
}

type Model = Prediction["model"];

/** Whether another model answers now, in a sentence. */
export const modelDifference = (then: Model, now: Model): string =>
  then.version === now.version ? "The same model answers." : `Model version ${now.version} answers in place of version ${then.version}.`;

type Answers = readonly (Prediction | { error: string })[];

/** Which rows of a batch are in its total. */
const counts = (answers: Answers) => answers.map((each) => !("error" in each) && !each.beyond_evidence);

/** How the total of a batch differs, where the same rows are in both. */
export function totalDifference(then: { total: BatchTotal; predictions: Answers }, now: { total: BatchTotal; predictions: Answers }): string {
  const [before, after] = [counts(then.predictions), counts(now.predictions)];
  const [had, has] = [before, after].map((some) => some.filter(Boolean).length) as [number, number];
  if (had === 0 && has === 0) return "No row could be estimated then, and none can be now.";
  if (before.some((counted, index) => counted !== after[index])) return `The totals are not of the same rows, and so not compared: ${counted(had, "row")} then, ${counted(has, "row")} now.`;
  return difference(then.total, now.total);
}
