import type { UseQueryResult } from "@tanstack/react-query";
import { ApiError, type Prediction, type PredictionRequest, type WorkflowSummary } from "@/api/client";
import { ErrorNotice } from "@/components/ErrorNotice";
import { Loading } from "@/components/Loading";
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
  if (!prediction.error || prediction.isFetching) return <Loading label="Estimating the cost" problem={prediction.failureReason} />;
  const { error } = prediction;
  if (error instanceof ApiError && (error.code === "workflow_not_found" || error.code === "model_not_ready")) {
    return <NothingLearned name={request.workflow_name} workflow={workflow} problem={error} />;
  }
  return <ErrorNotice problem={error} onRetry={() => void prediction.refetch()} />;
}

/** No runs, or no model from them yet: then there is no number to give. */
function NothingLearned({ name, workflow, problem }: { name: string; workflow: WorkflowSummary | undefined; problem: ApiError }) {
  const runs = workflow?.succeeded_runs ?? 0;
  return (
    <section className="card empty" role="status">
      <h2>{problem.code === "workflow_not_found" || runs === 0 ? `We have no past runs of ${name}` : `No model of ${name} yet`}</h2>
      <p>{problem.message}</p>
      <p>
        {runs > 0
          ? `There ${runs === 1 ? "is" : "are"} ${counted(runs, "finished run")}; the estimate comes with the next retraining that succeeds.`
          : "Estimates are learned from what past runs cost. Check the name, or record runs of this workflow first."}
      </p>
      {workflow?.last_retraining && <p className="quiet">Last retraining: {workflow.last_retraining.reason}</p>}
    </section>
  );
}
