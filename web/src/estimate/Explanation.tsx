import type { Effect } from "@/api/client";
import { exactMoney, label, sumOf } from "@/format";
import { breakDown } from "./effects";

/** From a typical run to this one, in dollars. */
export function Explanation({ cost, effects }: { cost: number; effects: readonly Effect[] }) {
  if (effects.length === 0) return null;
  const { typical, note: typicalNote, effects: shown } = breakDown(cost, effects);
  const sum = sumOf(cost, shown.map(({ effect_usd }) => effect_usd));
  // A small effect on a costly run must look small.
  const longest = Math.max(typical, ...shown.map(({ effect_usd }) => Math.abs(effect_usd)));
  return (
    <section aria-labelledby="why-title">
      <h3 id="why-title">Why this estimate</h3>
      <table className="effects">
        <caption className="visually-hidden">From the cost of a typical run to this estimate</caption>
        <tbody>
          <tr>
            <th scope="row">
              A typical run
              {typicalNote && <span className="note">{typicalNote}</span>}
            </th>
            <td className="number" title={exactMoney(typical)}>
              {sum.write(sum.remainder)}
            </td>
            <td className="bar-cell" />
          </tr>
          {shown.map(({ factor, effect_usd, note }) => (
            <tr key={factor}>
              <th scope="row">
                {label(factor)}
                {note && <span className="note">{note}</span>}
              </th>
              <td className="number">{sum.signed(effect_usd)}</td>
              <td className="bar-cell" aria-hidden="true">
                <svg viewBox="-1 0 2 1" preserveAspectRatio="none">
                  <rect className={effect_usd < 0 ? "less" : "more"} x={Math.min(0, effect_usd / longest)} width={Math.abs(effect_usd / longest) || 0} height={1} />
                </svg>
              </td>
            </tr>
          ))}
          <tr className="sum">
            <th scope="row">This run</th>
            <td className="number">{sum.write(cost)}</td>
            <td className="bar-cell" />
          </tr>
        </tbody>
      </table>
    </section>
  );
}
