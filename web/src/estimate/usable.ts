import type { Prediction } from "@/api/client";
import { aboutMoney } from "@/format";

/** Beyond this factor outside the past runs' sizes, "about" would promise too much. */
const FAR = 2;

/** "About $28", "Very roughly $28" far from all past runs, or that there is no figure to go by. */
export function headline({ beyond_evidence, cost_usd, extrapolation_factor }: Pick<Prediction, "beyond_evidence" | "cost_usd" | "extrapolation_factor">): string {
  if (beyond_evidence) return "Past runs cannot tell";
  const about = aboutMoney(cost_usd);
  const factor = extrapolation_factor ?? 1;
  return Math.max(factor, 1 / factor) > FAR ? about.replace(/^About/, "Very roughly") : about;
}
