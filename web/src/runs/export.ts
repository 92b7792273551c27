import type { Run } from "@/api/client";
import type { Cell } from "@/csv";

/** The members of a run as columns, in the order of the template. */
export const REQUIRED = ["workflow_name", "run_id", "status", "started_at", "completed_at", "input_bytes", "cost_usd", "cost_source"] as const;
export const OPTIONAL = ["output_bytes", "parameters", "tags", "engine", "purchase_option"] as const;

/** A run in the columns in which runs are recorded. */
export function toCells(run: Run): Record<string, Cell> {
  const cell = (value: unknown): Cell => (value == null ? null : typeof value === "object" ? JSON.stringify(value) : (value as Cell));
  return Object.fromEntries([...REQUIRED, ...OPTIONAL].map((column) => [column, cell(run[column])]));
}

/** A run as it is recorded, without what became of it. */
export function toRun(run: Run): Partial<Run> {
  return Object.fromEntries([...REQUIRED, ...OPTIONAL, "estimated_cost_usd" as const].map((name) => [name, run[name]]));
}

/** Two rows that show how each column is written. */
export const TEMPLATE: readonly Run[] = [
  {
    workflow_name: "rnaseq-quant",
    run_id: "example-1",
    status: "SUCCEEDED",
    started_at: "2026-01-05T09:00:00Z",
    completed_at: "2026-01-05T10:30:00Z",
    input_bytes: 120e9,
    output_bytes: 1.5e9,
    cost_usd: 12.4,
    cost_source: "billed",
    parameters: { paired: true },
    tags: { team: "genomics" },
    engine: "nextflow",
    purchase_option: "spot",
  },
  {
    workflow_name: "rnaseq-quant",
    run_id: "example-2",
    status: "FAILED",
    started_at: "2026-01-06T09:00:00Z",
    completed_at: "2026-01-06T09:10:00Z",
    input_bytes: 80e9,
    cost_usd: 0.9,
    cost_source: "estimated",
  },
];
