import { Link } from "wouter";
import type { WorkflowSummary } from "@/api/client";
import { count, counted, share, size } from "@/format";
import { MadeUp } from "@/components/MadeUp";
import { Table } from "@/components/Table";
import { MOST_IN_A_LIST } from "@/components/WorkflowNames";

/** What to do, and what there is to ask about, before the first question. */
export function FirstVisit({ workflows, onChoose }: { workflows: readonly WorkflowSummary[]; onChoose: (name: string) => void }) {
  if (workflows.length === 0) {
    return (
      <section className="card empty">
        <h2>No past runs yet</h2>
        <p>
          Estimates are learned from what past runs cost. <Link href="/runs">Record some</Link> first; a workflow gets its first model with the
          next retraining.
        </p>
      </section>
    );
  }
  const busiest = workflows.length > MOST_IN_A_LIST ? workflows.toSorted((one, other) => other.succeeded_runs - one.succeeded_runs).slice(0, MOST_IN_A_LIST) : workflows;
  // Made to show the product, those come first while there is little else.
  const listed = busiest.toSorted((one, other) => Number(other.made_up) - Number(one.made_up));
  return (
    <section className="card empty">
      <h2>Workflows with past runs</h2>
      <Table label="Workflows with past runs">
        <thead>
          <tr>
            <th scope="col">Workflow</th>
            <th scope="col" className="number">Input so far</th>
            <th scope="col" className="number">Usual error</th>
          </tr>
        </thead>
        <tbody>
          {listed.map((workflow) => (
            <tr key={workflow.workflow_name}>
              <th scope="row" className="name">
                <Link
                  href={`/?workflow=${encodeURIComponent(workflow.workflow_name)}`}
                  onClick={(event) => {
                    // What was typed already stays; the address is for another tab.
                    if (event.metaKey || event.ctrlKey || event.shiftKey) return;
                    event.preventDefault();
                    onChoose(workflow.workflow_name);
                  }}
                >
                  {workflow.workflow_name}
                </Link>
                <span className="note">{counted(workflow.succeeded_runs, "run")}</span>
                <MadeUp name={workflow.workflow_name} />
              </th>
              <td className="number wraps">{workflow.input_bytes_range ? workflow.input_bytes_range.map(size).join(" to ") : "–"}</td>
              <td className="number wraps">{workflow.metrics ? share(workflow.metrics.median_ape) : "No model yet"}</td>
            </tr>
          ))}
        </tbody>
      </Table>
      {listed.length < workflows.length && (
        <p className="hint">
          These are the {listed.length} with most runs of {count(workflows.length)}; the field Workflow finds the others.
        </p>
      )}
      <p className="hint">The usual error is the median on runs that the model had not seen: half came closer.</p>
    </section>
  );
}
