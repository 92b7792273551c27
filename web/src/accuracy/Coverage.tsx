import type { Accuracy } from "@/api/client";
import { Icon } from "@/components/Icon";
import { count, share } from "@/format";
import { coverageWords, judgeCoverage, plausibleShares, type CoverageKind } from "@/judgement";

const ICONS = { held: "check", wide: "check", unsure: "warning", unknown: "warning", narrow: "stop" } as const satisfies Record<CoverageKind, string>;

/** How often each interval held what it promises: a verdict, the counts behind it, and what so few runs can tell. */
export function Coverage({ coverage, runs }: { coverage: Accuracy["coverage"]; runs: number }) {
  return (
    <table className="bars coverage">
      <caption>Do the intervals hold?</caption>
      <thead className="visually-hidden">
        <tr>
          <th scope="col">Promised, and whether it held</th>
          <th scope="col">Measured</th>
        </tr>
      </thead>
      <tbody>
        {coverage.map(({ coverage: promised, measured }) => {
          const kind = judgeCoverage(promised, measured, runs);
          const [low, high] = plausibleShares(measured, runs);
          return (
            <tr key={promised}>
              <th scope="row">
                {share(promised)} interval
                <span className={`judgement ${kind}`}>
                  <Icon name={ICONS[kind]} />
                  {coverageWords(kind, runs)}
                </span>
              </th>
              <td>
                <strong>{share(measured)}</strong> of runs inside ({count(Math.round(measured * runs))} of {count(runs)})
                <Range promised={promised} measured={measured} low={low} high={high} />
                <span className="note">
                  in the long run {share(low)} to {share(high)}; promised {share(promised)}
                </span>
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

/** From none to all of the runs: a dot for what was measured, the plausible shares around it, and a mark for the promise. */
function Range({ promised, measured, low, high }: { promised: number; measured: number; low: number; high: number }) {
  const at = (value: number) => `${value * 100}%`;
  return (
    <svg aria-hidden="true">
      <line className="whole" x1={0} x2="100%" y1="50%" y2="50%" />
      <line className="plausible" x1={at(low)} x2={at(high)} y1="50%" y2="50%" />
      <line className="promise" x1={at(promised)} x2={at(promised)} y1={0} y2="100%" />
      <circle cx={at(measured)} cy="50%" r={5} />
    </svg>
  );
}
