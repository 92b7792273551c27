import type { Prediction } from "@/api/client";
import { csvText, type Cell } from "@/csv";

/** One header line and one row; sizes in bytes, money in USD. */
export function toCsv(prediction: Prediction, inputBytes: number, outputBytes: number | null): string {
  return csvText([
    {
      workflow_name: prediction.workflow_name,
      input_bytes: inputBytes,
      output_bytes: outputBytes,
      ...costCells(prediction),
      extrapolated: prediction.extrapolated,
      warnings: prediction.warnings.map(({ message }) => message).join(" "),
      model_version: prediction.model.version,
      prediction_id: prediction.prediction_id,
    },
  ]);
}

/** The figure and the bounds of its intervals, by column. */
function costCells({ cost_usd, intervals }: Prediction): Record<string, Cell> {
  const bounds = intervals.flatMap(({ coverage, low_usd, high_usd }) => [
    [`low_${Math.round(coverage * 100)}_usd`, low_usd],
    [`high_${Math.round(coverage * 100)}_usd`, high_usd],
  ]);
  return { cost_usd, ...Object.fromEntries(bounds) };
}
