import { useEffect, useRef, useState } from "react";
import { useApi } from "@/api/queries";
import { ErrorNotice } from "@/components/ErrorNotice";
import { RowProblems } from "@/components/RowProblems";
import { WorkflowLink } from "@/components/WorkflowLink";
import { csvText, download } from "@/csv";
import { count, counted } from "@/format";
import { Notes } from "@/tables/Notes";
import { TableFile } from "@/tables/TableFile";
import { TEMPLATE, toCells } from "./export";
import type { Recorded } from "./record";
import { previewRuns, toRuns } from "./rows";
import { useRecording, type Recording } from "./useRecording";

/** Add past runs from a file. Recording the same file twice does no harm: what is recorded already stays as it is. */
export function RecordRuns({ open, workflows }: { open: boolean; workflows: readonly string[] }) {
  const { recording, send } = useRecording(useApi());
  // Open from the start where there is nothing else to do here, or something to read; from then on it is the reader's.
  const [opened] = useState(open || recording !== null);
  const trained = recording?.recorded && recording.recorded.accepted > 0 ? theWorkflows(recording) : [];
  const outcome = useRef<HTMLHeadingElement>(null);
  const done = recording?.done ?? false;
  const before = useRef(done);
  useEffect(() => {
    // What had ended when the page was opened again does not take the focus.
    if (done && !before.current) outcome.current?.focus();
    before.current = done;
  }, [done]);

  return (
    <details className="card record" open={opened}>
      <summary>Record past runs from a CSV file</summary>
      <div className="stack">
        {/* One file at a time. */}
        {(!recording || done) && (
          <TableFile
            id="runs-file"
            table="runs"
            label="Choose a CSV file"
            preview={previewRuns}
            confirms
            action={(rows) => `Record ${counted(rows, "run")}`}
            workflows={workflows}
            onRead={async ({ name, csv }, header) => send(name, await toRuns(csv, header))}
          >
            <button type="button" className="link" onClick={() => download("runquote-runs.csv", "text/csv", csvText(TEMPLATE.map(toCells)))}>
              Download a template
            </button>
          </TableFile>
        )}
        <p className="hint">
          It says the workflow, the input size, the cost and when each run ended, in columns of any name: you choose which is which, and see what
          is assumed before anything is recorded. The <code>runquote ingest</code> command reads traces of Nextflow, Snakemake, Cromwell and HealthOmics.
        </p>
        {recording && !done && (
          <div role="status">
            <p>Recording the runs of {recording.name}…</p>
            <progress max={recording.file.rows.length} value={recording.recorded?.sent ?? 0} aria-label="Rows recorded" />
          </div>
        )}
        {done && recording?.recorded && (
          <section className="recorded" aria-labelledby="recorded-title">
            <h2 id="recorded-title" ref={outcome} tabIndex={-1}>
              {counted(recording.recorded.accepted, "run")} recorded
            </h2>
            <p>{summary(recording.recorded)}</p>
            {trained.map((name) => (
              <p key={name}>
                <WorkflowLink page="/models" name={name}>
                  Train {name} now
                </WorkflowLink>
              </p>
            ))}
            <Notes notes={recording.file.notes.map(({ text }) => text)} />
            {recording.recorded.failure && <ErrorNotice problem={recording.recorded.failure} onRetry={() => void send(recording.name, recording.file)} />}
            <RowProblems title={rejectedTitle(recording)} problems={[...recording.file.problems, ...recording.recorded.problems].toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0))} />
          </section>
        )}
      </div>
    </details>
  );
}

/** More links than this are no help. */
const MOST_LINKS = 5;

/** The workflows of the rows, if they are few. */
function theWorkflows({ file }: Recording): string[] {
  const names = [...new Set(file.rows.map(({ run }) => String(run.workflow_name)))];
  return names.length <= MOST_LINKS ? names : [];
}

const rejectedTitle = ({ file, recorded }: Recording) => `${counted(file.problems.length + (recorded?.problems.length ?? 0), "row")} not recorded`;

function summary({ accepted, unchanged, held, failure }: Recorded): string {
  const waiting = held > 0 ? `${counted(held, "bill")} too far from the estimate: choose “A bill waits” below to decide. ` : "";
  const before = `${unchanged > 0 ? `${count(unchanged)} ${unchanged === 1 ? "was" : "were"} there already. ` : ""}${waiting}`;
  if (failure) return `${before}The rest was not sent; recording everything again is safe.`;
  return accepted > 0 ? `${before}Models learn from them at the next retraining.` : before || "Nothing new in this file.";
}
