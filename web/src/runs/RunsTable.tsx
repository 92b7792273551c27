import { Link } from "wouter";
import type { RecordedRun } from "@/api/client";
import { Icon } from "@/components/Icon";
import { Table } from "@/components/Table";
import { alike, day, duration, exactMoney, size, time } from "@/format";
import { STATUSES } from "./filters";

const STATUS_ICONS = { SUCCEEDED: "check", FAILED: "stop", CANCELLED: "warning" } as const;

/** Recorded runs, as they came. */
export function RunsTable({ runs, addressOf }: { runs: readonly RecordedRun[]; addressOf: (id: string) => string }) {
  const write = alike(runs.map(({ cost_usd }) => cost_usd));
  return (
    <Table label="Runs">
      <thead>
        <tr>
          <th scope="col">Run</th>
          <th scope="col" className="wide-only">Status</th>
          <th scope="col" className="wide-only">Completed</th>
          <th scope="col" className="number spare">Took</th>
          <th scope="col" className="number">Input</th>
          <th scope="col" className="number spare">Output</th>
          <th scope="col" className="number">Cost</th>
        </tr>
      </thead>
      <tbody>
        {runs.map((run) => (
          <tr key={run.run_id}>
            <th scope="row" className="name">
              <Link href={addressOf(run.run_id)}>{run.run_id}</Link>
              <span className="note narrow-only">
                {STATUSES[run.status]}, {day(run.completed_at)}, took {duration(Date.parse(run.completed_at) - Date.parse(run.started_at))}
              </span>
              {run.tags && <span className="note">{Object.entries(run.tags).map(([name, value]) => `${name}: ${value}`).join(", ")}</span>}
            </th>
            <td className="wide-only">
              <span className={`status ${run.status.toLowerCase()}`}>
                <Icon name={STATUS_ICONS[run.status]} />
                {STATUSES[run.status]}
              </span>
            </td>
            <td className="wide-only short" title={run.completed_at}>
              {day(run.completed_at)}
              <span className="note">{time(run.completed_at)} UTC</span>
            </td>
            <td className="number spare">{duration(Date.parse(run.completed_at) - Date.parse(run.started_at))}</td>
            <td className="number">
              {size(run.input_bytes)}
              {run.output_bytes != null && <span className="note narrow-only">{size(run.output_bytes)} out</span>}
            </td>
            <td className="number spare">{run.output_bytes == null ? "–" : size(run.output_bytes)}</td>
            <td className="number">
              <span title={exactMoney(run.cost_usd)}>{write(run.cost_usd)}</span>
              {run.cost_source === "estimated" && <span className="note">estimated</span>}
              {run.bill_waits && <span className="note">a bill waits</span>}
              {run.withdrawn && <span className="note">withdrawn</span>}
            </td>
          </tr>
        ))}
      </tbody>
    </Table>
  );
}
