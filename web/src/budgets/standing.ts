import type { BatchTotal, BudgetLine } from "@/api/client";
import { inTen, money, recordedMoney } from "@/format";
import { judge, judgeSpending, type Verdict } from "@/judgement";

/** Runs without a tag that says who pays. */
export const NO_TEAM = "No team";

export const teamName = ({ team }: BudgetLine) => team ?? NO_TEAM;

export interface Standing {
  verdict: Verdict | null;
  words: string;
}

/** How a team stands to its budget, in a word or two; in a month that is over, nobody can set one any more. */
export function standing({ limit_usd, spent_usd, remaining_usd }: BudgetLine, over = false, write = recordedMoney): Standing {
  if (limit_usd === null || remaining_usd === null) return { verdict: null, words: over ? "no budget then" : "no budget set" };
  const verdict = judgeSpending(spent_usd, limit_usd);
  const words = { "likely exceeds": `${write(-remaining_usd)} over budget`, "may exceed": "nearly used up", within: "within budget" };
  return { verdict, words: words[verdict] };
}

/** What a queued batch would do to the budget of the team that pays for it. */
export function withBatch({ limit_usd, remaining_usd }: BudgetLine, total: BatchTotal): Standing {
  if (limit_usd === null || remaining_usd === null) return { verdict: null, words: "This team has no budget to hold the batch against." };
  if (remaining_usd <= 0) return { verdict: "likely exceeds", words: "The budget is used up before the batch starts." };
  const { verdict } = judge(total.cost_usd, total.outcomes_usd, remaining_usd, total.left_out);
  const after = (cost: number) => (cost <= remaining_usd ? `${money(remaining_usd - cost)} left` : `${money(cost - remaining_usd)} short`);
  const interval = total.intervals.find(({ coverage }) => coverage === 0.8);
  const spread = interval ? `, ${inTen(interval.coverage, "times")} between ${after(interval.high_usd)} and ${after(interval.low_usd)}` : "";
  return { verdict, words: `Of ${recordedMoney(remaining_usd)} that remain: about ${after(total.cost_usd)}${spread}.` };
}
