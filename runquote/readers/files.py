"""How readers find and open files, and say what is wrong with one."""

import csv
import gzip
import io
import json
import os
import re
import zlib
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Any, TextIO

from contract.tables import SEPARATORS
from runquote.readers import bounds
from runquote.readers.base import ReaderError, Rejected, Row

_QUOTED = re.compile(r'"[^"]*"?')


def sources(path: Path, *suffixes: str) -> Iterator[Path]:
    """Yield a file, or the files of a folder and all below it that end in one of these, in order of name."""
    if not path.exists():
        raise ReaderError(f"{path}: there is no such file or folder")
    bounds.check_kind(path)
    if path.is_file():
        yield path
        return
    found = sorted(each for each in files_below(path) if each.name.endswith(suffixes))
    if not found:
        raise ReaderError(f"{path}: holds no file that ends in {' or '.join(suffixes)}")
    yield from found


def files_below(folder: Path) -> Iterator[Path]:
    """Yield all files below a folder. Linked folders are followed, none of them twice; pipes and devices are no files.

    Raises ReaderError where there are too many, OSError for a folder that cannot be read.
    """
    seen: set[tuple[int, int]] = set()
    found = 0
    for parent, folders, names in os.walk(folder, onerror=_raise, followlinks=True):
        here = Path(parent).stat()
        if (here.st_dev, here.st_ino) in seen:
            folders.clear()
            continue
        seen.add((here.st_dev, here.st_ino))
        for name in names:
            path = Path(parent, name)
            if path.is_file():
                yield path
        found += len(names)
        if found > bounds.MOST_FILES:
            raise ReaderError(f"{folder}: holds more than {bounds.MOST_FILES:,} files: name a folder that holds less")


def _raise(error: OSError) -> None:
    raise error


def each_file(
    path: Path,
    suffixes: tuple[str, ...],
    read: Callable[[Path], Iterator[Row | Rejected]],
    fits: Callable[[Path], bool] = lambda _: True,
) -> Iterator[Row | Rejected]:
    """Read a file, or those of a folder that fit, where a file that cannot be read rejects that file alone."""
    for file in sources(path, *suffixes):
        if path.is_dir() and not fits(file):
            continue
        try:
            yield from read(file)
        except ReaderError as error:
            if path.is_file():
                raise
            yield Rejected(str(file), str(error).removeprefix(f"{file}: "))


def opened(path: Path, *, lines: bool = True) -> TextIO:
    """Open a text file within `bounds`, unpacking `.gz`. A byte order mark is left out."""
    if path.suffix == ".gz":
        _check_gzip(path)
    return io.TextIOWrapper(bounds.opened_bytes(path, lines=lines), encoding="utf-8-sig", newline="")


def _check_gzip(path: Path) -> None:
    bounds.check_kind(path)
    with path.open("rb") as file:
        if file.read(2) != b"\x1f\x8b":
            raise ReaderError(f"{path}: is not gzip")


@contextmanager
def readable(path: Path, kind: str) -> Iterator[None]:
    """Turn what goes wrong in a text file that should be of this kind into one line. Raises ReaderError."""
    try:
        yield
    except UnicodeDecodeError:
        raise ReaderError(f"{path}: not {kind}: it is no text in UTF-8") from None
    except (csv.Error, EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise ReaderError(f"{path}: not {kind}: {error}") from None


def separator(header: str) -> str:
    """Return what separates the cells of a table by its header: of tab, comma, semicolon and bar the most frequent."""
    bare = _QUOTED.sub("", header)
    return max(SEPARATORS, key=bare.count) if set(bare) & set(SEPARATORS) else ","


def records(lines: Iterable[str]) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows of a CSV file that hold something, each with the line on which it starts. Raises csv.Error."""
    rest = iter(lines)
    header = next(rest, "")
    bounded = bounds.Rows(chain([header], rest))
    reader = csv.reader(bounded, delimiter=separator(header), skipinitialspace=True, strict=True)
    while True:
        line = reader.line_num + 1
        cells = next(reader, None)
        if cells is None:
            return
        if any(cell.strip() for cell in cells):
            bounded.begin_row()
            yield line, cells


class _Table(csv.DictReader[str]):
    """A table of which no row is longer than a line may be, however many line breaks its cells hold."""

    def __init__(self, lines: Iterator[str], delimiter: str) -> None:
        self._lines = bounds.Rows(lines)
        super().__init__(self._lines, restkey="", delimiter=delimiter, skipinitialspace=True)

    def __next__(self) -> "dict[str | Any, str | Any]":
        self._lines.begin_row()
        return super().__next__()


def table(lines: Iterable[str]) -> "csv.DictReader[str]":
    """Read the lines of a CSV file as cells by column; those that have no column are under an empty name."""
    rest = iter(lines)
    header = next(rest, "")
    return _Table(chain([header], rest), separator(header))


def check_columns(path: Path, header: Collection[str]) -> None:
    """Raise ReaderError for a table with more columns than any has."""
    if len(header) > bounds.MOST_COLUMNS:
        raise ReaderError(f"{path}: line 1: has {len(header):,} columns, and at most {bounds.MOST_COLUMNS:,} are read")


def need_columns(path: Path, header: Collection[str] | None, *needed: str) -> None:
    """Raise ReaderError if a table has no header, or not each of these columns in it."""
    if not header:
        raise ReaderError(f"{path}: is empty")
    check_columns(path, header)
    for column in needed:
        if column not in header:
            raise ReaderError(f"{path}: line 1: column {column} is missing")


def load_json(path: Path) -> Any:  # noqa: ANN401 - JSON, looked at by the caller
    """Read a JSON document. Raises ReaderError."""
    with readable(path, "JSON"), opened(path, lines=False) as file:
        text = file.read(bounds.LARGEST_DOCUMENT + 1)
    values = sum(text.count(mark) for mark in ",[{")
    if len(text) > bounds.LARGEST_DOCUMENT or values > bounds.MOST_VALUES:
        size = f"{bounds.LARGEST_DOCUMENT // 2**20:,} MiB or {bounds.MOST_VALUES:,} values"
        raise ReaderError(f"{path}: holds more than {size}, which is the most that is read as one JSON document")
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise ReaderError(f"{path}: line {error.lineno}: column {error.colno}: not JSON: {error.msg}") from None
    except (ValueError, RecursionError) as error:
        raise ReaderError(f"{path}: not JSON: {json_problem(error)}") from None


def json_problem(error: Exception) -> str:
    """Say in words why text cannot be read as JSON."""
    if isinstance(error, json.JSONDecodeError):
        return str(error)
    return "it is nested too deep" if isinstance(error, RecursionError) else "it holds a number of thousands of digits"
