import { Fragment, useState, type RefObject } from "react";
import { Link } from "wouter";
import type { BatchTotal } from "@/api/client";
import { Alert } from "@/components/Alert";
import { CoverageChoice } from "@/components/CoverageChoice";
import { ErrorNotice } from "@/components/ErrorNotice";
import { Export } from "@/components/Export";
import { describedBy, Field } from "@/components/Field";
import { Icon } from "@/components/Icon";
import { readOn } from "@/components/hooks";
import { RowProblems } from "@/components/RowProblems";
import { useQueryState } from "@/components/useQueryState";
import { exceedWords, ICONS } from "@/estimate/budget";
import { toBudget } from "@/estimate/question";
import { budgetProblem } from "@/estimate/validation";
import { judge, VERDICT_WORDS } from "@/judgement";
import { aboutMoney, count, counted, exactMoney, inTen, moneyRange } from "@/format";
import { BatchTable } from "./BatchTable";
import { toCsv, toJson } from "./export";
import { commonWarnings, keptAs } from "./summary";
import type { Batch } from "./useBatch";

interface BatchResultProps {
  batch: Batch;
  heading: RefObject<HTMLHeadingElement | null>;
  onRetry: () => void;
}

/** What all runs cost together, what to keep in mind, and each run. */
export function BatchResult({ batch, heading, onRetry }: BatchResultProps) {
  const [coverage, setCoverage] = useState(0.8);
  const answered = batch.rows.filter(({ prediction }) => prediction !== null);
  const problems = batch.rows.filter(({ problem }) => problem !== null);
  const open = batch.rows.filter(({ prediction, problem, passing }) => prediction === null && (problem === null || passing));
  const counting = answered.length - (batch.total?.left_out ?? 0);
  const title = headline(batch.total, answered.length);
  const stem = batch.name.replace(/\.[^.]*$/, "");
  return (
    <article className="result card" aria-labelledby="batch-title">
      <p className="asked">{describeRows(batch, counting)}</p>
      <h2 id="batch-title" ref={heading} tabIndex={-1} title={counting > 0 && batch.total ? exactMoney(batch.total.cost_usd) : undefined}>
        {title}
      </h2>
      {counting > 0 && batch.total && <Total total={batch.total} coverage={coverage} onChoose={setCoverage} runs={counting} />}
      {batch.failure && <ErrorNotice problem={batch.failure} kept onRetry={onRetry} />}
      {!batch.failure && open.length > 0 && (
        <Alert title={`${counted(open.length, "run")} got no answer`} onRetry={onRetry}>
          <p>Their model did not answer in time. The others are below; retrying asks for these alone.</p>
        </Alert>
      )}
      <RowProblems
        title={`${counted(problems.length, "row")} without an estimate`}
        problems={problems.map(({ line, label, problem }) => ({ line, label, message: problem ?? "" }))}
      />
      <Warnings batch={batch} />
      {answered.length > 0 && (
        <>
          <BatchTable rows={answered} coverage={coverage} />
          <Export name={`${stem}-estimates`} csv={() => toCsv(batch.rows)} json={() => toJson(batch.rows, batch.total)} />
          <KeptAs rows={batch.rows} />
        </>
      )}
    </article>
  );
}

/** The way to what was asked and answered, as it will be told later. */
function KeptAs({ rows }: Pick<Batch, "rows">) {
  const ids = keptAs(rows);
  return (
    <p className="quiet kept-as">
      {ids.length === 1 ? "Kept as prediction" : `Kept as ${ids.length} predictions, one for each request that was sent:`}{" "}
      {ids.map((id, index) => (
        <Fragment key={id}>
          {index > 0 && ", "}
          <Link href={`/predictions?prediction=${id}`} onClick={readOn}>
            {id}
          </Link>
        </Fragment>
      ))}
    </p>
  );
}

function headline(total: BatchTotal | null, answered: number): string {
  if (answered === 0 || !total) return "No run could be estimated";
  return total.left_out === answered ? "Past runs cannot tell" : aboutMoney(total.cost_usd);
}

function describeRows({ name, rows, team }: Batch, answered: number): string {
  const runs = answered === rows.length ? counted(answered, "run") : `${count(answered)} of ${counted(rows.length, "run")}`;
  return `${name}, ${runs} together${team === null ? "" : `, paid by ${team}`}`;
}

interface TotalProps {
  total: BatchTotal;
  coverage: number;
  runs: number;
  onChoose: (coverage: number) => void;
}

function Total({ total, coverage, runs, onChoose }: TotalProps) {
  const interval = total.intervals.find((one) => one.coverage === coverage) ?? total.intervals[0];
  if (!interval) return null;
  const [low, high] = moneyRange(interval.low_usd, interval.high_usd);
  return (
    <>
      <div className="interval">
        <p aria-live="polite">
          {runs === 1 ? `${inTen(interval.coverage)} runs like this cost` : `${inTen(interval.coverage, "times")}, these runs together cost`} between{" "}
          <strong title={exactMoney(interval.low_usd)}>{low}</strong> and <strong title={exactMoney(interval.high_usd)}>{high}</strong>.
        </p>
        <CoverageChoice chosen={interval.coverage} onChoose={onChoose} />
      </div>
      <BudgetCheck total={total} />
    </>
  );
}

/** Whether the total stays within a budget, as soon as one is typed; the address keeps it. */
function BudgetCheck({ total }: { total: BatchTotal }) {
  const [query, write] = useQueryState();
  const [text, setText] = useState(query.get("budget") ?? "");
  const [left, setLeft] = useState(query.has("budget"));
  const error = left ? (budgetProblem(text) ?? undefined) : undefined;
  const budget = budgetProblem(text) === null ? toBudget(text) : null;
  const judged = budget === null ? null : judge(total.cost_usd, total.outcomes_usd, budget, total.left_out);
  return (
    <div className="budget-check">
      <Field id="batch-budget" label="Budget" optional error={error} hint={<>In US dollars, for all runs together. Or see <Link href="/budgets">a team's budget</Link>.</>}>
        <div className="amount">
          <span className="prefix" aria-hidden="true">
            $
          </span>
          <input
            id="batch-budget"
            inputMode="decimal"
            autoComplete="off"
            value={text}
            aria-invalid={error !== undefined}
            aria-describedby={describedBy("batch-budget", true, error)}
            onChange={({ target }) => {
              setText(target.value);
              setLeft(false);
              if (budgetProblem(target.value) === null) write({ budget: target.value });
            }}
            onBlur={() => setLeft(true)}
          />
        </div>
      </Field>
      <div role="status">
        {judged && (
          <p className={`verdict ${judged.verdict.replace(" ", "-")}`}>
            <Icon name={ICONS[judged.verdict]} />
            <span>
              <strong>{VERDICT_WORDS[judged.verdict]}.</strong> {exceedWords(judged, budget ?? 0, "likely totals")}
              {total.left_out > 0 && `, not counting ${counted(total.left_out, "run")} that past runs cannot tell of`}.
            </span>
          </p>
        )}
      </div>
    </div>
  );
}

function Warnings({ batch }: { batch: Batch }) {
  const warnings = commonWarnings(batch.rows);
  const notes = batch.notes.map(sentence);
  if (warnings.length + notes.length === 0) return null;
  return (
    <ul className="warnings" aria-label="Warnings">
      {[...notes, ...warnings].map((message) => (
        <li key={message}>
          <Icon name="warning" />
          <span>{message}</span>
        </li>
      ))}
    </ul>
  );
}

const sentence = (note: string) => `${note.slice(0, 1).toUpperCase()}${note.slice(1)}.`;
