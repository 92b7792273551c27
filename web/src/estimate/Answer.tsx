import type { UseQueryResult } from "@tanstack/react-query";
import { Link } from "wouter";
import { MINIMUM_RUNS } from "@/api/bounds";
import { ApiError, type Prediction, type PredictionRequest, type WorkflowSummary } from "@/api/client";
import { ErrorNotice } from "@/components/ErrorNotice";
import { Loading } from "@/components/Loading";
import { WorkflowLink } from "@/components/WorkflowLink";
import { counted } from "@/format";
import type { FormValues } from "./question";
import { Result } from "./Result";

interface AnswerProps {
  request: PredictionRequest;
  values: FormValues;
  workflow: WorkflowSummary | undefined;
  prediction: UseQueryResult<Prediction>;
  times: number;
}

/** The answer to a question, on its way, arrived, or why there is none. */
export function Answer({ request, values, workflow, prediction, times }: AnswerProps) {
  if (prediction.data) {
    return <Result prediction={prediction.data} request={request} values={values} workflow={workflow} times={times} />;
  }
  // A retry by hand keeps the error of the last try until it ends; the outline tells that something is happening.
  if (!prediction.error || prediction.isFetching) return <Loading label="Asking the model" problem={prediction.failureReason} />;
  const { error } = prediction;
  if (error instanceof ApiError && (error.code === "workflow_not_found" || error.code === "model_not_ready")) {
    return <NothingLearned name={request.workflow_name} workflow={workflow} problem={error} />;
  }
  return <ErrorNotice problem={error} kept onRetry={() => void prediction.refetch()} />;
}

/** No runs, or no model from them yet: then there is no number to give. */
function NothingLearned({ name, workflow, problem }: { name: string; workflow: WorkflowSummary | undefined; problem: ApiError }) {
  if (problem.code === "workflow_not_found") {
    return (
      <section className="card empty" role="status">
        <h2>We have no past runs of {name}</h2>
        <p>{withoutHeading(problem.message, name)}</p>
        <p>
          Estimates are learned from what past runs cost. Check the name, or <Link href="/runs">record runs of this workflow</Link> first.
        </p>
      </section>
    );
  }
  const enough = workflow !== undefined && workflow.succeeded_runs >= MINIMUM_RUNS;
  return (
    <section className="card empty" role="status">
      <h2>No model of {name} yet</h2>
      <p>
        {workflow ? `It has ${counted(workflow.succeeded_runs, "successful run")}${enough ? "." : `; a first estimate needs ${MINIMUM_RUNS}.`}` : problem.message}
        {enough && (
          <>
            {" "}
            The estimate comes with the next retraining that succeeds: <WorkflowLink page="/models" name={name}>train it now</WorkflowLink>.
          </>
        )}
      </p>
      {enough && workflow.last_retraining && <p className="quiet">Last retraining: {workflow.last_retraining.reason}</p>}
    </section>
  );
}

/** What the service says beyond that there are no runs, such as names that it takes for meant. */
const withoutHeading = (message: string, name: string) => message.replace(`We have no past runs of "${name}".`, "").trim();
