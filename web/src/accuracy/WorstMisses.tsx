import type { EvaluatedRun } from "@/api/client";
import { Body } from "@/components/SortableTable";
import { Table } from "@/components/Table";
import { COLUMNS } from "./PredictedAndActual";

/** The runs that were predicted worst, to look at what was special about them. */
export function WorstMisses({ runs }: { runs: readonly EvaluatedRun[] }) {
  if (runs.length === 0) return null;
  return (
    <section className="figure" aria-labelledby="misses-title">
      <h3 id="misses-title">Worst misses</h3>
      <Table label="Worst misses">
        <thead>
          <tr>
            {COLUMNS.map(({ key, title, className }) => (
              <th key={key} scope="col" className={className}>
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <Body columns={COLUMNS} rows={runs} rowKey={({ run_id }) => run_id} />
      </Table>
    </section>
  );
}
