import { useQuery } from "@tanstack/react-query";
import type { Budgets } from "@/api/client";
import { useApi } from "@/api/queries";
import { ErrorNotice } from "@/components/ErrorNotice";
import { Export } from "@/components/Export";
import { Icon } from "@/components/Icon";
import { Loading } from "@/components/Loading";
import { useTitle } from "@/components/hooks";
import { useQueryState } from "@/components/useQueryState";
import { counted, month as monthName, recordedMoney } from "@/format";
import { AddBudget } from "./AddBudget";
import { BudgetsTable } from "./BudgetsTable";
import { toCsv } from "./export";
import { monthAfter, readMonth } from "./months";
import { QueuedBatch } from "./QueuedBatch";
import "./budgets.css";

/** What each team has spent in a month, what it may spend, and what a queued batch would leave of that. */
export default function BudgetsPage() {
  useTitle("Budgets");
  const api = useApi();
  const [query, write] = useQueryState();
  const month = readMonth(query.get("month"));
  const budgets = useQuery({ queryKey: ["budgets", month], queryFn: ({ signal }) => api.getBudgets(month, signal) });
  const thisMonth = new Date().toISOString().slice(0, 7);
  return (
    <div className="page">
      <h1>Budgets</h1>
      {budgets.isPending && <Loading label="Loading budgets" problem={budgets.failureReason} />}
      {budgets.error && <ErrorNotice problem={budgets.error} onRetry={() => void budgets.refetch()} />}
      {budgets.data && (
        <>
          <section className="card stack" aria-labelledby="month-title">
            <MonthBar month={budgets.data.month} last={thisMonth} onChange={(next) => write({ month: next === thisMonth ? null : next })} />
            <Month budgets={budgets.data} over={budgets.data.month < thisMonth} />
          </section>
          {budgets.data.month === thisMonth && <QueuedBatch lines={budgets.data.budgets} />}
        </>
      )}
    </div>
  );
}

function MonthBar({ month, last, onChange }: { month: string; last: string; onChange: (month: string) => void }) {
  return (
    <div className="section-head">
      <h2 id="month-title">{monthName(month)}</h2>
      <div className="month-buttons">
        <button type="button" className="secondary" onClick={() => onChange(monthAfter(month, -1))}>
          Earlier
        </button>
        <button type="button" className="secondary" disabled={month >= last} onClick={() => onChange(monthAfter(month, 1))}>
          Later
        </button>
      </div>
    </div>
  );
}

function Month({ budgets: answer, over: isOver }: { budgets: Budgets; over: boolean }) {
  const { month, budgets, uncounted_runs } = answer;
  const spent = budgets.reduce((sum, { spent_usd }) => sum + spent_usd, 0);
  const runs = budgets.reduce((sum, line) => sum + line.runs, 0);
  const over = budgets.filter(({ over_budget }) => over_budget);
  return (
    <>
      {budgets.length === 0 ? (
        <p>
          No run was completed in this month, and no team has a budget. Runs count for the team that their tag <code>team</code> names, whether they
          succeeded or not.
        </p>
      ) : (
        <p className="quiet">
          {recordedMoney(spent)} spent on {counted(runs, "run")}, by the tag <code>team</code> of each run.
          {budgets.every(({ team }) => team === null) && (
            <>
              {" "}
              No run has that tag yet: give it in the column <code>tags</code> of a CSV file, or with <code>runquote ingest … --tag team=NAME</code>.
            </>
          )}
        </p>
      )}
      {over.length > 0 && (
        <p className="verdict likely-exceeds" role="status">
          <Icon name="stop" />
          <span>
            <strong>Over budget:</strong> {over.map(({ team }) => team).join(", ")}.
          </span>
        </p>
      )}
      {budgets.length > 0 && <BudgetsTable lines={budgets} over={isOver} />}
      {uncounted_runs > 0 && (
        <ul className="warnings" aria-label="Warnings">
          <li>
            <Icon name="warning" />
            <span>{counted(uncounted_runs, "run")} recorded by an early version are not counted yet. Whoever runs this service can have them counted.</span>
          </li>
        </ul>
      )}
      {budgets.length > 0 && <Export name={`budgets-${month}`} csv={() => toCsv(answer)} json={() => JSON.stringify(answer, null, 2)} />}
      {isOver ? <p className="hint">A budget counts from the month in which it was set.</p> : <AddBudget teams={budgets.flatMap(({ team }) => team ?? [])} />}
    </>
  );
}
