import { useEffect, useMemo, useRef, useState } from "react";
import { useLocation, useSearch } from "wouter";
import type { WorkflowSummary } from "@/api/client";
import { usePrediction, useWorkflow, useWorkflows } from "@/api/queries";
import { Alert } from "@/components/Alert";
import { ErrorNotice } from "@/components/ErrorNotice";
import { Loading } from "@/components/Loading";
import { useTitle } from "@/components/hooks";
import { Answer } from "./Answer";
import { earlyRequest } from "./early";
import { ESTIMATE_FORM, EstimateForm } from "./EstimateForm";
import { FirstVisit } from "./FirstVisit";
import { fromSearch, toRequest, toSearch, unitsGiven, unknownParameters, type FormValues } from "./question";
import { headline } from "./usable";
import { budgetProblem, formSchema, teamProblem } from "./validation";

/** The address holds the question: the form starts from it, a valid one is asked, and sharing it shares the answer. */
export default function EstimatePage() {
  const workflows = useWorkflows();
  const search = useSearch();
  useEarly(search);
  return (
    <>
      <h1>Estimate a run</h1>
      {search === "" && (
        <p className="lead">
          Know the cost before you launch: choose a workflow and enter how much data it will read. You get the likely cost, how sure it is, and why.
        </p>
      )}
      {workflows.isPending && <Loading label="Loading workflows" problem={workflows.failureReason} />}
      {workflows.error && <ErrorNotice problem={workflows.error} onRetry={() => void workflows.refetch()} />}
      {workflows.data && <Estimate workflows={workflows.data} />}
    </>
  );
}

/** Ask together with the list of workflows for what does not depend on it, unless that was asked before the app was there. */
function useEarly(search: string) {
  const request = useMemo(() => earlyRequest(search), [search]);
  usePrediction(request);
  useWorkflow(request?.workflow_name ?? null);
}

function Estimate({ workflows }: { workflows: readonly WorkflowSummary[] }) {
  const search = useSearch();
  const [, navigate] = useLocation();
  const values = useMemo(() => fromSearch(search, workflows), [search, workflows]);
  const workflow = workflows.find(({ workflow_name }) => workflow_name === values.workflow);
  const unknown = workflow ? unknownParameters(values, workflow.parameters) : [];
  const request = useMemo(
    () => (unknown.length === 0 && formSchema(workflows).safeParse(values).success ? toRequest(values, workflow?.parameters ?? []) : null),
    [values, workflow, workflows, unknown.length],
  );
  const prediction = usePrediction(request);
  useTitle(prediction.data ? `${headline(prediction.data)}, ${prediction.data.workflow_name}` : "Estimate a run");
  /** Counts the times that a person asked, so that the same question asked again brings them to its answer again. */
  const [times, setTimes] = useState(0);

  /** The form was changed since: what is shown answers another question. */
  const [differs, setDiffers] = useState(false);
  const answer = useRef<HTMLDivElement>(null);
  const chooser = useRef<((name: string) => void) | null>(null);

  const ask = (typed: FormValues) => {
    const next = toSearch(typed);
    if (next === toSearch(values) && !prediction.isSuccess) void prediction.refetch();
    else navigate(next ? `/?${next}` : "/");
    setTimes((before) => before + 1);
  };

  const failure = prediction.isFetching ? null : prediction.error;
  useEffect(() => {
    // A result takes the focus itself; on a phone the way to any other answer is below the form.
    if (failure) answer.current?.focus();
    else if (times > 0) answer.current?.scrollIntoView({ block: "nearest" });
  }, [failure, times]);

  return (
    <div className="estimate">
      <EstimateForm
        workflows={workflows}
        values={values}
        unitsGiven={unitsGiven(search)}
        asked={values.input !== "" || values.output !== "" || budgetProblem(values.budget) !== null || teamProblem(values.team) !== null}
        onAsk={ask}
        chooser={chooser}
        onDiffer={setDiffers}
      />
      <div className={differs && request ? "answer stale" : "answer"} ref={answer} tabIndex={-1}>
        <div role="status">
          {differs && request && (
            <p className="stale-note">
              You changed the form. This answers the question before:{" "}
              <button type="submit" form={ESTIMATE_FORM} className="link">
                estimate anew
              </button>
              .
            </p>
          )}
        </div>
        {request ? (
          <Answer request={request} values={values} workflow={workflow} prediction={prediction} times={times} />
        ) : (
          <>
            {unknown.length > 0 && (
              <Alert title="This link cannot be read">
                <p>
                  No past run of {values.workflow} has {unknown.map((name) => `“${name}”`).join(" or ")}. Nothing was asked: correct the link, or estimate with the
                  form.
                </p>
              </Alert>
            )}
            <FirstVisit workflows={workflows} onChoose={(name) => chooser.current?.(name)} />
          </>
        )}
      </div>
    </div>
  );
}
