import { useEffect, useId, useMemo, useRef, useState } from "react";
import { Field } from "@/components/Field";
import { counted } from "@/format";
import { NOTHING_GIVEN, readHeader, recognised, type Given, type Header } from "./columns";
import type { CsvTable } from "./csv";
import { Notes } from "./Notes";
import { labelOf, listed, membersOf, normal, rules, TableProblem, type Table } from "./rules";
import type { Chosen } from "./TableFile";
import "./mapping.css";

/** What the first rows of a table come to: the first that can be read in a line, what is assumed, what is wrong. */
export interface Preview {
  first: string | null;
  notes: readonly string[];
  problem: string | null;
}

interface MappingProps {
  table: Table;
  chosen: Chosen;
  preview: (csv: CsvTable, header: Header) => Promise<Preview>;
  action: (rows: number) => string;
  workflows: readonly string[];
  onConfirm: (given: Given) => void;
}

const PREVIEWED = 200;
const NAME = /^[A-Za-z][A-Za-z0-9_.-]{0,63}$/;
const capital = (text: string) => `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
/** "the input size" → "Input size". */
const optionOf = (member: string) => capital(labelOf(member).replace(/^the /, ""));

/** Which column says what, and what holds for all rows: shown as it is understood, and changed by hand. */
export function Mapping({ table, chosen: { name, csv }, preview, action, workflows, onConfirm }: MappingProps) {
  const [given, setGiven] = useState<Given>(NOTHING_GIVEN);
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  const { header, problem } = useMemo(() => attempt(table, csv, given), [table, csv, given]);
  // What no column says stays to be filled in while it is.
  const byColumns = useMemo(() => attempt(table, csv, { ...given, values: {} }).header, [table, csv, given]);
  const seen = usePreview(csv, header && header.missing.length === 0 ? header : null, preview);
  const missing = header?.missing.map((group) => group.map(labelOf).join(" or ")) ?? [];
  const give = (member: string, text: string) => {
    const { [member]: _, ...others } = given.values;
    setGiven({ ...given, values: text === "" ? others : { ...others, [member]: text } });
  };
  return (
    <form
      className="mapping stack"
      aria-labelledby="mapping-title"
      onSubmit={(event) => {
        event.preventDefault();
        if (header && missing.length === 0) onConfirm(given);
      }}
    >
      <h2 id="mapping-title" ref={heading} tabIndex={-1}>
        Which column says what?
      </h2>
      <p>
        {name} has {counted(csv.rows.length, "row")}. {missing.length > 0 ? `No column says ${listed(missing)}: choose it below.` : "Check how it is understood."}
      </p>
      {problem && <p className="field-error">{capital(problem)}.</p>}
      <div className="mapping-fields">
        {csv.columns.map((column, place) => column !== "" && <ColumnField key={place} table={table} column={column} example={exampleOf(csv, place)} header={header} given={given} onGiven={setGiven} />)}
      </div>
      <div className="mapping-fields">
        {byColumns?.missing.map(([member = ""]) => <GivenField key={member} member={member} workflows={workflows} value={given.values[member] ?? ""} onChange={(text) => give(member, text)} />)}
        {byColumns && table === "runs" && (["status", "cost_source"] as const).filter((member) => !byColumns.columns.some((column) => column?.member === member)).map((member) => (
          <Field key={member} id={`given-${member}`} label={member === "status" ? "Status of all rows" : "Costs of all rows are"}>
            <select id={`given-${member}`} value={given.values[member] ?? rules.assumed[member]} onChange={({ target }) => give(member, target.value)}>
              {Object.keys(rules.values[member]).map((value) => <option key={value}>{value}</option>)}
            </select>
          </Field>
        ))}
      </div>
      <div role="status" className="stack">
        {seen?.first && <p><strong>First row:</strong> {seen.first}</p>}
        {seen?.problem && <p className="field-error">{seen.problem}</p>}
        {seen && <Notes notes={seen.notes} />}
      </div>
      <button type="submit" aria-disabled={!header || missing.length > 0}>
        {action(csv.rows.length)}
      </button>
    </form>
  );
}

function attempt(table: Table, csv: CsvTable, given: Given): { header: Header | null; problem: string | null } {
  try {
    return { header: readHeader(table, csv.columns, given), problem: null };
  } catch (found) {
    if (found instanceof TableProblem) return { header: null, problem: found.message };
    throw found;
  }
}

/** What the first rows come to, once that is known. */
function usePreview(csv: CsvTable, header: Header | null, preview: MappingProps["preview"]): Preview | null {
  const [seen, setSeen] = useState<Preview | null>(null);
  useEffect(() => {
    if (!header) return setSeen(null);
    let current = true;
    void preview({ ...csv, rows: csv.rows.slice(0, PREVIEWED) }, header).then((found) => current && setSeen(found));
    return () => {
      current = false;
    };
  }, [csv, header, preview]);
  return seen;
}

const exampleOf = ({ rows }: CsvTable, place: number) => rows.slice(0, PREVIEWED).map(({ cells }) => cells[place]?.trim() ?? "").find((text) => text !== "");

interface ColumnFieldProps {
  table: Table;
  column: string;
  example: string | undefined;
  header: Header | null;
  given: Given;
  onGiven: (given: Given) => void;
}

function ColumnField({ table, column, example, header, given, onGiven }: ColumnFieldProps) {
  const id = useId();
  const byHand = Object.entries(given.columns).find(([, name]) => name === column)?.[0];
  const understood = header ? header.columns.find((each) => each?.name === column) : recognised(table, column);
  const chosen = byHand ?? understood?.member ?? "";
  const own = NAME.test(normal(column)) ? [`parameters.${normal(column)}`, ...(table === "runs" ? [`tags.${normal(column)}`] : [])] : [];
  const members = [...Object.keys(membersOf(table)), ...own];
  const choose = (member: string) => {
    const others = Object.entries(given.columns).filter(([each, name]) => each !== member && name !== column);
    onGiven({ ...given, columns: Object.fromEntries(member === "" ? others : [...others, [member, column]]) });
  };
  return (
    <Field id={id} label={column} hint={example === undefined ? "Empty" : `Like ${example.slice(0, 40)}`}>
      <select id={id} aria-describedby={`${id}-hint`} value={chosen} onChange={({ target }) => choose(target.value)}>
        {/* What a column's name says can be said by another column, but not by none. */}
        {(chosen === "" || byHand) && <option value="">Not read</option>}
        {!members.includes(chosen) && chosen !== "" && <option value={chosen}>{chosen.replace(".", " ")}</option>}
        {members.map((member) => (
          <option key={member} value={member}>
            {own.includes(member) ? (member.startsWith("parameters") ? "A parameter" : "A tag") : optionOf(member)}
          </option>
        ))}
      </select>
    </Field>
  );
}

interface GivenFieldProps {
  member: string;
  workflows: readonly string[];
  value: string;
  onChange: (text: string) => void;
}

const EXAMPLES: Record<string, string> = { workflow_name: "wgs-germline", input_bytes: "120 GB", cost_usd: "12.30", completed_at: "2026-01-05" };

function GivenField({ member, workflows, value, onChange }: GivenFieldProps) {
  const id = `given-${member}`;
  return (
    <Field id={id} label={`Or ${labelOf(member)}, the same for all rows`}>
      <input id={id} value={value} placeholder={EXAMPLES[member]} autoComplete="off" spellCheck={false} {...(member === "workflow_name" && { list: "given-workflows" })} onChange={({ target }) => onChange(target.value)} />
      {member === "workflow_name" && (
        <datalist id="given-workflows">
          {workflows.map((name) => <option key={name} value={name} />)}
        </datalist>
      )}
    </Field>
  );
}
