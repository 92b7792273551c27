import type { Prediction } from "@/api/client";
import { boundCells, csvText } from "@/csv";

/** One header line and one row; sizes in bytes, money in USD. */
export function toCsv(prediction: Prediction, inputBytes: number, outputBytes: number | null): string {
  return csvText([
    {
      workflow_name: prediction.workflow_name,
      input_bytes: inputBytes,
      output_bytes: outputBytes,
      cost_usd: prediction.cost_usd,
      ...boundCells(prediction.intervals, prediction.intervals.map(({ coverage }) => coverage)),
      extrapolated: prediction.extrapolated,
      beyond_evidence: Boolean(prediction.beyond_evidence),
      warnings: prediction.warnings.map(({ message }) => message).join(" "),
      model_version: prediction.model.version,
      prediction_id: prediction.prediction_id,
    },
  ]);
}
