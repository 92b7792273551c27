import type { Prediction } from "@/api/client";
import { Table } from "@/components/Table";
import { alike, day, exactMoney, size } from "@/format";

const MOST_RUNS = 5;

/** The past runs nearest to the question, to compare with what is known. */
export function SimilarRuns({ runs }: { runs: Prediction["similar_runs"] }) {
  if (runs.length === 0) return null;
  const write = alike(runs.map(({ cost_usd }) => cost_usd));
  return (
    <section aria-labelledby="similar-title">
      <h3 id="similar-title">Most similar past runs</h3>
      <Table label="Most similar past runs">
        <thead>
          <tr>
            <th scope="col">Run</th>
            <th scope="col" className="number">Input</th>
            <th scope="col" className="number spare">Output</th>
            <th scope="col" className="number">Cost</th>
          </tr>
        </thead>
        <tbody>
          {runs.slice(0, MOST_RUNS).map((run) => (
            <tr key={run.run_id}>
              <th scope="row" className="name">
                {run.run_id}
                <span className="note">{day(run.completed_at)}</span>
              </th>
              <td className="number">
                {size(run.input_bytes)}
                {run.output_bytes !== null && <span className="note narrow-only">{size(run.output_bytes)} out</span>}
              </td>
              <td className="number spare">{run.output_bytes === null ? "–" : size(run.output_bytes)}</td>
              <td className="number" title={exactMoney(run.cost_usd)}>{write(run.cost_usd)}</td>
            </tr>
          ))}
        </tbody>
      </Table>
    </section>
  );
}
