import type { BatchTotal } from "@/api/client";
import { boundCells, csvText } from "@/csv";
import type { BatchRow } from "./rows";

/** Every row of the file, answered or not; sizes in bytes, money in USD. */
export function toCsv(rows: readonly BatchRow[]): string {
  return csvText(
    rows.map(({ line, label, workflow, request, prediction, problem }) => ({
      line,
      label,
      workflow,
      input_bytes: request?.input_bytes ?? null,
      output_bytes: request?.output_bytes ?? null,
      cost_usd: prediction?.cost_usd ?? null,
      ...boundCells(prediction?.intervals),
      extrapolated: prediction?.extrapolated ?? null,
      beyond_evidence: prediction ? Boolean(prediction.beyond_evidence) : null,
      warnings: prediction?.warnings.map(({ code }) => code).join(" ") ?? null,
      model_version: prediction?.model.version ?? null,
      prediction_id: prediction?.prediction_id ?? null,
      error: problem,
    })),
  );
}

/** The same as `runquote batch --format json` prints. */
export function toJson(rows: readonly BatchRow[], total: BatchTotal | null): string {
  const members = rows.map(({ line, label, request, prediction, problem }) => ({ line, label, request, prediction, error: problem }));
  return JSON.stringify({ version: 1, currency: "USD", rows: members, total }, null, 2);
}
