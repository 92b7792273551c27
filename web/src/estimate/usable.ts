import type { Prediction } from "@/api/client";
import { aboutMoney, size } from "@/format";

const JUDGED = 0.8;
const WIDEST = 1000;

/** Whether the figure means anything: not when the 80 % interval's high end is over a thousand times its low end. */
export function isUsable({ intervals }: Pick<Prediction, "intervals">): boolean {
  const judged = intervals.find(({ coverage }) => coverage === JUDGED);
  return !judged || judged.high_usd <= judged.low_usd * WIDEST;
}

/** Beyond this factor outside the past runs' sizes, "about" would promise too much. */
const FAR = 2;

/** "About $28", "Very roughly $28" far from all past runs, or that there is no figure to go by. */
export function headline(prediction: Pick<Prediction, "intervals" | "cost_usd" | "extrapolation_factor">): string {
  if (!isUsable(prediction)) return "No usable estimate";
  const about = aboutMoney(prediction.cost_usd);
  return (prediction.extrapolation_factor ?? 1) > FAR ? about.replace(/^About/, "Very roughly") : about;
}

const times = (ratio: number) => Number(ratio.toPrecision(2)).toLocaleString("en-US");

/** Why a figure is not usable, and what would make it so. */
export function whyUnusable(inputBytes: number, [smallest, largest]: readonly [number, number]): string {
  if (inputBytes > largest) {
    return `The input is ${times(inputBytes / largest)} times that of the largest past run, ${size(largest)}: a run nearer to it is needed first.`;
  }
  if (inputBytes < smallest) {
    return `The smallest past run read ${times(smallest / inputBytes)} times as much, ${size(smallest)}: a run nearer to this one is needed first.`;
  }
  return "Past runs tell too little about one like this: its cost could differ more than a thousandfold. More runs like it are needed first.";
}
