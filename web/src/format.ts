/** How amounts, sizes, shares and times are written, everywhere in the app. */

const wholeNumber = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });

const NO_BREAK = "\u00a0";

/** 1234567 → "1,234,567". */
export const count = (value: number) => wholeNumber.format(value);

/** What a program calls it, as people read it: "trim.length" → "Trim length". */
export const label = (name: string) => name.replace(/[_.-]+/g, " ").replace(/^./, (first) => first.toUpperCase());

/** "1 run", "2 runs". */
export const counted = (value: number, noun: string) => `${count(value)} ${noun}${value === 1 ? "" : "s"}`;

/** Below this an amount is only said to be less than it. */
export const SMALLEST_SHOWN_USD = 0.00001;
/** Down to here it is still drawn: a curve of cheap runs must not lie flat because their amounts are not told apart in words. */
export const SMALLEST_DRAWN_USD = 0.0000001;

/**
 * Dollars to so many significant digits. Many runs cost fractions of a cent, so small amounts keep their digits
 * ("$0.0042") instead of becoming "$0.00"; from a dollar up, cents come in pairs ("$1.20", never "$1.2").
 */
export function money(usd: number, digits = 2): string {
  if (usd === 0) return "$0";
  if (usd < 0) return `−${money(-usd, digits)}`;
  if (usd < SMALLEST_SHOWN_USD) return `less than $${SMALLEST_SHOWN_USD.toFixed(5)}`;
  const rounded = Number(usd.toPrecision(digits));
  const decimals = Math.max(0, digits - 1 - Math.floor(Math.log10(rounded)));
  if (rounded < 1) return `$${rounded.toFixed(decimals)}`;
  const shown = decimals > 0 ? 2 : 0;
  return `$${rounded.toLocaleString("en-US", { minimumFractionDigits: shown, maximumFractionDigits: shown })}`;
}

/** An amount as recorded, alone: whole cents from a dollar up, three significant digits below. */
export function recordedMoney(usd: number): string {
  if (usd < 0) return `−${recordedMoney(-usd)}`;
  return usd >= 1 ? usd.toLocaleString("en-US", { style: "currency", currency: "USD" }) : money(usd, 3);
}

/** Decimals beyond which those who compare amounts of whole dollars are only distracted, and the most of all. */
const MOST_DECIMALS = { dollars: 4, cents: 6 } as const;

/**
 * How the amounts of one list are written: cents from a dollar up; below, all to the decimal that shows the smallest of
 * them to so many digits.
 * `format_amounts` of runquote/sizes.py does the same; tests/amounts.json holds both to the same answers.
 */
export function alike(amounts: readonly number[], digits = 2): (usd: number) => string {
  const some = amounts.map(Math.abs).filter((usd) => usd > 0);
  const most = some.some((usd) => usd >= 1) ? MOST_DECIMALS.dollars : MOST_DECIMALS.cents;
  const needed = digits - 1 - Math.floor(Math.log10(Math.min(1, ...some)));
  const [cents, fine] = [toDecimals(2), toDecimals(Math.min(most, Math.max(2, needed)))];
  return (usd) => (usd === 0 || Math.abs(usd) >= 1 ? cents(usd) : fine(usd));
}

const toDecimals = (decimals: number) => (usd: number) => {
  const least = 10 ** -decimals;
  const [sign, amount] = [usd < 0 ? "−" : "", Math.abs(usd)];
  if (amount > 0 && amount < least / 2) return `${sign}less than $${least.toFixed(decimals)}`;
  return `${sign}$${amount.toLocaleString("en-US", { minimumFractionDigits: decimals, maximumFractionDigits: decimals })}`;
};

/** An amount that a person typed: "$40", "$2.50", "$0.004". */
export const typedMoney = (usd: number) => `$${usd.toLocaleString("en-US", { minimumFractionDigits: Number.isInteger(usd) ? 0 : 2, maximumFractionDigits: 8 })}`;

const compact = new Intl.NumberFormat("en-US", { notation: "compact", maximumSignificantDigits: 3 });

/** The amounts of an axis, short, those below a dollar with as many decimals as the one that needs most of its kind. */
export function tickMoney(ticks: readonly number[]): string[] {
  const exact = ticks.map((tick) => Number(tick.toPrecision(3)));
  // Evenly spaced ticks read as a list only if their decimals agree; on a logarithmic axis each stands for itself.
  const even = exact.length > 2 && Math.abs((exact[2] ?? 0) - 2 * (exact[1] ?? 0) + (exact[0] ?? 0)) < 1e-3 * ((exact[1] ?? 0) - (exact[0] ?? 0));
  const decimals = even ? Math.max(...exact.map((tick) => (tick.toString().split(".")[1] ?? "").length)) : 0;
  return exact.map((tick) => {
    if (tick < SMALLEST_SHOWN_USD) return money(tick);
    if (tick >= 10_000) return `$${compact.format(tick)}`;
    const least = Number.isInteger(tick) && decimals === 0 ? 0 : Math.max(2, decimals);
    return `$${tick.toLocaleString("en-US", { minimumFractionDigits: least, maximumFractionDigits: 8 })}`;
  });
}

/** What amounts are to be added up by eye with: a decimal for all, and what is left of their sum as they are written. */
export interface Sum {
  write: (usd: number) => string;
  /** "+$4.10", "−$0.0012". */
  signed: (usd: number) => string;
  /** The sum without the others, each taken as it is written, so that a reader's sum comes out. */
  remainder: number;
}

/** Three significant digits of the `whole`, and one at least of each of its parts: `others` and what is left. */
export function sumOf(whole: number, others: readonly number[]): Sum {
  const rest = others.reduce((left, usd) => left - usd, whole);
  const digits = whole >= 100 ? 0 : whole >= 1 ? 2 : 2 - Math.floor(Math.log10(Math.max(whole, SMALLEST_SHOWN_USD)));
  const smallest = Math.min(1, ...[rest, ...others].map(Math.abs).filter((usd) => usd > 0));
  const most = whole >= 1 ? MOST_DECIMALS.dollars : MOST_DECIMALS.cents;
  const needed = smallest < 1 ? Math.min(most, Math.max(2, -Math.floor(Math.log10(smallest)))) : 0;
  const decimals = Math.max(digits, needed);
  const write = toDecimals(decimals);
  const written = (usd: number) => Number(usd.toFixed(decimals));
  return { write, signed: (usd) => (usd > 0 ? `+${write(usd)}` : write(usd)), remainder: others.reduce((left, usd) => left - written(usd), written(whole)) };
}

/** The exact figure, for titles and exports. */
export const exactMoney = (usd: number) => `${usd.toLocaleString("en-US", { maximumSignificantDigits: 15, useGrouping: false })} USD`;

/** Both ends with as few digits as tell them apart, two at least. */
export function moneyRange(low: number, high: number): [string, string] {
  for (const digits of [2, 3, 4]) {
    const ends: [string, string] = [money(low, digits), money(high, digits)];
    if (ends[0] !== ends[1]) return ends;
  }
  return [money(low, 5), money(high, 5)];
}

/** "About $28"; "Less than $0.00001" needs no "about". */
export function aboutMoney(usd: number): string {
  const amount = money(usd);
  return amount.startsWith("less") ? `L${amount.slice(1)}` : `About ${amount}`;
}

/** Units that sizes are entered in, with their bytes. GB is 10⁹; GiB is 2³⁰. */
export const UNITS = { MB: 1e6, GB: 1e9, TB: 1e12, GiB: 2 ** 30, TiB: 2 ** 40 } as const;
export type Unit = keyof typeof UNITS;

const DISPLAY_UNITS = [["PB", 1e15], ["TB", 1e12], ["GB", 1e9], ["MB", 1e6], ["kB", 1e3]] as const;

/**
 * 480000000000 → "480 GB", which never breaks between lines; three significant digits at most. `format_size` of
 * contract/sizes.py does the same; tests/written_sizes.json holds both to the same answers.
 */
export function size(bytes: number): string {
  const rounded = Number(bytes.toPrecision(3));
  const [unit, factor] = DISPLAY_UNITS.find(([, factor]) => rounded >= factor) ?? ["B", 1];
  return `${Number((rounded / factor).toPrecision(3)).toLocaleString("en-US")}${NO_BREAK}${unit}`;
}

/** The largest decimal unit to enter a size in that gives at least 1. */
export const unitOf = (bytes: number) => (bytes >= 1e12 ? "TB" : bytes >= 1e9 ? "GB" : "MB");

/** A size in the unit that suits it, for filling in a field. */
export function toField(bytes: number): { amount: string; unit: Unit } {
  const unit = unitOf(bytes);
  const amount = Number((bytes / UNITS[unit]).toPrecision(3));
  return { amount: amount.toLocaleString("en-US", { useGrouping: false, maximumFractionDigits: 12 }), unit };
}

/** 0.0834 → "8 %"; below 10 % one decimal: "3.4 %". */
export const share = (value: number) => `${value < 0.0995 && value > 0 ? Number((value * 100).toFixed(1)) : Math.round(value * 100)}${NO_BREAK}%`;

/** 0.8 → "8 in 10", or "8 times in 10". */
export function inTen(coverage: number, counted = ""): string {
  const tenths = coverage * 10;
  const [share, of] = Math.abs(tenths - Math.round(tenths)) < 1e-9 ? [Math.round(tenths), 10] : [Math.round(coverage * 100), 100];
  return `${share}${counted && ` ${counted}`} in ${of}`;
}

const dayFormat = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });

/** "2026-03-05T…Z" → "5 Mar 2026" (UTC). */
export const day = (iso: string) => dayFormat.format(new Date(iso));

/** "…T09:05:00Z" → "09:05" (UTC). */
export const time = (iso: string) => new Date(iso).toISOString().slice(11, 16);

const LENGTHS = [["d", 86_400], ["h", 3600], ["min", 60], ["s", 1]] as const;

/** 5_400_000 → "1 h 30 min": the two largest units. */
export function duration(milliseconds: number): string {
  let left = Math.round(milliseconds / 1000);
  if (left < 1) return `${Math.round(milliseconds)}${NO_BREAK}ms`;
  const parts = LENGTHS.flatMap(([unit, seconds]) => {
    const whole = Math.floor(left / seconds);
    left -= whole * seconds;
    return whole > 0 ? [`${whole}${NO_BREAK}${unit}`] : [];
  });
  return parts.slice(0, 2).join(" ");
}

const monthFormat = new Intl.DateTimeFormat("en-GB", { month: "long", year: "numeric", timeZone: "UTC" });

/** "2026-03" → "March 2026". */
export const month = (text: string) => monthFormat.format(new Date(`${text}-01T00:00:00Z`));
