import type { Effect } from "@/api/client";

const MOST_EFFECTS = 4;

/** The largest effects; what is left over is added up, so that the sum stays right. */
export function mainEffects(effects: readonly Effect[]): Effect[] {
  const ordered = effects.toSorted((a, b) => Math.abs(b.effect_usd) - Math.abs(a.effect_usd));
  if (ordered.length <= MOST_EFFECTS) return ordered;
  const rest = ordered.slice(MOST_EFFECTS - 1);
  const effect_usd = rest.reduce((sum, effect) => sum + effect.effect_usd, 0);
  return [...ordered.slice(0, MOST_EFFECTS - 1), { factor: "Everything else", effect_usd, note: rest.map(({ factor }) => factor).join(", ") }];
}
