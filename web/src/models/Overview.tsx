import type { WorkflowSummary } from "@/api/client";
import { SortableTable, type Column } from "@/components/SortableTable";
import { useQueryState } from "@/components/useQueryState";
import { WorkflowLink } from "@/components/WorkflowLink";
import { count, counted, day, share } from "@/format";
import { isFarBelow } from "@/judgement";
import { learningTime } from "./words";

interface OverviewProps {
  workflows: readonly WorkflowSummary[];
  nextTraining: string | null;
}

/** The model of every workflow, with the way to its history. */
export function Overview({ workflows, nextTraining }: OverviewProps) {
  const [query, write] = useQueryState();
  return (
    <section className="card stack" aria-label="Models in service">
      {nextTraining && <p className="quiet">The schedule next retrains all workflows with new runs {learningTime(nextTraining)}.</p>}
      <SortableTable
        label="Models in service"
        columns={COLUMNS}
        rows={workflows}
        rowKey={({ workflow_name }) => workflow_name}
        order={{ key: query.get("sort") ?? "workflow", descending: query.get("order") === "descending" }}
        onOrder={({ key, descending }) => write({ sort: key, order: descending ? "descending" : null })}
      />
    </section>
  );
}

const COLUMNS: readonly Column<WorkflowSummary>[] = [
  {
    key: "workflow",
    title: "Workflow",
    className: "name",
    value: ({ workflow_name }) => workflow_name,
    cell: ({ workflow_name, succeeded_runs }) => (
      <>
        <WorkflowLink page="/models" name={workflow_name} />
        <span className="note">{counted(succeeded_runs, "successful run")}</span>
      </>
    ),
  },
  {
    key: "version",
    title: "Model",
    className: "short",
    value: ({ model_version }) => model_version,
    cell: ({ model_version, model_kind, model_runs, trained_at, last_retraining, new_runs }) => (
      <>
        {model_version === null ? (
          <span className="wraps">No model yet</span>
        ) : (
          <>
            version {model_version}
            {model_runs !== null && <span className="wide-only"> from {counted(model_runs, "run")}</span>}
            <span className="note">{model_kind === "guess" ? "median of past costs" : trained_at && day(trained_at)}</span>
            {model_runs !== null && <span className="note narrow-only">from {counted(model_runs, "run")}</span>}
          </>
        )}
        <span className="note narrow-only">{counted(new_runs, "new run")}</span>
        {last_retraining?.outcome === "failed" && <span className="note failing">latest retraining failed</span>}
      </>
    ),
  },
  { key: "error", title: "Median error", className: "number", value: ({ metrics }) => metrics?.median_ape ?? null, cell: ({ metrics }) => metrics ? (
      <>
        {share(metrics.median_ape)}
        <span className="note narrow-only">80 % interval held {share(metrics.coverage_80)}</span>
      </>
    ) : "–" },
  {
    key: "coverage",
    title: "80 % interval held",
    className: "number spare",
    value: ({ metrics }) => metrics?.coverage_80 ?? null,
    cell: ({ metrics, evaluated_runs }) =>
      metrics ? (
        <>
          {share(metrics.coverage_80)}
          {evaluated_runs != null && isFarBelow(0.8, metrics.coverage_80, evaluated_runs) && <span className="note failing">too seldom</span>}
        </>
      ) : (
        "–"
      ),
  },
  { key: "new", title: "New runs", className: "number spare", value: ({ new_runs }) => new_runs, cell: ({ new_runs }) => count(new_runs) },
];
