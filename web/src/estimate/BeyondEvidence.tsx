import type { Prediction } from "@/api/client";
import { aboutMoney, exactMoney, inTen, moneyRange, size } from "@/format";

const SHOWN = 0.8;

interface BeyondEvidenceProps {
  prediction: Prediction;
  beyond: NonNullable<Prediction["beyond_evidence"]>;
}

/** Where past runs cannot tell: why not, what they can tell, what would help; the figure itself only on request. */
export function BeyondEvidence({ prediction, beyond: { message, advice, edge } }: BeyondEvidenceProps) {
  return (
    <div className="beyond">
      <p className="unusable">{message.replace(/^Past runs cannot tell what this run will cost: t/, "T")}</p>
      {edge && (
        <p>
          What they can tell, at {size(edge.input_bytes)}: <strong title={exactMoney(edge.cost_usd)}>{aboutMoney(edge.cost_usd).toLowerCase()}</strong>
          {range(edge.intervals, "times")}.
        </p>
      )}
      <p>{advice}</p>
      <details>
        <summary>Show the figure all the same</summary>
        <p>
          If cost went on as among the past runs: {aboutMoney(prediction.cost_usd).toLowerCase()}
          {range(prediction.intervals, "times")}. No past run backs it.
        </p>
      </details>
    </div>
  );
}

function range(intervals: Prediction["intervals"], noun: string): string {
  const interval = intervals.find(({ coverage }) => coverage === SHOWN);
  return interval ? `, ${inTen(interval.coverage, noun)} between ${moneyRange(interval.low_usd, interval.high_usd).join(" and ")}` : "";
}
