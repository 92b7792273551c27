import type { Accuracy } from "@/api/client";
import { boundCells, csvText } from "@/csv";

/** A line for each run that was predicted without having been seen; sizes in bytes, money in USD. */
export const toCsv = ({ workflow_name, model_version, points }: Accuracy) =>
  csvText(
    points.map(({ run_id, completed_at, input_bytes, cost_usd, predicted_usd, intervals }) => ({
      workflow_name,
      model_version,
      run_id,
      completed_at,
      input_bytes,
      cost_usd,
      predicted_usd,
      ...boundCells(intervals),
    })),
  );
