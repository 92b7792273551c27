import { useState } from "react";
import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "wouter";
import { MAX_TEAM_LENGTH } from "@/api/bounds";
import type { PredictionSummary, WorkflowSummary } from "@/api/client";
import { useApi, useWorkflows } from "@/api/queries";
import { ErrorNotice } from "@/components/ErrorNotice";
import { Export } from "@/components/Export";
import { describedBy, Field } from "@/components/Field";
import { Loading } from "@/components/Loading";
import { useTitle } from "@/components/hooks";
import { useQueryState } from "@/components/useQueryState";
import { WorkflowPicker } from "@/components/WorkflowPicker";
import { counted } from "@/format";
import { listCsv } from "./export";
import { CHOICES, choiceOf, filterProblem, readFilters, toQuery, type Choice, type Filters } from "./filters";
import { OnePrediction } from "./OnePrediction";
import { PredictionsTable } from "./PredictionsTable";
import "./predictions.css";

/** What was asked and answered, as it was then: a list, or one of them. */
export default function PredictionsPage() {
  const [query] = useQueryState();
  const id = query.get("prediction");
  return (
    <div className="page">
      <h1>Predictions</h1>
      {id === null ? <Kept /> : <OnePrediction key={id} id={id} />}
    </div>
  );
}

function Kept() {
  useTitle("Predictions");
  const [query, write] = useQueryState();
  const workflows = useWorkflows();
  const filters = readFilters(query);
  const problem = filterProblem(filters);
  /** "For one team" is chosen, and no team is named yet. */
  const [naming, setNaming] = useState(false);
  const choice = naming ? "team" : choiceOf(filters);
  const choose = (next: Choice) => {
    setNaming(next === "team");
    write({ mine: next === "mine" ? "true" : null, team: null, workflow: next === "workflow" ? (workflows.data?.[0]?.workflow_name ?? null) : null });
  };
  const nameTeam = (team: string) => {
    setNaming(team === "");
    write({ team });
  };
  return (
    <section className="card stack" aria-labelledby="kept-title">
      <h2 id="kept-title">Asked and answered</h2>
      <FilterFields workflows={workflows.data ?? []} filters={filters} choice={choice} problem={problem} onChoose={choose} onTeam={nameTeam} onChange={write} />
      {problem === null && naming && <p role="status">Enter the team whose predictions to list.</p>}
      {problem === null && !naming && <List key={JSON.stringify(filters)} filters={filters} />}
    </section>
  );
}

interface FilterFieldsProps {
  workflows: readonly WorkflowSummary[];
  filters: Filters;
  choice: Choice;
  problem: string | null;
  onChoose: (choice: Choice) => void;
  onTeam: (team: string) => void;
  onChange: (changes: Record<string, string | null>) => void;
}

function FilterFields({ workflows, filters, choice, problem, onChoose, onTeam, onChange }: FilterFieldsProps) {
  const wrongDays = problem !== null && problem.includes("day") ? problem : undefined;
  const wrongChoice = problem !== null && wrongDays === undefined ? problem : undefined;
  return (
    <form className="kept-filters" aria-label="Filters" onSubmit={(event) => event.preventDefault()}>
      <Field id="kept-choice" label="Show" error={wrongChoice}>
        <select id="kept-choice" value={choice} aria-invalid={wrongChoice !== undefined} aria-describedby={describedBy("kept-choice", false, wrongChoice)} onChange={({ target }) => onChoose(target.value as Choice)}>
          {Object.entries(CHOICES)
            .filter(([key]) => key !== "workflow" || choice === "workflow" || workflows.length > 0)
            .map(([key, name]) => (
              <option key={key} value={key}>
                {name}
              </option>
            ))}
        </select>
      </Field>
      {choice === "workflow" && <WorkflowPicker workflows={workflows} value={filters.workflow ?? ""} onChange={(workflow) => onChange({ workflow })} />}
      {choice === "team" && <TeamField key={filters.team} team={filters.team ?? ""} onTeam={onTeam} />}
      <Field id="kept-from" label="Asked from" error={wrongDays}>
        <input id="kept-from" type="date" value={filters.from} aria-invalid={wrongDays !== undefined} aria-describedby={describedBy("kept-from", false, wrongDays)} onChange={({ target }) => onChange({ from: target.value })} />
      </Field>
      <Field id="kept-to" label="Asked until">
        <input id="kept-to" type="date" value={filters.to} onChange={({ target }) => onChange({ to: target.value })} />
      </Field>
    </form>
  );
}

/** A team's name is taken on Enter, and when the field is left. */
function TeamField({ team, onTeam }: { team: string; onTeam: (team: string) => void }) {
  const [text, setText] = useState(team);
  const take = () => text.trim() !== team && onTeam(text.trim());
  return (
    <Field id="kept-team" label="Team">
      <input
        id="kept-team"
        autoComplete="off"
        spellCheck={false}
        maxLength={MAX_TEAM_LENGTH}
        value={text}
        onChange={({ target }) => setText(target.value)}
        onKeyDown={({ key }) => key === "Enter" && take()}
        onBlur={take}
      />
    </Field>
  );
}

function List({ filters }: { filters: Filters }) {
  const api = useApi();
  const client = useQueryClient();
  const query = toQuery(filters);
  const key = ["predictions", query];
  const pages = useInfiniteQuery({
    queryKey: key,
    queryFn: ({ pageParam, signal }) => api.listPredictions({ ...query, ...(pageParam !== null && { cursor: pageParam }) }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: ({ next_cursor }) => next_cursor,
    // Each estimate adds to it.
    staleTime: 0,
  });
  if (pages.isPending) return <Loading label="Loading predictions" problem={pages.failureReason} />;
  if (pages.error && !pages.data) return <ErrorNotice problem={pages.error} onRetry={() => void client.resetQueries({ queryKey: key })} />;
  const found = pages.data?.pages.flatMap(({ predictions }) => predictions) ?? [];
  const filtered = Object.keys(query).length > 0;
  return (
    <>
      {found.length > 0 && <PredictionsTable predictions={found} />}
      {pages.error && <ErrorNotice problem={pages.error} onRetry={() => void pages.fetchNextPage()} />}
      <div className="more">
        <p role="status">{told(found, pages.hasNextPage, filtered)}</p>
        {found.length === 0 && !pages.hasNextPage && !filtered && <Link href="/">Estimate a run</Link>}
        {pages.hasNextPage && (
          <button type="button" className="secondary" aria-disabled={pages.isFetchingNextPage} onClick={() => !pages.isFetchingNextPage && void pages.fetchNextPage()}>
            {pages.isFetchingNextPage ? "Loading…" : found.length === 0 ? "Look further back" : "Show more"}
          </button>
        )}
        {found.length > 0 && <Export name="predictions" csv={() => listCsv(found)} json={() => JSON.stringify(found, null, 2)} />}
      </div>
    </>
  );
}

function told(found: readonly PredictionSummary[], more: boolean, filtered: boolean): string {
  if (found.length > 0) return `${counted(found.length, "prediction")}, latest first${more ? "" : filtered ? ": all that match" : ": all there are"}`;
  if (more) return "None among the latest.";
  return filtered ? "No prediction matches these filters." : "No prediction is kept yet. Every estimate and every batch is, from now on.";
}
