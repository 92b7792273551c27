import type { ComponentType } from "react";

export interface Page {
  path: string;
  name: string;
  /** Each page is a file of its own, loaded when it is first opened. */
  load: () => Promise<{ default: ComponentType }>;
}

/** The pages in the order of the navigation. */
export const PAGES: readonly Page[] = [
  { path: "/", name: "Estimate", load: () => import("@/estimate/EstimatePage") },
  { path: "/batch", name: "Batch", load: () => import("@/batch/BatchPage") },
  { path: "/predictions", name: "Predictions", load: () => import("@/predictions/PredictionsPage") },
  { path: "/runs", name: "Runs", load: () => import("@/runs/RunsPage") },
  { path: "/models", name: "Models", load: () => import("@/models/ModelsPage") },
  { path: "/accuracy", name: "Accuracy", load: () => import("@/accuracy/AccuracyPage") },
  { path: "/budgets", name: "Budgets", load: () => import("@/budgets/BudgetsPage") },
];
