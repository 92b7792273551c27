import type { Budgets } from "@/api/client";
import { csvText } from "@/csv";

/** A line for each team, as the page has them; money in USD. Runs without a team have no name in `team`. */
export const toCsv = ({ month, budgets }: Budgets) =>
  csvText(
    budgets.map(({ team, limit_usd, spent_usd, remaining_usd, over_budget, runs }) => ({
      month,
      team,
      budget_usd: limit_usd,
      spent_usd,
      remaining_usd,
      over_budget,
      runs,
    })),
  );
