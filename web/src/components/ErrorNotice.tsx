import { useContext } from "react";
import { ApiError } from "@/api/client";
import { ApiContext } from "@/api/queries";
import { Alert } from "./Alert";

const TITLES: Partial<Record<ApiError["code"], string>> = {
  unreachable: "We could not reach the service",
  forbidden: "The service did not accept the API key",
  too_many_requests: "Too many requests right now",
  invalid_request: "The service did not accept this question",
  model_warming: "The model is still starting",
  model_timeout: "The model took too long to answer",
  model_error: "The model could not answer",
  endpoint_misconfigured: "This workflow's model is not set up correctly",
  unavailable: "The service is busy or being repaired",
};

interface ErrorNoticeProps {
  problem: Error;
  onRetry: () => void;
  /** Whether a person entered something that they may fear to have lost. */
  kept?: boolean;
}

/** Name what went wrong and offer to try again. */
export function ErrorNotice({ problem, onRetry, kept = false }: ErrorNoticeProps) {
  const api = useContext(ApiContext);
  if (!(problem instanceof ApiError)) {
    return <Alert title="Something went wrong on this page" onRetry={onRetry}><p>{problem.message}</p></Alert>;
  }
  if (problem.code === "unauthorized") {
    return <Alert title="You are no longer signed in" onRetry={onRetry}><p>Sign in again above.{kept && " What you entered is still here."}</p></Alert>;
  }
  // Asking again for what is not there would change nothing.
  if (problem.code === "workflow_not_found") return <Alert title="No such workflow"><p>{problem.message}</p></Alert>;
  if (problem.code === "prediction_not_found") return <Alert title="No such prediction"><p>{problem.message}</p></Alert>;
  return (
    <Alert title={TITLES[problem.code] ?? "The service could not answer"} onRetry={onRetry}>
      {problem.code === "unreachable" ? (
        <p>Nothing answered at {api ? new URL(api.apiUrl).host : "its address"}. Check your connection.{kept && " What you entered is still here."}</p>
      ) : (
        <p>{problem.message}</p>
      )}
      {problem.requestId && <p className="quiet">Request {problem.requestId}</p>}
    </Alert>
  );
}
