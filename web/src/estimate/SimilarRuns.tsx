import type { Prediction } from "@/api/client";
import { Table } from "@/components/Table";
import { day, exactMoney, recordedMoney, size } from "@/format";

const MOST_RUNS = 5;

/** The past runs nearest to the question, to compare with what is known. */
export function SimilarRuns({ runs }: { runs: Prediction["similar_runs"] }) {
  if (runs.length === 0) return null;
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
              <td className="number">{size(run.input_bytes)}</td>
              <td className="number spare">{run.output_bytes === null ? "–" : size(run.output_bytes)}</td>
              <td className="number" title={exactMoney(run.cost_usd)}>{recordedMoney(run.cost_usd)}</td>
            </tr>
          ))}
        </tbody>
      </Table>
    </section>
  );
}
