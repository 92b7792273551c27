import { useState, type ReactNode } from "react";
import { Alert } from "@/components/Alert";
import { FileDrop } from "@/components/FileDrop";
import { NOTHING_GIVEN, readHeader, type Given, type Header } from "./columns";
import { FileProblem, readCsv, type CsvTable } from "./csv";
import { Mapping, type Preview } from "./Mapping";
import { TableProblem, type Table } from "./rules";

export interface Chosen {
  name: string;
  csv: CsvTable;
}

interface TableFileProps {
  id: string;
  table: Table;
  label: string;
  /** What the first rows come to; what it notes is asked about before anything is done, where `confirms` says so. */
  preview: (csv: CsvTable, header: Header) => Promise<Preview>;
  confirms: boolean;
  action: (rows: number) => string;
  workflows: readonly string[];
  onRead: (chosen: Chosen, header: Header) => Promise<void> | void;
  /** The way to a template. */
  children: ReactNode;
}

/** A table to choose, and what a person has to say of its columns before it can be read. */
export function TableFile({ id, table, label, preview, confirms, action, workflows, onRead, children }: TableFileProps) {
  const [chosen, setChosen] = useState<Chosen | null>(null);
  const [problem, setProblem] = useState<Error | null>(null);

  const read = async (file: Chosen, given: Given) => {
    try {
      setProblem(null);
      const header = readHeader(table, file.csv.columns, given);
      setChosen(null);
      await onRead(file, header);
    } catch (found) {
      setProblem(found as Error);
    }
  };
  const choose = async (file: File) => {
    try {
      setProblem(null);
      const csv = await readCsv(file);
      const clear = await isClear(table, csv, confirms ? preview : null);
      if (clear) await read({ name: file.name, csv }, NOTHING_GIVEN);
      else setChosen({ name: file.name, csv });
    } catch (found) {
      setChosen(null);
      setProblem(found as Error);
    }
  };
  return (
    <>
      <FileDrop id={id} label={label} onChoose={(file) => void choose(file)}>
        {children}
      </FileDrop>
      {problem && (
        <Alert title={problem instanceof FileProblem || problem instanceof TableProblem ? "This file cannot be read" : "Something went wrong with this file"}>
          <p>{problem.message}</p>
        </Alert>
      )}
      {chosen && <Mapping key={chosen.name} table={table} chosen={chosen} preview={preview} action={action} workflows={workflows} onConfirm={(given) => void read(chosen, given)} />}
    </>
  );
}

/** Whether a table says all that it must, and nothing has to be assumed about it. Throws for a table without a row. */
async function isClear(table: Table, csv: CsvTable, preview: TableFileProps["preview"] | null): Promise<boolean> {
  if (csv.rows.length === 0) throw new FileProblem("There is no row below the header.");
  try {
    const header = readHeader(table, csv.columns);
    return header.missing.length === 0 && (preview === null || (await preview(csv, header)).notes.length === 0);
  } catch (found) {
    if (found instanceof TableProblem) return false;
    throw found;
  }
}
