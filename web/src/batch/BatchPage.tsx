import { useEffect, useRef, useState } from "react";
import { useApi, useWorkflows } from "@/api/queries";
import { describedBy, Field } from "@/components/Field";
import { useTitle } from "@/components/hooks";
import { Waiting } from "@/components/Loading";
import { useQueryState } from "@/components/useQueryState";
import { download } from "@/csv";
import { counted } from "@/format";
import { teamProblem } from "@/estimate/validation";
import { FileProblem } from "@/tables/csv";
import { TableFile } from "@/tables/TableFile";
import { BatchResult } from "./BatchResult";
import { previewBatch, toBatch } from "./rows";
import { templateCsv } from "./template";
import { useBatch } from "./useBatch";
import "./batch.css";

/** Many runs at once: a file in, each run's estimate and the total out. */
export default function BatchPage() {
  useTitle("Estimate a batch");
  const api = useApi();
  const workflows = useWorkflows();
  const { batch, start, retry } = useBatch(api);
  const [query, write] = useQueryState();
  const [team, setTeam] = useState(query.get("team") ?? "");
  const wrongTeam = teamProblem(team) ?? undefined;
  const result = useRef<HTMLHeadingElement>(null);
  const finished = batch !== null && !batch.asking ? batch.started : null;
  const first = useRef(finished);
  useEffect(() => {
    // An estimate that was there already, when the page was opened again, does not take the focus.
    if (finished !== null && finished !== first.current) result.current?.focus();
  }, [finished]);

  return (
    <div className="page">
      <h1>Estimate a batch</h1>
      <section className="card empty" aria-label="File">
        <p className="screen-only">
          Choose a CSV file with a line for each run. You get what each run will cost, and what they cost together.
        </p>
        <Field id="batch-team" label="Team" optional error={wrongTeam} hint="Who is to pay for all of them, as the tag team of runs says. It counts for the file that is chosen next.">
          <input
            id="batch-team"
            autoComplete="off"
            spellCheck={false}
            value={team}
            aria-invalid={wrongTeam !== undefined}
            aria-describedby={describedBy("batch-team", true, wrongTeam)}
            onChange={({ target }) => {
              setTeam(target.value);
              write({ team: target.value.trim() });
            }}
          />
        </Field>
        <TableFile
          id="batch-file"
          table="batch"
          label={batch ? "Choose another CSV file" : "Choose a CSV file"}
          preview={previewBatch}
          confirms={false}
          action={(rows) => `Estimate ${counted(rows, "run")}`}
          workflows={(workflows.data ?? []).map(({ workflow_name }) => workflow_name)}
          onRead={({ name, csv }, header) => {
            if (wrongTeam !== undefined) throw new FileProblem(wrongTeam);
            start(name, team.trim() === "" ? null : team.trim(), toBatch(csv, header));
          }}
        >
          <button type="button" className="link" onClick={() => download("runquote-batch.csv", "text/csv", templateCsv(workflows.data ?? []))}>
            Download a template
          </button>
        </TableFile>
        <p className="hint">
          It says the workflow and the input size of each run, like 120 GB or 1.5 GiB, and may say a label, the output size and parameters. Where
          columns have names of their own, you choose which is which.
        </p>
      </section>
      {batch?.asking && (
        <div className="card" role="status">
          {batch.warming ? (
            <p>Starting the models, up to 60 s. The answers appear by themselves.</p>
          ) : (
            <Waiting label={`Asking the models for ${counted(batch.rows.length, "run")} of ${batch.name}`} problem={null} />
          )}
          <progress max={batch.rows.length} value={batch.rows.filter(({ prediction, problem: wrong }) => prediction ?? wrong).length} aria-label="Rows estimated" />
        </div>
      )}
      {batch && !batch.asking && <BatchResult batch={batch} heading={result} onRetry={retry} />}
    </div>
  );
}
