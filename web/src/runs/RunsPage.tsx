import { useState } from "react";
import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import type { Run, WorkflowSummary } from "@/api/client";
import { useApi, useWorkflows } from "@/api/queries";
import { ErrorNotice } from "@/components/ErrorNotice";
import { Export } from "@/components/Export";
import { describedBy, Field } from "@/components/Field";
import { Loading } from "@/components/Loading";
import { MadeUp } from "@/components/MadeUp";
import { useTitle } from "@/components/hooks";
import { useQueryState } from "@/components/useQueryState";
import { WorkflowPicker } from "@/components/WorkflowPicker";
import { csvText } from "@/csv";
import { counted } from "@/format";
import { filterProblem, readFilters, STATUSES, toQuery, type Filters } from "./filters";
import { toCells, toRun } from "./export";
import { RecordRuns } from "./RecordRuns";
import { RunStory } from "./RunStory";
import { RunsTable } from "./RunsTable";
import "./runs.css";

/** The history that estimates are learned from, and the way to add to it. */
export default function RunsPage() {
  useTitle("Runs");
  const workflows = useWorkflows();
  return (
    <div className="page">
      <h1>Runs</h1>
      {workflows.isPending && <Loading label="Loading workflows" problem={workflows.failureReason} />}
      {workflows.error && <ErrorNotice problem={workflows.error} onRetry={() => void workflows.refetch()} />}
      {workflows.data && (
        <>
          <RecordRuns open={workflows.data.length === 0} workflows={workflows.data.map(({ workflow_name }) => workflow_name)} />
          {workflows.data.length > 0 && <History workflows={workflows.data} />}
        </>
      )}
    </div>
  );
}

function History({ workflows }: { workflows: readonly WorkflowSummary[] }) {
  const [query, write] = useQueryState();
  const filters = readFilters(query);
  const workflow = filters.workflow ?? workflows[0]?.workflow_name ?? "";
  const problem = filterProblem(filters);
  const run = query.get("run");
  return (
    <>
      {run !== null && <RunStory workflow={workflow} id={run} onClose={() => write({ run: null })} />}
      <section className="card stack" aria-labelledby="history-title">
        <h2 id="history-title">History</h2>
        <FilterFields workflows={workflows} workflow={workflow} filters={filters} problem={problem} onChange={write} />
        <MadeUp name={workflow} sentence />
        {problem === null && <RunsList key={JSON.stringify([workflow, filters])} workflow={workflow} filters={filters} addressOf={(id) => addressWith(query, { workflow, run: id })} />}
      </section>
    </>
  );
}

function addressWith(query: URLSearchParams, changes: Record<string, string>): string {
  return `/runs?${new URLSearchParams({ ...Object.fromEntries(query), ...changes }).toString()}`;
}

const WAITING = "waiting";

interface FilterFieldsProps {
  workflows: readonly WorkflowSummary[];
  workflow: string;
  filters: Filters;
  problem: string | null;
  onChange: (changes: Record<string, string | null>) => void;
}

function FilterFields({ workflows, workflow, filters, problem, onChange }: FilterFieldsProps) {
  const [tag, setTag] = useState(filters.tag);
  const wrongTag = problem !== null && problem.includes("tag") ? problem : undefined;
  const wrongDays = problem !== null && wrongTag === undefined ? problem : undefined;
  return (
    <form
      className="filters"
      aria-label="Filters"
      onSubmit={(event) => {
        event.preventDefault();
        onChange({ tag });
      }}
    >
      <WorkflowPicker workflows={workflows} value={workflow} onChange={(name) => onChange({ workflow: name, run: null })} />
      <Field id="runs-status" label="Status">
        <select id="runs-status" value={filters.held ? WAITING : (filters.status ?? "")} onChange={({ target: { value } }) => onChange(value === WAITING ? { status: null, held: "true" } : { status: value, held: null })}>
          <option value="">All</option>
          {Object.entries(STATUSES).map(([status, name]) => (
            <option key={status} value={status}>
              {name}
            </option>
          ))}
          <option value={WAITING}>A bill waits</option>
        </select>
      </Field>
      <Field id="runs-tag" label="Tag" error={wrongTag}>
        <input
          id="runs-tag"
          placeholder="team:genomics"
          autoComplete="off"
          spellCheck={false}
          value={tag}
          aria-invalid={wrongTag !== undefined}
          aria-describedby={describedBy("runs-tag", false, wrongTag)}
          onChange={({ target }) => setTag(target.value)}
          onBlur={() => tag !== filters.tag && onChange({ tag: tag.trim() })}
        />
      </Field>
      <Field id="runs-from" label="Completed from" error={wrongDays}>
        <input id="runs-from" type="date" value={filters.from} aria-invalid={wrongDays !== undefined} aria-describedby={describedBy("runs-from", false, wrongDays)} onChange={({ target }) => onChange({ from: target.value })} />
      </Field>
      <Field id="runs-to" label="Completed until">
        <input id="runs-to" type="date" value={filters.to} onChange={({ target }) => onChange({ to: target.value })} />
      </Field>
    </form>
  );
}

function RunsList({ workflow, filters, addressOf }: { workflow: string; filters: Filters; addressOf: (id: string) => string }) {
  const api = useApi();
  const client = useQueryClient();
  const query = toQuery(filters);
  const key = ["runs", workflow, query];
  const pages = useInfiniteQuery({
    queryKey: key,
    queryFn: ({ pageParam, signal }) => api.listRuns(workflow, { ...query, ...(pageParam !== null && { cursor: pageParam }) }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: ({ next_cursor }) => next_cursor,
  });
  const retry = () => void client.resetQueries({ queryKey: key });
  if (pages.isPending) return <Loading label="Loading runs" problem={pages.failureReason} />;
  if (pages.error && !pages.data) return <ErrorNotice problem={pages.error} onRetry={retry} />;
  const runs = pages.data?.pages.flatMap((page) => page.runs) ?? [];
  const filtered = Object.keys(query).length > 0;
  return (
    <>
      {runs.length > 0 && <RunsTable runs={runs} addressOf={addressOf} />}
      {pages.error && <ErrorNotice problem={pages.error} onRetry={() => void pages.fetchNextPage()} />}
      <div className="more">
        <p role="status">{told(runs, pages.hasNextPage, filtered)}</p>
        {pages.hasNextPage && (
          <button type="button" className="secondary" aria-disabled={pages.isFetchingNextPage} onClick={() => !pages.isFetchingNextPage && void pages.fetchNextPage()}>
            {pages.isFetchingNextPage ? "Loading…" : runs.length === 0 ? "Look further back" : "Show more"}
          </button>
        )}
        {runs.length > 0 && <Export name={`${workflow}-runs`} csv={() => csvText(runs.map(toCells))} json={() => JSON.stringify(runs.map(toRun), null, 2)} />}
      </div>
    </>
  );
}

function told(runs: readonly Run[], more: boolean, filtered: boolean): string {
  if (runs.length > 0) return `${counted(runs.length, "run")}, latest first${more ? "" : filtered ? ": all that match" : ": all there are"}`;
  if (more) return "No match among the latest runs.";
  return filtered ? "No run matches these filters." : "This workflow has no runs.";
}
