import { ApiError } from "@/api/client";
import { useElapsed } from "./hooks";

const QUICK_MS = 300;
const LONG_MS = 8000;

/** Nothing at first, then the outline of what is to come; says so when a model has to start first. */
export function Loading({ label, problem }: { label: string; problem: Error | null }) {
  const slow = useElapsed(QUICK_MS);
  const long = useElapsed(LONG_MS);
  const warming = problem instanceof ApiError && problem.code === "model_warming";
  const throttled = problem instanceof ApiError && problem.code === "too_many_requests";
  return (
    <div className="loading" role="status">
      {warming && <p className="card">Starting the model, up to 60 s. The answer appears here by itself.</p>}
      {throttled && <p className="card">Many people are asking at once. Trying again in a moment.</p>}
      {long && !warming && !throttled && <p className="card">This takes longer than usual. Still waiting for the service.</p>}
      {slow && (
        <div className="skeleton">
          <span className="visually-hidden">{label}</span>
          <span />
          <span />
          <span />
        </div>
      )}
    </div>
  );
}
