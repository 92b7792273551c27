import type { ParameterProfile, ParameterValue, PredictionRequest } from "@/api/client";
import { UNITS, type Unit } from "@/format";

/** The form as typed, which is also what a shared address holds. Nothing is ever rewritten, however wrong it is. */
export interface FormValues {
  workflow: string;
  input: string;
  inputUnit: Unit;
  output: string;
  outputUnit: Unit;
  budget: string;
  /** By parameter name as `fieldKey` writes it; empty text for "not given". */
  parameters: Record<string, string>;
}

export const EMPTY: FormValues = { workflow: "", input: "", inputUnit: "GB", output: "", outputUnit: "GB", budget: "", parameters: {} };

/** The form library reads a dot in a field name as a path, and no parameter name holds a slash. */
export const fieldKey = (parameter: string) => parameter.replaceAll(".", "/");
const parameterName = (key: string) => key.replaceAll("/", ".");

const PARAMETER_PREFIX = "p.";

const toUnit = (text: string | null): Unit => (text !== null && Object.hasOwn(UNITS, text) ? (text as Unit) : "GB");

/** Read the form from an address such as `?workflow=rnaseq-quant&input=120&iu=GB&p.paired=true`. */
export function fromSearch(search: string): FormValues {
  const query = new URLSearchParams(search);
  const parameters = [...query]
    .filter(([key, value]) => key.startsWith(PARAMETER_PREFIX) && value !== "")
    .map(([key, value]) => [fieldKey(key.slice(PARAMETER_PREFIX.length)), value]);
  return {
    workflow: query.get("workflow") ?? "",
    input: query.get("input") ?? "",
    inputUnit: toUnit(query.get("iu")),
    output: query.get("output") ?? "",
    outputUnit: toUnit(query.get("ou")),
    budget: query.get("budget") ?? "",
    parameters: Object.fromEntries(parameters),
  };
}

/** Write the form as the query part of an address, without what is empty. */
export function toSearch(values: FormValues): string {
  const query = new URLSearchParams();
  const put = (key: string, value: string) => value !== "" && query.set(key, value);
  put("workflow", values.workflow);
  if (values.input) {
    put("input", values.input);
    put("iu", values.inputUnit);
  }
  if (values.output) {
    put("output", values.output);
    put("ou", values.outputUnit);
  }
  put("budget", values.budget);
  for (const [key, value] of Object.entries(values.parameters)) put(PARAMETER_PREFIX + parameterName(key), value);
  return query.toString();
}

/** Bytes of a valid amount; null when it is empty or not a number. */
export function toBytes(amount: string, unit: Unit): number | null {
  const number = amount.trim() === "" ? Number.NaN : Number(amount);
  return Number.isFinite(number) ? Math.round(number * UNITS[unit]) : null;
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
  };
}

const isWithin = (bytes: number, [low, high]: readonly [number, number]) => bytes >= low / 2 && bytes <= high * 2;

/** The unit that brings a far too large or small amount among the past runs; null when the unit fits or none does. */
export function likelierUnit(amount: string, unit: Unit, range: readonly [number, number]): Unit | null {
  const bytes = toBytes(amount, unit);
  if (!bytes || isWithin(bytes, range)) return null;
  const fitting = Object.keys(UNITS).filter((other) => isWithin(toBytes(amount, other as Unit) ?? 0, range));
  return (fitting[0] as Unit | undefined) ?? null;
}
