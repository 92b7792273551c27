import type { Accuracy } from "@/api/client";
import { share } from "@/format";
import { coverageWords } from "./points";

/** How often each interval held what it promises: a bar for what was measured, a mark for the promise. */
export function Coverage({ coverage, runs }: { coverage: Accuracy["coverage"]; runs: number }) {
  return (
    <table className="bars coverage">
      <caption>How often the intervals held</caption>
      <thead className="visually-hidden">
        <tr>
          <th scope="col">Promised</th>
          <th scope="col">Measured</th>
          <td />
        </tr>
      </thead>
      <tbody>
        {coverage.map(({ coverage: promised, measured }) => (
          <tr key={promised}>
            <th scope="row">
              {share(promised)} interval
              <span className="note">{coverageWords(promised, measured, runs)}</span>
            </th>
            <td className="number">{share(measured)}</td>
            <td className="bar" aria-hidden="true">
              <svg viewBox="0 0 1 1" preserveAspectRatio="none">
                <rect className="whole" width={1} y={0.2} height={0.6} />
                <rect width={measured} y={0.2} height={0.6} />
                <line x1={promised} x2={promised} y1={0} y2={1} />
              </svg>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
