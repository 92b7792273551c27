import type { WorkflowSummary } from "@/api/client";
import { counted } from "@/format";

/** More names than these are not read through: then a field completes what is typed. */
export const MOST_IN_A_LIST = 15;

/** The id of the names, for the field that completes them. */
export const WORKFLOW_NAMES = "workflow-names";

export function WorkflowNames({ workflows }: { workflows: readonly WorkflowSummary[] }) {
  return (
    <datalist id={WORKFLOW_NAMES}>
      {workflows.map(({ workflow_name, succeeded_runs }) => (
        <option key={workflow_name} value={workflow_name}>
          {counted(succeeded_runs, "run")}
        </option>
      ))}
    </datalist>
  );
}
