/** Sizes as people type and paste them. `runquote/sizes.py` does the same; `tests/sizes.json` holds both to the same answers. */

const MOST_CHARACTERS = 40;
const SPACES = /[\u00a0\u2007\u2009\u202f\t]/g;
const SIZE = /^(\d+(?:\.\d*)?|\.\d+|\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d{1,3}(?:[ ']\d{3})+(?:\.\d+)?)(e[+-]?\d\d?)? *(\w*)$/i;
const UNIT = /^([kmgtp]?)(i?)(?:b|bytes?)?$/i;
const ONE_COMMA = /^(\d{1,3}(?:\.\d{3})+|\d+),(\d+) *\w*$/;
const POWERS = "kmgtp";
const ANY = "write a number and a unit, like 120 GB, 1.5 GiB or 512 B";

/** A text understood: its bytes, the number as typed and the unit, in its usual spelling; or what to write instead. */
export type ReadSize = { bytes: number; number: string; unit: string } | { advice: string };

/**
 * Read "120 GB" (10⁹), "1.5GiB" (2³⁰), "1,200.5 GB" or "1.5e11" (bytes). What can be read in two ways, such as
 * "1,200 GB", is never guessed at, nor is a missing unit: a number without one is in the `given` one, if there is any.
 */
export function readSize(text: string, given = ""): ReadSize {
  const written = text.replace(SPACES, " ").trim();
  const [, number, exponent = "", typed] = (written.length <= MOST_CHARACTERS && SIZE.exec(written)) || [];
  const comma = commaAdvice(written);
  if (comma !== null) return { advice: comma };
  if (number === undefined || typed === undefined || !UNIT.test(typed)) return { advice: ANY };
  const unit = typed || given || (exponent && "B");
  const doubt = typed || !given ? unitAdvice(number, unit) : null;
  if (doubt !== null) return { advice: doubt };
  const [, prefix = "", binary = ""] = UNIT.exec(unit) ?? [];
  const power = prefix ? POWERS.indexOf(prefix.toLowerCase()) + 1 : 0;
  const bytes = Math.round(Number(number.replace(/[ ,']/g, "") + exponent) * (binary ? 1024 : 1000) ** power);
  return { bytes, number: number + exponent, unit: usual(prefix, binary !== "") };
}

const usual = (prefix: string, binary: boolean) =>
  `${prefix.toLowerCase() === "k" && !binary ? "k" : prefix.toUpperCase()}${binary ? "i" : ""}B`;

/** What to write for a comma that stands, or may stand, for a decimal point. */
function commaAdvice(written: string): string | null {
  const [, before, part] = ONE_COMMA.exec(written.slice(0, MOST_CHARACTERS)) ?? [];
  if (before === undefined || part === undefined) return null;
  const whole = before.replaceAll(".", "");
  if (part.length === 3 && before.length <= 3 && !before.startsWith("0")) return `write ${whole}${part} or ${whole}.${part}, since ${before},${part} can mean either`;
  return `use a full stop for decimals, like ${whole}.${part}`;
}

/** What to write for a unit that is missing or can mean two things. */
function unitAdvice(number: string, unit: string): string | null {
  if (unit === "") return `write its unit too, like ${number} GB`;
  if (unit.endsWith("b") && (unit === "b" || unit !== unit.toLowerCase())) return `write ${unit.slice(0, -1)}B for bytes, since ${unit} can mean bits or bases`;
  if (unit.length === 1 && unit !== "B") return `write ${number} ${unit}B or ${number} ${unit}iB, since ${unit} can mean either`;
  return null;
}
