import type { Effect } from "@/api/client";

const MOST_EFFECTS = 4;
const NEGLIGIBLE = 0.005;
const TYPICAL = "typical_run";

/** How the cost comes about: what a typical run costs, and what this one adds or saves. */
export interface Breakdown {
  typical: number;
  note: string;
  effects: Effect[];
}

/**
 * The typical cost and the largest effects on it, which add up to `cost`. What is left over is one line of its own,
 * unless it is too little to show in the sum.
 */
export function breakDown(cost: number, effects: readonly Effect[]): Breakdown {
  const base = effects.find(({ factor }) => factor === TYPICAL);
  const others = effects.filter((effect) => effect !== base);
  const typical = base?.effect_usd ?? cost - sum(others);
  const shown = others
    .filter(({ effect_usd }) => Math.abs(effect_usd) >= NEGLIGIBLE * cost)
    .toSorted((a, b) => Math.abs(b.effect_usd) - Math.abs(a.effect_usd));
  return { typical, note: base?.note ?? "", effects: shown.length > MOST_EFFECTS ? withRest(shown) : shown };
}

function withRest(ordered: readonly Effect[]): Effect[] {
  const rest = ordered.slice(MOST_EFFECTS - 1);
  const named = rest.map(({ factor }) => factor.replaceAll("_", " ")).join(", ");
  return [...ordered.slice(0, MOST_EFFECTS - 1), { factor: "Everything else", effect_usd: sum(rest), note: named }];
}

const sum = (effects: readonly Effect[]) => effects.reduce((total, { effect_usd }) => total + effect_usd, 0);
