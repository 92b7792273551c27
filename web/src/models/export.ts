import type { ModelVersion } from "@/api/client";
import { csvText } from "@/csv";

/** A line for each version, latest first. */
export const toCsv = (workflow: string, versions: readonly ModelVersion[]) =>
  csvText(
    versions.map(({ version, created_at, status, reason, runs, metrics }) => ({
      workflow_name: workflow,
      version,
      created_at,
      status,
      reason,
      runs,
      median_ape: metrics?.median_ape ?? null,
      coverage_80: metrics?.coverage_80 ?? null,
      coverage_90: metrics?.coverage_90 ?? null,
      width_80: metrics?.width_80 ?? null,
    })),
  );
