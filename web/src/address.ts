import { UNITS } from "@/format";

/** What is wrong with a value, as the end of a sentence about its parameter; null where nothing is. */
type Check = (value: string) => string | null;

const anything: Check = () => null;
const something: Check = (value) => (value.trim() === "" ? "is empty" : null);
const oneOf = (...known: string[]): Check => (value) => (known.includes(value) ? null : `can be ${known.slice(0, -1).join(", ")} or ${known.at(-1)}, and not “${value}”`);
const onlyTrue: Check = (value) => (value === "true" ? null : "can only be true");
const prediction: Check = (value) => (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}(\.[1-9]\d{0,2})?$/.test(value) ? null : `must be the id of a prediction, and not “${value}”`);
const unit = oneOf(...Object.keys(UNITS));
const month: Check = (value) => (/^20\d\d-(0[1-9]|1[0-2])$/.test(value) ? null : `must be a month like 2026-11, and not “${value}”`);
const day: Check = (value) => (value === "" || isDay(value) ? null : `must be a day like 2026-11-30, and not “${value}”`);

function isDay(text: string): boolean {
  const time = Date.parse(`${text}T00:00:00Z`);
  return /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
}

/** Sorting is checked by the table that is sorted, which knows its columns. */
const SORTING = { sort: something, order: oneOf("ascending", "descending") };

/** What the address of each page may hold. Amounts are checked by the form that they fill. */
const ADDRESSES: Record<string, Record<string, Check>> = {
  "/": { workflow: anything, input: anything, iu: unit, output: anything, ou: unit, budget: anything, team: anything },
  "/batch": { budget: anything, team: anything, ...SORTING },
  "/predictions": { workflow: something, team: something, mine: onlyTrue, from: day, to: day },
  "/runs": { workflow: something, status: oneOf("SUCCEEDED", "FAILED", "CANCELLED"), held: onlyTrue, run: something, tag: anything, from: day, to: day },
  "/models": { workflow: something, retraining: something, ...SORTING },
  "/accuracy": { workflow: something, ...SORTING },
  "/budgets": { month, team: something, ...SORTING },
};

/** One prediction, whose address holds no choice among many. */
const ONE_PREDICTION: Record<string, Check> = { prediction, ...SORTING };

/** Run parameters, on the Estimate page: p.aligner=star. */
const isRunParameter = (path: string, key: string) => path === "/" && /^p\.[A-Za-z][A-Za-z0-9_.-]{0,63}$/.test(key);

/**
 * Everything in an address that its page does not understand, in sentences. What is not understood is never passed
 * over: it may be the unit of a size or the month of a sum.
 */
export function addressProblems(path: string, search: string): string[] {
  const query = new URLSearchParams(search);
  const known = path === "/predictions" && query.has("prediction") ? ONE_PREDICTION : ADDRESSES[path];
  if (!known) return [];
  return [...new Set(query.keys())].flatMap((key) => {
    const values = query.getAll(key);
    if (values.length > 1) return [`“${key}” is there ${values.length} times.`];
    if (isRunParameter(path, key)) return [];
    const check = Object.hasOwn(known, key) ? known[key] : undefined;
    if (!check) return [`“${key}” means nothing on this page.`];
    const problem = check(values[0] ?? "");
    return problem === null ? [] : [`“${key}” ${problem}.`];
  });
}
