import * as z from "zod/mini";
import { MAX_BYTES, MAX_COST_USD, MAX_TEAM_LENGTH } from "@/api/bounds";
import type { WorkflowSummary } from "@/api/client";
import { fieldKey, readAmount, toBudget, type FormValues } from "./question";
import { UNITS, type Unit } from "@/format";

const NUMBER = /^-?(\d+\.?\d*|\.\d+)$/;

/** What is wrong with a size, in the words that the form shows; null when nothing is. */
export function sizeProblem(field: string, amount: string, unit: Unit): string | null {
  const read = readAmount(amount, unit);
  if (/^\s*-[\d.]/.test(amount)) return `${field} must be more than 0`;
  if ("advice" in read) return read.advice.startsWith("write a number") ? `${field} must be a number, like 120 or 1.5 TB` : sentence(read.advice);
  if (read.bytes <= 0) return `${field} must be more than 0`;
  if (read.bytes <= MAX_BYTES) return null;
  const inBytes = /^\d+$/.test(amount.trim()) && Number(amount) <= MAX_BYTES ? `; if it is in bytes, write ${amount.trim()} B` : "";
  return `${field} must be at most 100,000 TB${inBytes}`;
}

const sentence = (advice: string) => advice.replace(/^./, (first) => first.toUpperCase());

const inputProblem = ({ input, inputUnit }: FormValues) =>
  input.trim() === "" ? "Enter the input dataset size" : sizeProblem("Input dataset size", input, inputUnit);

const outputProblem = ({ output, outputUnit }: FormValues) =>
  output.trim() === "" ? null : sizeProblem("Expected output size", output, outputUnit);

/** What is wrong with an optional amount of dollars; null when nothing is. */
export function budgetProblem(budget: string): string | null {
  if (budget.trim() === "") return null;
  const usd = NUMBER.test(budget.trim().replace(/^\$\s*/, "")) ? toBudget(budget) : null;
  return usd !== null && usd > 0 && usd <= MAX_COST_USD ? null : "Budget must be an amount in dollars, like 50";
}

/** What is wrong with an optional team; null when nothing is. */
export const teamProblem = (team: string) =>
  team.trim().length > MAX_TEAM_LENGTH || /\p{Cc}/u.test(team) ? `Team must be one line of at most ${MAX_TEAM_LENGTH} characters` : null;

function parameterProblems(values: FormValues, workflow: WorkflowSummary | undefined): [string, string][] {
  return (workflow?.parameters ?? [])
    .filter(({ kind }) => kind === "number")
    .map(({ name }): [string, string] => [name, values.parameters[fieldKey(name)]?.trim() ?? ""])
    .filter(([, text]) => text !== "" && !NUMBER.test(text))
    .map(([name]) => [name, `${name} must be a number`]);
}

const unit = z.enum(Object.keys(UNITS) as [Unit, ...Unit[]]);
const values = z.object({
  workflow: z.string(),
  input: z.string(),
  inputUnit: unit,
  output: z.string(),
  outputUnit: unit,
  budget: z.string(),
  team: z.string(),
  parameters: z.record(z.string(), z.string()),
});

/** The form's rules, given the workflows that exist. One message a field, in the order of the form. */
export function formSchema(workflows: readonly WorkflowSummary[]) {
  return values.check((context) => {
    const form = context.value;
    const workflow = workflows.find(({ workflow_name }) => workflow_name === form.workflow);
    const report = (path: string[], message: string | null) => {
      if (message !== null) context.issues.push({ code: "custom", input: form, path, message });
    };
    report(["workflow"], form.workflow.trim() === "" ? "Select a workflow" : null);
    report(["input"], inputProblem(form));
    report(["output"], outputProblem(form));
    report(["budget"], budgetProblem(form.budget));
    report(["team"], teamProblem(form.team));
    for (const [name, message] of parameterProblems(form, workflow)) report(["parameters", fieldKey(name)], message);
  });
}
