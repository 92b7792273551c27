import { Link } from "wouter";
import type { PredictionSummary } from "@/api/client";
import { readOn } from "@/components/hooks";
import { MadeUp } from "@/components/MadeUp";
import { Table } from "@/components/Table";
import { alike, count, counted, day, exactMoney, moneyRange, size, time } from "@/format";
import { whoAsked } from "./kept";

/** What was asked and answered, as it comes: the latest first. */
export function PredictionsTable({ predictions }: { predictions: readonly PredictionSummary[] }) {
  const write = alike(predictions.flatMap(({ cost_usd }) => cost_usd ?? []));
  return (
    <Table label="Predictions">
      <thead>
        <tr>
          <th scope="col">Asked</th>
          <th scope="col" className="wide-only">Who</th>
          <th scope="col" className="wide-only">Team</th>
          <th scope="col" className="wide-only">Workflow</th>
          <th scope="col" className="number">Input</th>
          <th scope="col" className="number">Estimate</th>
          <th scope="col" className="number spare">8 in 10</th>
        </tr>
      </thead>
      <tbody>
        {predictions.map((each) => (
          <tr key={each.prediction_id}>
            <th scope="row" className="name">
              <Link href={`/predictions?prediction=${each.prediction_id}`} onClick={readOn}>
                {day(each.asked_at)}, {time(each.asked_at)} UTC
              </Link>
              <span className="note narrow-only">
                {each.workflow_name ?? "several workflows"}, {whoAsked(each)}
                {each.team && ` for ${each.team}`}
                {each.workflow_name && <MadeUp name={each.workflow_name} />}
              </span>
            </th>
            <td className="name wide-only">{whoAsked(each)}</td>
            <td className="name wide-only">{each.team ?? "–"}</td>
            <td className="name wide-only">
              {each.workflow_name ?? "several"}
              {each.workflow_name && <MadeUp name={each.workflow_name} />}
            </td>
            <td className="number">
              {each.input_bytes == null ? counted(each.rows, "row") : size(each.input_bytes)}
              {(each.unanswered ?? 0) > 0 && <span className="note">{count(each.unanswered ?? 0)} without an answer</span>}
            </td>
            <td className="number">
              <Estimate prediction={each} write={write} />
              {range(each) !== null && <span className="note narrow-only">{range(each)}</span>}
            </td>
            <td className="number spare">{range(each) ?? "–"}</td>
          </tr>
        ))}
      </tbody>
    </Table>
  );
}

function Estimate({ prediction: { cost_usd, rows, unanswered }, write }: { prediction: PredictionSummary; write: (usd: number) => string }) {
  if (cost_usd != null) return <span title={exactMoney(cost_usd)}>{write(cost_usd)}</span>;
  return <span className="untold">{rows === unanswered ? "none" : "past runs cannot tell"}</span>;
}

const range = ({ low_usd, high_usd }: PredictionSummary) => (low_usd == null || high_usd == null ? null : moneyRange(low_usd, high_usd).join(" to "));
