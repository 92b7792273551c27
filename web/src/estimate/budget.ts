import { money, typedMoney } from "@/format";
import type { Judgement, Verdict } from "@/judgement";

/** The icons beside those words. */
export const ICONS: Record<Verdict, "check" | "warning" | "stop"> = { within: "check", unknown: "warning", "may exceed": "warning", "likely exceeds": "stop" };

/** "3 of 20 outcomes exceed $40". */
export function exceedWords({ exceeding, outcomes }: Pick<Judgement, "exceeding" | "outcomes">, budget: number, noun = "outcomes"): string {
  const some = exceeding === 0 ? `None of ${outcomes}` : `${exceeding} of ${outcomes}`;
  return `${some} ${noun} ${exceeding < 2 ? "exceeds" : "exceed"} ${typedMoney(budget)}`;
}

/** What the dots show, for those who cannot see them. */
export function describeOutcomes(outcomes: readonly number[], budget: number | null): string {
  const low = outcomes[0] ?? 0;
  const high = outcomes.at(-1) ?? 0;
  const spread = `${outcomes.length} equally likely outcomes, from ${money(low)} to ${money(high)}.`;
  if (budget === null) return spread;
  return `${spread} ${exceedWords({ exceeding: outcomes.filter((usd) => usd > budget).length, outcomes: outcomes.length }, budget)}.`;
}
