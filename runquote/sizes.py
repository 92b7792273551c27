"""Sizes, amounts and counts as people write them."""

from decimal import Decimal

from runquote.cells import read_size


def parse_size(text: str) -> int:
    """Return the bytes in a text such as "120 GB" (10^9), "1.5GiB" (2^30), "1,200.5 GB" or "512 B".

    Raises ValueError for anything else: a comma or a missing unit is never guessed at.
    """
    return read_size(text.strip())


def format_size(size: int) -> str:
    """Return bytes as people read them, to three significant digits and in powers of ten: 120 GB, 1.5 GB, 512 B."""
    for unit, factor in (("PB", 10**15), ("TB", 10**12), ("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if size >= factor:
            return f"{_three_digits(size / factor)} {unit}"
    return f"{size} B"


def format_usd(amount: float) -> str:
    """Return dollars to two significant digits, as an estimate deserves: $28, $1,200, $0.0031."""
    if amount < 1e-8:
        return "$0"
    rounded = float(f"{amount:.1e}")
    if rounded >= 10:
        return f"${rounded:,.0f}"
    decimals = max(0, 1 - int(f"{rounded:e}".split("e")[1]))
    return f"${rounded:.{decimals}f}"


def format_amount(amount: float) -> str:
    """Return dollars as they were given: $50.00, $0.0001, $0."""
    return f"${amount:,.2f}" if amount >= 0.01 else f"${amount:.8f}".rstrip("0").rstrip(".")


def dollars(usd: Decimal) -> str:
    """Return dollars and cents, like $1,234.50 or -$3.00."""
    return f"{'-' if usd < 0 else ''}${abs(usd):,.2f}"


def counted(number: int, noun: str) -> str:
    """Return a number with its noun: 1 line, 2 lines."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _three_digits(number: float) -> str:
    text = f"{number:.3g}"
    return f"{float(text):.0f}" if "e" in text else text
