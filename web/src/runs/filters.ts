import type { Run, RunsQuery } from "@/api/client";
import { startOf } from "@/days";

export const STATUSES: Record<Run["status"], string> = { SUCCEEDED: "Succeeded", FAILED: "Failed", CANCELLED: "Cancelled" };

/** What the address says about which runs to show. */
export interface Filters {
  workflow: string | null;
  status: Run["status"] | null;
  /** Only runs with a bill that waits for a person. */
  held: boolean;
  tag: string;
  /** Days in UTC, both included. */
  from: string;
  to: string;
}

export function readFilters(query: URLSearchParams): Filters {
  const status = query.get("status");
  return {
    workflow: query.get("workflow"),
    status: status !== null && Object.hasOwn(STATUSES, status) ? (status as Run["status"]) : null,
    held: query.get("held") === "true",
    tag: query.get("tag") ?? "",
    from: query.get("from") ?? "",
    to: query.get("to") ?? "",
  };
}

/** What is wrong with the filters, in a sentence; null when nothing is. */
export function filterProblem({ tag, from, to }: Filters): string | null {
  if (tag !== "" && !/^[^:]+:/.test(tag)) return "Write a tag as its name and value, like team:genomics";
  if (from !== "" && to !== "" && from > to) return "The first day must not be after the last";
  return null;
}

/** The query of a request for the first page. */
export function toQuery({ status, held, tag, from, to }: Filters): RunsQuery {
  const first = startOf(from, 0);
  const end = startOf(to, 1);
  return {
    ...(status !== null && { status }),
    ...(held && { held }),
    ...(tag !== "" && { tag: [tag] }),
    ...(first !== null && { completed_from: first }),
    ...(end !== null && { completed_before: end }),
  };
}
