import type { ReactNode } from "react";
import { Readable, type Mark } from "./Readable";
import { logScale, type Scale } from "./scale";

export interface Axis {
  title: string;
  /** The lowest and highest value, both positive. */
  domain: readonly [number, number];
  ticks: (low: number, high: number, most: number) => number[];
  labels: (ticks: readonly number[]) => string[];
}

interface LogPlotProps {
  width: number;
  height: number;
  label: string;
  x: Axis;
  y: Axis;
  /** What can be read out, in any order, and what these are in a word or two. */
  marks: (x: Scale, y: Scale) => Mark[];
  of: string;
  children: (x: Scale, y: Scale) => ReactNode;
}

const MARGIN = { top: 24, right: 14, bottom: 44 };
const CHARACTER = 7.9;

/** Two logarithmic axes and what is drawn between them. */
export function LogPlot({ width, height, label, x, y, marks, of, children }: LogPlotProps) {
  const right = width - MARGIN.right;
  const floor = height - MARGIN.bottom;
  const yScale = logScale(y.domain, [floor - 8, MARGIN.top + 4]);
  const yTicks = y.ticks(...y.domain, Math.max(2, Math.floor(height / 44)));
  const yLabels = y.labels(yTicks);
  const left = 12 + CHARACTER * Math.max(0, ...yLabels.map(({ length }) => length));
  const xScale = logScale(x.domain, [left + 8, right - 8]);
  const xTicks = fitting(x, right - left);
  const xLabels = x.labels(xTicks);
  return (
    <Readable of={of} marks={marks(xScale, yScale).toSorted((one, other) => one.x - other.x)}>
      <svg width={width} height={height} viewBox={`0 0 ${width} ${height}`} role="img" aria-label={label}>
        {yTicks.map((tick, index) => (
          <g key={tick}>
            <line className="grid" x1={left} x2={right} y1={yScale(tick)} y2={yScale(tick)} />
            <text className="tick" x={left - 8} y={yScale(tick)} dy="0.32em" textAnchor="end">
              {yLabels[index]}
            </text>
          </g>
        ))}
        {xTicks.map((tick, index) => (
          <g key={tick}>
            <line className="axis" x1={xScale(tick)} x2={xScale(tick)} y1={floor} y2={floor + 5} />
            <text className="tick" x={within(xScale(tick), xLabels[index] ?? "", width)} y={floor + 18} textAnchor="middle">
              {xLabels[index]}
            </text>
          </g>
        ))}
        <line className="axis" x1={left} x2={right} y1={floor} y2={floor} />
        <text className="axis-title" x={0} y={12}>
          {y.title}
        </text>
        <text className="axis-title" x={right} y={height - 6} textAnchor="end">
          {x.title}
        </text>
        {children(xScale, yScale)}
      </svg>
    </Readable>
  );
}

/** Where the middle of a label goes so that neither end is cut off. */
export function within(x: number, label: string, width: number): number {
  const half = (label.length * CHARACTER) / 2;
  return Math.min(Math.max(x, half), width - half);
}

/** As many ticks as have room for their labels side by side. */
function fitting({ domain, ticks, labels }: Axis, width: number): number[] {
  for (let most = Math.floor(width / 64); most > 2; most -= 1) {
    const tried = ticks(...domain, most);
    const longest = Math.max(0, ...labels(tried).map(({ length }) => length));
    if (tried.length * (longest * CHARACTER + 14) <= width) return tried;
  }
  return ticks(...domain, 2);
}
