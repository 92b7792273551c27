import type { BatchTotal } from "@/api/client";
import type { Verdict } from "@/estimate/budget";
import { isUsable } from "@/estimate/usable";
import { counted, moneyRange, typedMoney } from "@/format";
import type { BatchRow } from "./rows";

/** How a total stands to a budget, judged as single runs are: within if at most one in twenty totals is above it. */
export function totalVerdict({ cost_usd, intervals }: BatchTotal, budget: number): { verdict: Verdict; words: string } {
  const widest = intervals.reduce((one, other) => (other.coverage > one.coverage ? other : one), intervals[0] ?? { coverage: 0, low_usd: cost_usd, high_usd: cost_usd });
  const [low, high] = moneyRange(widest.low_usd, widest.high_usd);
  if (widest.high_usd <= budget) return { verdict: "within", words: `At most 1 in 20 totals exceeds ${typedMoney(budget)}.` };
  if (cost_usd > budget) {
    const most = widest.low_usd > budget ? `At least 19 in 20 totals exceed ${typedMoney(budget)}` : `More than half of the likely totals exceed ${typedMoney(budget)}`;
    return { verdict: "likely exceeds", words: `${most}.` };
  }
  return { verdict: "may exceed", words: `Totals from ${low} to ${high} are likely; some of them exceed ${typedMoney(budget)}.` };
}

/** What the rows' warnings come to: those of one kind in one sentence that says how many runs they concern. */
export function commonWarnings(rows: readonly BatchRow[]): string[] {
  const predictions = rows.flatMap(({ prediction }) => prediction ?? []);
  const beyond = predictions.filter(({ extrapolated }) => extrapolated).length;
  const lost = predictions.filter((prediction) => !isUsable(prediction)).length;
  const others = new Map<string, number>();
  for (const { workflow_name, warnings } of predictions) {
    for (const { code, message } of warnings) {
      if (code === "outside_training_range") continue;
      const text = code === "estimated_costs" ? message : `${workflow_name}: ${message}`;
      others.set(text, (others.get(text) ?? 0) + 1);
    }
  }
  return [
    ...(lost > 0 ? [`${counted(lost, "run")} cannot be estimated to any use, and the total is as unsure as they are.`] : []),
    ...(beyond > 0 ? [`${counted(beyond, "run")} beyond the sizes of past runs: a rough guide, marked in the table.`] : []),
    ...[...others].map(([message, runs]) => (runs === predictions.length ? message : `${message} (${counted(runs, "run")})`)),
  ];
}
