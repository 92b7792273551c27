import type { PredictionsQuery } from "@/api/client";
import { startOf } from "@/days";

/** What the address says about which predictions to list. */
export interface Filters {
  workflow: string | null;
  team: string | null;
  /** Only what the reader asked. */
  mine: boolean;
  /** Days in UTC, both included. */
  from: string;
  to: string;
}

export const CHOICES = { all: "All", mine: "Mine", workflow: "Of one workflow", team: "For one team" } as const;
export type Choice = keyof typeof CHOICES;

export function readFilters(query: URLSearchParams): Filters {
  return {
    workflow: query.get("workflow"),
    team: query.get("team"),
    mine: query.get("mine") === "true",
    from: query.get("from") ?? "",
    to: query.get("to") ?? "",
  };
}

export function choiceOf({ workflow, team, mine }: Filters): Choice {
  if (mine) return "mine";
  if (workflow !== null) return "workflow";
  return team === null ? "all" : "team";
}

/** What is wrong with the filters, in a sentence; null when nothing is. */
export function filterProblem({ workflow, team, mine, from, to }: Filters): string | null {
  if ([workflow !== null, team !== null, mine].filter(Boolean).length > 1) return "Only one of workflow, team and mine can be asked for at a time";
  if (from !== "" && to !== "" && from > to) return "The first day must not be after the last";
  return null;
}

/** The query of a request for the first page. */
export function toQuery({ workflow, team, mine, from, to }: Filters): PredictionsQuery {
  const first = startOf(from, 0);
  const end = startOf(to, 1);
  return {
    ...(workflow !== null && { workflow_name: workflow }),
    ...(team !== null && { team: team.trim() }),
    ...(mine && { person: "me" }),
    ...(first !== null && { asked_from: first }),
    ...(end !== null && { asked_before: end }),
  };
}
