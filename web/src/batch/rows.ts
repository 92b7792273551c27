import type { Prediction, PredictionRequest } from "@/api/client";
import { FileProblem, type CsvRow, type CsvTable } from "@/csv";
import { readSize } from "@/sizes";

/** The columns of a batch file, as of `runquote batch`. */
export const COLUMNS = ["label", "workflow", "input_size", "output_size", "parameters"] as const;
const REQUIRED = ["workflow", "input_size"] as const;

/** A line of the file and what became of it: a prediction, what is wrong with it, or neither so far. */
export interface BatchRow {
  line: number;
  label: string;
  workflow: string;
  request: PredictionRequest | null;
  prediction: Prediction | null;
  problem: string | null;
  /** The service did not answer this row, though nothing is wrong with it: asking again may help. */
  passing: boolean;
}

export interface BatchFile {
  rows: BatchRow[];
  /** Columns that mean nothing here. */
  ignored: string[];
}

/** Read a table as runs to estimate. Throws `FileProblem` when a column is missing or no row is there. */
export function toBatch({ columns, rows }: CsvTable): BatchFile {
  for (const column of REQUIRED) {
    if (!columns.includes(column)) throw new FileProblem(`Line 1: column ${column} is missing. The columns are ${COLUMNS.join(", ")}.`);
  }
  if (rows.length === 0) throw new FileProblem("There is no row below the header.");
  return { rows: rows.map(toRow), ignored: columns.filter((column) => column !== "" && !(COLUMNS as readonly string[]).includes(column)) };
}

function toRow({ line, cells, problem }: CsvRow): BatchRow {
  const row: BatchRow = { line, label: cells.label || `line ${line}`, workflow: cells.workflow ?? "", request: null, prediction: null, problem, passing: false };
  if (problem !== null) return row;
  try {
    return { ...row, request: toRequest(cells) };
  } catch (found) {
    if (!(found instanceof CellProblem)) throw found;
    return { ...row, problem: found.message };
  }
}

class CellProblem extends Error {}

function toRequest(cells: Record<string, string>): PredictionRequest {
  if (!cells.workflow) throw new CellProblem("column workflow: is empty");
  const input = parseSize("input_size", cells.input_size ?? "");
  if (input === 0) throw new CellProblem("column input_size: must be more than 0");
  return {
    workflow_name: cells.workflow,
    input_bytes: input,
    ...(cells.output_size && { output_bytes: parseSize("output_size", cells.output_size) }),
    ...(cells.parameters && { parameters: parseParameters(cells.parameters) }),
  };
}

const MOST_BYTES = 1e17;

/** Bytes of a cell such as "120 GB"; what can be read in two ways, and a missing unit, are never guessed at. */
export function parseSize(column: string, text: string): number {
  if (text.trim() === "") throw new CellProblem(`column ${column}: is empty`);
  const read = readSize(text);
  if ("advice" in read) throw new CellProblem(`column ${column}: “${text.slice(0, 80)}” is not a size: ${read.advice}`);
  if (read.bytes > MOST_BYTES) throw new CellProblem(`column ${column}: “${text}” is more than 100 PB`);
  return read.bytes;
}

function parseParameters(text: string): NonNullable<PredictionRequest["parameters"]> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = null;
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new CellProblem(`column parameters: “${text}” is no JSON object, like {"paired": true}`);
  }
  return value as NonNullable<PredictionRequest["parameters"]>;
}
