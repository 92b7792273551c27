import { SortableTable, type Column } from "@/components/SortableTable";
import { useQueryState } from "@/components/useQueryState";
import { exactMoney, inTen, money, moneyRange, size } from "@/format";
import type { BatchRow } from "./rows";

/** Each run that was answered, most expensive first. */
export function BatchTable({ rows, coverage }: { rows: readonly BatchRow[]; coverage: number }) {
  const [query, write] = useQueryState();
  const order = { key: query.get("sort") ?? "cost", descending: query.get("order") !== "ascending" };
  return (
    <SortableTable
      label="Runs of the batch"
      columns={columns(coverage)}
      rows={rows}
      rowKey={({ line }) => line}
      order={order}
      onOrder={({ key, descending }) => write({ sort: key === "cost" ? null : key, order: descending ? null : "ascending" })}
    />
  );
}

const columns = (coverage: number): Column<BatchRow>[] => [
  {
    key: "label",
    title: "Run",
    className: "name",
    value: ({ label }) => label,
    cell: ({ label, workflow }) => (
      <>
        {label}
        <span className="note narrow-only">{workflow}</span>
      </>
    ),
  },
  { key: "workflow", title: "Workflow", className: "name wide-only", value: ({ workflow }) => workflow, cell: ({ workflow }) => workflow },
  { key: "input", title: "Input", className: "number", value: ({ request }) => request?.input_bytes ?? null, cell: ({ request }) => (
      <>
        {size(request?.input_bytes ?? 0)}
        {request?.output_bytes != null && <span className="note narrow-only">{size(request.output_bytes)} out</span>}
      </>
    ) },
  {
    key: "output",
    title: "Output",
    className: "number spare",
    value: ({ request }) => request?.output_bytes ?? null,
    cell: ({ request }) => (request?.output_bytes == null ? "–" : size(request.output_bytes)),
  },
  { key: "cost", title: "Cost", className: "number", value: ({ prediction }) => (prediction && !prediction.beyond_evidence ? prediction.cost_usd : null), cell: (row) => <Cost row={row} coverage={coverage} /> },
  {
    key: "interval",
    title: `${inTen(coverage)} runs`,
    className: "number spare",
    cell: (row) => range(row, coverage),
  },
];

function range({ prediction }: BatchRow, coverage: number): string {
  const interval = prediction?.beyond_evidence ? undefined : prediction?.intervals.find((one) => one.coverage === coverage);
  return interval ? moneyRange(interval.low_usd, interval.high_usd).join(" to ") : "–";
}

function Cost({ row, coverage }: { row: BatchRow; coverage: number }) {
  const { prediction } = row;
  if (!prediction) return "–";
  if (prediction.beyond_evidence) return <span className="rough" title={prediction.beyond_evidence.advice}>past runs cannot tell</span>;
  return (
    <>
      <span title={exactMoney(prediction.cost_usd)}>{money(prediction.cost_usd)}</span>
      <span className="note narrow-only">{range(row, coverage)}</span>
      {prediction.extrapolated && <span className="note rough">rough guide</span>}
    </>
  );
}
