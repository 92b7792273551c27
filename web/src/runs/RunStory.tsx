import { useEffect, useRef, useState } from "react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { MAX_REASON_LENGTH } from "@/api/bounds";
import type { RecordedRun, RunChange, RunCorrection, RunStory as Story } from "@/api/client";
import { useApi } from "@/api/queries";
import { ErrorNotice } from "@/components/ErrorNotice";
import { describedBy, Field } from "@/components/Field";
import { Loading } from "@/components/Loading";
import { Table } from "@/components/Table";
import { toBudget } from "@/estimate/question";
import { budgetProblem } from "@/estimate/validation";
import { day, recordedMoney, size, time } from "@/format";
import { STATUSES } from "./filters";
import { changed, choices, KINDS, type Choice } from "./story";

/** What looks different once a run has changed. */
const CHANGED = ["run", "runs", "workflow", "workflows", "budgets"];

/** Everything that became of a run, and what can still be made of it. */
export function RunStory({ workflow, id, onClose }: { workflow: string; id: string; onClose: () => void }) {
  const api = useApi();
  const title = useRef<HTMLHeadingElement>(null);
  useEffect(() => title.current?.focus(), [id]);
  const story = useQuery({ queryKey: ["run", workflow, id], queryFn: ({ signal }) => api.getRun(workflow, id, signal) });
  return (
    <section className="card stack" aria-labelledby="run-title">
      <div className="section-head">
        <h2 id="run-title" ref={title} tabIndex={-1}>
          Run {id}
        </h2>
        <button type="button" className="secondary" onClick={onClose}>
          Close
        </button>
      </div>
      {story.isPending && <Loading label="Loading the run" problem={story.failureReason} />}
      {story.error && <ErrorNotice problem={story.error} onRetry={() => void story.refetch()} />}
      {story.data && (
        <>
          <Facts run={story.data.run} />
          {story.data.changes.length > 0 && <Changes changes={story.data.changes} />}
          <ChangeForm key={story.data.run.version ?? 0} run={story.data.run} />
        </>
      )}
    </section>
  );
}

function Facts({ run }: { run: RecordedRun }) {
  const waiting = (run.held_bills ?? []).filter(({ state }) => (state ?? "waiting") === "waiting");
  return (
    <>
      <p>
        {STATUSES[run.status]}
        {run.withdrawn && ", withdrawn"}, {recordedMoney(run.cost_usd)} {run.cost_source}
        {run.estimated_cost_usd != null && `, estimated before at ${recordedMoney(run.estimated_cost_usd)}`}; {size(run.input_bytes)} of input, completed {day(run.completed_at)}{" "}
        {time(run.completed_at)} UTC.
      </p>
      {run.bill_waits && (
        <p role="status">
          {waiting.map(({ cost_usd }) => `A bill of ${recordedMoney(cost_usd)}`).join(", ")} is too far from the estimate to be taken by itself. Until somebody decides, the estimate counts.
        </p>
      )}
    </>
  );
}

function Changes({ changes }: { changes: Story["changes"] }) {
  return (
    <Table label="Changes">
      <thead>
        <tr>
          <th scope="col">When</th>
          <th scope="col">What</th>
          <th scope="col">Why</th>
          <th scope="col">Who</th>
        </tr>
      </thead>
      <tbody>
        {changes.map((change: RunChange) => (
          <tr key={change.number}>
            <td title={change.at}>
              {day(change.at)} {time(change.at)} UTC
            </td>
            <td>
              {KINDS[change.kind]}
              {changed(change).map((text) => (
                <span key={text} className="note">
                  {text}
                </span>
              ))}
            </td>
            <td>{change.reason}</td>
            <td>{change.by_name ?? change.by}</td>
          </tr>
        ))}
      </tbody>
    </Table>
  );
}

function ChangeForm({ run }: { run: RecordedRun }) {
  const api = useApi();
  const client = useQueryClient();
  const known = choices(run);
  const [choice, setChoice] = useState(0);
  const [cost, setCost] = useState("");
  const [reason, setReason] = useState("");
  const [tried, setTried] = useState(false);
  const change = useMutation<Story, Error, RunCorrection>({
    mutationFn: (correction) => api.correctRun(run.workflow_name, run.run_id, correction),
    onSettled: () => Promise.all(CHANGED.map((key) => client.invalidateQueries({ queryKey: [key] }))),
  });
  const chosen = known[choice] as Choice;
  const costError = tried && chosen.asksCost ? ((cost.trim() === "" ? "Enter the cost in dollars, like 12.30" : budgetProblem(cost)) ?? undefined) : undefined;
  const reasonError = tried && reason.trim() === "" ? "Say why: it is kept with the run" : undefined;
  const submit = () => {
    setTried(true);
    const usd = toBudget(cost);
    const asked = chosen.asksCost ? usd !== null && budgetProblem(cost) === null : true;
    if (!asked || reason.trim() === "" || change.isPending) return;
    change.mutate({ reason: reason.trim(), version: run.version ?? 0, ...chosen.correction(usd ?? 0) });
  };
  return (
    <form
      className="run-change"
      aria-label="Change this run"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <Field id="run-choice" label="Change">
        <select id="run-choice" value={choice} onChange={({ target }) => setChoice(Number(target.value))}>
          {known.map(({ name }, index) => (
            <option key={name} value={index}>
              {name}
            </option>
          ))}
        </select>
      </Field>
      {chosen.asksCost && (
        <Field id="run-cost" label="Cost (USD)" error={costError}>
          <input id="run-cost" inputMode="decimal" autoComplete="off" value={cost} aria-invalid={costError !== undefined} aria-describedby={describedBy("run-cost", false, costError)} onChange={({ target }) => setCost(target.value)} />
        </Field>
      )}
      <Field id="run-reason" label="Reason" error={reasonError}>
        <input id="run-reason" autoComplete="off" maxLength={MAX_REASON_LENGTH} value={reason} aria-invalid={reasonError !== undefined} aria-describedby={describedBy("run-reason", false, reasonError)} onChange={({ target }) => setReason(target.value)} />
      </Field>
      <button type="submit" aria-disabled={change.isPending}>
        Change the run
      </button>
      {change.error && (
        <p role="alert" className="field-error">
          {change.error.message}
        </p>
      )}
    </form>
  );
}
