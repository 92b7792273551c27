import type { BatchTotal } from "@/api/client";
import { csvText } from "@/csv";
import type { BatchRow } from "./rows";

const COVERAGES = [0.8, 0.9];

/** Every row of the file, answered or not; sizes in bytes, money in USD. */
export function toCsv(rows: readonly BatchRow[]): string {
  return csvText(
    rows.map(({ line, label, workflow, request, prediction, problem }) => {
      const bounds = COVERAGES.flatMap((coverage) => {
        const interval = prediction?.intervals.find((one) => one.coverage === coverage);
        const percent = Math.round(coverage * 100);
        return [[`low_${percent}_usd`, interval?.low_usd ?? null], [`high_${percent}_usd`, interval?.high_usd ?? null]];
      });
      return {
        line,
        label,
        workflow,
        input_bytes: request?.input_bytes ?? null,
        output_bytes: request?.output_bytes ?? null,
        cost_usd: prediction?.cost_usd ?? null,
        ...Object.fromEntries(bounds),
        extrapolated: prediction?.extrapolated ?? null,
        warnings: prediction?.warnings.map(({ code }) => code).join(" ") ?? null,
        model_version: prediction?.model.version ?? null,
        prediction_id: prediction?.prediction_id ?? null,
        error: problem,
      };
    }),
  );
}

/** The same as `runquote batch --format json` prints. */
export function toJson(rows: readonly BatchRow[], total: BatchTotal | null): string {
  const members = rows.map(({ line, label, request, prediction, problem }) => ({ line, label, request, prediction, error: problem }));
  return JSON.stringify({ version: 1, currency: "USD", rows: members, total }, null, 2);
}
