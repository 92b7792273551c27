/** CSV files, in and out. */

import type { Interval } from "@/api/client";

export type Cell = string | number | boolean | null;

// Where a formula would begin: at the start, and where a spreadsheet with another separator starts a cell.
const FORMULA = /(^|[;|\t\r\n])([\s"]*)(?=[=+\-@＝＋－＠])|(^)(?=[\t\r])/g;

/** A cell that a spreadsheet takes for text, whatever it starts with, and whatever separates its cells. */
export function csvCell(value: Cell): string {
  if (value === null) return "";
  if (typeof value !== "string") return String(value);
  const inert = value.replace(FORMULA, "$1'$2");
  return /[",\n\r]/.test(inert) ? `"${inert.replaceAll('"', '""')}"` : inert;
}

/** A header line and a line for each row (RFC 4180). All rows have the columns of the first. */
export function csvText(rows: readonly Record<string, Cell>[]): string {
  const lines = [Object.keys(rows[0] ?? {}), ...rows.map((row) => Object.values(row))];
  return lines.map((cells) => `${cells.map(csvCell).join(",")}\r\n`).join("");
}

const COVERAGES = [0.8, 0.9];

/** The bounds of intervals by column, empty where there are none. */
export function boundCells(intervals: readonly Interval[] | undefined, coverages: readonly number[] = COVERAGES): Record<string, Cell> {
  const bounds = coverages.flatMap((coverage) => {
    const interval = intervals?.find((one) => one.coverage === coverage);
    const percent = Math.round(coverage * 100);
    return [[`low_${percent}_usd`, interval?.low_usd ?? null], [`high_${percent}_usd`, interval?.high_usd ?? null]];
  });
  return Object.fromEntries(bounds) as Record<string, Cell>;
}

/** Offer text as a file to keep. */
export function download(name: string, type: string, text: string): void {
  const address = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  URL.revokeObjectURL(address);
}

/** Why a file cannot be read at all; the message is for the person who chose it. */
export class FileProblem extends Error {}

/** A line of a table: which line of the file it starts on, and its cells by column. */
export interface CsvRow {
  line: number;
  cells: Record<string, string>;
  /** More cells than the header has columns, or a quote that never closes. */
  problem: string | null;
}
export interface CsvTable {
  columns: string[];
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

/** Read CSV text. The parser is loaded when it is first needed. Throws `FileProblem` for a table without a row. */
export async function parseCsv(text: string): Promise<CsvTable> {
  const { default: Papa } = await import("papaparse");
  const table: CsvTable = { columns: [], rows: [] };
  let line = 1;
  let position = 0;
  Papa.parse<string[]>(text, {
    delimiter: text.split(/\r?\n/, 1)[0]?.match(/[,;\t]/)?.[0] ?? ",",
    step: ({ data: cells, errors, meta }) => {
      const start = line;
      line += newlines(text.slice(position, meta.cursor));
      position = meta.cursor;
      if (cells.every((cell) => cell.trim() === "")) return;
      if (table.columns.length === 0) table.columns = cells.map((cell) => cell.trim());
      else table.rows.push(toRow(start, cells, table.columns, errors[0]?.message));
    },
  });
  if (table.columns.length === 0) throw new FileProblem("The file is empty.");
  return table;
}

const newlines = (text: string) => text.match(/\r\n|\n|\r/g)?.length ?? 0;

function toRow(line: number, cells: readonly string[], columns: readonly string[], malformed: string | undefined): CsvRow {
  const problem = malformed ?? (cells.length > columns.length ? "has more cells than the header" : null);
  return { line, cells: Object.fromEntries(columns.map((column, index) => [column, cells[index]?.trim() ?? ""])), problem };
}
