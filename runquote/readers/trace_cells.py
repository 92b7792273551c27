"""The cells of a line of a Nextflow trace as what they mean.

Sizes use powers of 1024 whatever their unit says ("1.2 GB" is 1.2 * 2^30 bytes); with `trace.raw` they are plain bytes,
durations milliseconds and times milliseconds since 1970.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from fractions import Fraction

from runquote.durations import parse_duration
from runquote.readers.base import LONGEST_SECONDS, MOST_CPUS, MOST_MEMORY, shown

_SIZE = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s?([KMGTPEZ]?)i?B?")
_POWERS = {unit: power for power, unit in enumerate(["", *"KMGTPEZ"])}
_DECIMAL_COMMA = re.compile(r"[0-9]+,[0-9]{1,2}(?![0-9])")
_NO_TEXT = ("", "-", "null")
_UNKNOWN = (*_NO_TEXT, "none", "nan", "na", "n/a")
_LONGEST_CELL = 60
_LATEST_MS = 4_102_444_800_000
"""The year 2100."""


@dataclass
class Cells:
    """The cells of a line; None for a missing column or value, and for one that cannot be read, which is remembered."""

    place: str
    cells: dict[str, str]
    zone: tzinfo
    unreadable: list[str] = field(default_factory=list)

    def has(self, column: str) -> bool:
        """Say whether there is such a column."""
        return column in self.cells

    def text(self, column: str) -> str:
        """Return a text; empty if there is none."""
        text = self.cells.get(column, "").strip()
        return "" if text.lower() in _NO_TEXT else text

    def number(self, column: str) -> float | None:
        """Return a number of processors, or their use in percent of one."""
        return self._read(column, lambda text: _within(float(text.removesuffix("%")), MOST_CPUS * 100))

    def duration(self, column: str) -> float | None:
        """Return seconds."""
        return self._read(column, lambda text: _within(_seconds(text), LONGEST_SECONDS))

    def size(self, column: str) -> int | None:
        """Return bytes."""
        return self._read(column, lambda text: _within(parse_trace_size(text), MOST_MEMORY))

    def time(self, column: str) -> datetime | None:
        """Return a moment; one that does not say its zone is where Nextflow ran."""
        return self._read(column, self._moment)

    def doubt(self, column: str) -> None:
        """Remember a cell that says what cannot be."""
        self._remember(column, self.cells[column])

    def _moment(self, text: str) -> datetime:
        if _is_whole(text):
            return datetime.fromtimestamp(_within(int(text), _LATEST_MS) / 1000, UTC)
        moment = datetime.fromisoformat(text)
        return moment if moment.tzinfo else moment.replace(tzinfo=self.zone)

    def _read[T](self, column: str, read: Callable[[str], T]) -> T | None:
        text = self.cells.get(column, "").strip()
        if text.lower() in _UNKNOWN:
            return None
        if len(text) > _LONGEST_CELL:
            self._remember(column, text)
            return None
        try:
            # A table that went through a program for tables has whole numbers as 1.0, and perhaps a decimal comma.
            text = text[:-2] if text.endswith(".0") and _is_whole(text[:-2]) else text
            return read(_DECIMAL_COMMA.sub(lambda found: found[0].replace(",", "."), text))
        except (ValueError, OverflowError, OSError):
            self._remember(column, text)
            return None

    def _remember(self, column: str, text: str) -> None:
        self.unreadable.append(f"{self.place}: column {column}: cannot read {shown(text)}")


def parse_trace_size(text: str) -> int:
    """Return the bytes of a size in a trace, where "1.2 GB" is 1.2 * 2^30. Raises ValueError for anything else."""
    match = _SIZE.fullmatch(text) if len(text) <= _LONGEST_CELL else None
    if not match:
        raise ValueError(f"{shown(text)} is no size of a Nextflow trace")
    factor: int = 1024 ** _POWERS[match[2]]
    return round(Fraction(match[1]) * factor)


def _seconds(text: str) -> float:
    return int(text) / 1000 if _is_whole(text) else parse_duration(text)


def _is_whole(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _within[N: (int, float)](number: N, most: float) -> N:
    if not 0 <= number <= most:
        raise ValueError("out of bounds")
    return number
