import { createContext, useContext } from "react";
import { QueryClient, useQuery } from "@tanstack/react-query";
import { ApiError, type Api, type PredictionRequest, type WorkflowList } from "./client";

export const ApiContext = createContext<Api | null>(null);

export function useApi(): Api {
  const api = useContext(ApiContext);
  if (!api) throw new Error("useApi needs an ApiContext around it");
  return api;
}

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

function useWorkflowList<T>(select: (list: WorkflowList) => T) {
  const api = useApi();
  return useQuery({ queryKey: ["workflows"], queryFn: ({ signal }) => api.listWorkflows(signal), select });
}

export const useWorkflows = () => useWorkflowList(({ workflows }) => workflows);

/** When the schedule next retrains what has new runs; null when that is not known. */
export const useNextTraining = () => useWorkflowList((list) => list.next_training_at).data ?? null;

/** A workflow with its curve, runs and versions; nothing is asked while there is no name. */
export function useWorkflow(name: string | null) {
  const api = useApi();
  return useQuery({ queryKey: ["workflow", name], queryFn: ({ signal }) => api.getWorkflow(name as string, signal), enabled: name !== null });
}

/** The answer to a question; nothing is asked while there is none. */
export function usePrediction(request: PredictionRequest | null) {
  const api = useApi();
  return useQuery({
    queryKey: ["prediction", request],
    queryFn: ({ signal }) => api.predict(request as PredictionRequest, signal),
    enabled: request !== null,
    staleTime: Number.POSITIVE_INFINITY,
    // What failed is for a person to ask again, not for the next component that shows it.
    retryOnMount: false,
  });
}
