import type { Interval, Prediction, WorkflowDetail } from "@/api/client";
import { useWorkflow } from "@/api/queries";
import { Figure } from "@/charts/Figure";
import { LogPlot } from "@/charts/LogPlot";
import type { Mark } from "@/charts/Readable";
import { bandPath, linePath, positiveExtent } from "@/charts/scale";
import { logMoneyTicks, logTicks } from "@/charts/ticks";
import { ErrorNotice } from "@/components/ErrorNotice";
import { Loading } from "@/components/Loading";
import { Table } from "@/components/Table";
import { WorkflowLink } from "@/components/WorkflowLink";
import { aboutMoney, alike, counted, inTen, money, moneyRange, size, SMALLEST_DRAWN_USD, tickMoney } from "@/format";
import { useReach } from "./useReach";

interface CostCurveProps {
  prediction: Prediction;
  inputBytes: number;
  interval: Interval;
}

/** What a typical run of each size costs, the past runs, and the run asked about among them. */
export function CostCurve({ prediction, inputBytes, interval }: CostCurveProps) {
  const detail = useWorkflow(prediction.workflow_name);
  const reach = useReach(prediction.workflow_name, detail.data?.curve ?? [], prediction.beyond_evidence ? null : inputBytes);
  if (detail.isPending) return <Loading label="Loading the cost curve" problem={detail.failureReason} />;
  if (detail.error) return <ErrorNotice problem={detail.error} onRetry={() => void detail.refetch()} />;
  const curve = readCurve(detail.data, reach, interval.coverage);
  const you: You = { bytes: inputBytes, usd: prediction.cost_usd, interval, usable: !prediction.beyond_evidence };
  if (curve.points.length === 0 && curve.runs.length === 0) return null;
  return (
    <Figure
      className="curve"
      title="Cost by input size"
      chart={(width) => <CurveDrawing curve={curve} you={you} width={width} />}
      legend={<Legend curve={curve} you={you} />}
      table={<CurveTable name={prediction.workflow_name} curve={curve} you={you} />}
    />
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
  /** Whether the figure may be told; a run of which past runs cannot tell is not drawn among them. */
  usable: boolean;
}

function readCurve(detail: WorkflowDetail, reach: readonly WorkflowDetail["curve"][number][], coverage: number): Curve {
  const points = [...detail.curve, ...reach].toSorted((one, other) => one.input_bytes - other.input_bytes).map((point) => {
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

function Legend({ curve, you }: { curve: Curve; you: You }) {
  return (
    <ul className="legend">
      {you.usable && <li className="key-you">This run</li>}
      <li className="key-line">Typical run</li>
      <li className="key-band">{inTen(you.interval.coverage)} runs</li>
      {curve.points.some(({ extrapolated }) => extrapolated) && <li className="key-beyond">Beyond past runs</li>}
      {curve.runs.length > 0 && <li className="key-run">Past run</li>}
    </ul>
  );
}

function CurveDrawing({ curve, you, width }: { curve: Curve; you: You; width: number }) {
  const { points, runs } = curve;
  const bytes = positiveExtent([...(you.usable ? [you.bytes] : []), ...points.map((point) => point.bytes), ...runs.map((run) => run.bytes)]);
  const usd = positiveExtent(
    [...(you.usable ? [you.usd, you.interval.low_usd, you.interval.high_usd] : []), ...points.flatMap(({ low, high }) => [low, high]), ...runs.map((run) => run.usd)],
    SMALLEST_DRAWN_USD,
  );
  return (
    <LogPlot
      width={width}
      height={Math.round(Math.min(340, Math.max(240, width * 0.56)))}
      label={describe(curve, you)}
      x={{ title: "Input size", domain: bytes, ticks: logTicks, labels: (ticks) => ticks.map(size) }}
      y={{ title: "Cost", domain: usd, ticks: logMoneyTicks, labels: tickMoney }}
      of="runs and the curve"
      marks={(x, y) => marks(curve, you).map(({ bytes: at, usd: cost, words }) => ({ x: x(at), y: y(cost), words }))}
    >
      {(x, y) => {
        const along = (some: readonly Point[], value: (point: Point) => number) => some.map((point) => [x(point.bytes), y(value(point))] as const);
        return (
          <>
            <path className="band" d={bandPath(along(points, ({ low }) => low), along(points, ({ high }) => high))} />
            {runs.map((run) => (
              <circle key={run.id} className="past-run" cx={x(run.bytes)} cy={y(run.usd)} r={3} />
            ))}
            {stretches(points).map((some, index) => (
              <path key={index} className={some.at(-1)?.extrapolated || some[0]?.extrapolated ? "trend beyond" : "trend"} d={linePath(along(some, (point) => point.usd))} />
            ))}
            {you.usable && (
              <g className="you">
                <line x1={x(you.bytes)} x2={x(you.bytes)} y1={y(you.interval.low_usd)} y2={y(you.interval.high_usd)} />
                <circle cx={x(you.bytes)} cy={y(you.usd)} r={6} />
              </g>
            )}
          </>
        );
      }}
    </LogPlot>
  );
}

/** What can be read out: every past run, every point of the curve, and this run. */
function marks({ points, runs }: Curve, you: You): (Omit<Mark, "x" | "y"> & { bytes: number; usd: number })[] {
  const write = alike(runs.map(({ usd }) => usd));
  const between = (low: number, high: number) => `${inTen(you.interval.coverage)} between ${moneyRange(low, high).join(" and ")}`;
  return [
    ...runs.map(({ id, bytes, usd }) => ({ bytes, usd, words: `Past run ${id}: ${size(bytes)}, ${write(usd)}` })),
    ...points.map(({ bytes, usd, low, high, extrapolated }) => ({
      bytes,
      usd,
      words: `A typical run of ${size(bytes)}${extrapolated ? ", beyond past runs" : ""}: ${aboutMoney(usd).toLowerCase()}, ${between(low, high)}`,
    })),
    ...(you.usable
      ? [{ bytes: you.bytes, usd: you.usd, words: `This run, ${size(you.bytes)}: ${aboutMoney(you.usd).toLowerCase()}, ${between(you.interval.low_usd, you.interval.high_usd)}` }]
      : []),
  ];
}

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
  const own = you.usable ? `This run reads ${size(you.bytes)}: ${aboutMoney(you.usd).toLowerCase()}, between ${low} and ${high}.` : `This run, of ${size(you.bytes)}, is not in it.`;
  return `Cost against input size, both on logarithmic axes, with ${runs.length} past runs. ${trend}${own}`;
}

function CurveTable({ name, curve, you }: { name: string; curve: Curve; you: You }) {
  const { low_usd: low, high_usd: high, coverage } = you.interval;
  const typical = curve.points.map((point) => ({ ...point, note: point.extrapolated ? "beyond past runs" : "", own: false }));
  const own = you.usable ? [{ bytes: you.bytes, usd: you.usd, low, high, note: "this run", own: true }] : [];
  return (
    <>
      <Table label="Cost of a typical run by input size">
        <thead>
          <tr>
            <th scope="col">Input size</th>
            <th scope="col" className="number">Typical cost</th>
            <th scope="col" className="number">{inTen(coverage)} runs</th>
          </tr>
        </thead>
        <tbody>
          {[...typical, ...own]
            .toSorted((one, other) => one.bytes - other.bytes)
            .map((row) => (
              <tr key={`${row.bytes} ${row.note}`} className={row.own ? "chosen" : undefined}>
                <th scope="row">
                  {size(row.bytes)}
                  {row.note && <span className="note">{row.note}</span>}
                </th>
                <td className="number">{money(row.usd)}</td>
                <td className="number">{moneyRange(row.low, row.high).join(" to ")}</td>
              </tr>
            ))}
        </tbody>
      </Table>
      {curve.runs.length > 0 && (
        <p className="hint">
          The {counted(curve.runs.length, "past run")} of the chart are the latest under <WorkflowLink page="/runs" name={name}>Runs</WorkflowLink>.
        </p>
      )}
    </>
  );
}
