import { Link } from "wouter";
import type { BudgetLine } from "@/api/client";
import { useApi } from "@/api/queries";
import { useBatch } from "@/batch/useBatch";
import { Field } from "@/components/Field";
import { Icon } from "@/components/Icon";
import { useQueryState } from "@/components/useQueryState";
import { ICONS } from "@/estimate/budget";
import { VERDICT_WORDS } from "@/judgement";
import { aboutMoney, count, counted, inTen, moneyRange } from "@/format";
import { teamName, withBatch } from "./standing";

/** What the batch that was estimated in this tab would leave of a team's budget. */
export function QueuedBatch({ lines }: { lines: readonly BudgetLine[] }) {
  const { batch } = useBatch(useApi());
  const [query, write] = useQueryState();
  const answered = batch?.rows.filter(({ prediction }) => prediction !== null && !prediction.beyond_evidence).length ?? 0;
  if (!batch?.total || answered === 0) {
    return (
      <section className="card empty" aria-labelledby="queued-title">
        <h2 id="queued-title">Before a batch is launched</h2>
        <p>
          <Link href="/batch">Estimate the batch</Link>, come back in this tab, and see what it would leave of a team's budget.
        </p>
      </section>
    );
  }
  const wanted = query.get("team");
  const line = wanted === null ? lines[0] : lines.find((each) => teamName(each) === wanted);
  const interval = batch.total.intervals.find(({ coverage }) => coverage === 0.8);
  const range = interval ? `, ${inTen(interval.coverage, "times")} between ${moneyRange(interval.low_usd, interval.high_usd).join(" and ")}` : "";
  const missing = batch.rows.length - answered;
  const judged = line && withBatch(line, batch.total);
  return (
    <section className="card stack" aria-labelledby="queued-title">
      <h2 id="queued-title">{batch.name} before its launch</h2>
      <p>
        {aboutMoney(batch.total.cost_usd)} for {counted(answered, "run")}
        {range}. <Link href="/batch">See the batch</Link>
      </p>
      {missing > 0 && (
        <ul className="warnings" aria-label="Warnings">
          <li>
            <Icon name="warning" />
            <span>
              {count(missing)} of its {counted(batch.rows.length, "row")} {missing === 1 ? "has" : "have"} no estimate and {missing === 1 ? "is" : "are"} not in this.
            </span>
          </li>
        </ul>
      )}
      {lines.length > 0 && (
        <div className="queued">
          <Field id="queued-team" label="Paid by" error={line ? undefined : `There is no team “${wanted}” in this month`}>
            <select id="queued-team" value={line ? teamName(line) : ""} aria-invalid={!line} onChange={({ target }) => write({ team: target.value })}>
              {!line && <option value="">Choose a team</option>}
              {lines.map((each) => (
                <option key={teamName(each)}>{teamName(each)}</option>
              ))}
            </select>
          </Field>
          {judged && (
            <p role="status" className={judged.verdict ? `verdict ${judged.verdict.replace(" ", "-")}` : "quiet"}>
              {judged.verdict && <Icon name={ICONS[judged.verdict]} />}
              <span>
                {judged.verdict && <strong>{VERDICT_WORDS[judged.verdict]}.</strong>} {judged.words}
              </span>
            </p>
          )}
        </div>
      )}
    </section>
  );
}
