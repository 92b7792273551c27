import { useState, type ReactNode } from "react";
import { useQuery } from "@tanstack/react-query";
import type { BatchResponse, KeptPrediction, Prediction } from "@/api/client";
import { useApi } from "@/api/queries";
import { ErrorNotice } from "@/components/ErrorNotice";
import { Waiting } from "@/components/Loading";
import { RowProblems } from "@/components/RowProblems";
import { SortableTable, type Column } from "@/components/SortableTable";
import { useQueryState } from "@/components/useQueryState";
import { aboutMoney, alike, counted, exactMoney, moneyRange, size } from "@/format";
import { totalDifference } from "./difference";
import { Intervals } from "./Intervals";

type BatchAsked = NonNullable<KeptPrediction["batch_request"]>;
type RowAnswer = BatchResponse["predictions"][number];

/** A batch as it was answered; it is asked again only when somebody wants it, since it may be large. */
export function KeptBatch({ id, asked, then }: { id: string; asked: BatchAsked; then: BatchResponse }) {
  const api = useApi();
  const [wanted, setWanted] = useState(false);
  const now = useQuery({ queryKey: ["again", id], queryFn: ({ signal }) => api.predictBatch(asked.requests, signal, asked.team ?? null, false), enabled: wanted, retryOnMount: false });
  return (
    <>
      <div className="then-now">
        <Total when="then" answer={then} />
        {now.data ? (
          <Total when="now" answer={now.data}>
            <p role="status">
              <strong>{totalDifference(then, now.data)}</strong>
            </p>
          </Total>
        ) : (
          <section className="said" aria-label="Said now">
            <h3>Said now</h3>
            <div role="status">{now.isFetching && <Waiting label={`Asking the models for ${counted(asked.requests.length, "run")}`} problem={now.failureReason} />}</div>
            {now.error && !now.isFetching && <ErrorNotice problem={now.error} onRetry={() => void now.refetch()} />}
            {!wanted && (
              <button type="button" className="secondary" onClick={() => setWanted(true)}>
                Ask for {counted(asked.requests.length, "run")} again
              </button>
            )}
          </section>
        )}
      </div>
      <Rows asked={asked} then={then} now={now.data ?? null} />
    </>
  );
}

function Total({ when, answer: { total, predictions }, children }: { when: "then" | "now"; answer: BatchResponse; children?: ReactNode }) {
  const problems = predictions.flatMap((each, index) => ("error" in each ? [{ line: null, label: `Row ${index + 1}`, message: each.message }] : []));
  const told = total.outcomes_usd.length > 0;
  return (
    <section className="said" aria-label={`Said ${when}`}>
      <h3>Said {when}</h3>
      <p className="figure-said" title={told ? exactMoney(total.cost_usd) : undefined}>
        {told ? aboutMoney(total.cost_usd) : total.left_out > 0 ? "Past runs cannot tell" : "No row could be estimated"}
      </p>
      {told && <Intervals intervals={total.intervals} noun="times" what="these runs together cost" />}
      {children}
      {total.left_out > 0 && <p className="quiet">{counted(total.left_out, "run")} not in the total: past runs cannot tell what {total.left_out === 1 ? "it" : "they"} will cost.</p>}
      <RowProblems title={`${counted(problems.length, "row")} without an answer ${when}`} problems={problems} />
    </section>
  );
}

interface Row {
  number: number;
  workflow: string;
  input: number | null;
  then: RowAnswer | undefined;
  now: RowAnswer | undefined;
}

function Rows({ asked, then, now }: { asked: BatchAsked; then: BatchResponse; now: BatchResponse | null }) {
  const [query, write] = useQueryState();
  const rows = asked.requests.map(({ workflow_name, input_bytes }, index): Row => ({
    number: index + 1,
    workflow: typeof workflow_name === "string" ? workflow_name : "–",
    input: typeof input_bytes === "number" ? input_bytes : null,
    then: then.predictions[index],
    now: now?.predictions[index],
  }));
  return (
    <SortableTable
      label="Runs of the batch"
      columns={columns(rows, now !== null)}
      rows={rows}
      rowKey={({ number }) => number}
      order={{ key: query.get("sort") ?? "row", descending: query.get("order") === "descending" }}
      onOrder={({ key, descending }) => write({ sort: key === "row" ? null : key, order: descending ? "descending" : null })}
    />
  );
}

const figureOf = (answer: RowAnswer | undefined): Prediction | null => (answer && !("error" in answer) && !answer.beyond_evidence ? answer : null);

function columns(rows: readonly Row[], again: boolean): Column<Row>[] {
  const write = alike(rows.flatMap(({ then, now }) => [then, now].flatMap((answer) => figureOf(answer)?.cost_usd ?? [])));
  const said = (key: "then" | "now"): Column<Row> => ({
    key,
    title: key === "then" ? "Said then" : "Said now",
    className: "number",
    value: (row) => figureOf(row[key])?.cost_usd ?? null,
    cell: (row) => <RowFigure answer={row[key]} write={write} />,
  });
  return [
    {
      key: "row",
      title: "Row",
      className: "name",
      value: ({ number }) => number,
      cell: ({ number, workflow, input }) => (
        <>
          {number}
          <span className="note narrow-only">
            {workflow}
            {input !== null && `, ${size(input)}`}
          </span>
        </>
      ),
    },
    { key: "workflow", title: "Workflow", className: "name wide-only", value: ({ workflow }) => workflow, cell: ({ workflow }) => workflow },
    { key: "input", title: "Input", className: "number spare", value: ({ input }) => input, cell: ({ input }) => (input === null ? "–" : size(input)) },
    said("then"),
    ...(again ? [said("now")] : []),
  ];
}

function RowFigure({ answer, write }: { answer: RowAnswer | undefined; write: (usd: number) => string }) {
  const figure = figureOf(answer);
  if (figure) {
    const interval = figure.intervals.find(({ coverage }) => coverage === 0.8);
    return (
      <>
        <span title={exactMoney(figure.cost_usd)}>{write(figure.cost_usd)}</span>
        {interval && <span className="note">{moneyRange(interval.low_usd, interval.high_usd).join(" to ")}</span>}
      </>
    );
  }
  return <span className="untold">{answer && "error" in answer ? "no answer" : "past runs cannot tell"}</span>;
}
