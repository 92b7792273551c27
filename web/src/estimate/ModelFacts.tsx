import type { ReactNode } from "react";
import { Link } from "wouter";
import type { Prediction, WorkflowSummary } from "@/api/client";
import { readOn } from "@/components/hooks";
import { WorkflowLink } from "@/components/WorkflowLink";
import { count, day, share } from "@/format";

/** Where the figure comes from, for whoever has to defend it. */
export function ModelFacts({ prediction, workflow }: { prediction: Prediction; workflow: WorkflowSummary | undefined }) {
  const { model } = prediction;
  const metrics = workflow?.metrics;
  const facts: [string, ReactNode][] = [
    ["Model", `version ${model.version}, ${workflow?.model_kind === "guess" ? "the median of past costs, of" : "trained"} ${day(model.trained_at)}`],
    ["Learned from", `${count(model.runs)} runs`],
    ["Median error", `${share(model.median_ape)} on runs it had not seen`],
    ...(metrics ? [[
          "Measured coverage",
          <>
            {share(metrics.coverage_80)} of costs fell in the 80 % interval: <WorkflowLink page="/accuracy" name={prediction.workflow_name}>see its accuracy</WorkflowLink>
          </>,
        ] as [string, ReactNode]] : []),
    ["Pricing basis", pricingBasis(workflow?.estimated_share ?? null)],
    [
      "Prediction",
      <Link href={`/predictions?prediction=${prediction.prediction_id}`} onClick={readOn}>
        {prediction.prediction_id}
      </Link>,
    ],
  ];
  return (
    <footer className="facts">
      <dl>
        {facts.map(([term, value]) => (
          <div key={term}>
            <dt>{term}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </footer>
  );
}

export function pricingBasis(estimatedShare: number | null): string {
  if (estimatedShare === null) return "costs as recorded";
  if (estimatedShare === 0) return "billed costs";
  return estimatedShare === 1 ? "estimated costs, none billed" : `${share(estimatedShare)} of costs estimated, the rest billed`;
}
