import { createContext, useContext } from "react";
import { useQuery } from "@tanstack/react-query";
import type { Api, PredictionRequest } from "./client";
import { predictionQuery, workflowQuery, workflowsQuery } from "./queryOptions";

export const ApiContext = createContext<Api | null>(null);

export function useApi(): Api {
  const api = useContext(ApiContext);
  if (!api) throw new Error("useApi needs an ApiContext around it");
  return api;
}

export const useWorkflows = () => useQuery({ ...workflowsQuery(useApi()), select: ({ workflows }) => workflows });

/** When the schedule next retrains what has new runs; null when that is not known. */
export const useNextTraining = () => useQuery(workflowsQuery(useApi())).data?.next_training_at ?? null;

export const useWorkflow = (name: string | null) => useQuery(workflowQuery(useApi(), name));

export const usePrediction = (request: PredictionRequest | null) => useQuery(predictionQuery(useApi(), request));
