import { rules } from "./rules";

/** Why a file cannot be read at all; the message is for the person who chose it. */
export class FileProblem extends Error {}

/** A line of a table: which line of the file it starts on, and its cells in order. */
export interface CsvRow {
  line: number;
  cells: readonly string[];
  /** A quote that never closes, or closes in the middle of a cell. */
  problem: string | null;
}
export interface CsvTable {
  columns: readonly string[];
  rows: CsvRow[];
}

const MOST_BYTES = 20e6;

/** Read a file that a person chose. Throws `FileProblem` for what is no CSV text. */
export async function readCsv(file: File): Promise<CsvTable> {
  if (file.size > MOST_BYTES) throw new FileProblem(`${file.name} is larger than ${MOST_BYTES / 1e6} MB. Split it into several files.`);
  const bytes = await file.arrayBuffer();
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new FileProblem(`${file.name} is not CSV text in UTF-8. In a spreadsheet, save it as “CSV UTF-8” first.`);
  }
  if (text.includes("\0")) throw new FileProblem(`${file.name} is not a CSV file.`);
  return parseCsv(text);
}

/** Read CSV text. The parser is loaded when it is first needed. Throws `FileProblem` for a table without a header. */
export async function parseCsv(text: string): Promise<CsvTable> {
  const { default: Papa } = await import("papaparse");
  const table: CsvTable = { columns: [], rows: [] };
  let line = 1;
  let position = 0;
  Papa.parse<string[]>(text, {
    delimiter: separator(text.split(/\r?\n/, 1)[0] ?? ""),
    step: ({ data: cells, errors, meta }) => {
      const start = line;
      line += newlines(text.slice(position, meta.cursor));
      position = meta.cursor;
      if (cells.every((cell) => cell.trim() === "")) return;
      if (table.columns.length === 0) table.columns = cells.map((cell) => cell.trim());
      else table.rows.push({ line: start, cells, problem: errors[0]?.message ?? null });
    },
  });
  if (table.columns.length === 0) throw new FileProblem("The file is empty.");
  return table;
}

/** What separates the cells of a header: of all separators the most frequent outside of quotes. */
function separator(header: string): string {
  const bare = header.replaceAll(/"[^"]*"?/g, "");
  const times = (sign: string) => bare.split(sign).length;
  return [...rules.separators].reduce((best, sign) => (times(sign) > times(best) ? sign : best), bare.includes("\t") ? "\t" : ",");
}

const newlines = (text: string) => text.match(/\r\n|\n|\r/g)?.length ?? 0;
