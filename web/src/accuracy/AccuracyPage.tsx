import { useQuery } from "@tanstack/react-query";
import { Link } from "wouter";
import { MINIMUM_RUNS } from "@/api/bounds";
import type { Accuracy, WorkflowSummary } from "@/api/client";
import { ApiError } from "@/api/client";
import { useApi, useWorkflows } from "@/api/queries";
import { ErrorNotice } from "@/components/ErrorNotice";
import { Export } from "@/components/Export";
import { Facts } from "@/components/Facts";
import { Loading } from "@/components/Loading";
import { MadeUp } from "@/components/MadeUp";
import { NoRuns } from "@/components/NoRuns";
import { readOn, useTitle } from "@/components/hooks";
import { useQueryState } from "@/components/useQueryState";
import { WorkflowLink } from "@/components/WorkflowLink";
import { WorkflowPicker } from "@/components/WorkflowPicker";
import { counted, day, share } from "@/format";
import { ByWorkflow } from "./ByWorkflow";
import { Coverage } from "./Coverage";
import { ErrorBars } from "./ErrorBars";
import { toCsv } from "./export";
import { PredictedAndActual } from "./PredictedAndActual";
import { byMonth, bySize, isOutside } from "./points";
import { WorstMisses } from "./WorstMisses";
import "./accuracy.css";

/** How far estimates can be trusted, measured on runs that the models had not seen: of all workflows, or of one. */
export default function AccuracyPage() {
  const workflows = useWorkflows();
  const [query, write] = useQueryState();
  const name = query.get("workflow");
  useTitle(name === null ? "Accuracy" : `Accuracy of ${name}`);
  return (
    <div className="page">
      <h1>Accuracy</h1>
      {workflows.isPending && <Loading label="Loading workflows" problem={workflows.failureReason} />}
      {workflows.error && <ErrorNotice problem={workflows.error} onRetry={() => void workflows.refetch()} />}
      {workflows.data?.length === 0 && <NoRuns />}
      {workflows.data && workflows.data.length > 0 && name === null && <ByWorkflow workflows={workflows.data} />}
      {workflows.data && name !== null && (
        <>
          <div className="page-bar">
            <WorkflowPicker workflows={workflows.data} value={name} onChange={(next) => write({ workflow: next })} />
            <Link href="/accuracy" onClick={readOn}>All workflows</Link>
          </div>
          <MadeUp name={name} sentence />
          <OneWorkflow key={name} name={name} workflow={workflows.data.find(({ workflow_name }) => workflow_name === name)} />
        </>
      )}
    </div>
  );
}

function OneWorkflow({ name, workflow }: { name: string; workflow: WorkflowSummary | undefined }) {
  const api = useApi();
  const accuracy = useQuery({ queryKey: ["accuracy", name], queryFn: ({ signal }) => api.getAccuracy(name, signal) });
  if (accuracy.isPending) return <Loading label="Loading the accuracy" problem={accuracy.failureReason} />;
  if (accuracy.error) {
    if (accuracy.error instanceof ApiError && accuracy.error.code === "model_not_ready") return <NoModel name={name} workflow={workflow} />;
    return <ErrorNotice problem={accuracy.error} onRetry={() => void accuracy.refetch()} />;
  }
  return <Measured accuracy={accuracy.data} />;
}

function NoModel({ name, workflow }: { name: string; workflow: WorkflowSummary | undefined }) {
  return (
    <section className="card empty" role="status">
      <h2>No model of {name} yet</h2>
      <p>
        {workflow && `It has ${counted(workflow.succeeded_runs, "successful run")}. `}
        {workflow && workflow.succeeded_runs < MINIMUM_RUNS ? (
          `A first model needs ${MINIMUM_RUNS}; then it is measured what it gets right.`
        ) : (
          <>
            What a model gets right can be measured once there is one: <WorkflowLink page="/models" name={name}>train it now</WorkflowLink>.
          </>
        )}
      </p>
    </section>
  );
}

const EVALUATED_ON: Record<Accuracy["evaluated_on"], string> = {
  holdout: "kept out of its training",
  cross_validation: "each predicted by a model trained on the others",
  training_runs: "that it learned from, too few to keep any out",
};

function Measured({ accuracy }: { accuracy: Accuracy }) {
  const { metrics, baseline, later, points } = accuracy;
  const months = byMonth(accuracy.months);
  const sizes = bySize(accuracy.slices);
  // One scale for both, so that bars beside one another compare.
  const longest = Math.max(...[...months, ...sizes].map(({ error }) => error), Number.MIN_VALUE);
  return (
    <>
      <section className="card stack" aria-labelledby="accuracy-title">
        <h2 id="accuracy-title">Half of all estimates are less than {share(metrics.median_ape)} off</h2>
        <p className="quiet">
          Version {accuracy.model_version}, trained {day(accuracy.trained_at)}, measured on {counted(accuracy.evaluated_runs, "run")} {EVALUATED_ON[accuracy.evaluated_on]}.
        </p>
        <div className="measured">
          <Facts
            facts={[
              { term: "Median error", value: share(metrics.median_ape), note: `${share(baseline.median_ape)} if one always said the median cost` },
              { term: "Interval width", value: share(metrics.width_80), note: "of the cost, for the 80 % interval" },
              ...(later ? [{
                    term: "Latest runs",
                    value: share(later.metrics.median_ape),
                    note: `median error on the ${counted(later.runs, "run")} since ${day(later.since)}, predicted from those before`,
                  }] : []),
            ]}
          />
          <Coverage coverage={accuracy.coverage} runs={accuracy.evaluated_runs} />
        </div>
      </section>
      {points.length === 0 ? (
        <section className="card empty" role="status">
          <h2>Single runs are not known</h2>
          <p>
            An early version of Runquote trained this model and kept its totals alone.{" "}
            <WorkflowLink page="/models" name={accuracy.workflow_name}>Retrain it</WorkflowLink> to see each run here.
          </p>
        </section>
      ) : (
        <section className="card stack" aria-label="Single runs">
          <div className="side-by-side">
            <PredictedAndActual points={points} outside={points.filter(isOutside).length} />
            <div className="stack">
              <ErrorBars title="Error by month" of="Month" rows={months} longest={longest} />
              <ErrorBars title="Error by input size" of="Input size" rows={sizes} longest={longest} />
            </div>
          </div>
          <WorstMisses runs={accuracy.worst_misses} />
          <Export name={`${accuracy.workflow_name}-accuracy`} csv={() => toCsv(accuracy)} json={() => JSON.stringify(accuracy, null, 2)} />
        </section>
      )}
    </>
  );
}
