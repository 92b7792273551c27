import { useEffect, useRef } from "react";
import { useQuery } from "@tanstack/react-query";
import type { Retraining } from "@/api/client";
import { useApi } from "@/api/queries";
import { Icon } from "@/components/Icon";
import { duration } from "@/format";
import { outcomeTitle } from "./words";

const EVERY_MS = 2000;

/** A retraining, asked for again and again until it has ended. */
export function useRetraining(workflow: string, id: string | null) {
  const api = useApi();
  return useQuery({
    queryKey: ["retraining", workflow, id],
    queryFn: ({ signal }) => api.getRetraining(workflow, id ?? "", signal),
    enabled: id !== null,
    refetchInterval: ({ state }) => (state.data?.status === "running" ? EVERY_MS : false),
    // Its end is worth knowing though the page is in the background.
    refetchIntervalInBackground: true,
    staleTime: EVERY_MS,
  });
}

type StepState = Retraining["steps"][number]["state"];
const STATE_WORDS: Record<StepState, string> = { done: "done", current: "under way", pending: "to come", failed: "failed", skipped: "not reached" };
/** A verdict can spare the last steps; everything else leaves them undone. */
const stateWords = (state: StepState, status: Retraining["status"]) => (state === "skipped" && status === "no_update" ? "not needed" : STATE_WORDS[state]);

interface RetrainingProgressProps {
  retraining: Retraining;
  /** Whether a person waits for it here. */
  watched: boolean;
  /** The version that answers meanwhile, whatever comes of it. */
  serving: number | null;
}

/** The steps of a retraining as they happen, and how it ended. */
export function RetrainingProgress({ retraining, watched, serving }: RetrainingProgressProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  const running = retraining.status === "running";
  useEffect(() => {
    if (watched && !running) heading.current?.focus();
  }, [watched, running]);
  return (
    <section className={`retraining ${retraining.status}`} aria-labelledby="retraining-title">
      <div role="status">
        <h3 id="retraining-title" ref={heading} tabIndex={-1}>
          {running ? `${outcomeTitle(retraining)}: ${current(retraining)}` : outcomeTitle(retraining)}
        </h3>
        {retraining.reason && <p>{retraining.reason}</p>}
        {retraining.status === "failed" && serving !== null && <p>Version {serving} goes on answering.</p>}
      </div>
      <ol className="steps">
        {retraining.steps.map(({ step, title, state, started_at, ended_at }) => (
          <li key={step} className={state}>
            <span className="marker" aria-hidden="true">
              {state === "done" && <Icon name="check" />}
              {state === "failed" && <Icon name="stop" />}
            </span>
            <span>
              {title}
              {state !== "skipped" && <span className="visually-hidden">, {stateWords(state, retraining.status)}</span>}
            </span>
            <span className="quiet">{state === "skipped" ? stateWords(state, retraining.status) : started_at && ended_at ? duration(Date.parse(ended_at) - Date.parse(started_at)) : ""}</span>
          </li>
        ))}
      </ol>
    </section>
  );
}

const current = ({ steps }: Retraining) => (steps.find(({ state }) => state === "current")?.title ?? "Starting").toLowerCase();
