import type { Interval } from "@/api/client";
import { OFFERED } from "@/components/CoverageChoice";
import { exactMoney, inTen, moneyRange } from "@/format";

/** How sure an answer is, a sentence for each interval that the app offers. */
export function Intervals({ intervals, what, noun = "" }: { intervals: readonly Interval[]; what: string; noun?: string }) {
  return (
    <ul className="intervals">
      {intervals
        .filter(({ coverage }) => OFFERED.includes(coverage))
        .map(({ coverage, low_usd, high_usd }) => {
          const [low, high] = moneyRange(low_usd, high_usd);
          return (
            <li key={coverage}>
              {inTen(coverage, noun)} {what} between <strong title={exactMoney(low_usd)}>{low}</strong> and <strong title={exactMoney(high_usd)}>{high}</strong>.
            </li>
          );
        })}
    </ul>
  );
}
