import { useEffect } from "react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { MINIMUM_RUNS } from "@/api/bounds";
import type { WorkflowSummary } from "@/api/client";
import { useApi } from "@/api/queries";
import { ErrorNotice } from "@/components/ErrorNotice";
import { Facts, type Fact } from "@/components/Facts";
import { Icon } from "@/components/Icon";
import { useQueryState } from "@/components/useQueryState";
import { counted, count, day, share } from "@/format";
import { coverageProblem } from "@/judgement";
import { learningTime } from "./words";
import { RetrainingProgress, useRetraining } from "./RetrainingProgress";

interface InServiceProps {
  workflow: WorkflowSummary;
  /** When the schedule next learns from new runs, if that is known. */
  nextTraining: string | null;
  /** The retraining to show: the one of the address, or the one under way. */
  retrainingId: string | null;
}

/** The model that answers now, and the way to a newer one. */
export function InService({ workflow, nextTraining, retrainingId }: InServiceProps) {
  const api = useApi();
  const client = useQueryClient();
  const [, write] = useQueryState();
  const name = workflow.workflow_name;
  const retraining = useRetraining(name, retrainingId);
  const start = useMutation({
    mutationFn: () => api.startRetraining(name),
    onSuccess: (started) => {
      client.setQueryData(["retraining", name, started.retraining_id], started);
      write({ retraining: started.retraining_id });
    },
  });
  const running = retraining.data?.status === "running";
  const ended = retraining.data?.ended_at ?? null;
  useEffect(() => {
    if (ended === null) return;
    // What it changed is asked for anew wherever it is shown.
    for (const key of ["workflow", "workflows", "accuracy", "prediction"]) void client.invalidateQueries({ queryKey: [key] });
  }, [ended, client]);
  return (
    <section className="card stack" aria-labelledby="model-title">
      <div className="section-head">
        <h2 id="model-title">{title(workflow)}</h2>
        {workflow.succeeded_runs >= MINIMUM_RUNS && (
          <button type="button" aria-disabled={running || start.isPending} onClick={() => !running && !start.isPending && start.mutate()}>
            Retrain now
          </button>
        )}
      </div>
      <p className="quiet">{sentence(workflow, nextTraining)}</p>
      {cautions(workflow).length > 0 && (
        <ul className="warnings" aria-label="Warnings">
          {cautions(workflow).map((message) => (
            <li key={message}>
              <Icon name="warning" />
              <span>{message}</span>
            </li>
          ))}
        </ul>
      )}
      {workflow.metrics && <Facts facts={facts(workflow)} />}
      {start.error && <ErrorNotice problem={start.error} onRetry={() => start.mutate()} />}
      {retraining.error && <ErrorNotice problem={retraining.error} onRetry={() => void retraining.refetch()} />}
      {retraining.data && <RetrainingProgress retraining={retraining.data} watched={start.isSuccess} serving={workflow.model_version} />}
      {!retraining.data && workflow.last_retraining && (
        <p className="quiet">
          Latest retraining, {day(workflow.last_retraining.ended_at)}{workflow.last_retraining.outcome === "failed" && ", failed"}:{" "}
          {workflow.last_retraining.reason}
        </p>
      )}
    </section>
  );
}

/** What to keep in mind of the model in service: that it is a guess, or that its intervals held too seldom. */
function cautions({ metrics, evaluated_runs, model_kind }: WorkflowSummary): string[] {
  const guess = model_kind === "guess" ? ["No model is better than a guess: answers are the median of past costs, whatever is asked."] : [];
  const coverage = metrics ? coverageProblem(metrics, evaluated_runs ?? null) : null;
  return coverage === null ? guess : [...guess, coverage];
}

function title({ retired_at, model_version }: WorkflowSummary): string {
  if (retired_at) return "Retired";
  return model_version === null ? "No model yet" : `Version ${model_version} is in service`;
}

function sentence({ model_runs, trained_at, new_runs, succeeded_runs, retired_at }: WorkflowSummary, nextTraining: string | null): string {
  if (retired_at) return `Nothing answers for it since ${day(retired_at)}; its history stays. A new run, or retraining it now, brings it back.`;
  const next = nextTraining ? `, which the schedule learns from ${learningTime(nextTraining)}` : "";
  const fresh = new_runs > 0 ? `${counted(new_runs, "new run")} since the latest retraining${next}.` : "No new runs since the latest retraining.";
  if (trained_at === null || model_runs === null) {
    const waiting = succeeded_runs < MINIMUM_RUNS ? `; a first model needs ${MINIMUM_RUNS}` : nextTraining ? `: the schedule trains a first model ${learningTime(nextTraining)}` : "";
    return `${counted(succeeded_runs, "successful run")} so far${waiting}.`;
  }
  return `Trained on ${day(trained_at)} with ${counted(model_runs, "run")}. ${fresh}`;
}

function facts({ metrics, runs }: WorkflowSummary): Fact[] {
  if (!metrics) return [];
  return [
    { term: "Median error", value: share(metrics.median_ape), note: "on runs it had not seen" },
    { term: "80 % interval held", value: share(metrics.coverage_80), note: "of those runs" },
    { term: "90 % interval held", value: share(metrics.coverage_90), note: "of those runs" },
    { term: "Interval width", value: share(metrics.width_80), note: "of the cost, for the 80 % interval" },
    { term: "Runs recorded", value: count(runs) },
  ];
}
