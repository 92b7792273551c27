import type { WorkflowSummary } from "@/api/client";
import { SortableTable, type Column } from "@/components/SortableTable";
import { useQueryState } from "@/components/useQueryState";
import { WorkflowLink } from "@/components/WorkflowLink";
import { counted, share } from "@/format";

/** The error of every workflow's model, largest first. */
export function ByWorkflow({ workflows }: { workflows: readonly WorkflowSummary[] }) {
  const [query, write] = useQueryState();
  return (
    <section className="card stack" aria-labelledby="by-workflow-title">
      <h2 id="by-workflow-title">Error by workflow</h2>
      <p className="quiet">Measured on past runs that the models had not seen. Half of the estimates come closer than the median error.</p>
      <SortableTable
        label="Error by workflow"
        columns={COLUMNS}
        rows={workflows}
        rowKey={({ workflow_name }) => workflow_name}
        order={{ key: query.get("sort") ?? "error", descending: query.get("order") !== "ascending" }}
        onOrder={({ key, descending }) => write({ sort: key, order: descending ? null : "ascending" })}
      />
    </section>
  );
}

const metric = (key: string, title: string, read: (metrics: NonNullable<WorkflowSummary["metrics"]>) => number, spare = true): Column<WorkflowSummary> => ({
  key,
  title,
  className: spare ? "number spare" : "number",
  value: ({ metrics }) => metrics && read(metrics),
  cell: ({ metrics }) => (metrics ? share(read(metrics)) : "–"),
});

const COLUMNS: readonly Column<WorkflowSummary>[] = [
  {
    key: "workflow",
    title: "Workflow",
    className: "name",
    value: ({ workflow_name }) => workflow_name,
    cell: ({ workflow_name, model_runs, metrics }) => (
      <>
        <WorkflowLink page="/accuracy" name={workflow_name} />
        <span className="note">{model_runs === null ? "No model yet" : `learned from ${counted(model_runs, "run")}`}</span>
        {metrics && (
          <span className="note narrow-only">
            80 % interval held {share(metrics.coverage_80)}, 90 % {share(metrics.coverage_90)}; {share(metrics.width_80)} wide
          </span>
        )}
      </>
    ),
  },
  metric("error", "Median error", ({ median_ape }) => median_ape, false),
  metric("coverage80", "80 % interval held", ({ coverage_80 }) => coverage_80),
  metric("coverage90", "90 % interval held", ({ coverage_90 }) => coverage_90),
  metric("width", "Interval width", ({ width_80 }) => width_80),
];
