import type { Run } from "@/api/client";
import type { RowProblem } from "@/components/RowProblems";
import { day, size, time, typedMoney } from "@/format";
import type { Preview } from "@/tables/Mapping";
import { plainTexts, readRow, type Header } from "@/tables/columns";
import { FileProblem, type CsvTable } from "@/tables/csv";
import { problem, rules, TableProblem, words, type Words } from "@/tables/rules";

/** A row that can be sent. Whether its values make a run is for the API to say. */
export interface RunRow {
  line: number;
  label: string;
  run: Record<string, unknown>;
}

export interface RunsFile {
  rows: RunRow[];
  problems: RowProblem[];
  /** What was assumed, and what is not read, with how many rows it concerns. */
  notes: { text: string; rows: number }[];
}

/** Read the rows of a table as runs. What a row does not say is assumed where that is safe, and told. */
export async function toRuns({ rows }: CsvTable, header: Header): Promise<RunsFile> {
  if (rows.length === 0) throw new FileProblem(words("no_rows"));
  const file: RunsFile = { rows: [], problems: [], notes: [] };
  const notes = new Map<string, number>(header.notes.map((text) => [text, 0]));
  const seen = new Map<string, number>();
  for (const { line, cells, problem: malformed } of rows) {
    const named = plainTexts(header, cells).find(([{ member }]) => member === "run_id")?.[1];
    const label = named ?? `line ${line}`;
    try {
      if (malformed !== null) throw new TableProblem(malformed);
      const read = readRow(header, cells);
      const timed = withTimes(read.said);
      const assumed: Words[] = timed.assumed ? [timed.assumed] : [];
      const run = { ...rules.assumed, ...timed.run };
      if (!("run_id" in run)) {
        Object.assign(run, { run_id: await identity(header, cells, seen) });
        assumed.push("assumed_run_id");
      }
      for (const member of Object.keys(rules.assumed) as (keyof typeof rules.assumed)[]) if (!(member in timed.run)) assumed.push(`assumed_${member}`);
      for (const text of [...header.notes, ...read.notes, ...assumed.map((each) => words(each))]) notes.set(text, (notes.get(text) ?? 0) + 1);
      file.rows.push({ line, label, run });
    } catch (found) {
      if (!(found instanceof TableProblem)) throw found;
      file.problems.push({ line, label, message: found.message });
    }
  }
  return { ...file, notes: [...notes].map(([text, count]) => ({ text, rows: count })) };
}

/** A run with its start and its end, of which a duration or the other may stand for one. */
function withTimes({ duration, ...run }: Record<string, unknown>): { run: Record<string, unknown>; assumed: Words | null } {
  const { started_at: start, completed_at: end } = run as Record<string, string | undefined>;
  if (start && end) return { run, assumed: null };
  const one = start ?? end;
  if (!one) throw problem("no_time");
  const missing = start ? "completed_at" : "started_at";
  const seconds = (duration as number | undefined) ?? 0;
  const other = seconds === 0 ? one : new Date(Date.parse(one) + seconds * (start ? 1000 : -1000)).toISOString().replace(".000Z", "Z");
  return { run: { ...run, [missing]: other }, assumed: duration !== undefined ? null : start ? "assumed_end" : "assumed_start" };
}

/** An id made of what a row says, as the command makes it; of rows that say the same, each is a run of its own. */
async function identity(header: Header, cells: readonly string[], seen: Map<string, number>): Promise<string> {
  const said = plainTexts(header, cells).map(([{ member }, text]) => `${member}=${text}`).toSorted(byCodePoint).join("\0");
  const number = (seen.get(said) ?? 0) + 1;
  seen.set(said, number);
  const bytes = new TextEncoder().encode(number > 1 ? `${said}\0#${number}` : said);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return `csv-${[...digest.slice(0, 8)].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

const byCodePoint = (one: string, other: string) => (one < other ? -1 : one > other ? 1 : 0);

/** What the first rows come to. */
export async function previewRuns(csv: CsvTable, header: Header): Promise<Preview> {
  const { rows, problems, notes } = await toRuns(csv, header);
  const [first] = rows;
  const [wrong] = problems;
  return {
    first: first ? inWords(first.run as unknown as Run) : null,
    notes: notes.map(({ text }) => text),
    problem: wrong ? `Line ${wrong.line}: ${wrong.message}` : null,
  };
}

const inWords = (run: Run) =>
  `${run.workflow_name}, ${size(run.input_bytes)} of input, ${typedMoney(run.cost_usd)} ${run.cost_source}, ${run.status.toLowerCase()} ${day(run.completed_at)} at ${time(run.completed_at)} UTC`;
