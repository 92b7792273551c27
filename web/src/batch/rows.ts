import type { Prediction, PredictionRequest } from "@/api/client";
import { size } from "@/format";
import type { Preview } from "@/tables/Mapping";
import { plainTexts, readRow, type Header } from "@/tables/columns";
import { FileProblem, type CsvRow, type CsvTable } from "@/tables/csv";
import { TableProblem, words } from "@/tables/rules";

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
  /** What is not read, and units that columns' names say. */
  notes: readonly string[];
}

/** Read the rows of a table as runs to estimate. Throws `FileProblem` when no row is there. */
export function toBatch({ rows }: CsvTable, header: Header): BatchFile {
  if (rows.length === 0) throw new FileProblem(words("no_rows"));
  return { rows: rows.map((row) => toRow(row, header)), notes: header.notes };
}

function toRow({ line, cells, problem }: CsvRow, header: Header): BatchRow {
  const texts = new Map(plainTexts(header, cells).map(([{ member }, text]) => [member, text]));
  const row: BatchRow = {
    line,
    label: texts.get("label") ?? `line ${line}`,
    workflow: texts.get("workflow_name") ?? "",
    request: null,
    prediction: null,
    problem,
    passing: false,
  };
  if (problem !== null) return row;
  try {
    const { label: _, ...request } = readRow(header, cells).said;
    return { ...row, request: request as unknown as PredictionRequest };
  } catch (found) {
    if (!(found instanceof TableProblem)) throw found;
    return { ...row, problem: found.message };
  }
}

/** What the first rows come to. */
export function previewBatch(csv: CsvTable, header: Header): Promise<Preview> {
  const { rows, notes } = toBatch(csv, header);
  const first = rows.find(({ request }) => request !== null)?.request;
  const wrong = rows.find(({ problem }) => problem !== null);
  return Promise.resolve({
    first: first ? `${first.workflow_name}, ${size(first.input_bytes)} of input` : null,
    notes,
    problem: wrong ? `Line ${wrong.line}: ${wrong.problem}` : null,
  });
}
