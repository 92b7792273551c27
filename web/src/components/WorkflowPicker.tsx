import type { ChangeEvent, FocusEvent, KeyboardEvent } from "react";
import type { WorkflowSummary } from "@/api/client";
import { counted } from "@/format";
import { Field } from "./Field";
import { MOST_IN_A_LIST, WorkflowNames, WORKFLOW_NAMES } from "./WorkflowNames";

interface WorkflowPickerProps {
  workflows: readonly WorkflowSummary[];
  value: string;
  onChange: (name: string) => void;
}

/** Which workflow a page is about: a list to choose from or, where there are many, a field that completes what is typed. */
export function WorkflowPicker({ workflows, value, onChange }: WorkflowPickerProps) {
  return (
    <Field id="workflow" label="Workflow">
      {workflows.length > MOST_IN_A_LIST ? (
        <Combobox workflows={workflows} value={value} onChange={onChange} />
      ) : (
        <select id="workflow" value={value} onChange={({ target }) => onChange(target.value)}>
          {!workflows.some(({ workflow_name }) => workflow_name === value) && <option value={value}>{value} (no runs)</option>}
          {workflows.map(({ workflow_name, runs }) => (
            <option key={workflow_name} value={workflow_name}>
              {workflow_name} ({counted(runs, "run")})
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

/** A name that is known is taken at once, any other on Enter; what was only begun is given up when the field is left. */
function Combobox({ workflows, value, onChange }: WorkflowPickerProps) {
  const choose = (name: string) => name !== "" && name !== value && onChange(name);
  const isKnown = (name: string) => workflows.some(({ workflow_name }) => workflow_name === name);
  return (
    <>
      <input
        key={value}
        id="workflow"
        list={WORKFLOW_NAMES}
        autoComplete="off"
        spellCheck={false}
        placeholder="Type to search"
        defaultValue={value}
        onFocus={({ target }: FocusEvent<HTMLInputElement>) => target.select()}
        onChange={({ target }: ChangeEvent<HTMLInputElement>) => isKnown(target.value) && choose(target.value)}
        onKeyDown={(event: KeyboardEvent<HTMLInputElement>) => {
          if (event.key !== "Enter") return;
          event.preventDefault();
          choose(event.currentTarget.value.trim());
        }}
        onBlur={({ target }) => (target.value = value)}
      />
      <WorkflowNames workflows={workflows} />
    </>
  );
}
