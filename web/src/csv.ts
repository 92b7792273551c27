/** CSV files to keep; `tables/csv.ts` reads those that people bring. */

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
