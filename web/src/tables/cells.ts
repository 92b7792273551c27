import { MAX_NUMBER } from "@/api/bounds";
import { readSize as sizeOf } from "@/sizes";
import { normal, problem, rules } from "./rules";

/** Cells by the rules of the contract. All throw `TableProblem` with the words for what is wrong. */

const NUMBER = new RegExp(rules.number);
const GROUPED = new RegExp(rules.grouped);
const TIME = new RegExp(rules.time);
const CLOCK = new RegExp(rules.clock);
const DURATION = new RegExp(rules.duration);
const ZONED = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,6})?(Z|[+-]\d{2}:\d{2})$/;
const durations: Record<string, number> = rules.durations;

/** No number and no time is longer than what is shown of a cell. */
const match = (pattern: RegExp, text: string) => (text.length <= rules.longest_shown ? pattern.exec(text) : null);
export const isNumber = (text: string) => match(NUMBER, text) !== null;

/** Bytes; a number without a unit is in that of its column, if it has one. */
export function readSize(text: string, unit: string | null = null): number {
  const read = sizeOf(text, unit ?? "");
  if ("advice" in read) throw problem("size", text, { advice: read.advice });
  return read.bytes;
}

export function readMoney(text: string): number {
  let number = text;
  for (const sign of rules.money_signs) {
    if (number.startsWith(sign)) number = number.slice(sign.length);
    if (number.endsWith(sign)) number = number.slice(0, -sign.length);
    number = number.trim();
  }
  if (match(GROUPED, number)) number = number.replaceAll(",", "");
  if (!isNumber(number)) {
    const digits = /\d/.test(number);
    if (digits && /[^\d.,+\-eE ()]/.test(number)) throw problem("currency", text);
    throw problem(digits && number.includes(",") ? "money_comma" : "money", text);
  }
  if (!Number.isFinite(Number(number))) throw problem("money", text);
  return Number(number);
}

/** A time in ISO 8601 with its zone, and the words for what was assumed about it. */
export function readTime(text: string): [string, "assumed_zone" | "assumed_midnight" | null] {
  if (match(ZONED, text)) return [existing(text, text), null];
  const found = match(TIME, text);
  if (!found) throw problem("time", text);
  const [, year, month = "", day = "", hour, minute = "00", second = "00", fraction = "", zone] = found;
  const two = (digits: string) => digits.padStart(2, "0");
  const written = `${year}-${two(month)}-${two(day)}T${two(hour ?? "0")}:${minute}:${second}${fraction.slice(0, 7)}${zoned(zone)}`;
  return [existing(written, text), zone ? null : hour ? "assumed_zone" : "assumed_midnight"];
}

function zoned(zone: string | undefined): string {
  if (!zone || !/^[+-]/.test(zone)) return "Z";
  return zone.includes(":") ? zone : `${zone.slice(0, 3)}:${zone.slice(3)}`;
}

/** `Date` takes 30 February for 2 March. */
function existing(written: string, text: string): string {
  const day = Number(written.slice(8, 10));
  const calendar = new Date(`${written.slice(0, 10)}T00:00:00Z`);
  if (Number.isNaN(Date.parse(written)) || calendar.getUTCDate() !== day || written.slice(11, 13) === "24") throw problem("time", text);
  return written;
}

/** Seconds; a bare number is in the unit of its column. */
export function readDuration(text: string, unit: string | null = null): number {
  const clock = match(CLOCK, text);
  if (clock) return [86_400, 3600, 60, 1].reduce((sum, seconds, index) => sum + Number(clock[index + 1] ?? 0) * seconds, 0);
  if (isNumber(text)) {
    if (unit === null) throw problem("duration_unit", text);
    return Number(text) * (durations[unit] ?? 1);
  }
  const parts = match(DURATION, text);
  if (!parts) throw problem("duration", text);
  return [86_400, 3600, 60, 1].reduce((sum, seconds, index) => sum + Number(parts[index + 1] ?? 0) * seconds, 0);
}

export function readObject(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = null;
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw problem("object", text, { example: '{"paired": true}' });
  return value as Record<string, unknown>;
}

/** The boolean, number or text that a parameter's value looks like. */
export function readScalar(text: string): boolean | number | string {
  if (/^(true|false)$/i.test(text)) return text.toLowerCase() === "true";
  if (isNumber(text.replace(/^-/, "")) && Math.abs(Number(text)) <= MAX_NUMBER) return Number(text);
  return text;
}

/** One of a few values, in any of the words for it. */
export function readOne(member: "status" | "cost_source" | "purchase_option", text: string): string {
  const name = normal(text);
  const found = Object.entries(rules.values[member]).find(([, names]) => names.includes(name));
  if (found) return found[0];
  throw problem(member === "status" && rules.unfinished.includes(name) ? "unfinished" : member, text);
}
