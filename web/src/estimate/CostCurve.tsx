import { useId, useState } from "react";
import type { Interval, Prediction, WorkflowDetail } from "@/api/client";
import { useWorkflow } from "@/api/queries";
import { bandPath, linePath, logScale, positiveExtent, type Scale } from "@/charts/scale";
import { logMoneyTicks, logTicks } from "@/charts/ticks";
import { ErrorNotice } from "@/components/ErrorNotice";
import { Loading } from "@/components/Loading";
import { Table } from "@/components/Table";
import { useWidth } from "@/components/hooks";
import { aboutMoney, inTen, money, moneyRange, size, SMALLEST_SHOWN_USD, tickMoney } from "@/format";

interface CostCurveProps {
  prediction: Prediction;
  inputBytes: number;
  interval: Interval;
}

/** What a typical run of each size costs, the past runs, and the run asked about among them. */
export function CostCurve({ prediction, inputBytes, interval }: CostCurveProps) {
  const detail = useWorkflow(prediction.workflow_name);
  const [asTable, setAsTable] = useState(false);
  const content = useId();
  if (detail.isPending) return <Loading label="Loading the cost curve" problem={detail.failureReason} />;
  if (detail.error) return <ErrorNotice problem={detail.error} onRetry={() => void detail.refetch()} />;
  const curve = readCurve(detail.data, interval.coverage);
  const you: You = { bytes: inputBytes, usd: prediction.cost_usd, interval };
  if (curve.points.length === 0 && curve.runs.length === 0) return null;
  return (
    <section className="curve" aria-labelledby="curve-title">
      <div className="section-head">
        <h3 id="curve-title">Cost by input size</h3>
        <button type="button" className="link" aria-expanded={asTable} aria-controls={content} onClick={() => setAsTable(!asTable)}>
          {asTable ? "View as chart" : "View as table"}
        </button>
      </div>
      <div id={content}>{asTable ? <CurveTable curve={curve} coverage={interval.coverage} /> : <CurveChart curve={curve} you={you} />}</div>
    </section>
  );
}

interface Point {
  bytes: number;
  usd: number;
  low: number;
  high: number;
  extrapolated: boolean;
}
interface Curve {
  points: Point[];
  runs: { id: string; bytes: number; usd: number }[];
}
interface You {
  bytes: number;
  usd: number;
  interval: Interval;
}

function readCurve(detail: WorkflowDetail, coverage: number): Curve {
  const points = detail.curve.map((point) => {
    const interval = point.intervals.find((one) => one.coverage === coverage);
    return {
      bytes: point.input_bytes,
      usd: point.cost_usd,
      low: interval?.low_usd ?? point.cost_usd,
      high: interval?.high_usd ?? point.cost_usd,
      extrapolated: point.extrapolated,
    };
  });
  const runs = detail.recent_runs
    .filter(({ status }) => status === "SUCCEEDED")
    .map(({ run_id, input_bytes, cost_usd }) => ({ id: run_id, bytes: input_bytes, usd: cost_usd }));
  // A logarithmic axis has no place for zero.
  return { points: points.filter(({ low }) => low > 0), runs: runs.filter(({ usd }) => usd > 0) };
}

function CurveChart({ curve, you }: { curve: Curve; you: You }) {
  const [frame, width] = useWidth<HTMLDivElement>();
  return (
    <>
      <div ref={frame} className="chart">
        {width > 0 && <CurveDrawing curve={curve} you={you} width={width} />}
      </div>
      <ul className="legend">
        <li className="key-you">This run</li>
        <li className="key-line">Typical run</li>
        <li className="key-band">{inTen(you.interval.coverage)} runs</li>
        {curve.points.some(({ extrapolated }) => extrapolated) && <li className="key-beyond">Beyond past runs</li>}
        {curve.runs.length > 0 && <li className="key-run">Past run</li>}
      </ul>
    </>
  );
}

const MARGIN = { top: 24, right: 14, bottom: 44 };
const CHARACTER = 7.9;

function CurveDrawing({ curve, you, width }: { curve: Curve; you: You; width: number }) {
  const height = Math.round(Math.min(340, Math.max(240, width * 0.56)));
  const right = width - MARGIN.right;
  const floor = height - MARGIN.bottom;
  const y = logScale(
    positiveExtent([you.usd, you.interval.low_usd, you.interval.high_usd, ...curve.points.flatMap(({ low, high }) => [low, high]), ...curve.runs.map(({ usd }) => usd)], SMALLEST_SHOWN_USD),
    [floor - 8, MARGIN.top + 4],
  );
  const yTicks = ticksOf(y, Math.floor(height / 44), logMoneyTicks);
  const yLabels = tickMoney(yTicks);
  const left = 12 + CHARACTER * Math.max(0, ...yLabels.map(({ length }) => length));
  const x = logScale(positiveExtent([you.bytes, ...curve.points.map(({ bytes }) => bytes), ...curve.runs.map(({ bytes }) => bytes)]), [left + 8, right - 8]);
  const along = (points: readonly Point[], usd: (point: Point) => number) => points.map((point) => [x(point.bytes), y(usd(point))] as const);
  return (
    <svg width={width} height={height} viewBox={`0 0 ${width} ${height}`} role="img" aria-label={describe(curve, you)}>
      {yTicks.map((tick, index) => (
        <g key={tick}>
          <line className="grid" x1={left} x2={right} y1={y(tick)} y2={y(tick)} />
          <text className="tick" x={left - 8} y={y(tick)} dy="0.32em" textAnchor="end">{yLabels[index]}</text>
        </g>
      ))}
      {ticksOf(x, Math.floor(width / 84)).map((tick) => (
        <text key={tick} className="tick" x={x(tick)} y={floor + 18} textAnchor="middle">{size(tick)}</text>
      ))}
      <line className="axis" x1={left} x2={right} y1={floor} y2={floor} />
      <text className="axis-title" x={0} y={12}>Cost</text>
      <text className="axis-title" x={right} y={height - 6} textAnchor="end">Input size</text>
      <path className="band" d={bandPath(along(curve.points, ({ low }) => low), along(curve.points, ({ high }) => high))} />
      {curve.runs.map((run) => (
        <circle key={run.id} className="past-run" cx={x(run.bytes)} cy={y(run.usd)} r={3} />
      ))}
      {stretches(curve.points).map((points, index) => (
        <path key={index} className={points.at(-1)?.extrapolated || points[0]?.extrapolated ? "trend beyond" : "trend"} d={linePath(along(points, ({ usd }) => usd))} />
      ))}
      <g className="you">
        <line x1={x(you.bytes)} x2={x(you.bytes)} y1={y(you.interval.low_usd)} y2={y(you.interval.high_usd)} />
        <circle cx={x(you.bytes)} cy={y(you.usd)} r={6} />
      </g>
    </svg>
  );
}

const ticksOf = ({ domain }: Scale, most: number, choose = logTicks) => choose(...domain, Math.max(2, most));

/** The line cut where it leaves the range of past runs; neighbours share the point where they meet. */
function stretches(points: readonly Point[]): Point[][] {
  const parts: Point[][] = [];
  points.forEach((point, index) => {
    const before = points[index - 1];
    if (!before) return;
    const beyond = point.extrapolated || before.extrapolated;
    const part = parts.at(-1);
    const partBeyond = part?.some(({ extrapolated }) => extrapolated);
    if (part && partBeyond === beyond) part.push(point);
    else parts.push([before, point]);
  });
  return parts;
}

function describe({ points, runs }: Curve, you: You): string {
  const [low, high] = moneyRange(you.interval.low_usd, you.interval.high_usd);
  const first = points[0];
  const last = points.at(-1);
  const trend = first && last ? `A typical run costs from ${money(first.usd)} at ${size(first.bytes)} to ${money(last.usd)} at ${size(last.bytes)}. ` : "";
  return `Cost against input size, both on logarithmic axes, with ${runs.length} past runs. ${trend}This run reads ${size(you.bytes)}: ${aboutMoney(you.usd).toLowerCase()}, between ${low} and ${high}.`;
}

function CurveTable({ curve, coverage }: { curve: Curve; coverage: number }) {
  return (
    <Table label="Cost of a typical run by input size">
      <thead>
        <tr>
          <th scope="col">Input size</th>
          <th scope="col" className="number">Typical cost</th>
          <th scope="col" className="number">{inTen(coverage)} runs</th>
        </tr>
      </thead>
      <tbody>
        {curve.points.map((point) => (
          <tr key={point.bytes}>
            <th scope="row">
              {size(point.bytes)}
              {point.extrapolated && <span className="note">beyond past runs</span>}
            </th>
            <td className="number">{money(point.usd)}</td>
            <td className="number">{moneyRange(point.low, point.high).join(" to ")}</td>
          </tr>
        ))}
      </tbody>
    </Table>
  );
}
