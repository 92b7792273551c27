import { useEffect, useRef, useState } from "react";
import { useApi } from "@/api/queries";
import { Alert } from "@/components/Alert";
import { ErrorNotice } from "@/components/ErrorNotice";
import { FileDrop } from "@/components/FileDrop";
import { RowProblems } from "@/components/RowProblems";
import { csvText, download, FileProblem, readCsv } from "@/csv";
import { count, counted } from "@/format";
import { TEMPLATE, toCells } from "./export";
import type { Recorded } from "./record";
import { OPTIONAL, REQUIRED, toRuns } from "./rows";
import { useRecording, type Recording } from "./useRecording";

/** Add past runs from a file. Recording the same file twice does no harm: what is recorded already stays as it is. */
export function RecordRuns({ open }: { open: boolean }) {
  const { recording, send } = useRecording(useApi());
  // Open from the start where there is nothing else to do here, or something to read; from then on it is the reader's.
  const [opened] = useState(open || recording !== null);
  const [problem, setProblem] = useState<Error | null>(null);
  const outcome = useRef<HTMLHeadingElement>(null);
  const done = recording?.done ?? false;
  const before = useRef(done);
  useEffect(() => {
    // What had ended when the page was opened again does not take the focus.
    if (done && !before.current) outcome.current?.focus();
    before.current = done;
  }, [done]);

  const choose = async (chosen: File) => {
    try {
      const file = toRuns(await readCsv(chosen));
      setProblem(null);
      await send(chosen.name, file);
    } catch (found) {
      setProblem(found as Error);
    }
  };
  return (
    <details className="card record" open={opened}>
      <summary>Record past runs from a CSV file</summary>
      <div className="stack">
        {/* One file at a time. */}
        {(!recording || done) && (
          <FileDrop id="runs-file" label="Choose a CSV file" onChoose={(file) => void choose(file)}>
            <button type="button" className="link" onClick={() => download("runquote-runs.csv", "text/csv", csvText(TEMPLATE.map(toCells)))}>
              Download a template
            </button>
          </FileDrop>
        )}
        <p className="hint">
          Columns that must be there: <Columns names={REQUIRED} />. May be there: <Columns names={OPTIONAL} />. Sizes are in bytes, times like
          2026-01-05T09:00:00Z, parameters and tags JSON like {'{"team": "genomics"}'}. Traces of Nextflow, Snakemake, Cromwell and HealthOmics
          are recorded with <code>runquote ingest</code>.
        </p>
        {problem && (
          <Alert title={problem instanceof FileProblem ? "This file cannot be read" : "Something went wrong with this file"}>
            <p>{problem.message}</p>
          </Alert>
        )}
        {recording && !done && (
          <div role="status">
            <p>Recording the runs of {recording.name}…</p>
            <progress max={recording.file.rows.length} value={recording.recorded?.sent ?? 0} aria-label="Rows recorded" />
          </div>
        )}
        {!problem && done && recording?.recorded && (
          <section className="recorded" aria-labelledby="recorded-title">
            <h2 id="recorded-title" ref={outcome} tabIndex={-1}>
              {counted(recording.recorded.accepted, "run")} recorded
            </h2>
            <p>{summary(recording.recorded)}</p>
            {recording.recorded.failure && <ErrorNotice problem={recording.recorded.failure} onRetry={() => void send(recording.name, recording.file)} />}
            <RowProblems title={rejectedTitle(recording)} problems={[...recording.file.problems, ...recording.recorded.problems].toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0))} />
          </section>
        )}
      </div>
    </details>
  );
}

const rejectedTitle = ({ file, recorded }: Recording) => `${counted(file.problems.length + (recorded?.problems.length ?? 0), "row")} not recorded`;

function summary({ accepted, unchanged, held, failure }: Recorded): string {
  const waiting = held > 0 ? `${counted(held, "bill")} too far from the estimate: choose “A bill waits” below to decide. ` : "";
  const before = `${unchanged > 0 ? `${count(unchanged)} ${unchanged === 1 ? "was" : "were"} there already. ` : ""}${waiting}`;
  if (failure) return `${before}The rest was not sent; recording everything again is safe.`;
  return accepted > 0 ? `${before}Models learn from them at the next retraining.` : before || "Nothing new in this file.";
}

function Columns({ names }: { names: readonly string[] }) {
  return names.map((name, index) => (
    <span key={name}>
      {index > 0 && ", "}
      <code>{name}</code>
    </span>
  ));
}
