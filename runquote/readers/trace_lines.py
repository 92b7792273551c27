"""The lines of a Nextflow trace file as cells, whatever wrote them again since: a spreadsheet, a database, `cat`."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from runquote.readers.base import ReaderError
from runquote.readers.files import check_columns, opened, readable, separator

STATUSES = ("COMPLETED", "FAILED", "ABORTED", "CACHED", "RUNNING", "SUBMITTED", "NEW")
_NEEDED = (("status",), ("start", "submit"), ("realtime", "duration", "complete"))
_IDENTITIES = ("task_id", "hash", "native_id")
_MOST_SEPARATORS = 50
"""In the name and tag of a task."""
_BREAKING = ("script", "env")
"""Fields that may hold line breaks, which Nextflow writes as they are."""


@dataclass(frozen=True)
class Line:
    """A line: its cells by column, or what is wrong with it."""

    place: str
    cells: dict[str, str]
    problem: str = ""


def columns_of(header: str) -> list[str]:
    """Return the names of a trace's columns."""
    return [_bare(cell) for cell in header.rstrip("\r\n").split(separator(header))]


def status_of(header: str, line: str) -> str:
    """Return the status of a line, as far as cells are where the header has them."""
    cells = dict(zip(columns_of(header), map(_bare, line.split(separator(header))), strict=False))
    return cells.get("status", "").upper()


def lacking(columns: Sequence[str]) -> str | None:
    """Return which column a trace lacks to be priced, if it does."""
    return next((" or ".join(any_of) for any_of in _NEEDED if set(columns).isdisjoint(any_of)), None)


def lines_of(path: Path) -> Iterator[Line]:
    """Yield the lines of a trace; one that is there twice once. Raises ReaderError."""
    with readable(path, "a Nextflow trace"), opened(path) as file:
        header = file.readline()
        columns, by = columns_of(header), separator(header)
        if columns == [""]:
            raise ReaderError(f"{path}: is empty")
        check_columns(path, columns)
        if column := lacking(columns):
            raise ReaderError(f"{path}: line 1: no column {column}: trace.fields must have it")
        told_apart = not set(_IDENTITIES).isdisjoint(columns)  # else two tasks may have equal lines
        seen: set[int] = set()
        for number, text in enumerate(file, start=2):
            line = text.rstrip("\r\n")
            if not line.strip() or hash(line) in seen:
                continue
            if told_apart:
                seen.add(hash(line))
            if line.strip() == header.strip():
                raise ReaderError(f"{path}: line {number}: the header again: give each trace a file of its own")
            yield _line(f"{path}: line {number}", line, columns, by)


def _line(place: str, line: str, columns: Sequence[str], by: str) -> Line:
    # Nextflow quotes nothing (TraceRecord.renderText joins values as they are), so quotes are part of a value, unless
    # they surround it, as other programs write it.
    cells = line.split(by)
    if len(cells) != len(columns):
        cells = next(csv.reader([line], delimiter=by), cells)
    if len(columns) < len(cells) <= len(columns) + _MOST_SEPARATORS:
        cells = _joined(cells, columns, by) or cells
    if len(cells) == len(columns):
        return Line(place, dict(zip(columns, map(_bare, cells), strict=True)))
    problem = f"has {len(cells)} cells and not {len(columns)}"
    if broken := [name for name in _BREAKING if name in columns]:
        hint = f"{' and '.join(broken)} may hold line breaks: leave it out of trace.fields"
        raise ReaderError(f"{place}: {problem}: {hint}")
    return Line(place, {}, problem)


def _joined(cells: list[str], columns: Sequence[str], by: str) -> list[str] | None:
    """Return the cells with those joined again that a separator in a name or a tag took apart, if that is plain."""
    surplus = len(cells) - len(columns)
    found = []
    for in_name in range(surplus + 1):
        widths = {"name": 1 + in_name, "tag": 1 + surplus - in_name}
        rest, row = list(cells), dict[str, str]()
        for column in columns:
            width = widths.get(column, 1)
            row[column], rest = by.join(rest[:width]), rest[width:]
        tag = row.get("tag", "-")
        fits = tag in ("", "-") or "name" not in row or row["name"].rstrip().endswith(f"({tag})")
        if not rest and fits and row.get("status") in STATUSES:
            found.append(list(row.values()))
    return found[0] if len(found) == 1 else None


def _bare(cell: str) -> str:
    """Return a cell without the spaces and the pair of quotes around it."""
    cell = cell.strip()
    return cell[1:-1] if len(cell) > 1 and cell[0] == cell[-1] == '"' else cell
