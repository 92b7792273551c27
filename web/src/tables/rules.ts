/** How tables that people bring are read: the rules of `contract/tables.py`, which the command follows too. */

import document from "../../../contract/generated/tables.json";

export type Table = "runs" | "batch";
export type Words = keyof typeof document.words;

interface Rule {
  kind: string;
  names: readonly string[];
}

export const rules = document;
export const membersOf = (table: Table) => document.columns[table] as Record<string, Rule>;
const labels: Record<string, string> = document.labels;
export const labelOf = (member: string) => labels[member] ?? member;

/** What is wrong with a cell, a column or a table, for the person whose it is. */
export class TableProblem extends Error {}

export function words(which: Words, parts: Record<string, string> = {}): string {
  return document.words[which].replaceAll(/\{(\w+)\}/g, (_, name: string) => parts[name] ?? "");
}

export function problem(which: Words, text = "", parts: Record<string, string> = {}): TableProblem {
  return new TableProblem(words(which, { text: text.slice(0, document.longest_shown), ...parts }));
}

const WORD = new RegExp(document.word, "g");

/** The words of a name as they are written. */
export const wordsOf = (name: string) => name.replaceAll(WORD, "$1 $2").split(/[^\p{L}\p{N}]+/u).filter((word) => word !== "");

/** "Input size (GB)" → "input_size_gb". */
export const normal = (name: string) => wordsOf(name).join("_").toLowerCase();

/** "a, b and c". */
export const listed = (names: readonly string[]) => (names.length < 2 ? (names[0] ?? "") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`);
