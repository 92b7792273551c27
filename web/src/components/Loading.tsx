import { ApiError } from "@/api/client";
import { useElapsed } from "./hooks";

const QUICK_MS = 300;
const NOTICED_MS = 3000;
const LONG_MS = 8000;

interface LoadingProps {
  /** What is waited for, as in "Asking the model". */
  label: string;
  problem: Error | null;
}

/** Nothing at first, then what is waited for and the outline of what is to come; what takes longer says how long it may. */
export function Loading({ label, problem }: LoadingProps) {
  const slow = useElapsed(QUICK_MS);
  return (
    <div className="loading">
      <div role="status">{slow && <Waiting label={label} problem={problem} />}</div>
      {slow && (
        <div className="skeleton">
          <span />
          <span />
          <span />
        </div>
      )}
    </div>
  );
}

/** What is waited for, in words that change as it takes longer. Nothing here waits for more than a minute. */
export function Waiting({ label, problem }: LoadingProps) {
  const noticed = useElapsed(NOTICED_MS);
  const long = useElapsed(LONG_MS);
  return <p className={long ? "waiting long" : "waiting"}>{words(label, problem instanceof ApiError ? problem.code : null, noticed, long)}</p>;
}

function words(label: string, code: ApiError["code"] | null, noticed: boolean, long: boolean): string {
  if (code === "model_warming") return "Starting the model, up to 60 s. The answer appears here by itself.";
  if (code === "too_many_requests") return "Many people are asking at once. Trying again in a moment.";
  if (long) return `Still ${label.replace(/^./, (first) => first.toLowerCase())}: this takes longer than usual. If no answer comes within a minute, this page says so.`;
  return noticed ? `Still ${label.replace(/^./, (first) => first.toLowerCase())}…` : `${label}…`;
}
