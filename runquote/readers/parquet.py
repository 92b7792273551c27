"""Runs from Parquet files (https://parquet.apache.org) whose columns are the members of a run, as in CSV."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from contract.runs import Run
from runquote.readers import tables
from runquote.readers.base import ReaderError, Rejected, Row
from runquote.readers.files import each_file

_OBJECTS = ("parameters", "tags")
_ROWS = 2_000
_LONGEST_CELL = 50_000
"""Characters: 50 parameters with their names take half of that."""
_LONG = ("VARCHAR", "BLOB", "BIT", "MAP", "STRUCT", "UNION", "JSON", "VARIANT")


def read(path: Path, optional: tuple[str, ...] = ()) -> Iterator[Row | Rejected]:
    """Yield each row of a file, or of the files of a folder; nulls are left out, other columns ignored.

    `parameters` and `tags` are maps, structs or JSON objects as text; times without a zone are UTC. Raises ReaderError
    for a file that is no Parquet or lacks a column; whether values make a run is for the API to say. Columns named in
    `optional` may be missing.
    """
    yield from each_file(path, (".parquet",), lambda file: _read(file, optional))


def _read(path: Path, optional: tuple[str, ...]) -> Iterator[Row | Rejected]:
    with tables.database() as connection:
        table = tables.open_table(connection, path)
        for name, field in Run.model_fields.items():
            if field.is_required() and name not in table.columns and name not in optional:
                raise ReaderError(f"{path}: column {name} is missing")
        names = [name for name in Run.model_fields if name in table.columns]
        columns = ", ".join(map(_bounded, (table.columns[name] for name in names)))
        with tables.reading(path):
            rows = connection.execute(f"SELECT file_row_number, {columns} FROM {table.scan}")
            while batch := rows.fetchmany(_ROWS):
                for number, *cells in batch:
                    yield _row(f"{path}: row {number + 1}", dict(zip(names, cells, strict=True)))


def _bounded(column: tables.Column) -> str:
    """Return a column in SQL, which ends with an error where a cell is too long to be one of a run."""
    if not (column.kind.startswith(_LONG) or column.kind.endswith("]")):
        return column.sql
    too_long = f"error({tables.text(f'column {column.name} holds more than {_LONGEST_CELL:,} characters')})"
    return f"CASE WHEN length(CAST({column.sql} AS VARCHAR)) > {_LONGEST_CELL} THEN {too_long} ELSE {column.sql} END"


def _row(place: str, cells: dict[str, Any]) -> Row | Rejected:
    run: dict[str, Any] = {}
    for name, value in cells.items():
        if value is None:
            continue
        try:
            run[name] = json.loads(value) if name in _OBJECTS and isinstance(value, str) else _as_json(value)
        except (ValueError, RecursionError):
            return Rejected(place, f"column {name}: cannot read {str(value)[:80]!r}", str(cells.get("run_id")))
    return Row(place, run)


def _as_json(value: object) -> object:  # noqa: PLR0911 - one for each kind
    """Return a value of a column as JSON has it. Raises ValueError for bytes that are no text."""
    match value:
        case datetime():
            return (value if value.tzinfo else value.replace(tzinfo=UTC)).isoformat()
        case Decimal():
            return int(value) if value == value.to_integral_value() else float(value)
        case bytes():
            return value.decode()
        case dict():
            return {str(_as_json(key)): _as_json(each) for key, each in value.items() if each is not None}
        case list():
            return [_as_json(each) for each in value]
        case None | bool() | int() | float() | str():
            return value
        case _:  # a date, a time, a UUID …
            return str(value)
