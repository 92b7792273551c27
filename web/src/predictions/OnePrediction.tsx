import { useEffect, useRef, type ReactNode } from "react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "wouter";
import type { KeptPrediction, Prediction, PredictionRequest } from "@/api/client";
import { useApi } from "@/api/queries";
import { keptQuery } from "@/api/queryOptions";
import { ErrorNotice } from "@/components/ErrorNotice";
import { Export } from "@/components/Export";
import { readOn, useTitle } from "@/components/hooks";
import { Icon } from "@/components/Icon";
import { Loading } from "@/components/Loading";
import { MadeUp } from "@/components/MadeUp";
import { BeyondEvidence } from "@/estimate/BeyondEvidence";
import { CopyLink } from "@/estimate/CopyLink";
import { describeQuestion } from "@/estimate/question";
import { headline } from "@/estimate/usable";
import { counted, day, exactMoney, share, time } from "@/format";
import { difference, modelDifference } from "./difference";
import { keptCsv } from "./export";
import { Intervals } from "./Intervals";
import { KeptBatch } from "./KeptBatch";
import { estimateAddress, whoAsked } from "./kept";

/** What was said then, beside what would be said now. */
export function OnePrediction({ id }: { id: string }) {
  const kept = useQuery(keptQuery(useApi(), id));
  useTitle(kept.data ? `Prediction of ${day(kept.data.asked_at)}` : "Prediction");
  return (
    <>
      <div className="page-bar">
        <Link href="/predictions" onClick={readOn}>
          All predictions
        </Link>
      </div>
      {kept.isPending && <Loading label="Loading the prediction" problem={kept.failureReason} />}
      {kept.error && <ErrorNotice problem={kept.error} onRetry={() => void kept.refetch()} />}
      {kept.data && <Kept kept={kept.data} />}
    </>
  );
}

function Kept({ kept }: { kept: KeptPrediction }) {
  const title = useRef<HTMLHeadingElement>(null);
  useEffect(() => title.current?.focus({ preventScroll: true }), []);
  const { request, answer, batch_request: batch, batch_answer: answers } = kept;
  return (
    <article className="card stack" aria-labelledby="kept-title">
      <header className="kept-head">
        <h2 id="kept-title" ref={title} tabIndex={-1}>
          {request ? describeQuestion({ ...request, team: null }) : `A batch of ${counted(batch?.requests.length ?? 0, "run")}`}
        </h2>
        <p className="quiet">
          Asked {day(kept.asked_at)}, {time(kept.asked_at)} UTC by {whoAsked(kept)}
          {kept.team && ` for ${kept.team}`}. Prediction {kept.prediction_id}.
        </p>
        {request && <MadeUp name={request.workflow_name} sentence />}
      </header>
      {request && answer && <ThenAndNow request={request} then={answer} />}
      {batch && answers && <KeptBatch id={kept.prediction_id} asked={batch} then={answers} />}
      <Export name={`prediction-${kept.prediction_id}`} csv={() => keptCsv(kept)} json={() => JSON.stringify(kept, null, 2)}>
        {request && (
          <Link className="estimate-again" href={estimateAddress(request)} onClick={readOn}>
            Open on the Estimate page
          </Link>
        )}
        <CopyLink />
      </Export>
    </article>
  );
}

function ThenAndNow({ request, then }: { request: PredictionRequest; then: Prediction }) {
  const api = useApi();
  const now = useQuery({ queryKey: ["again", request], queryFn: ({ signal }) => api.predict({ ...request, keep: false }, signal), retryOnMount: false });
  return (
    <div className="then-now">
      <Said title="Said then" answer={then} />
      {now.data ? (
        <Said title="Said now" answer={now.data}>
          <p role="status">
            <strong>{difference(then, now.data)}</strong> {modelDifference(then.model, now.data.model)}
          </p>
        </Said>
      ) : (
        <section className="said" aria-label="Said now">
          <h3>Said now</h3>
          {now.error && !now.isFetching ? <ErrorNotice problem={now.error} onRetry={() => void now.refetch()} /> : <Loading label="Asking the model again" problem={now.failureReason} />}
        </section>
      )}
    </div>
  );
}

/** One answer: the figure, how sure it was, what to keep in mind, and which model gave it. */
function Said({ title, answer, children }: { title: string; answer: Prediction; children?: ReactNode }) {
  const { beyond_evidence: beyond, model } = answer;
  const warnings = answer.warnings.filter(({ code }) => !beyond || code !== "outside_training_range");
  return (
    <section className="said" aria-label={title}>
      <h3>{title}</h3>
      <p className="figure-said" title={beyond ? undefined : exactMoney(answer.cost_usd)}>
        {headline(answer)}
      </p>
      {beyond ? <BeyondEvidence prediction={answer} beyond={beyond} /> : <Intervals intervals={answer.intervals} what="runs like this cost" />}
      {children}
      {warnings.length > 0 && (
        <ul className="warnings" aria-label={`Warnings, ${title.toLowerCase()}`}>
          {warnings.map(({ code, message }) => (
            <li key={code + message}>
              <Icon name="warning" />
              <span>{message}</span>
            </li>
          ))}
        </ul>
      )}
      <p className="quiet">
        Model version {model.version}, trained {day(model.trained_at)} on {counted(model.runs, "run")}; median error {share(model.median_ape)} on runs it had not seen.
      </p>
    </section>
  );
}
