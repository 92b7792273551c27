import { useEffect } from "react";
import type { Interval, Prediction, PredictionRequest, WorkflowSummary } from "@/api/client";
import { Export } from "@/components/Export";
import { CopyLink } from "./CopyLink";
import { CostCurve } from "./CostCurve";
import { Explanation } from "./Explanation";
import { toCsv } from "./export";
import { ModelFacts } from "./ModelFacts";
import { SimilarRuns } from "./SimilarRuns";

interface BackgroundProps {
  prediction: Prediction;
  request: PredictionRequest;
  interval: Interval | undefined;
  workflow: WorkflowSummary | undefined;
  onShown: () => void;
}

/** What explains the figure, in a file of its own that comes while the figure is read. */
export default function Background({ prediction, request, interval, workflow, onShown }: BackgroundProps) {
  useEffect(onShown, [onShown]);
  return (
    <>
      {interval && <CostCurve prediction={prediction} inputBytes={request.input_bytes} interval={interval} />}
      {!prediction.beyond_evidence && <Explanation cost={prediction.cost_usd} effects={prediction.explanation} />}
      <SimilarRuns runs={prediction.similar_runs} />
      <Export
        name={`estimate-${prediction.prediction_id}`}
        csv={() => toCsv(prediction, request.input_bytes, request.output_bytes ?? null)}
        json={() => JSON.stringify(prediction, null, 2)}
      >
        <CopyLink />
        <CopyLink name="Copy link to this prediction" path={`/predictions?prediction=${prediction.prediction_id}`} />
      </Export>
      <ModelFacts prediction={prediction} workflow={workflow} />
    </>
  );
}
