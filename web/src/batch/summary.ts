import { counted } from "@/format";
import type { BatchRow } from "./rows";

/** The predictions that the rows were kept with: one for each request that was sent. The id of a row is its batch's, a point and a number. */
export const keptAs = (rows: readonly BatchRow[]): string[] => [...new Set(rows.flatMap(({ prediction }) => prediction?.prediction_id.split(".")[0] ?? []))];

/** What the rows' warnings come to: those of one kind in one sentence that says how many runs they concern. */
export function commonWarnings(rows: readonly BatchRow[]): string[] {
  const predictions = rows.flatMap(({ prediction }) => prediction ?? []);
  const beyond = predictions.filter(({ extrapolated, beyond_evidence }) => extrapolated && !beyond_evidence).length;
  const untold = predictions.filter(({ beyond_evidence }) => beyond_evidence).length;
  const others = new Map<string, number>();
  for (const { workflow_name, warnings } of predictions) {
    for (const { code, message } of warnings) {
      if (code === "outside_training_range") continue;
      const text = code === "estimated_costs" ? message : `${workflow_name}: ${message}`;
      others.set(text, (others.get(text) ?? 0) + 1);
    }
  }
  return [
    ...(untold > 0 ? [`${counted(untold, "run")} ${untold === 1 ? "is" : "are"} not in the total: past runs cannot tell what ${untold === 1 ? "it" : "they"} will cost.`] : []),
    ...(beyond > 0 ? [`${counted(beyond, "run")} beyond the sizes of past runs: a rough guide, marked in the table.`] : []),
    ...[...others].map(([message, runs]) => (runs === predictions.length ? message : `${message} (${counted(runs, "run")})`)),
  ];
}
