"""Runs from CSV (RFC 4180) and what spreadsheets make of it, with the columns that `contract.tables` recognises."""

import shlex
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from contract import tables
from contract.tables import WORDS
from runquote.columns import (
    Given,
    Header,
    Table,
    missing_words,
    plain_texts,
    read_header,
    read_row,
    unit_in,
    with_times,
)
from runquote.readers.base import ReaderError, Rejected, Row, identity
from runquote.readers.files import check_columns, each_file, opened, readable, records

_UNTOUCHED = Given()


def read(path: Path, optional: tuple[str, ...] = (), given: Given = _UNTOUCHED) -> Iterator[Row | Rejected]:
    """Yield each row of a file, or of the files of a folder; empty cells are left out, other columns ignored.

    Members named in `optional` may be missing. A cell that cannot be read rejects its row. Raises ReaderError for a
    file that is no CSV or has no column for what a run needs; whether values make a run is for the API to say.
    """
    endings = (".csv", ".tsv", ".csv.gz", ".tsv.gz")
    yield from each_file(path, endings, lambda file: _read(file, optional, given))


def read_runs(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the runs of a file that is expected to hold nothing else: the first bad cell raises ReaderError."""
    for row in read(path):
        if isinstance(row, Rejected):
            raise ReaderError(f"{row.place}: {row.reason}")
        yield row.run


def header_of(
    place: str, table: Table, rows: Iterator[tuple[int, list[str]]], given: Given, optional: tuple[str, ...] = ()
) -> Header:
    """Read the first row of a table. Raises ReaderError that names all that is missing."""
    _, names = next(rows, (1, []))
    check_columns(Path(place), names)
    try:
        header = read_header(table, names, given, optional)
    except ValueError as error:
        raise ReaderError(f"{place}: {error}") from None
    if header.missing:
        raise ReaderError(f"{place}: {missing_words(header, names)}. {_advice(header)}")
    return header


def _advice(header: Header) -> str:
    """Say how to name what is missing: by the column whose name ends with a unit of it, where there is one."""
    likely = {member: name for (member, *_) in header.missing for name in header.ignored if unit_in(member, name)}
    member, column = next(iter(likely.items()), (header.missing[0][0], "COLUMN"))
    column = f"{member.replace('bytes', 'size')}={shlex.quote(column)}"
    return f"Say which column it is, as in --column {column}, or what holds for all rows, as in --set workflow_name=wgs"


def _read(path: Path, optional: tuple[str, ...], given: Given) -> Iterator[Row | Rejected]:
    with readable(path, "a CSV file"), opened(path) as file:
        rows = records(file)
        header = header_of(str(path), "runs", rows, given, optional)
        reader = RunRows(header, optional)
        for line, cells in rows:
            place = f"{path}: line {line}"
            try:
                run, notes = reader.read(cells)
            except ValueError as error:
                yield Rejected(place, str(error), reader.run_id(cells))
                continue
            yield Row(place, run, notes)


class RunRows:
    """Makes runs of the rows of one table: what it does not say is assumed where that is safe, and told."""

    def __init__(self, header: Header, optional: tuple[str, ...] = ()) -> None:
        self._header = header
        self._assumed = {member: value for member, value in tables.ASSUMED.items() if member not in optional}
        self._seen: Counter[tuple[str, ...]] = Counter()

    def read(self, cells: list[str]) -> tuple[dict[str, Any], tuple[str, ...]]:
        """Return a run, and words for what was assumed. Raises ValueError."""
        said, notes = read_row(self._header, cells)
        run, about_times = with_times(said)
        notes = (*self._header.notes, *notes, *about_times)
        if "run_id" not in run:
            run["run_id"] = self._identity(cells)
            notes = (*notes, WORDS["assumed_run_id"])
        for member, value in self._assumed.items():
            if member not in run:
                run[member] = value
                notes = (*notes, WORDS[f"assumed_{member}"])
        return run, notes

    def run_id(self, cells: list[str]) -> str | None:
        """Return the id that a row has, whatever else is wrong with it."""
        return plain_texts(self._header, cells).get("run_id")

    def _identity(self, cells: list[str]) -> str:
        """Make an id of what a row says; of rows that say the same, each is a run of its own."""
        said = tuple(sorted(f"{member}={text}" for member, text in plain_texts(self._header, cells).items()))
        self._seen[said] += 1
        number = self._seen[said]
        return identity("csv", *said, *([f"#{number}"] if number > 1 else []))
