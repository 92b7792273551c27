import type { ParameterProfile, ParameterValue, PredictionRequest, WorkflowSummary } from "@/api/client";
import { label, size, toField, unitOf, UNITS, type Unit } from "@/format";
import { readSize, type ReadSize } from "@/sizes";

/** The form as typed, which is also what a shared address holds. Nothing is ever rewritten, however wrong it is. */
export interface FormValues {
  workflow: string;
  input: string;
  inputUnit: Unit;
  output: string;
  outputUnit: Unit;
  budget: string;
  /** Who is to pay. */
  team: string;
  /** By parameter name as `fieldKey` writes it; empty text for "not given". */
  parameters: Record<string, string>;
}

export const EMPTY: FormValues = { workflow: "", input: "", inputUnit: "GB", output: "", outputUnit: "GB", budget: "", team: "", parameters: {} };

/** The form library reads a dot in a field name as a path, and no parameter name holds a slash. */
export const fieldKey = (parameter: string) => parameter.replaceAll(".", "/");
const parameterName = (key: string) => key.replaceAll("/", ".");

const PARAMETER_PREFIX = "p.";

const toUnit = (text: string | null): Unit => (text !== null && Object.hasOwn(UNITS, text) ? (text as Unit) : "GB");

/** The sizes of the form, with the key of each one's unit in an address. */
export const SIZES = [["input", "iu"], ["output", "ou"]] as const;
export type SizeName = (typeof SIZES)[number][0];

/** Bytes that a run in the middle of the past ones reads, on a logarithmic scale; null when unknown. */
const middle = (workflow: WorkflowSummary | undefined) => (workflow?.input_bytes_range ? Math.sqrt(workflow.input_bytes_range[0] * workflow.input_bytes_range[1]) : null);

/** The units that suit a workflow's past runs, for sizes that nobody gave; GB when unknown. */
export function unitsFor(workflow: WorkflowSummary | undefined): Record<SizeName, Unit> {
  const input = middle(workflow);
  const ratio = workflow?.typical_output_ratio ?? null;
  return { input: input === null ? "GB" : unitOf(input), output: input === null || ratio === null ? "GB" : unitOf(input * ratio) };
}

/** An input size to give as an example: one in the middle of the past runs, if it is entered in this unit. */
export function exampleSize(unit: Unit, workflow: WorkflowSummary | undefined): string {
  const usual = toField(Number((middle(workflow) ?? 120e9).toPrecision(2)));
  return `${usual.unit === unit ? usual.amount : unit.startsWith("T") ? 1.5 : 120} ${unit}`;
}

/** The sizes whose unit the address names. */
export function unitsGiven(search: string): SizeName[] {
  const query = new URLSearchParams(search);
  return SIZES.filter(([, key]) => query.has(key)).map(([name]) => name);
}

/**
 * Read the form from an address such as `?workflow=rnaseq-quant&input=120&iu=GB&p.paired=true`. A size without a unit
 * is in GB; where there is no size either, the unit is one that suits the workflow.
 */
export function fromSearch(search: string, workflows: readonly WorkflowSummary[] = []): FormValues {
  const query = new URLSearchParams(search);
  const suited = unitsFor(workflows.find(({ workflow_name }) => workflow_name === query.get("workflow")));
  const parameters = [...query]
    .filter(([key, value]) => key.startsWith(PARAMETER_PREFIX) && value !== "")
    .map(([key, value]) => [fieldKey(key.slice(PARAMETER_PREFIX.length)), value]);
  return {
    workflow: query.get("workflow") ?? "",
    input: query.get("input") ?? "",
    inputUnit: toUnit(query.get("iu") ?? (query.get("input") ? null : suited.input)),
    output: query.get("output") ?? "",
    outputUnit: toUnit(query.get("ou") ?? (query.get("output") ? null : suited.output)),
    budget: query.get("budget") ?? "",
    team: query.get("team") ?? "",
    parameters: Object.fromEntries(parameters),
  };
}

/** Run parameters of an address that no past run has, by name. */
export function unknownParameters({ parameters }: FormValues, profiles: readonly ParameterProfile[]): string[] {
  const known = new Set(profiles.map(({ name }) => name));
  return Object.keys(parameters)
    .map(parameterName)
    .filter((name) => !known.has(name));
}

/** Write the form as the query part of an address, without what is empty. */
export function toSearch(values: FormValues): string {
  const query = new URLSearchParams();
  const put = (key: string, value: string) => value !== "" && query.set(key, value);
  put("workflow", values.workflow);
  for (const [size, unitKey] of SIZES) {
    put(size, values[size]);
    if (values[size] !== "" && !hasUnit(values[size])) put(unitKey, values[`${size}Unit`]);
  }
  put("budget", values.budget);
  put("team", values.team);
  for (const [key, value] of Object.entries(values.parameters)) put(PARAMETER_PREFIX + parameterName(key), value);
  return query.toString();
}

/** Bytes of a valid amount, in its own unit or else in this one; null when it is empty or no size. */
export function toBytes(amount: string, unit: Unit): number | null {
  const read = readAmount(amount, unit);
  return "bytes" in read ? read.bytes : null;
}

/** What an amount was understood as: in its own unit (an exponent alone means bytes), or else in the one beside it. */
export function readAmount(amount: string, unit: Unit): ReadSize {
  const alone = readSize(amount);
  return "bytes" in alone ? alone : readSize(amount, unit);
}

/** Whether the unit beside an amount does not count, since it was typed with one. */
const hasUnit = (amount: string) => "bytes" in readSize(amount);

/** The amount in another unit, to be put where its own is, if it was typed with one. */
export function inUnit(amount: string, unit: string): string {
  const read = readSize(amount);
  return "bytes" in read ? `${read.number} ${unit}` : amount;
}

/** Dollars of a valid budget ("$50" and "50"); null when there is none. */
export function toBudget(text: string): number | null {
  const number = Number(text.trim().replace(/^\$\s*/, ""));
  return text.trim() !== "" && Number.isFinite(number) ? number : null;
}

/** The value that the history knows by this text: 30, true and "consensus" are all typed alike. */
function toParameterValue(text: string, profile: ParameterProfile | undefined): ParameterValue {
  const known = profile?.values.find((value) => String(value) === text);
  if (known !== undefined) return known;
  return profile?.kind === "number" ? Number(text) : text;
}

/** What was the same in every past run can teach nothing, so there is no point in asking for it. */
export const varied = ({ values }: ParameterProfile) => new Set(values).size > 1;

/** The request for a form that has been found valid. */
export function toRequest(values: FormValues, profiles: readonly ParameterProfile[]): PredictionRequest {
  const parameters = Object.entries(values.parameters)
    .filter(([, text]) => text.trim() !== "")
    .map(([key, text]): [string, ParameterValue] => {
      const name = parameterName(key);
      return [name, toParameterValue(text.trim(), profiles.find((profile) => profile.name === name))];
    });
  const outputBytes = toBytes(values.output, values.outputUnit);
  return {
    workflow_name: values.workflow,
    input_bytes: toBytes(values.input, values.inputUnit) ?? 0,
    ...(outputBytes !== null && { output_bytes: outputBytes }),
    ...(parameters.length > 0 && { parameters: Object.fromEntries(parameters) }),
    ...(values.team.trim() !== "" && { team: values.team.trim() }),
  };
}

const SUGGESTED: readonly Unit[] = ["MB", "GB", "TB"];

/** The decimal unit that brings a far too large or small amount among the past runs; null when the unit fits or none does. */
export function likelierUnit(amount: string, unit: Unit, range: readonly [number, number]): Unit | null {
  const [low, high] = range;
  const isWithin = (bytes: number, slack: number) => bytes >= low / slack && bytes <= high * slack;
  const bytes = toBytes(amount, unit);
  if (!bytes || isWithin(bytes, 2)) return null;
  return SUGGESTED.find((other) => isWithin(toBytes(inUnit(amount, other), other) ?? 0, 1)) ?? null;
}

/** What was asked, whole: on paper there is no form beside it. */
export function describeQuestion({ workflow_name, input_bytes, output_bytes, parameters, team }: PredictionRequest): string {
  const output = output_bytes == null ? [] : [`${size(output_bytes)} out`];
  const others = Object.entries(parameters ?? {}).map(([name, value]) => `${label(name).toLowerCase()} ${value}`);
  return [workflow_name, `${size(input_bytes)} in`, ...output, ...others, ...(team ? [`paid by ${team}`] : [])].join(", ");
}
