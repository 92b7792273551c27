import type { ChangeEvent } from "react";
import { useWatch, type UseFormReturn } from "react-hook-form";
import type { WorkflowSummary } from "@/api/client";
import { counted, size } from "@/format";
import { describedBy, Field } from "@/components/Field";
import { MOST_IN_A_LIST, WorkflowNames, WORKFLOW_NAMES } from "@/components/WorkflowNames";
import type { FormValues } from "./question";

interface WorkflowFieldProps {
  form: UseFormReturn<FormValues>;
  workflows: readonly WorkflowSummary[];
  onChoose: (name: string) => void;
}

const runsOf = ({ succeeded_runs }: WorkflowSummary) => counted(succeeded_runs, "run");

function hintFor(name: string, workflow: WorkflowSummary | undefined): string | undefined {
  if (!workflow) return name === "" ? undefined : `No past runs of ${name}`;
  if (!workflow.input_bytes_range) return "No model yet";
  return `Past runs read ${workflow.input_bytes_range.map(size).join(" to ")}`;
}

/** A list to choose from, or, past 15 workflows, a field that completes what is typed. */
export function WorkflowField({ form, workflows, onChoose }: WorkflowFieldProps) {
  const name = useWatch({ control: form.control, name: "workflow" });
  const error = form.formState.errors.workflow?.message;
  const chosen = workflows.find(({ workflow_name }) => workflow_name === name);
  const hint = hintFor(name, chosen);
  const control = {
    id: "workflow",
    "aria-invalid": error !== undefined,
    "aria-describedby": describedBy("workflow", hint, error),
    ...form.register("workflow", { onChange: (event: ChangeEvent<HTMLInputElement>) => onChoose(event.target.value) }),
  };
  return (
    <Field id="workflow" label="Workflow" error={error} hint={hint}>
      {workflows.length <= MOST_IN_A_LIST ? (
        <select {...control}>
          <option value="">Select a workflow</option>
          {workflows.map((workflow) => (
            <option key={workflow.workflow_name} value={workflow.workflow_name}>
              {workflow.workflow_name} ({runsOf(workflow)})
            </option>
          ))}
          {name !== "" && !chosen && <option value={name}>{name} (no past runs)</option>}
        </select>
      ) : (
        <>
          <input {...control} list={WORKFLOW_NAMES} autoComplete="off" spellCheck={false} placeholder="Type to search" />
          <WorkflowNames workflows={workflows} />
        </>
      )}
    </Field>
  );
}
