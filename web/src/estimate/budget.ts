import { money, typedMoney } from "@/format";

export type Verdict = "within" | "may exceed" | "likely exceeds";

/** At most one in twenty above it counts as within; more than half, as likely above. */
export function verdict(exceeding: number, outcomes: number): Verdict {
  if (exceeding * 20 <= outcomes) return "within";
  return exceeding * 2 > outcomes ? "likely exceeds" : "may exceed";
}

export const VERDICT_WORDS: Record<Verdict, string> = {
  within: "Within budget",
  "may exceed": "May exceed the budget",
  "likely exceeds": "Likely exceeds the budget",
};

/** The icons beside those words. */
export const ICONS: Record<Verdict, "check" | "warning" | "stop"> = { within: "check", "may exceed": "warning", "likely exceeds": "stop" };

/** "3 of 20 outcomes exceed $40". */
export function exceedWords(exceeding: number, outcomes: number, budget: number): string {
  if (exceeding === 0) return `None of ${outcomes} outcomes exceeds ${typedMoney(budget)}`;
  return `${exceeding} of ${outcomes} outcomes ${exceeding === 1 ? "exceeds" : "exceed"} ${typedMoney(budget)}`;
}

/** What the dots show, for those who cannot see them. */
export function describeOutcomes(outcomes: readonly number[], budget: number | null): string {
  const low = outcomes[0] ?? 0;
  const high = outcomes.at(-1) ?? 0;
  const spread = `${outcomes.length} equally likely outcomes, from ${money(low)} to ${money(high)}.`;
  if (budget === null) return spread;
  return `${spread} ${exceedWords(outcomes.filter((usd) => usd > budget).length, outcomes.length, budget)}.`;
}
