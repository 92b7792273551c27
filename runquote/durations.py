"""Durations as workflow engines write them."""

import re

_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_PART = r"\d+(?:\.\d+)?"
_DURATION = re.compile(rf"^(?=\S)(?:({_PART})\s?d\s*)?(?:({_PART})\s?h\s*)?(?:({_PART})\s?m(?!s)\s*)?"
                       rf"(?:({_PART})\s?s\s*)?(?:({_PART})\s?ms)?$")  # fmt: skip


def parse_duration(text: str) -> float:
    """Return the seconds in a text such as "1h 2m 3s", "850ms", "3.5s" or "1d 2h".

    Raises ValueError for anything else: units must come in order, each once, and a bare number has no unit.
    """
    stripped = text.strip()
    match = _DURATION.match(stripped) if stripped.isascii() else None
    if not match:
        raise ValueError(f"{text!r} is not a duration: write numbers and units, like 1h 2m 3s or 850ms")
    parts = zip(match.groups(), ("d", "h", "m", "s", "ms"), strict=True)
    return sum(float(number) * _SECONDS[unit] for number, unit in parts if number)


def format_duration(seconds: float) -> str:
    """Return seconds as a text that `parse_duration` reads, to the millisecond."""
    milliseconds = round(seconds * 1000)
    parts = []
    for unit, size in (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)):
        count, milliseconds = divmod(milliseconds, size)
        if count:
            parts.append(f"{count}{unit}")
    return " ".join(parts) or "0ms"
