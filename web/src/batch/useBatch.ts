import { skipToken, useQuery, useQueryClient } from "@tanstack/react-query";
import type { Api, BatchTotal } from "@/api/client";
import { ask } from "./ask";
import type { BatchFile, BatchRow } from "./rows";

/** A file and what is known of it so far. It stays while one goes to other pages, until the tab is closed. */
export interface Batch {
  name: string;
  rows: readonly BatchRow[];
  notes: readonly string[];
  /** Who is to pay for all of them. */
  team: string | null;
  total: BatchTotal | null;
  asking: boolean;
  warming: boolean;
  failure: Error | null;
  /** Tells one round of asking from the next. */
  started: number;
}

export const BATCH_KEY = ["batch"] as const;

let running: AbortController | null = null;

export function useBatch(api: Api) {
  const client = useQueryClient();
  const { data } = useQuery<Batch>({ queryKey: BATCH_KEY, queryFn: skipToken, staleTime: Number.POSITIVE_INFINITY, gcTime: Number.POSITIVE_INFINITY });
  const batch = data ?? null;

  const run = async (begun: Batch) => {
    running?.abort(new Error("another file was chosen"));
    const mine = new AbortController();
    running = mine;
    const put = (change: Partial<Batch>) => client.setQueryData<Batch>(BATCH_KEY, (before) => ({ ...(before ?? begun), ...change }));
    client.setQueryData<Batch>(BATCH_KEY, begun);
    try {
      const outcome = await ask(api, begun.rows, put, mine.signal, begun.team);
      if (!mine.signal.aborted) put({ ...outcome, asking: false, warming: false });
    } catch (problem) {
      if (!mine.signal.aborted) put({ failure: problem as Error, asking: false, warming: false });
    }
  };
  const begin = (of: Pick<Batch, "name" | "rows" | "notes" | "team">) =>
    void run({ ...of, total: null, asking: true, warming: false, failure: null, started: Date.now() });
  return {
    batch,
    start: (name: string, team: string | null, file: BatchFile) => begin({ name, team, ...file }),
    /** Ask again for the rows that the service did not answer. */
    retry: () => batch && begin(batch),
  };
}
