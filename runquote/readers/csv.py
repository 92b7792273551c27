"""Runs from a CSV file whose columns are the members of a run."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from contract.runs import Run

_NUMBERS = ("input_bytes", "output_bytes", "cost_usd")
_OBJECTS = ("parameters", "tags")


class CsvError(Exception):
    """The file cannot be read as runs; the message names file, line and column."""


def read_runs(path: Path) -> Iterator[dict[str, Any]]:
    """Yield a run for each row. Empty cells are left out, columns that are no member of a run are ignored.

    `parameters` and `tags` hold JSON objects. Raises CsvError for a missing column or a cell of the wrong kind;
    bounds are checked by the API, row by row.
    """
    required = [name for name, field in Run.model_fields.items() if field.is_required()]
    with path.open(newline="", encoding="utf-8-sig") as file:
        rows = csv.DictReader(file)
        missing = [name for name in required if name not in (rows.fieldnames or [])]
        if missing:
            raise CsvError(f"{path}: line 1: column {missing[0]} is missing")
        for row in rows:
            yield {
                name: _cell(path, rows.line_num, name, text)
                for name, text in row.items()
                if name in Run.model_fields and text
            }


def _cell(path: Path, line: int, name: str, text: str) -> object:
    try:
        if name in _OBJECTS:
            return json.loads(text)
        if name in _NUMBERS:
            number = float(text)
            return int(number) if name != "cost_usd" and number.is_integer() else number
    except ValueError:
        raise CsvError(f"{path}: line {line}: column {name}: cannot read {text!r}") from None
    return text
