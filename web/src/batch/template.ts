import type { WorkflowSummary } from "@/api/client";
import { csvText } from "@/csv";
import { exampleSize, unitsFor } from "@/estimate/question";

const MOST_EXAMPLES = 3;

/** A file to fill in: a line for each of the first workflows, with a size in the middle of its past runs. */
export function templateCsv(workflows: readonly WorkflowSummary[]): string {
  const known = workflows.filter(({ input_bytes_range }) => input_bytes_range !== null).slice(0, MOST_EXAMPLES);
  const rows = known.map((workflow, index) => ({
    label: `sample-${index + 1}`,
    workflow: workflow.workflow_name,
    input_size: exampleSize(unitsFor(workflow).input, workflow),
    output_size: "",
  }));
  return csvText(rows.length > 0 ? rows : [{ label: "sample-1", workflow: "rnaseq-quant", input_size: "120 GB", output_size: "" }]);
}
