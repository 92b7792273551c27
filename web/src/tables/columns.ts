import { isNumber, readDuration, readMoney, readObject, readOne, readScalar, readSize, readTime } from "./cells";
import { labelOf, listed, membersOf, normal, problem, rules, TableProblem, words, wordsOf, type Table } from "./rules";

/** A column that is read: what it says, how its cells are read, and in which unit numbers without one are. */
export interface Column {
  member: string;
  kind: string;
  name: string;
  unit: string | null;
}

/** What a person says beside a table: the column of a member, and values for rows that have none. */
export interface Given {
  columns: Readonly<Record<string, string>>;
  values: Readonly<Record<string, string>>;
}
export const NOTHING_GIVEN: Given = { columns: {}, values: {} };

export interface Header {
  table: Table;
  columns: readonly (Column | null)[];
  values: Readonly<Record<string, string>>;
  ignored: readonly string[];
  notes: readonly string[];
  /** The members of which one must be there and none is. */
  missing: readonly (readonly string[])[];
}

const RATE = new RegExp(rules.rate);
const NAMED = ["parameters", "tags"];
const PREFIXES: Record<string, string> = { parameters: "parameters", params: "parameters", param: "parameters", tags: "tags", tag: "tags" };

/** Recognise the columns of a table. Throws where one name, or two columns, could mean two things. */
export function readHeader(table: Table, given: readonly string[], { columns: chosen, values: said }: Given = NOTHING_GIVEN): Header {
  const names = given.map((name) => name.trim());
  if (names.every((name) => name === "")) throw problem("empty_file");
  for (const name of names) if (name !== "" && names.filter((each) => each === name).length > 1) throw problem("twice", "", { column: name });
  const byHand = new Map(Object.entries(chosen).map(([key, name]) => {
    const place = placeOf(names, name.trim());
    return [place, chosenColumn(table, memberOf(table, key), names[place] ?? "")];
  }));
  const columns = withoutDoubles(table, names.map((name, place) => byHand.get(place) ?? (name === "" ? null : recognised(table, name))), new Set(byHand.values()));
  const values = Object.fromEntries(Object.entries(said).map(([key, text]) => [memberOf(table, key), text.trim()]));
  for (const [member, text] of Object.entries(values)) checkGiven(table, member, text);
  const there = new Set([...columns.flatMap((column) => column?.member ?? []), ...Object.keys(values)]);
  const ignored = names.filter((name, place) => name !== "" && columns[place] === null);
  const units = columns.flatMap((column) =>
    column?.unit && !membersOf(table)[column.member]?.names.includes(normal(column.name)) ? words("unit", { column: column.name, unit: wordsOf(column.name).at(-1) ?? "" }) : [],
  );
  return {
    table,
    columns,
    values,
    ignored,
    notes: [...(ignored.length > 0 ? [words("ignored", { columns: listed(ignored) })] : []), ...units],
    missing: rules.needed[table].filter((group) => !group.some((member) => there.has(member))),
  };
}

/** The member that a person means. */
function memberOf(table: Table, key: string): string {
  const named = namedMember(key);
  if (named) return named;
  const found = Object.entries(membersOf(table)).find(([member, { names }]) => names.includes(normal(key)) || normal(member) === normal(key));
  if (found) return found[0];
  throw problem("unknown_member", "", { member: key, members: listed(Object.values(membersOf(table)).map(({ names }) => names[0] ?? "")) });
}

function namedMember(name: string): string | null {
  const [, prefix = "", rest = ""] = /^([^.]*)\.(.*)$/.exec(name.trim()) ?? [];
  const parent = PREFIXES[prefix.trim().toLowerCase()];
  return parent && rest.trim() !== "" ? `${parent}.${rest.trim()}` : null;
}

const kindOf = (table: Table, member: string) => membersOf(table)[member]?.kind ?? (member.startsWith("parameters.") ? "scalar" : "text");

/** What a column says by its name alone. */
export function recognised(table: Table, name: string): Column | null {
  const named = namedMember(name);
  if (named) return { member: named, kind: kindOf(table, named), name, unit: null };
  const whole = normal(name);
  const rest = whole.split("_").slice(0, -1).join("_");
  for (const [member, { kind, names }] of Object.entries(membersOf(table))) {
    const unit = unitOf(kind, name);
    if (names.includes(whole) || (unit !== null && names.includes(rest))) return { member, kind, name, unit };
  }
  return null;
}

function unitOf(kind: string, name: string): string | null {
  const last = wordsOf(name).at(-1) ?? "";
  const units: Record<string, number> = kind === "size" ? rules.units : kind === "duration" ? rules.durations : {};
  return last.toLowerCase() in units && !rules.bases.includes(last) ? last.toLowerCase() : null;
}

function chosenColumn(table: Table, member: string, name: string): Column {
  const kind = kindOf(table, member);
  const last = normal(name).split("_").at(-1) ?? "";
  if (kind === "money" && (rules.not_dollars.includes(last) || /[€£¥]/.test(name))) throw problem("currency", name);
  if (kind === "money" && RATE.test(normal(name))) throw problem("rate", name);
  return { member, kind, name, unit: unitOf(kind, name) };
}

function placeOf(names: readonly string[], name: string): number {
  const exact = names.indexOf(name);
  if (exact >= 0) return exact;
  const alike = names.flatMap((each, place) => (normal(each) === normal(name) ? place : []));
  if (alike.length !== 1) throw problem("unknown_column", "", { column: name, columns: listed(names.filter((each) => each !== "")) });
  return alike[0] ?? -1;
}

/** Lets one column say each member. Throws where two do as well as each other. */
function withoutDoubles(table: Table, columns: readonly (Column | null)[], byHand: ReadonlySet<Column>): (Column | null)[] {
  const rank = (column: Column) => {
    if (byHand.has(column)) return 0;
    const name = normal(column.name);
    return name === (membersOf(table)[column.member]?.names[0] ?? column.member) ? 1 : rules.weak.includes(name) ? 3 : 2;
  };
  const best = new Map<string, Column>();
  for (const column of columns) {
    if (!column) continue;
    const other = best.get(column.member);
    if (!other) best.set(column.member, column);
    else if (rank(column) < rank(other)) best.set(column.member, column);
    else if (rank(column) === rank(other) && column.member !== "label")
      throw problem("two_columns", "", { column: other.name, other: column.name, what: labelOf(column.member) });
  }
  return columns.map((column) => (column && best.get(column.member) === column ? column : null));
}

const givenColumn = (table: Table, member: string): Column => ({ member, kind: kindOf(table, member), name: member, unit: null });

function checkGiven(table: Table, member: string, text: string): void {
  try {
    readCell(givenColumn(table, member), text);
  } catch (found) {
    if (!(found instanceof TableProblem)) throw found;
    throw problem("given", "", { what: labelOf(member), problem: found.message });
  }
}

function readCell({ member, kind, unit }: Column, text: string): unknown {
  switch (kind) {
    case "size": {
      if (unit === null && isNumber(text)) throw problem("no_column_unit", text);
      const size = readSize(text, unit);
      if (size > rules.most_bytes) throw problem("too_large", text);
      if (size === 0 && member === "input_bytes") throw problem("no_input");
      return size;
    }
    case "money": return readMoney(text);
    case "time": return readTime(text)[0];
    case "duration": return readDuration(text, unit);
    case "object": return readObject(text);
    case "scalar": return readScalar(text);
    case "status":
    case "cost_source":
    case "purchase_option": return readOne(kind, text);
    default: return text;
  }
}

/** What a row says by member as text, whether it can be read or not. */
export function plainTexts(header: Header, cells: readonly string[]): [Column, string][] {
  const filled = header.columns.flatMap((column, place): [Column, string][] => {
    const text = cells[place]?.trim() ?? "";
    return column && text !== "" ? [[column, text]] : [];
  });
  const there = new Set(filled.map(([{ member }]) => member));
  const given = Object.entries(header.values).filter(([member]) => !there.has(member));
  return [...filled, ...given.map(([member, text]): [Column, string] => [givenColumn(header.table, member), text])];
}

export interface Read {
  said: Record<string, unknown>;
  /** What was assumed. */
  notes: string[];
}

/** What a row says. Throws `TableProblem` that names the column. */
export function readRow(header: Header, cells: readonly string[]): Read {
  if (cells.slice(header.columns.length).some((cell) => cell.trim() !== "")) throw problem("too_many_cells");
  const said: Record<string, unknown> = {};
  const notes = new Set<string>();
  for (const [column, text] of plainTexts(header, cells)) {
    const value = inColumn(column, () => readCell(column, text));
    const dot = column.member.indexOf(".");
    const parent = dot < 0 ? column.member : column.member.slice(0, dot);
    const before = (said[parent] ?? {}) as Record<string, unknown>;
    if (dot >= 0) said[parent] = { ...before, [column.member.slice(dot + 1)]: value };
    else said[parent] = NAMED.includes(parent) ? { ...(value as Record<string, unknown>), ...before } : value;
    const assumed = column.kind === "time" ? readTime(text)[1] : null;
    if (assumed) notes.add(words(assumed));
  }
  for (const [member, ...others] of rules.needed[header.table]) {
    const column = header.columns.find((each) => each?.member === member);
    if (member !== undefined && others.length === 0 && !(member in said) && column) throw problem("cell", "", { column: column.name, problem: words("empty") });
  }
  return { said, notes: [...notes] };
}

function inColumn<T>({ name }: Column, read: () => T): T {
  try {
    return read();
  } catch (found) {
    if (!(found instanceof TableProblem)) throw found;
    throw problem("cell", "", { column: name, problem: found.message });
  }
}
