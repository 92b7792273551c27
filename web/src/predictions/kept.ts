import type { BatchResponse, KeptPrediction, PredictionRequest, PredictionSummary } from "@/api/client";
import { EMPTY, fieldKey, toSearch } from "@/estimate/question";

export const whoAsked = ({ asked_by: { name, id } }: Pick<PredictionSummary, "asked_by">) => name ?? id;

/** What was asked, a row for each run; those of a batch as they came, right or wrong. */
export const questionsOf = ({ request, batch_request }: KeptPrediction): readonly Record<string, unknown>[] => (request ? [request] : (batch_request?.requests ?? []));

/** The answers in the order of the questions. */
export const answersOf = ({ answer, batch_answer }: KeptPrediction): BatchResponse["predictions"] => (answer ? [answer] : (batch_answer?.predictions ?? []));

/** The Estimate page with the same question. */
export function estimateAddress({ workflow_name, input_bytes, output_bytes, parameters, team }: PredictionRequest): string {
  const values = {
    ...EMPTY,
    workflow: workflow_name,
    input: `${input_bytes} B`,
    output: output_bytes == null ? "" : `${output_bytes} B`,
    team: team ?? "",
    parameters: Object.fromEntries(Object.entries(parameters ?? {}).map(([name, value]) => [fieldKey(name), String(value)])),
  };
  return `/?${toSearch(values)}`;
}
