import { QueryClient, queryOptions } from "@tanstack/react-query";
import { ApiError, type Api, type PredictionRequest } from "./client";
import { loadConfig } from "./config";

const MOST_WARMING_RETRIES = 20;
const MOST_THROTTLING_RETRIES = 2;

/** A model that is starting is asked again until it answers; a throttled request twice; all else is for a person to retry. */
export function shouldRetry(failures: number, problem: Error): boolean {
  if (!(problem instanceof ApiError)) return false;
  if (problem.code === "model_warming") return failures < MOST_WARMING_RETRIES;
  return problem.code === "too_many_requests" && failures < MOST_THROTTLING_RETRIES;
}

/** Milliseconds until the next try: what the service asked for, within reason. */
export function retryDelay(_failures: number, problem: Error): number {
  const seconds = problem instanceof ApiError ? problem.retryAfter : null;
  return Math.min(seconds ?? 3, 30) * 1000;
}

export function makeQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      // "always": an unreachable service is an error to show, not a reason to wait in silence.
      queries: { networkMode: "always", retry: shouldRetry, retryDelay, staleTime: 60_000, refetchOnWindowFocus: false },
    },
  });
}

export const configQuery = queryOptions({ queryKey: ["config"], queryFn: loadConfig, staleTime: Number.POSITIVE_INFINITY });

export const workflowsQuery = (api: Api) => queryOptions({ queryKey: ["workflows"], queryFn: ({ signal }) => api.listWorkflows(signal) });

/** A workflow with its curve, runs and versions; nothing is asked while there is no name. */
export const workflowQuery = (api: Api, name: string | null) =>
  queryOptions({ queryKey: ["workflow", name], queryFn: ({ signal }) => api.getWorkflow(name as string, signal), enabled: name !== null });

/** The answer to a question; nothing is asked while there is none. */
export const predictionQuery = (api: Api, request: PredictionRequest | null) =>
  queryOptions({
    queryKey: ["prediction", request],
    queryFn: ({ signal }) => api.predict(request as PredictionRequest, signal),
    enabled: request !== null,
    staleTime: Number.POSITIVE_INFINITY,
    // What failed is for a person to ask again, not for the next component that shows it.
    retryOnMount: false,
  });

/** A prediction as it was kept, which never changes. */
export const keptQuery = (api: Api, id: string) =>
  queryOptions({ queryKey: ["kept", id], queryFn: ({ signal }) => api.getPrediction(id, signal), staleTime: Number.POSITIVE_INFINITY });
