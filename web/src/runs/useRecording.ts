import { skipToken, useQuery, useQueryClient } from "@tanstack/react-query";
import type { Api } from "@/api/client";
import { record, type Recorded } from "./record";
import type { RunsFile } from "./rows";

/** A file whose runs are being recorded, or were. It goes on, and is told, though one looks at other pages meanwhile. */
export interface Recording {
  name: string;
  file: RunsFile;
  recorded: Recorded | null;
  done: boolean;
}

const KEY = ["recording"] as const;
/** What looks different once there are new runs. */
const CHANGED = ["workflows", "workflow", "runs", "budgets"];

export function useRecording(api: Api) {
  const client = useQueryClient();
  const { data } = useQuery<Recording>({ queryKey: KEY, queryFn: skipToken, staleTime: Number.POSITIVE_INFINITY, gcTime: Number.POSITIVE_INFINITY });
  const send = async (name: string, file: RunsFile) => {
    const put = (recorded: Recorded | null, done = false) => client.setQueryData<Recording>(KEY, { name, file, recorded, done });
    put(null);
    const recorded = await record(api, file.rows, put, new AbortController().signal);
    put(recorded, true);
    if (recorded.accepted + recorded.held > 0) for (const key of CHANGED) void client.invalidateQueries({ queryKey: [key] });
  };
  return { recording: data ?? null, send };
}
