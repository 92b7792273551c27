import type { Api, BatchTotal } from "@/api/client";
import { MAX_BATCH } from "@/api/bounds";
import { patiently, pause } from "@/api/patience";
import type { BatchRow } from "./rows";
import { total } from "./total";

const MOST_ROUNDS = 12;
/** What passes by itself: a model that starts, a service that is busy. */
const PASSING = new Set<string>(["model_warming", "model_timeout", "too_many_requests", "unavailable"]);

export interface Progress {
  rows: readonly BatchRow[];
  /** Some models have to start first. */
  warming: boolean;
}
export interface Outcome {
  rows: readonly BatchRow[];
  total: BatchTotal;
  /** Why rows are left without an answer, if it was the service that could not answer. */
  failure: Error | null;
}

/**
 * Ask for all rows that have no prediction yet, 500 at a time; those whose model has to start are asked again until it
 * has. What was answered before a failure stays answered.
 */
export async function ask(api: Api, given: readonly BatchRow[], report: (progress: Progress) => void, signal: AbortSignal, team: string | null = null): Promise<Outcome> {
  let rows = given;
  let alone: BatchTotal | null = null;
  let requests = 0;
  const earlier = rows.some(({ prediction }) => prediction !== null);
  try {
    for (let round = 0; round < MOST_ROUNDS; round += 1) {
      if (round > 0) await pause(5000, signal);
      const open = rows.filter(isOpen);
      for (let start = 0; start < open.length; start += MAX_BATCH) {
        const some = open.slice(start, start + MAX_BATCH);
        const answer = await patiently(() => api.predictBatch(some.flatMap(({ request }) => request ?? []), signal, team), signal);
        requests += 1;
        alone = answer.total;
        const answered = new Map(some.map((row, index) => [row.line, withAnswer(row, answer.predictions[index])]));
        rows = rows.map((row) => answered.get(row.line) ?? row);
        report({ rows, warming: rows.some(isOpen) && round + 1 < MOST_ROUNDS });
      }
      if (!rows.some(({ passing }) => passing)) break;
    }
  } catch (problem) {
    if (signal.aborted) throw problem;
    return { rows, total: totalOf(rows), failure: problem as Error };
  }
  return { rows, total: alone && requests === 1 && !earlier ? alone : totalOf(rows), failure: null };
}

const isOpen = ({ request, prediction, problem, passing }: BatchRow) => request !== null && prediction === null && (problem === null || passing);

const totalOf = (rows: readonly BatchRow[]) => total(rows.flatMap(({ prediction }) => prediction ?? []));

type Answer = Awaited<ReturnType<Api["predictBatch"]>>;

function withAnswer(row: BatchRow, answer: Answer["predictions"][number] | undefined): BatchRow {
  if (!answer) return { ...row, problem: "The service left this row out.", passing: true };
  if ("error" in answer) return { ...row, problem: answer.message, passing: PASSING.has(answer.error) };
  return { ...row, prediction: answer, problem: null, passing: false };
}
