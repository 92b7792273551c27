import type { ModelVersion } from "@/api/client";
import { Icon } from "@/components/Icon";
import { Table } from "@/components/Table";
import { count, counted, day, share, time } from "@/format";
import { VERSION_STATUS } from "./words";

/** Every version with what it scored, and why it was promoted or not. */
export function VersionsTable({ versions }: { versions: readonly ModelVersion[] }) {
  return (
    <Table label="Versions of the model">
      <thead>
        <tr>
          <th scope="col">Version</th>
          <th scope="col">Verdict</th>
          <th scope="col" className="number spare">Median error</th>
          <th scope="col" className="number spare">80 % interval held</th>
          <th scope="col" className="number spare">Interval width</th>
          <th scope="col" className="number spare">Runs</th>
        </tr>
      </thead>
      <tbody>
        {versions.map(({ version, created_at, status, reason, runs, metrics }) => (
          <tr key={version} className={status === "current" ? "chosen" : undefined}>
            <th scope="row" className="short">
              {version}
              <span className="note" title={created_at}>
                {day(created_at)}
              </span>
              <span className="note wide-only">{time(created_at)} UTC</span>
            </th>
            <td className="verdict-cell">
              <span className={`status ${status}`}>
                <Icon name={VERSION_STATUS[status].icon} />
                {VERSION_STATUS[status].word}
              </span>
              {reason && <span className="note">{reason}</span>}
              {metrics && (
                <span className="note narrow-only">
                  Median error {share(metrics.median_ape)}, 80 % interval held {share(metrics.coverage_80)}, {share(metrics.width_80)} wide
                  {runs !== null && `; ${counted(runs, "run")}`}
                </span>
              )}
            </td>
            <td className="number spare">{metrics ? share(metrics.median_ape) : "–"}</td>
            <td className="number spare">{metrics ? share(metrics.coverage_80) : "–"}</td>
            <td className="number spare">{metrics ? share(metrics.width_80) : "–"}</td>
            <td className="number spare">{runs === null ? "–" : count(runs)}</td>
          </tr>
        ))}
      </tbody>
    </Table>
  );
}
