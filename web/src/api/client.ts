import createClient from "openapi-fetch";
import type { components, paths } from "./schema";

type Shapes = components["schemas"];
export type Prediction = Shapes["Prediction"];
export type PredictionRequest = Shapes["PredictionRequest"];
export type BatchResponse = Shapes["BatchResponse"];
export type KeptPrediction = Shapes["KeptPrediction"];
export type PredictionSummary = Shapes["PredictionSummary"];
export type PredictionsPage = Shapes["PredictionsPage"];
export type PredictionsQuery = NonNullable<paths["/predictions"]["get"]["parameters"]["query"]>;
export type BatchTotal = Shapes["BatchTotal"];
export type Run = Shapes["Run"];
export type RecordedRun = Shapes["RecordedRun"];
export type RunStory = Shapes["RunStory"];
export type RunChange = Shapes["RunChange"];
export type RunCorrection = Shapes["RunCorrection"];
export type RunsPage = Shapes["RunsPage"];
export type RunsResponse = Shapes["RunsResponse"];
export type RunsQuery = NonNullable<paths["/workflows/{workflow_name}/runs"]["get"]["parameters"]["query"]>;
export type Retraining = Shapes["Retraining"];
export type ModelVersion = Shapes["ModelVersion"];
export type Metrics = Shapes["Metrics"];
export type Accuracy = Shapes["AccuracyResponse"];
export type EvaluatedRun = Shapes["EvaluatedRun"];
export type Budgets = Shapes["BudgetsResponse"];
export type BudgetLine = Shapes["BudgetLine"];
export type Interval = Shapes["Interval"];
export type Effect = Shapes["Effect"];
export type WorkflowList = Shapes["WorkflowsResponse"];
export type WorkflowSummary = Shapes["WorkflowSummary"];
export type WorkflowDetail = Shapes["WorkflowDetail"];
export type ParameterProfile = Shapes["ParameterProfile"];
export type ParameterValue = ParameterProfile["values"][number];
export type ErrorCode = Shapes["ErrorBody"]["error"] | "unreachable";

/** Any answer that is not a success, and no answer at all (`unreachable`, status 0). */
export class ApiError extends Error {
  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly status: number,
    readonly requestId: string | null,
    /** Seconds, from `Retry-After`. */
    readonly retryAfter: number | null,
  ) {
    super(message);
  }
}

const CODE_OF_STATUS: Record<number, ErrorCode> = { 401: "unauthorized", 403: "forbidden", 404: "not_found", 429: "too_many_requests", 503: "unavailable", 504: "model_timeout" };

function toApiError(body: unknown, response: Response): ApiError {
  // API Gateway itself answers some errors in its own words ({"message": "Forbidden"}), so nothing is taken for granted.
  const { error, message, request_id: requestId } = (body ?? {}) as Partial<Shapes["ErrorBody"]>;
  const retryAfter = Number(response.headers.get("retry-after"));
  return new ApiError(
    error ?? CODE_OF_STATUS[response.status] ?? "internal_error",
    message ?? `The service answered ${response.status}.`,
    response.status,
    requestId ?? null,
    retryAfter > 0 ? retryAfter : null,
  );
}

/**
 * Return the body of a successful answer; throw an `ApiError` for everything else. Callers name the shape, since
 * openapi-fetch turns the tuples in it into plain arrays.
 */
async function answer<T>(call: Promise<{ data?: unknown; error?: unknown; response: Response }>): Promise<T> {
  let result: Awaited<typeof call>;
  try {
    result = await call;
  } catch (problem) {
    if (problem instanceof DOMException && problem.name === "AbortError") throw problem;
    throw new ApiError("unreachable", "No answer from the service.", 0, null, null);
  }
  if (result.data === undefined) throw toApiError(result.error, result.response);
  return result.data as T;
}

/** Send a request with what lets it in. */
export type Send = (request: Request) => Promise<Response>;

export const withKey =
  (apiKey: string): Send =>
  (request) => {
    request.headers.set("x-api-key", apiKey);
    return fetch(request);
  };

/** Twice what API Gateway waits for an answer, so that a line that lost it is told from a slow one. */
const MOST_MS = 60_000;

/** The API, a verb for each operation; the types come from the OpenAPI document. */
export function makeApi(apiUrl: string, send: Send, mostMs = MOST_MS) {
  const sendInTime: Send = (request) => send(new Request(request, { signal: AbortSignal.any([request.signal, AbortSignal.timeout(mostMs)]) }));
  const client = createClient<paths>({ baseUrl: apiUrl, fetch: sendInTime });
  return {
    apiUrl,
    predict: (body: PredictionRequest, signal: AbortSignal) => answer<Prediction>(client.POST("/predictions", { body, signal })),
    /** What the rows hold is for the API to check; it answers for each row. `team` is who is to pay for all of them. */
    predictBatch: (requests: readonly Record<string, unknown>[], signal: AbortSignal, team: string | null = null, keep = true) =>
      answer<BatchResponse>(client.POST("/predictions/batch", { body: { requests: [...requests] as unknown as PredictionRequest[], ...(team !== null && { team }), ...(!keep && { keep }) }, signal })),
    listPredictions: (query: PredictionsQuery, signal: AbortSignal) => answer<PredictionsPage>(client.GET("/predictions", { params: { query }, signal })),
    getPrediction: (prediction_id: string, signal: AbortSignal) =>
      answer<KeptPrediction>(client.GET("/predictions/{prediction_id}", { params: { path: { prediction_id } }, signal })),
    listWorkflows: (signal: AbortSignal) => answer<WorkflowList>(client.GET("/workflows", { signal })),
    getWorkflow: (workflow_name: string, signal: AbortSignal) =>
      answer<WorkflowDetail>(client.GET("/workflows/{workflow_name}", { params: { path: { workflow_name } }, signal })),
    listRuns: (workflow_name: string, query: RunsQuery, signal: AbortSignal) =>
      answer<RunsPage>(client.GET("/workflows/{workflow_name}/runs", { params: { path: { workflow_name }, query }, signal })),
    getRun: (workflow_name: string, run_id: string, signal: AbortSignal) =>
      answer<RunStory>(client.GET("/workflows/{workflow_name}/runs/{run_id}", { params: { path: { workflow_name, run_id } }, signal })),
    correctRun: (workflow_name: string, run_id: string, body: RunCorrection) =>
      answer<RunStory>(client.PUT("/workflows/{workflow_name}/runs/{run_id}", { params: { path: { workflow_name, run_id } }, body })),
    /** What the rows hold is for the API to check; it answers for each row. */
    recordRuns: (runs: readonly Record<string, unknown>[], signal: AbortSignal) =>
      answer<RunsResponse>(client.POST("/runs", { body: { runs: runs as Run[] }, signal })),
    getAccuracy: (workflow_name: string, signal: AbortSignal) =>
      answer<Accuracy>(client.GET("/workflows/{workflow_name}/accuracy", { params: { path: { workflow_name } }, signal })),
    getBudgets: (month: string | null, signal: AbortSignal) => answer<Budgets>(client.GET("/budgets", { params: { query: month === null ? {} : { month } }, signal })),
    setBudget: (team: string, limit_usd: number) => answer<Shapes["Budget"]>(client.PUT("/budgets/{team}", { params: { path: { team } }, body: { limit_usd } })),
    removeBudget: (team: string) => answer<Shapes["Budget"]>(client.DELETE("/budgets/{team}", { params: { path: { team } } })),
    startRetraining: (workflow_name: string) => answer<Retraining>(client.POST("/workflows/{workflow_name}/retrainings", { params: { path: { workflow_name } } })),
    getRetraining: (workflow_name: string, retraining_id: string, signal: AbortSignal) =>
      answer<Retraining>(client.GET("/workflows/{workflow_name}/retrainings/{retraining_id}", { params: { path: { workflow_name, retraining_id } }, signal })),
  };
}
export type Api = ReturnType<typeof makeApi>;
