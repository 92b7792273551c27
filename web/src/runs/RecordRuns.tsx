import { useEffect, useRef, useState } from "react";
import { useQueryClient } from "@tanstack/react-query";
import { useApi } from "@/api/queries";
import { Alert } from "@/components/Alert";
import { ErrorNotice } from "@/components/ErrorNotice";
import { FileDrop } from "@/components/FileDrop";
import { RowProblems } from "@/components/RowProblems";
import { csvText, download, FileProblem, readCsv } from "@/csv";
import { count, counted } from "@/format";
import { TEMPLATE, toCells } from "./export";
import { record, type Recorded } from "./record";
import { OPTIONAL, REQUIRED, toRuns, type RunsFile } from "./rows";

interface Sending {
  name: string;
  file: RunsFile;
  recorded: Recorded | null;
  done: boolean;
}

/** Add past runs from a file. Sending the same file twice does no harm: what is recorded already stays as it is. */
export function RecordRuns({ open }: { open: boolean }) {
  // Open from the start where there is nothing else to do here; from then on it is the reader's.
  const [opened] = useState(open);
  const api = useApi();
  const client = useQueryClient();
  const [problem, setProblem] = useState<Error | null>(null);
  const [sending, setSending] = useState<Sending | null>(null);
  const outcome = useRef<HTMLHeadingElement>(null);
  const done = sending?.done ?? false;
  useEffect(() => {
    if (done) outcome.current?.focus();
  }, [done]);

  const send = async (name: string, file: RunsFile) => {
    setProblem(null);
    setSending({ name, file, recorded: null, done: false });
    const report = (recorded: Recorded) => setSending({ name, file, recorded, done: false });
    const recorded = await record(api, file.rows, report, new AbortController().signal);
    setSending({ name, file, recorded, done: true });
    if (recorded.accepted > 0) {
      for (const key of ["workflows", "workflow", "runs", "budgets"]) void client.invalidateQueries({ queryKey: [key] });
    }
  };
  const choose = async (chosen: File) => {
    try {
      await send(chosen.name, toRuns(await readCsv(chosen)));
    } catch (found) {
      setSending(null);
      setProblem(found as Error);
    }
  };
  return (
    <details className="card record" open={opened}>
      <summary>Record past runs from a CSV file</summary>
      <div className="stack">
        <FileDrop id="runs-file" label="Choose a CSV file" onChoose={(file) => void choose(file)}>
          <button type="button" className="link" onClick={() => download("runquote-runs.csv", "text/csv", csvText(TEMPLATE.map(toCells)))}>
            Download a template
          </button>
        </FileDrop>
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
        {sending && !sending.done && (
          <div role="status">
            <p>Recording the runs of {sending.name}…</p>
            <progress max={sending.file.rows.length} value={sending.recorded?.sent ?? 0} aria-label="Rows recorded" />
          </div>
        )}
        {sending?.done && sending.recorded && (
          <section className="recorded" aria-labelledby="recorded-title">
            <h2 id="recorded-title" ref={outcome} tabIndex={-1}>
              {counted(sending.recorded.accepted, "run")} recorded
            </h2>
            <p>{summary(sending.recorded)}</p>
            {sending.recorded.failure && <ErrorNotice problem={sending.recorded.failure} onRetry={() => void send(sending.name, sending.file)} />}
            <RowProblems title={rejectedTitle(sending)} problems={[...sending.file.problems, ...sending.recorded.problems].toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0))} />
          </section>
        )}
      </div>
    </details>
  );
}

const rejectedTitle = ({ file, recorded }: Sending) => `${counted(file.problems.length + (recorded?.problems.length ?? 0), "row")} not recorded`;

function summary({ accepted, unchanged, failure }: Recorded): string {
  const before = unchanged > 0 ? `${count(unchanged)} ${unchanged === 1 ? "was" : "were"} there already. ` : "";
  if (failure) return `${before}The rest was not sent; sending everything again is safe.`;
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
