/** The cases that both readers of people's tables are held to; `tests/unit/runquote/test_tables.py` holds the command's. */

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { toBatch } from "@/batch/rows";
import { toRuns } from "@/runs/rows";
import { readHeader } from "@/tables/columns";
import { TableProblem, words, type Table } from "@/tables/rules";
import { FileProblem, parseCsv } from "@/tables/csv";

interface Case {
  name: string;
  table: Table;
  text: string;
  columns?: Record<string, string>;
  values?: Record<string, string>;
  error?: string;
  missing?: string[][];
  rows?: unknown[];
  problems?: [number, string][];
  notes?: string[];
}
const cases = JSON.parse(readFileSync(new URL("../tables/cases.json", import.meta.url), "utf8")) as Case[];

test.each(cases)("$name", async ({ name: _, table, text, columns = {}, values = {}, ...expected }) =>
  expect(await read(table, text, { columns, values })).toEqual(expected));

async function read(table: Table, text: string, given: { columns: Record<string, string>; values: Record<string, string> }): Promise<object> {
  try {
    const csv = await parseCsv(text.replace(/^\ufeff/, ""));
    const header = readHeader(table, csv.columns, given);
    if (header.missing.length > 0) return { missing: header.missing };
    if (table === "batch") {
      const { rows, notes } = toBatch(csv, header);
      return {
        rows: rows.flatMap(({ label, request }) => (request ? { ...request, ...labelOf(label) } : [])),
        problems: rows.flatMap(({ line, problem }) => (problem === null ? [] : [[line, problem]])),
        notes: notes.toSorted(),
      };
    }
    const { rows, problems, notes } = await toRuns(csv, header);
    return {
      rows: rows.map(({ run }) => (/^csv-/.test(String(run.run_id)) ? { ...run, run_id: "?" } : run)),
      problems: problems.map(({ line, message }) => [line, message]),
      notes: notes.map((note) => note.text).toSorted(),
    };
  } catch (found) {
    if (found instanceof FileProblem) return { error: found.message === "The file is empty." ? words("empty_file") : found.message };
    if (found instanceof TableProblem) return { error: found.message };
    throw found;
  }
}

const labelOf = (label: string) => (label.startsWith("line ") ? {} : { label });
