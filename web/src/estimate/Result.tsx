import { lazy, Suspense, useCallback, useDeferredValue, useEffect, useRef, useState } from "react";
import type { Interval, Prediction, PredictionRequest, WorkflowSummary } from "@/api/client";
import { CoverageChoice, OFFERED } from "@/components/CoverageChoice";
import { Icon } from "@/components/Icon";
import { Loading } from "@/components/Loading";
import { exactMoney, inTen, moneyRange } from "@/format";
import { BeyondEvidence } from "./BeyondEvidence";
import { OutcomeStrip } from "./OutcomeStrip";
import { describeQuestion, toBudget, type FormValues } from "./question";
import { headline } from "./usable";

// Asked for at once, so that it comes while the answer is awaited.
const background = import("./Background");
const Background = lazy(() => background);

interface ResultProps {
  prediction: Prediction;
  request: PredictionRequest;
  values: FormValues;
  workflow: WorkflowSummary | undefined;
  times: number;
}

/** The figure, how sure it is, and why: most important first. */
export function Result({ prediction, request, values, workflow, times }: ResultProps) {
  const [coverage, setCoverage] = useState(0.8);
  const choices = prediction.intervals.filter((one) => OFFERED.includes(one.coverage));
  const interval = choices.find((one) => one.coverage === coverage) ?? prediction.intervals[0];
  const { beyond_evidence: beyond } = prediction;
  const warnings = prediction.warnings.filter(({ code }) => !beyond || code !== "outside_training_range");
  const heading = useRef<HTMLHeadingElement>(null);
  // The figure comes first, and what explains it when there is time: all at once would hold up a slow phone.
  const explained = useDeferredValue(true, false);
  const [shown, setShown] = useState(false);
  const show = useCallback(() => setShown(true), []);
  useEffect(() => {
    // Until all is there, the page may be too short to bring the card to its top.
    if (shown) bringTo(heading.current);
  }, [prediction.prediction_id, times, shown]);
  return (
    <article className="result card" aria-labelledby="result-title">
      <p className="asked">{describeQuestion(request)}</p>
      <h2 id="result-title" ref={heading} tabIndex={-1} title={beyond ? undefined : exactMoney(prediction.cost_usd)}>
        {headline(prediction)}
      </h2>
      {beyond && <BeyondEvidence prediction={prediction} beyond={beyond} />}
      {!beyond && interval && (
        <IntervalSentence interval={interval} choices={choices.map((one) => one.coverage)} onChoose={setCoverage} />
      )}
      {!beyond && <OutcomeStrip cost={prediction.cost_usd} outcomes={prediction.outcomes_usd} budget={toBudget(values.budget)} />}
      {warnings.length > 0 && (
        <ul className="warnings" aria-label="Warnings">
          {warnings.map(({ code, message }) => (
            <li key={code + message}>
              <Icon name="warning" />
              <span>{message}</span>
            </li>
          ))}
        </ul>
      )}
      {explained && (
        <Suspense fallback={<Loading label="Loading what explains it" problem={null} />}>
          <Background prediction={prediction} request={request} interval={interval} workflow={workflow} onShown={show} />
        </Suspense>
      )}
    </article>
  );
}

/** Focus the figure; where it is out of sight, as below the form on a phone, its card comes to the top with it. */
function bringTo(heading: HTMLElement | null) {
  heading?.focus({ preventScroll: true });
  const { top = 0, bottom = 0 } = heading?.getBoundingClientRect() ?? {};
  if (top < 0 || bottom > innerHeight * 0.75) heading?.parentElement?.scrollIntoView();
}

interface IntervalSentenceProps {
  interval: Interval;
  choices: readonly number[];
  onChoose: (coverage: number) => void;
}

function IntervalSentence({ interval, choices, onChoose }: IntervalSentenceProps) {
  const [low, high] = moneyRange(interval.low_usd, interval.high_usd);
  return (
    <div className="interval">
      <p aria-live="polite">
        {inTen(interval.coverage)} runs like this cost between <strong title={exactMoney(interval.low_usd)}>{low}</strong> and{" "}
        <strong title={exactMoney(interval.high_usd)}>{high}</strong>.
      </p>
      <CoverageChoice chosen={interval.coverage} choices={choices} onChoose={onChoose} />
    </div>
  );
}
