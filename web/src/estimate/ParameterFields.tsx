import type { UseFormReturn } from "react-hook-form";
import type { ParameterProfile } from "@/api/client";
import { label } from "@/format";
import { describedBy, Field } from "@/components/Field";
import { fieldKey, type FormValues } from "./question";

interface ParameterFieldsProps {
  form: UseFormReturn<FormValues>;
  profiles: readonly ParameterProfile[];
}

const YES_NO: Record<string, string> = { true: "Yes", false: "No" };

/** The run parameters that past runs of the workflow recorded. All may be left out. */
export function ParameterFields({ form, profiles }: ParameterFieldsProps) {
  if (profiles.length === 0) return null;
  // Open from the start where one is filled in; from then on it is the reader's.
  const filled = profiles.some(({ name }) => form.getValues(`parameters.${fieldKey(name)}`));
  return (
    <details className="parameters" open={filled}>
      <summary>
        Run parameters <span className="optional">({profiles.length}, optional)</span>
      </summary>
      <p className="hint">What you leave out is taken to be as in a typical run.</p>
      <div className="parameter-grid">
        {profiles.map((profile) => (
          <ParameterField key={profile.name} form={form} profile={profile} />
        ))}
      </div>
    </details>
  );
}

function ParameterField({ form, profile }: { form: UseFormReturn<FormValues>; profile: ParameterProfile }) {
  const name = `parameters.${fieldKey(profile.name)}` as const;
  const id = parameterId(profile.name);
  const error = form.formState.errors.parameters?.[fieldKey(profile.name)]?.message;
  const hint = profile.kind === "number" ? numberHint(profile.values) : undefined;
  const control = { id, "aria-invalid": error !== undefined, "aria-describedby": describedBy(id, hint, error) };
  return (
    <Field id={id} label={label(profile.name)} error={error} hint={hint}>
      {profile.kind === "number" ? (
        <input inputMode="decimal" autoComplete="off" {...control} {...form.register(name)} />
      ) : (
        <select {...control} {...form.register(name)}>
          <option value="">Typical</option>
          {inOrder(profile.values).map((value) => (
            <option key={String(value)} value={String(value)}>
              {typeof value === "boolean" ? YES_NO[String(value)] : String(value)}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

/** By the alphabet, and yes before no. */
const inOrder = (values: ParameterProfile["values"]) =>
  values.toSorted((a, b) => (typeof a === "boolean" ? Number(b) - Number(a) : String(a).localeCompare(String(b))));

export const parameterId = (name: string) => `parameter-${name}`;

function numberHint(values: ParameterProfile["values"]): string | undefined {
  const [low, typical, high] = values;
  return high === undefined ? undefined : `${low} to ${high}, often ${typical}`;
}
