import { useEffect, useMemo, useRef, useState, type RefObject } from "react";
import { standardSchemaResolver } from "@hookform/resolvers/standard-schema";
import { useForm, useWatch, type FieldErrors, type UseFormReturn } from "react-hook-form";
import type { ParameterProfile, WorkflowSummary } from "@/api/client";
import { size, toField } from "@/format";
import { ErrorSummary, type FieldError } from "./ErrorSummary";
import { describedBy, Field } from "@/components/Field";
import { ParameterFields, parameterId } from "./ParameterFields";
import { exampleSize, fieldKey, inUnit, likelierUnit, SIZES, toBytes, toSearch, unitsFor, varied, type FormValues, type SizeName } from "./question";
import { SizeField, sizeId } from "./SizeField";
import { formSchema } from "./validation";
import { WorkflowField } from "./WorkflowField";

interface EstimateFormProps {
  workflows: readonly WorkflowSummary[];
  /** What the address says; the form follows it, back and forward included. */
  values: FormValues;
  /** The sizes whose unit the address names. */
  unitsGiven: readonly SizeName[];
  /** Whether those values were meant as a question, so that what is wrong with them should be said at once. */
  asked: boolean;
  onAsk: (values: FormValues) => void;
  /** Holds how to choose a workflow from beside the form, which keeps what was typed. */
  chooser: RefObject<((name: string) => void) | null>;
  /** Told whether the form says something else than the address, whose answer is shown. */
  onDiffer: (differs: boolean) => void;
}

/** So that a button beside the answer can ask again. */
export const ESTIMATE_FORM = "estimate-form";

/** The question: which workflow, how much data, and whatever else is known of the run. */
export function EstimateForm({ workflows, values, unitsGiven, asked, onAsk, chooser, onDiffer }: EstimateFormProps) {
  const schema = useMemo(() => formSchema(workflows), [workflows]);
  const form = useForm<FormValues>({
    values,
    resolver: standardSchemaResolver(schema),
    mode: "onSubmit",
    reValidateMode: "onBlur",
    shouldFocusError: false,
  });
  const [attempt, setAttempt] = useState(0);
  const [name, inputUnit] = useWatch({ control: form.control, name: ["workflow", "inputUnit"] });
  const workflow = workflows.find(({ workflow_name }) => workflow_name === name);
  const profiles = (workflow?.parameters ?? []).filter(varied);
  const range = workflow?.input_bytes_range ?? null;
  /** Sizes whose unit a person chose: it no longer follows the workflow. */
  const chosen = useRef(new Set<SizeName>());
  const followWorkflow = (next: string) => {
    const suited = unitsFor(workflows.find(({ workflow_name }) => workflow_name === next));
    for (const [size] of SIZES) {
      const settled = chosen.current.has(size) || unitsGiven.includes(size) || form.getValues(size) !== "";
      if (!settled) form.setValue(`${size}Unit`, suited[size]);
    }
  };
  chooser.current = (next) => {
    form.setValue("workflow", next);
    followWorkflow(next);
    form.setFocus("input");
  };
  const noteProblems = () => setAttempt((before) => before + 1);

  useEffect(() => {
    // A shared address that cannot be asked says why at once, in the same words as a submitted form.
    if (asked) void form.handleSubmit(() => undefined, noteProblems)();
  }, [asked, values, form]);

  const typed = useWatch({ control: form.control }) as FormValues;
  const differs = toSearch({ ...typed, parameters: keepKnown(typed.parameters, profiles) }) !== toSearch({ ...values, parameters: keepKnown(values.parameters, profiles) });
  useEffect(() => onDiffer(differs), [differs, onDiffer]);

  const errors = listErrors(form.formState.errors, profiles);
  return (
    <form
      id={ESTIMATE_FORM}
      className="estimate-form card"
      onSubmit={form.handleSubmit((typed) => onAsk({ ...typed, parameters: keepKnown(typed.parameters, profiles) }), noteProblems)}
      noValidate
      aria-label="Estimate"
    >
      {attempt > 0 && errors.length > 0 && <ErrorSummary errors={errors} attempt={attempt} />}
      <WorkflowField form={form} workflows={workflows} onChoose={followWorkflow} />
      <SizeField
        form={form}
        name="input"
        label="Input dataset size"
        hint={`All the files that the run reads, like ${exampleSize(inputUnit, workflow)}`}
        onChooseUnit={() => chosen.current.add("input")}
        help={range && <UnitSuggestion form={form} range={range} />}
      />
      <SizeField
        form={form}
        name="output"
        label="Expected output size"
        optional
        onChooseUnit={() => chosen.current.add("output")}
        hint="Leave it empty if you can't tell: a rough guess helps less than none"
        help={workflow?.typical_output_ratio != null && <TypicalOutput form={form} ratio={workflow.typical_output_ratio} />}
      />
      <BudgetField form={form} />
      <TeamField form={form} />
      <ParameterFields key={name} form={form} profiles={profiles} />
      {/* Without this the press would first blur a field, whose message then goes, and the button moves away from under it. */}
      <button type="submit" onMouseDown={(event) => event.preventDefault()}>
        Estimate cost
      </button>
    </form>
  );
}

type Form = UseFormReturn<FormValues>;

/** Offer the unit that was probably meant: 20 GB where past runs read 35 MB at most. */
function UnitSuggestion({ form, range }: { form: Form; range: readonly [number, number] }) {
  const [amount, unit] = useWatch({ control: form.control, name: ["input", "inputUnit"] });
  const meant = likelierUnit(amount, unit, range);
  if (!meant) return null;
  const other = inUnit(amount, meant);
  const use = () => {
    form.setValue("inputUnit", meant);
    form.setValue("input", other);
  };
  return (
    <p className="suggestion">
      Past runs read {size(range[0])} to {size(range[1])}.{" "}
      <button type="button" className="link" onClick={use}>
        Use {other === amount ? `${amount.trim()} ${meant}` : other} instead
      </button>
    </p>
  );
}

/** Fill the output size in from the workflow's usual ratio; without an input size, ask for that first. */
function TypicalOutput({ form, ratio }: { form: Form; ratio: number }) {
  const fill = async () => {
    if (!(await form.trigger("input"))) return form.setFocus("input");
    const { input, inputUnit } = form.getValues();
    const { amount, unit } = toField((toBytes(input, inputUnit) ?? 0) * ratio);
    form.setValue("outputUnit", unit);
    form.setValue("output", amount, { shouldValidate: true });
  };
  return (
    <button type="button" className="link" onClick={() => void fill()}>
      Use typical for this workflow
    </button>
  );
}

function BudgetField({ form }: { form: Form }) {
  const error = form.formState.errors.budget?.message;
  return (
    <Field id="budget" label="Budget" optional error={error} hint="In US dollars, for this run">
      <div className="amount">
        <span className="prefix" aria-hidden="true">
          $
        </span>
        <input
          id="budget"
          inputMode="decimal"
          autoComplete="off"
          aria-invalid={error !== undefined}
          aria-describedby={describedBy("budget", true, error)}
          {...form.register("budget")}
        />
      </div>
    </Field>
  );
}

function TeamField({ form }: { form: Form }) {
  const error = form.formState.errors.team?.message;
  return (
    <Field id="team" label="Team" optional error={error} hint="Who is to pay, as the tag team of runs says">
      <input id="team" autoComplete="off" spellCheck={false} aria-invalid={error !== undefined} aria-describedby={describedBy("team", true, error)} {...form.register("team")} />
    </Field>
  );
}

/** Without what was typed for another workflow before this one was chosen. */
function keepKnown(parameters: FormValues["parameters"], profiles: readonly ParameterProfile[]): FormValues["parameters"] {
  const known = new Set(profiles.map(({ name }) => fieldKey(name)));
  return Object.fromEntries(Object.entries(parameters).filter(([key, value]) => known.has(key) && value));
}

/** The errors in the order of the form, each with the id of its control. */
function listErrors(errors: FieldErrors<FormValues>, profiles: readonly ParameterProfile[]): FieldError[] {
  const found: [string, string | undefined][] = [
    ["workflow", errors.workflow?.message],
    [sizeId("input"), errors.input?.message],
    [sizeId("output"), errors.output?.message],
    ["budget", errors.budget?.message],
    ["team", errors.team?.message],
    ...profiles.map(({ name }): [string, string | undefined] => [parameterId(name), errors.parameters?.[fieldKey(name)]?.message]),
  ];
  return found.flatMap(([id, message]) => (message ? [{ id, message }] : []));
}
