import type { Api, RunsResponse } from "@/api/client";
import { MAX_BATCH, MAX_BATCH_BODY_BYTES } from "@/api/bounds";
import { patiently } from "@/api/patience";
import type { RowProblem } from "@/components/RowProblems";
import type { RunRow } from "./rows";

/** With room for the brackets around. */
const MOST_BYTES = MAX_BATCH_BODY_BYTES - 100_000;

export interface Recorded {
  accepted: number;
  unchanged: number;
  /** Bills too far from their estimates to be taken by themselves. */
  held: number;
  problems: readonly RowProblem[];
  /** How many rows the service has answered for so far. */
  sent: number;
  failure: Error | null;
}

/** Send rows in as many requests as they need. What a failure leaves unsent can be sent again with all the others. */
export async function record(api: Api, rows: readonly RunRow[], report: (so: Recorded) => void, signal: AbortSignal): Promise<Recorded> {
  let so: Recorded = { accepted: 0, unchanged: 0, held: 0, problems: [], sent: 0, failure: null };
  try {
    for (const some of inRequests(rows)) {
      so = withAnswer(so, some, await patiently(() => api.recordRuns(some.map(({ run }) => run), signal), signal));
      report(so);
    }
  } catch (problem) {
    return { ...so, failure: problem as Error };
  }
  return so;
}

function withAnswer(so: Recorded, some: readonly RunRow[], { accepted, unchanged, rejected, held = [] }: RunsResponse): Recorded {
  const problems = rejected.map(({ index, run_id, message }) => ({ line: some[index]?.line ?? null, label: some[index]?.label ?? run_id ?? "", message }));
  return { ...so, accepted: so.accepted + accepted, unchanged: so.unchanged + unchanged, held: so.held + held.length, problems: [...so.problems, ...problems], sent: so.sent + some.length };
}

export function inRequests(rows: readonly RunRow[]): RunRow[][] {
  const requests: RunRow[][] = [];
  let bytes = 0;
  for (const row of rows) {
    const size = new Blob([JSON.stringify(row.run)]).size + 1;
    const last = requests.at(-1);
    if (last && last.length < MAX_BATCH && bytes + size <= MOST_BYTES) {
      last.push(row);
      bytes += size;
    } else {
      requests.push([row]);
      bytes = size;
    }
  }
  return requests;
}
