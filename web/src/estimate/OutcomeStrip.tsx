import { ticks as linearTicks } from "d3-array";
import { Canvas } from "@/charts/Figure";
import { within } from "@/charts/LogPlot";
import { Readable } from "@/charts/Readable";
import { linearScale, logScale } from "@/charts/scale";
import { logMoneyTicks } from "@/charts/ticks";
import { Icon } from "@/components/Icon";
import { money, tickMoney, typedMoney } from "@/format";
import { judge, VERDICT_WORDS } from "@/judgement";
import { describeOutcomes, exceedWords, ICONS } from "./budget";
import { stackDots } from "./dots";

/** Twenty equally likely outcomes as dots, and where the budget stands among them. */
export function OutcomeStrip({ cost, outcomes, budget }: { cost: number; outcomes: readonly number[]; budget: number | null }) {
  if (outcomes.length === 0) return null;
  const judged = budget === null ? null : judge(cost, outcomes, budget);
  return (
    <section className="outcomes" aria-labelledby="outcomes-title">
      <h3 id="outcomes-title">{outcomes.length} equally likely outcomes</h3>
      {budget !== null && judged && (
        <p className={`verdict ${judged.verdict.replace(" ", "-")}`}>
          <Icon name={ICONS[judged.verdict]} />
          <span>
            <strong>{VERDICT_WORDS[judged.verdict]}.</strong> {exceedWords(judged, budget)}.
          </span>
        </p>
      )}
      <Canvas draw={(width) => <Dots outcomes={outcomes} budget={budget} width={width} />} />
    </section>
  );
}

const SIDE = 24;
const TOP = 22;
const AXIS = 26;
const WIDE_SPREAD = 12;
const CHARACTER = 7.9;

function Dots({ outcomes, budget, width }: { outcomes: readonly number[]; budget: number | null; width: number }) {
  const { scale, ticks } = makeScale(outcomes, budget, width);
  const labels = tickMoney(ticks);
  const diameter = Math.min(20, Math.max(10, width / 30));
  const line = budget === null ? null : Math.min(width - 4, Math.max(4, scale(budget)));
  const dots = stackDots(outcomes.map(scale), diameter, budget === null ? null : scale(budget));
  const floor = TOP + diameter * (1 + Math.max(...dots.map(({ level }) => level)));
  const marks = dots.map(({ x, level }, index) => ({ x, y: floor - diameter * (level + 0.5), words: `Outcome ${index + 1} of ${outcomes.length}: ${money(outcomes[index] ?? 0, 3)}` }));
  return (
    <Readable of="outcomes" marks={marks}>
      <svg width={width} height={floor + AXIS} viewBox={`0 0 ${width} ${floor + AXIS}`} role="img" aria-label={describeOutcomes(outcomes, budget)}>
        <line className="axis" x1={0} x2={width} y1={floor + 1} y2={floor + 1} />
        {ticks.map((tick, index) => (
          <text key={tick} className="tick" x={within(scale(tick), labels[index] ?? "", width)} y={floor + 18} textAnchor="middle">
            {labels[index]}
          </text>
        ))}
        {dots.map((dot, index) => (
          <circle
            key={index}
            className={dot.exceeds ? "dot exceeds" : "dot"}
            cx={dot.x}
            cy={floor - diameter * (dot.level + 0.5)}
            r={diameter / 2 - 1}
          />
        ))}
        {budget !== null && line !== null && (
          <g className="budget-line">
            <line x1={line} x2={line} y1={TOP - 4} y2={floor + 5} />
            <text x={line} y={12} textAnchor={line > width - 60 ? "end" : line < 60 ? "start" : "middle"}>
              Budget {typedMoney(budget)}
            </text>
          </g>
        )}
      </svg>
    </Readable>
  );
}

/** Linear, or logarithmic where one outcome is many times another; a budget near the outcomes belongs in view. */
function makeScale(outcomes: readonly number[], budget: number | null, width: number) {
  const lowest = outcomes[0] ?? 0;
  const highest = outcomes.at(-1) ?? 1;
  const near = budget !== null && budget > lowest / 2 && budget < highest * 2;
  const low = near ? Math.min(lowest, budget) : lowest;
  const high = Math.max(near ? Math.max(highest, budget) : highest, low + Number.MIN_VALUE);
  const range = [SIDE, width - SIDE] as const;
  if (low > 0 && high / low > WIDE_SPREAD) {
    return { scale: logScale([low, high], range), ticks: fitting((most) => logMoneyTicks(low, high, most), width) };
  }
  return { scale: linearScale([low, high], range), ticks: fitting((most) => linearTicks(low, high, most), width) };
}

/** As many ticks as have room for their labels. */
function fitting(ticksOf: (most: number) => number[], width: number): number[] {
  for (let most = Math.floor(width / 80); most > 1; most -= 1) {
    const ticks = ticksOf(most);
    const longest = Math.max(...tickMoney(ticks).map(({ length }) => length));
    if (ticks.length * (longest * CHARACTER + 16) <= width) return ticks;
  }
  return ticksOf(1);
}
