"""Runs from a CSV file (RFC 4180) whose columns are the members of a run; see `contract.runs.Run`."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from contract.runs import Run
from runquote.readers.base import GZIP_ERRORS, ReaderError, Rejected, Row, opened

_NUMBERS = ("input_bytes", "output_bytes", "cost_usd", "estimated_cost_usd")
_SIZES = ("input_bytes", "output_bytes")
_OBJECTS = ("parameters", "tags")


class CsvError(ReaderError):
    """The file cannot be read as runs; the message names file, line and column."""


def read(path: Path, optional: tuple[str, ...] = ()) -> Iterator[Row | Rejected]:
    """Yield each row: empty cells are left out, columns that are no member of a run are ignored.

    `parameters` and `tags` hold JSON objects. Columns named in `optional` may be missing. A cell of the wrong kind
    rejects its row. Raises CsvError for a file that is no CSV or lacks a column; whether values make a run is for the
    API to say.
    """
    required = [name for name, field in Run.model_fields.items() if field.is_required() and name not in optional]
    try:
        with opened(path) as file:
            rows = csv.DictReader(file)
            missing = [name for name in required if name not in (rows.fieldnames or [])]
            if missing:
                raise CsvError(f"{path}: line 1: column {missing[0]} is missing")
            for row in rows:
                yield _row(f"{path}: line {rows.line_num}", row)
    except (UnicodeDecodeError, csv.Error, EOFError, *GZIP_ERRORS) as error:
        raise CsvError(f"{path}: not a CSV file: {error}") from None


def read_runs(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the runs of a file that is expected to hold nothing else: the first bad cell raises CsvError."""
    for row in read(path):
        if isinstance(row, Rejected):
            raise CsvError(f"{row.place}: {row.reason}")
        yield row.run


def _row(place: str, cells: dict[str, str]) -> Row | Rejected:
    run: dict[str, Any] = {}
    for name, text in cells.items():
        if name in Run.model_fields and text:
            try:
                run[name] = _cell(name, text)
            except (ValueError, RecursionError):
                return Rejected(place, f"column {name}: cannot read {text[:80]!r}", cells.get("run_id"))
    return Row(place, run)


def _cell(name: str, text: str) -> object:
    if name in _OBJECTS:
        return json.loads(text)
    if name in _NUMBERS:
        if text.isascii() and text.isdigit():
            return int(text)
        number = float(text)
        return int(number) if name in _SIZES and number.is_integer() else number
    return text
