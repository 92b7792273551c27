import type { KeptPrediction, PredictionSummary } from "@/api/client";
import { boundCells, csvText, type Cell } from "@/csv";
import { answersOf, questionsOf, whoAsked } from "./kept";

/** A line for each prediction of a list, in the columns of `runquote predictions list --format csv`. */
export const listCsv = (summaries: readonly PredictionSummary[]) =>
  csvText(
    summaries.map((each) => ({
      prediction_id: each.prediction_id,
      asked_at: each.asked_at,
      asked_by: whoAsked(each),
      team: each.team ?? null,
      workflow_name: each.workflow_name ?? null,
      rows: each.rows,
      unanswered: each.unanswered ?? 0,
      input_bytes: each.input_bytes ?? null,
      cost_usd: each.cost_usd ?? null,
      low_usd: each.low_usd ?? null,
      high_usd: each.high_usd ?? null,
    })),
  );

/** A line for each run that was asked about; sizes in bytes, money in USD. */
export function keptCsv(kept: KeptPrediction): string {
  const answers = answersOf(kept);
  return csvText(
    questionsOf(kept).map((question, index) => {
      const answer = answers[index];
      const prediction = answer && !("error" in answer) ? answer : null;
      return {
        prediction_id: kept.prediction_id,
        asked_at: kept.asked_at,
        asked_by: whoAsked(kept),
        team: kept.team,
        row: index + 1,
        workflow_name: cell(question.workflow_name),
        input_bytes: cell(question.input_bytes),
        output_bytes: cell(question.output_bytes),
        parameters: question.parameters == null ? null : JSON.stringify(question.parameters),
        cost_usd: prediction?.cost_usd ?? null,
        ...boundCells(prediction?.intervals),
        beyond_evidence: prediction ? Boolean(prediction.beyond_evidence) : null,
        warnings: prediction?.warnings.map(({ message }) => message).join(" ") ?? null,
        model_version: prediction?.model.version ?? null,
        error: answer && "error" in answer ? answer.message : null,
      };
    }),
  );
}

/** What a row held is kept as it came, right or wrong. */
const cell = (value: unknown): Cell => (value == null ? null : typeof value === "object" ? JSON.stringify(value) : (value as Cell));
