import type { EvaluatedRun } from "@/api/client";
import { Figure } from "@/charts/Figure";
import { LogPlot, type Axis } from "@/charts/LogPlot";
import type { Scale } from "@/charts/scale";
import { logMoneyTicks } from "@/charts/ticks";
import { SortableTable, type Column, type Order } from "@/components/SortableTable";
import { alike, day, money, size, tickMoney } from "@/format";
import { useState } from "react";
import { costExtent, factorInWords, intervalOf, isOutside, offBy, rangeOf } from "./points";

/** Every evaluated run by what it cost and what was predicted; on the diagonal both are the same. */
export function PredictedAndActual({ points, outside }: { points: readonly EvaluatedRun[]; outside: number }) {
  return (
    <Figure
      title="Predicted and actual cost"
      chart={(width) => <Drawing points={points} outside={outside} width={width} />}
      legend={
        <ul className="legend">
          <li className="key-inside">Run within its 80 % interval</li>
          <li className="key-outside">Run outside of it</li>
          <li className="key-identity">Predicted as it came</li>
        </ul>
      }
      table={<PointsTable points={points} />}
    />
  );
}

function Drawing({ points, outside, width }: { points: readonly EvaluatedRun[]; outside: number; width: number }) {
  const domain = costExtent(points);
  const write = alike(points.map(({ cost_usd }) => cost_usd));
  const axis = (title: string): Axis => ({ title, domain, ticks: logMoneyTicks, labels: tickMoney });
  return (
    <LogPlot width={width} height={Math.round(Math.min(420, Math.max(260, width * 0.6)))} label={describe(points, outside, domain)} x={axis("Actual cost")} y={axis("Predicted cost")} of="runs" marks={(x, y) => points.map((run) => ({ x: x(run.cost_usd), y: clamped(y, domain)(run.predicted_usd), words: inWords(run, write) }))}>
      {(x, y) => (
        <>
          <line className="identity" x1={x(domain[0])} y1={y(domain[0])} x2={x(domain[1])} y2={y(domain[1])} />
          {points.map((run) => (
            <Point key={run.run_id} run={run} x={x(run.cost_usd)} y={clamped(y, domain)} />
          ))}
        </>
      )}
    </LogPlot>
  );
}

const clamped = (y: Scale, [low, high]: readonly [number, number]) => (usd: number) => Math.min(y(low), Math.max(y(high), y(usd)));

const inWords = (run: EvaluatedRun, write: (usd: number) => string) =>
  `${run.run_id}, ${day(run.completed_at)}, ${size(run.input_bytes)}: cost ${write(run.cost_usd)}, predicted ${money(run.predicted_usd)}, ${rangeOf(run)}`;

function Point({ run, x, y }: { run: EvaluatedRun; x: number; y: (usd: number) => number }) {
  const interval = intervalOf(run);
  return (
    <g className={isOutside(run) ? "evaluated outside" : "evaluated"}>
      {interval && <line x1={x} x2={x} y1={y(interval.low_usd)} y2={y(interval.high_usd)} />}
      <circle cx={x} cy={y(run.predicted_usd)} r={4} />
    </g>
  );
}

function describe(points: readonly EvaluatedRun[], outside: number, [low, high]: readonly [number, number]): string {
  return `Predicted against actual cost of ${points.length} runs, from ${money(low)} to ${money(high)}, both on logarithmic axes, with a diagonal on which both are the same. ${outside} of them lie outside of their 80 % interval.`;
}

function PointsTable({ points }: { points: readonly EvaluatedRun[] }) {
  const [order, setOrder] = useState<Order>({ key: "completed", descending: true });
  return <SortableTable label="Predicted and actual cost" columns={columns(points)} rows={points} rowKey={({ run_id }) => run_id} order={order} onOrder={setOrder} />;
}

export const columns = (runs: readonly EvaluatedRun[]): readonly Column<EvaluatedRun>[] => {
  const write = alike(runs.map(({ cost_usd }) => cost_usd));
  return [
    { key: "run", title: "Run", className: "name", value: ({ run_id }) => run_id, cell: ({ run_id, completed_at, input_bytes }) => (
        <>
          {run_id}
          <span className="note narrow-only">
            {day(completed_at)}, {size(input_bytes)}
          </span>
        </>
      ) },
    { key: "completed", title: "Completed", className: "wide-only", value: ({ completed_at }) => completed_at, cell: ({ completed_at }) => day(completed_at) },
    { key: "input", title: "Input", className: "number spare", value: ({ input_bytes }) => input_bytes, cell: ({ input_bytes }) => size(input_bytes) },
    { key: "predicted", title: "Predicted", className: "number wide-only", value: ({ predicted_usd }) => predicted_usd, cell: (run) => (
        <>
          {money(run.predicted_usd)}
          <span className="note">{rangeOf(run)}</span>
        </>
      ) },
    { key: "cost", title: "Cost", className: "number", value: ({ cost_usd }) => cost_usd, cell: (run) => (
        <>
          {write(run.cost_usd)}
          <span className="note narrow-only wraps">
            predicted {money(run.predicted_usd)}, {rangeOf(run)}
          </span>
        </>
      ) },
    { key: "off", title: "Off by", className: "number", value: offBy, cell: (run) => (
        <>
          {factorInWords(offBy(run))}
          <span className="note">{run.cost_usd > run.predicted_usd ? "cost more" : "cost less"}</span>
        </>
      ) },
  ];
};
