import { useState } from "react";
import type { EvaluatedRun } from "@/api/client";
import { SortableTable, type Order } from "@/components/SortableTable";
import { columns } from "./PredictedAndActual";

/** The runs that were predicted worst, by the factor between prediction and cost, to look at what was special about them. */
export function WorstMisses({ runs }: { runs: readonly EvaluatedRun[] }) {
  const [order, setOrder] = useState<Order>({ key: "off", descending: true });
  if (runs.length === 0) return null;
  return (
    <section className="figure" aria-labelledby="misses-title">
      <h3 id="misses-title">Worst misses</h3>
      <SortableTable label="Worst misses" columns={columns(runs)} rows={runs} rowKey={({ run_id }) => run_id} order={order} onOrder={setOrder} />
    </section>
  );
}
