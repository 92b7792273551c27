"""How sizes are written in every answer, report and page: in decimal units, as the SI has them."""

from decimal import ROUND_HALF_UP, Context, Decimal

UNITS = ("B", "kB", "MB", "GB", "TB", "PB")


def format_size(count: int, digits: int = 3) -> str:
    """Write bytes to so many significant digits at most: 120 GB (of 10^9 bytes each), 1.5 kB, 512 B.

    `size` of `web/src/format.ts` does the same; `tests/written_sizes.json` holds both to the same answers.
    """
    rounded = int(Context(prec=digits, rounding=ROUND_HALF_UP).create_decimal(count))
    power = min((len(str(rounded)) - 1) // 3, len(UNITS) - 1)
    text = f"{Decimal(rounded).scaleb(-3 * power):,f}"
    return f"{text.rstrip('0').rstrip('.') if '.' in text else text} {UNITS[power]}"
