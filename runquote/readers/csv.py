"""Runs from CSV (RFC 4180) whose columns are the members of a run; see `contract.runs.Run`.

Tabs and semicolons, as spreadsheets write them, separate cells as well as commas do.
"""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from contract.runs import Run
from runquote.readers.base import ReaderError, Rejected, Row
from runquote.readers.files import each_file, need_columns, opened, readable, table
from runquote.sizes import parse_size

_NUMBERS = ("input_bytes", "output_bytes", "cost_usd", "estimated_cost_usd")
_SIZES = {"input_size": "input_bytes", "output_size": "output_bytes"}
"""Columns with texts like 120 GB, and the members that they say."""
_OBJECTS = ("parameters", "tags")


def read(path: Path, optional: tuple[str, ...] = ()) -> Iterator[Row | Rejected]:
    """Yield each row of a file, or of the files of a folder; empty cells are left out, other columns ignored.

    `parameters` and `tags` hold JSON objects; `input_size` and `output_size` are read where there is no `input_bytes`
    or `output_bytes`. Columns named in `optional` may be missing. A cell of the wrong kind rejects its row. Raises
    ReaderError for a file that is no CSV or lacks a column; whether values make a run is for the API to say.
    """
    yield from each_file(path, (".csv", ".tsv", ".csv.gz", ".tsv.gz"), lambda file: _read(file, optional))


def read_runs(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the runs of a file that is expected to hold nothing else: the first bad cell raises ReaderError."""
    for row in read(path):
        if isinstance(row, Rejected):
            raise ReaderError(f"{row.place}: {row.reason}")
        yield row.run


def _read(path: Path, optional: tuple[str, ...]) -> Iterator[Row | Rejected]:
    with readable(path, "a CSV file"), opened(path) as file:
        rows = table(file)
        members = _members(rows.fieldnames or [])
        required = [name for name, field in Run.model_fields.items() if field.is_required() and name not in optional]
        need_columns(path, [*(rows.fieldnames or []), *members.values()], *required)
        for row in rows:
            yield _row(f"{path}: line {rows.line_num}", row, members)


def _members(columns: Sequence[str]) -> dict[str, str]:
    """Return the members of a run that columns say, by column."""
    sizes = {column: member for column, member in _SIZES.items() if column in columns and member not in columns}
    return {column: column for column in columns if column in Run.model_fields} | sizes


def _row(place: str, cells: dict[str, str], members: dict[str, str]) -> Row | Rejected:
    run: dict[str, Any] = {}
    if "" in cells:
        return Rejected(place, "has more cells than the header", cells.get("run_id"))
    for column, member in members.items():
        if text := cells[column]:
            try:
                run[member] = _cell(column, text)
            except (ValueError, RecursionError):
                return Rejected(place, f"column {column}: cannot read {text[:80]!r}", cells.get("run_id"))
    return Row(place, run)


def _cell(name: str, text: str) -> object:
    if name in _OBJECTS:
        return json.loads(text)
    if name in _SIZES:
        return parse_size(text)
    if name in _NUMBERS:
        if text.isascii() and text.isdigit():
            return int(text)
        number = float(text)
        return int(number) if name in _SIZES.values() and number.is_integer() else number
    return text
