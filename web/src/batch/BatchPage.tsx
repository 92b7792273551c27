import { useEffect, useRef, useState } from "react";
import { useApi, useWorkflows } from "@/api/queries";
import { Alert } from "@/components/Alert";
import { FileDrop } from "@/components/FileDrop";
import { useTitle } from "@/components/hooks";
import { download, FileProblem, readCsv } from "@/csv";
import { count } from "@/format";
import { BatchResult } from "./BatchResult";
import { COLUMNS, toBatch } from "./rows";
import { templateCsv } from "./template";
import { useBatch } from "./useBatch";
import "./batch.css";

/** Many runs at once: a file in, each run's estimate and the total out. */
export default function BatchPage() {
  useTitle("Estimate a batch");
  const api = useApi();
  const workflows = useWorkflows();
  const { batch, start, retry } = useBatch(api);
  const [problem, setProblem] = useState<Error | null>(null);
  const result = useRef<HTMLHeadingElement>(null);
  const finished = batch !== null && !batch.asking ? batch.started : null;
  const first = useRef(finished);
  useEffect(() => {
    // An estimate that was there already, when the page was opened again, does not take the focus.
    if (finished !== null && finished !== first.current) result.current?.focus();
  }, [finished]);

  const choose = async (file: File) => {
    try {
      const read = toBatch(await readCsv(file));
      setProblem(null);
      start(file.name, read);
    } catch (found) {
      setProblem(found as Error);
    }
  };
  return (
    <div className="page">
      <h1>Estimate a batch</h1>
      <section className="card empty" aria-label="File">
        <p className="screen-only">
          Choose a CSV file with a line for each run. You get what each run will cost, and what they cost together.
        </p>
        <FileDrop id="batch-file" label={batch ? "Choose another CSV file" : "Choose a CSV file"} onChoose={(file) => void choose(file)}>
          <button type="button" className="link" onClick={() => download("runquote-batch.csv", "text/csv", templateCsv(workflows.data ?? []))}>
            Download a template
          </button>
        </FileDrop>
        <p className="hint">
          Columns: {COLUMNS.map((column, index) => (
            <span key={column}>
              {index > 0 && ", "}
              <code>{column}</code>
            </span>
          ))}. Workflow and input size must be there. Sizes are written like 120 GB or 1.5 GiB; parameters like {'{"paired": true}'}.
        </p>
        {problem && (
          <Alert title={problem instanceof FileProblem ? "This file cannot be read" : "Something went wrong with this file"}>
            <p>{problem.message}</p>
          </Alert>
        )}
      </section>
      {batch?.asking && (
        <div className="card" role="status">
          <p>
            {batch.warming
              ? "Starting the models, up to 60 s. The answers appear by themselves."
              : `Estimating ${count(batch.rows.length)} runs of ${batch.name}…`}
          </p>
          <progress max={batch.rows.length} value={batch.rows.filter(({ prediction, problem: wrong }) => prediction ?? wrong).length} aria-label="Rows estimated" />
        </div>
      )}
      {batch && !batch.asking && <BatchResult batch={batch} heading={result} onRetry={retry} />}
    </div>
  );
}
