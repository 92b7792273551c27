import { useState } from "react";
import type { BudgetLine } from "@/api/client";
import { Icon } from "@/components/Icon";
import { SortableTable, type Column } from "@/components/SortableTable";
import { useQueryState } from "@/components/useQueryState";
import { ICONS } from "@/estimate/budget";
import { alike, counted, exactMoney } from "@/format";
import { LimitForm } from "./LimitForm";
import { standing, teamName } from "./standing";

interface BudgetsTableProps {
  lines: readonly BudgetLine[];
  /** The month is over: a budget that is set now is not held against it. */
  over: boolean;
}

/** A line for each team, with what it was spent on and, while the month lasts, a way to change its budget. */
export function BudgetsTable({ lines, over }: BudgetsTableProps) {
  const [query, write] = useQueryState();
  const [edited, setEdited] = useState<string | null>(null);
  return (
    <SortableTable
      label="Budgets by team"
      columns={columns(over ? null : setEdited, writer(lines))}
      rows={lines}
      rowKey={teamName}
      order={{ key: query.get("sort") ?? "spent", descending: query.get("order") !== "ascending" }}
      detail={({ team, limit_usd }) => team !== null && team === edited && <LimitForm team={team} limit={limit_usd} onClose={() => setEdited(null)} />}
      onOrder={({ key, descending }) => write({ sort: key, order: descending ? null : "ascending" })}
    />
  );
}

type Edit = ((team: string) => void) | null;
type Write = (usd: number) => string;

const writer = (lines: readonly BudgetLine[]): Write =>
  alike(lines.flatMap(({ spent_usd, limit_usd, remaining_usd, workflows }) => [spent_usd, limit_usd ?? 0, remaining_usd ?? 0, ...workflows.map((each) => each.spent_usd)]));

const columns = (edit: Edit, write: Write): Column<BudgetLine>[] => [
  { key: "team", title: "Team", className: "name", value: teamName, cell: (line) => <Team line={line} write={write} /> },
  {
    key: "spent",
    title: "Spent",
    className: "number spare",
    value: ({ spent_usd }) => spent_usd,
    cell: ({ spent_usd, runs }) => (
      <>
        <span title={exactMoney(spent_usd)}>{write(spent_usd)}</span>
        <span className="note">{counted(runs, "run")}</span>
      </>
    ),
  },
  {
    key: "remaining",
    title: "Remaining",
    className: "number",
    value: ({ remaining_usd }) => remaining_usd,
    cell: (line) => (
      <>
        <Remaining line={line} over={edit === null} write={write} />
        <span className="narrow-only">
          <Limit line={line} edit={edit} write={write} />
        </span>
      </>
    ),
  },
  {
    key: "budget",
    title: "Budget",
    className: "number spare",
    value: ({ limit_usd }) => limit_usd,
    cell: (line) => (line.team === null ? "–" : <Limit line={line} edit={edit} write={write} />),
  },
];

/** A team's budget, and the way to another one. */
function Limit({ line: { team, limit_usd }, edit, write }: { line: BudgetLine; edit: Edit; write: Write }) {
  if (team === null) return null;
  return (
    <span className="limit">
      {limit_usd !== null && (
        <>
          <span className="narrow-only">of </span>
          {write(limit_usd)}
        </>
      )}{" "}
      {edit && (
        <button type="button" className="link" onClick={() => edit(team)}>
          {limit_usd === null ? "Set" : "Change"}
          <span className="visually-hidden"> the budget of {team}</span>
        </button>
      )}
    </span>
  );
}

function Team({ line, write }: { line: BudgetLine; write: Write }) {
  const spent = <span className="note narrow-only">{write(line.spent_usd)} spent</span>;
  if (line.workflows.length === 0) {
    return (
      <>
        {teamName(line)}
        {spent}
      </>
    );
  }
  return (
    <details className="spent-on">
      <summary>
        <span>
          <span>{teamName(line)}</span>
          {spent}
        </span>
      </summary>
      <ul>
        {line.workflows.map(({ workflow_name, spent_usd, runs }) => (
          <li key={workflow_name} className="note">
            {workflow_name}: {write(spent_usd)}, {counted(runs, "run")}
          </li>
        ))}
      </ul>
    </details>
  );
}

function Remaining({ line, over, write }: { line: BudgetLine; over: boolean; write: Write }) {
  const { verdict, words } = standing(line, over, write);
  if (verdict === null) return <span className="note">{words}</span>;
  const used = line.limit_usd ? Math.min(1, line.spent_usd / line.limit_usd) : 1;
  return (
    <>
      {write(line.remaining_usd ?? 0)}
      <span className={`note standing ${verdict.replace(" ", "-")}`}>
        <Icon name={ICONS[verdict]} />
        {words}
      </span>
      <svg className={`used ${verdict.replace(" ", "-")}`} viewBox="0 0 1 1" preserveAspectRatio="none" aria-hidden="true">
        <rect className="whole" width={1} height={1} />
        <rect width={used} height={1} />
      </svg>
    </>
  );
}
