import type { RecordedRun, RunChange, RunCorrection } from "@/api/client";
import { exactMoney, recordedMoney } from "@/format";

export const KINDS: Record<RunChange["kind"], string> = {
  corrected: "Corrected",
  withdrawn: "Withdrawn",
  restored: "Taken back in",
  bill_accepted: "Bill accepted",
  bill_refused: "Bill refused",
};

/** Something that can be made of a run. */
export interface Choice {
  name: string;
  asksCost: boolean;
  correction: (usd: number) => Pick<RunCorrection, "values" | "withdrawn" | "bill">;
}

/** What can be made of a run, what waits for a decision first. */
export function choices(run: RecordedRun): Choice[] {
  const waiting = run.bill_waits ? (run.held_bills ?? []).filter(({ state }) => (state ?? "waiting") === "waiting") : [];
  const decide = (cost_usd: number, decision: "accept" | "refuse"): Choice => ({
    name: `${decision === "accept" ? "Accept" : "Refuse"} the bill of ${recordedMoney(cost_usd)}`,
    asksCost: false,
    correction: () => ({ bill: { cost_usd, decision } }),
  });
  const withdrawn = !(run.withdrawn ?? false);
  return [
    ...waiting.flatMap(({ cost_usd }) => [decide(cost_usd, "accept"), decide(cost_usd, "refuse")]),
    { name: "Correct the cost", asksCost: true, correction: (cost_usd) => ({ values: { cost_usd } }) },
    { name: withdrawn ? "Withdraw the run" : "Take the run back in", asksCost: false, correction: () => ({ withdrawn }) },
  ];
}

/** What counts for the run itself; the rest tells what became of it. */
const BESIDE = new Set(["version", "changes", "held_bills", "bill_waits", "withdrawn"]);

/** What a change changed, each value as it was and as it is. */
export function changed({ before, after }: RunChange): string[] {
  const written = (name: string, value: unknown) => {
    if (value == null) return "nothing";
    return typeof value === "number" && name.endsWith("_usd") ? exactMoney(value) : typeof value === "object" ? JSON.stringify(value) : String(value);
  };
  const values = (run: RecordedRun) => run as unknown as Record<string, unknown>;
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter((name) => !BESIDE.has(name));
  return names
    .map((name) => [name, written(name, values(before)[name]), written(name, values(after)[name])] as const)
    .filter(([, was, is]) => was !== is)
    .map(([name, was, is]) => `${name.replaceAll("_usd", "").replaceAll("_", " ")}: ${was} → ${is}`);
}
