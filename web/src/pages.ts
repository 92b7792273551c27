import { lazy, type ComponentType } from "react";
import { EstimatePage } from "@/estimate/EstimatePage";

export interface Page {
  path: string;
  name: string;
  component: ComponentType;
}

/** The pages in the order of the navigation. All but the first are loaded when they are first opened. */
export const PAGES: readonly Page[] = [
  { path: "/", name: "Estimate", component: EstimatePage },
  { path: "/batch", name: "Batch", component: lazy(() => import("@/batch/BatchPage")) },
  { path: "/runs", name: "Runs", component: lazy(() => import("@/runs/RunsPage")) },
  { path: "/models", name: "Models", component: lazy(() => import("@/models/ModelsPage")) },
  { path: "/accuracy", name: "Accuracy", component: lazy(() => import("@/accuracy/AccuracyPage")) },
  { path: "/budgets", name: "Budgets", component: lazy(() => import("@/budgets/BudgetsPage")) },
];
