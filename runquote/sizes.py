"""Sizes, amounts and counts as people write them."""

import math
import re
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

_MOST_CHARACTERS = 40
_LONGEST_SHOWN = 80
_SPACES = str.maketrans(dict.fromkeys("\u00a0\u2007\u2009\u202f\t", " "))
_SIZE = re.compile(
    r"(\d+(?:\.\d*)?|\.\d+|\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d{1,3}(?:[ ']\d{3})+(?:\.\d+)?)(e[+-]?\d\d?)? *(\w*)", re.I
)
_UNIT = re.compile(r"([kmgtp]?)(i?)(b|bytes?)?", re.I)
_ONE_COMMA = re.compile(r"(\d{1,3}(?:\.\d{3})+|\d+),(\d+) *\w*")
_POWERS = "kmgtp"


def parse_size(text: str, unit: str | None = None) -> int:
    """Return the bytes in a text such as "120 GB" (10^9), "1.5GiB" (2^30), "1,200.5 GB" or "1.5e11" (bytes).

    A number without a unit is in `unit`, if that is given. Raises ValueError for anything else: what can be read in two
    ways, such as "1,200 GB", and a missing unit are never guessed at. `web/src/sizes.ts` does the same in the browser;
    `tests/sizes.json` holds both to the same answers.
    """
    written = text.translate(_SPACES).strip(" ")
    match = _SIZE.fullmatch(written) if written.isascii() and len(written) <= _MOST_CHARACTERS else None
    found = _UNIT.fullmatch(match[3] or unit or ("B" if match[2] else "")) if match else None
    advice = _comma_advice(written)
    if match and found and not advice and (match[3] or not unit):
        advice = _unit_advice(match[1], found[0])
    if not match or not found or advice:
        raise _no_size(text, advice or "write a number and a unit, like 120 GB, 1.5 GiB or 512 B")
    power = _POWERS.index(found[1].lower()) + 1 if found[1] else 0
    number = Fraction(re.sub("[ ,']", "", match[1]) + (match[2] or ""))
    return int(number * (1024 if found[2] else 1000) ** power + Fraction(1, 2))


def _no_size(text: str, advice: str) -> ValueError:
    return ValueError(f"“{text.strip()[:_LONGEST_SHOWN]}” is not a size: {advice}")


def _comma_advice(written: str) -> str | None:
    """Say what to write for a comma that stands, or may stand, for a decimal point."""
    match = _ONE_COMMA.fullmatch(written[:_MOST_CHARACTERS])
    if not match:
        return None
    whole, part = match[1].replace(".", ""), match[2]
    if len(part) == 3 and len(match[1]) <= 3 and whole[0] != "0":
        return f"write {whole}{part} or {whole}.{part}, since {match[1]},{part} can mean either"
    return f"use a full stop for decimals, like {whole}.{part}"


def _unit_advice(number: str, unit: str) -> str | None:
    """Say what to write for a unit that is missing or can mean two things."""
    if unit == "":
        return f"write its unit too, like {number} GB"
    if unit[-1] == "b" and (unit == "b" or not unit.islower()):
        return f"write {unit[:-1]}B for bytes, since {unit} can mean bits or bases"
    if len(unit) == 1 and unit not in "bB":
        return f"write {number} {unit}B or {number} {unit}iB, since {unit} can mean either"
    return None


def format_usd(amount: float, digits: int = 2) -> str:
    """Return dollars to two significant digits, as an estimate deserves: $28, $1,200, $4.90, $0.0031."""
    if amount < 1e-8:
        return "$0"
    rounded = float(f"{amount:.{digits - 1}e}")
    decimals = max(0, digits - 1 - int(f"{rounded:e}".split("e")[1]))
    if rounded >= 1:
        decimals = 2 if decimals else 0  # cents come in pairs
    return f"${rounded:,.{decimals}f}"


def format_range(low: float, high: float) -> tuple[str, str]:
    """Return both ends of an interval with as few digits as tell them apart, two at least."""
    pairs = [(format_usd(low, digits), format_usd(high, digits)) for digits in (2, 3, 4, 5)]
    return next((pair for pair in pairs if pair[0] != pair[1]), pairs[-1])


def format_amount(amount: float) -> str:
    """Return dollars as they were given: $50.00, $0.0001, $0."""
    return f"${amount:,.2f}" if amount >= 0.01 else f"${amount:.8f}".rstrip("0").rstrip(".")


def format_amounts(amounts: Sequence[float]) -> list[str]:
    """Return the dollars of one list: cents from a dollar up; below, all to the decimal that shows the smallest of them
    to two digits.

    `alike` of `web/src/format.ts` does the same; `tests/amounts.json` holds both to the same answers.
    """
    some = [abs(amount) for amount in amounts if amount]
    most = 4 if max(some, default=0) >= 1 else 6
    decimals = min(most, max(2, 1 - math.floor(math.log10(min([1, *some])))))
    return [_to_decimal(amount, decimals if 0 < abs(amount) < 1 else 2) for amount in amounts]


def _to_decimal(amount: float, decimals: int) -> str:
    sign, least = "-" if amount < 0 else "", 10.0**-decimals
    if 0 < abs(amount) < least / 2:
        return f"{sign}less than ${least:.{decimals}f}"
    return f"{sign}${abs(amount):,.{decimals}f}"


def dollars(usd: Decimal) -> str:
    """Return dollars and cents, like $1,234.50 or -$3.00."""
    return f"{'-' if usd < 0 else ''}${abs(usd):,.2f}"


def counted(number: int, noun: str) -> str:
    """Return a number with its noun: 1 line, 2 lines."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
