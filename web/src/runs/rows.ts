import { FileProblem, type CsvRow, type CsvTable } from "@/csv";
import type { RowProblem } from "@/components/RowProblems";

/** The columns of a file of runs: the members of a run, as `runquote ingest csv` reads them. */
export const REQUIRED = ["workflow_name", "run_id", "status", "started_at", "completed_at", "input_bytes", "cost_usd", "cost_source"] as const;
export const OPTIONAL = ["output_bytes", "parameters", "tags", "engine", "purchase_option"] as const;
const COLUMNS: readonly string[] = [...REQUIRED, ...OPTIONAL];
const NUMBERS = new Set(["input_bytes", "output_bytes", "cost_usd"]);
const OBJECTS = new Set(["parameters", "tags"]);

/** A row that can be sent. Whether its values make a run is for the API to say. */
export interface RunRow {
  line: number;
  label: string;
  run: Record<string, unknown>;
}

export interface RunsFile {
  rows: RunRow[];
  problems: RowProblem[];
}

/** Read a table as runs; empty cells are left out. Throws `FileProblem` when a column is missing or no row is there. */
export function toRuns({ columns, rows }: CsvTable): RunsFile {
  for (const column of REQUIRED) {
    if (!columns.includes(column)) throw new FileProblem(`Line 1: column ${column} is missing. The template has all columns.`);
  }
  if (rows.length === 0) throw new FileProblem("There is no row below the header.");
  const file: RunsFile = { rows: [], problems: [] };
  for (const row of rows) {
    const read = toRun(row);
    if ("message" in read) file.problems.push(read);
    else file.rows.push(read);
  }
  return file;
}

function toRun({ line, cells, problem }: CsvRow): RunRow | RowProblem {
  const label = cells.run_id || `line ${line}`;
  if (problem !== null) return { line, label, message: problem };
  const run: Record<string, unknown> = {};
  for (const column of COLUMNS) {
    const text = cells[column];
    if (!text) continue;
    const value = readCell(column, text);
    if (value === undefined) return { line, label, message: `column ${column}: cannot read “${text.slice(0, 80)}”${advice(column)}` };
    run[column] = value;
  }
  return { line, label, run };
}

const advice = (column: string) => (OBJECTS.has(column) ? ', which must be JSON like {"team": "genomics"}' : ", which must be a number");

function readCell(column: string, text: string): unknown {
  if (NUMBERS.has(column)) return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : undefined;
  if (!OBJECTS.has(column)) return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
