import type { WorkflowSummary } from "@/api/client";
import { counted } from "@/format";
import { Field } from "./Field";

interface WorkflowPickerProps {
  workflows: readonly WorkflowSummary[];
  value: string;
  onChange: (name: string) => void;
}

/** Which workflow a page is about. */
export function WorkflowPicker({ workflows, value, onChange }: WorkflowPickerProps) {
  return (
    <Field id="workflow" label="Workflow">
      <select id="workflow" value={value} onChange={({ target }) => onChange(target.value)}>
        {!workflows.some(({ workflow_name }) => workflow_name === value) && <option value={value}>{value} (no runs)</option>}
        {workflows.map(({ workflow_name, runs }) => (
          <option key={workflow_name} value={workflow_name}>
            {workflow_name} ({counted(runs, "run")})
          </option>
        ))}
      </select>
    </Field>
  );
}
