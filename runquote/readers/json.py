"""Runs from JSON (RFC 8259): an array, an object with `runs`, or one run; or JSON Lines (https://jsonlines.org)."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from runquote.readers.base import ReaderError, Rejected, Row
from runquote.readers.files import each_file, json_problem, load_json, opened, readable

_LINES = (".jsonl", ".ndjson", ".jsonl.gz", ".ndjson.gz")
_DOCUMENTS = (".json", ".json.gz")


def read(path: Path) -> Iterator[Row | Rejected]:
    """Yield each run of a file as it is written, or of the files of a folder.

    JSON Lines are streamed, and a bad line rejects that line alone. Raises ReaderError for a file that is no JSON.
    """
    yield from each_file(path, _DOCUMENTS + _LINES, _read)


def _read(path: Path) -> Iterator[Row | Rejected]:
    if not path.name.endswith(_LINES):
        yield from _document(path)
        return
    with readable(path, "JSON Lines"), opened(path) as file:
        yield from _lines(path, file)


def _lines(path: Path, file: TextIO) -> Iterator[Row | Rejected]:
    for number, line in enumerate(file, start=1):
        if not line.strip():
            continue
        place = f"{path}: line {number}"
        try:
            yield _row(place, json.loads(line))
        except (ValueError, RecursionError) as error:
            yield Rejected(place, f"not JSON: {json_problem(error)}")


def _document(path: Path) -> Iterator[Row | Rejected]:
    content = load_json(path)
    if isinstance(content, dict) and isinstance(content.get("runs"), list):
        content = content["runs"]
    if isinstance(content, dict):
        content = [content]
    if not isinstance(content, list):
        raise ReaderError(f"{path}: must hold an array of runs, an object with `runs`, or one run")
    for number, each in enumerate(content, start=1):
        yield _row(f"{path}: run {number}", each)


def _row(place: str, value: object) -> Row | Rejected:
    return Row(place, value) if isinstance(value, dict) else Rejected(place, "is no object")
