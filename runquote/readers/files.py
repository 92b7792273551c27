"""How readers find and open files, and say what is wrong with one."""

import csv
import gzip
import json
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Any, TextIO, cast

from runquote.readers.base import ReaderError, Rejected, Row


def sources(path: Path, *suffixes: str) -> Iterator[Path]:
    """Yield a file, or the files of a folder and all below it that end in one of these, in order of name."""
    if not path.exists():
        raise ReaderError(f"{path}: there is no such file or folder")
    if path.is_file():
        yield path
        return
    found = sorted(each for each in path.rglob("*") if each.is_file() and each.name.endswith(suffixes))
    if not found:
        raise ReaderError(f"{path}: holds no file that ends in {' or '.join(suffixes)}")
    yield from found


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


def opened(path: Path) -> TextIO:
    """Open a text file, unpacking `.gz`. A byte order mark is left out."""
    if path.suffix == ".gz":
        _check_gzip(path)
        return cast("TextIO", gzip.open(path, "rt", encoding="utf-8-sig", newline=""))
    return path.open(encoding="utf-8-sig", newline="")


def _check_gzip(path: Path) -> None:
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
    """Return what separates the cells of a table by its header: a tab, comma, semicolon or bar."""
    return next((each for each in "\t,;|" if each in header), ",")


def table(lines: Iterable[str]) -> "csv.DictReader[str]":
    """Read the lines of a CSV file as cells by column; those that have no column are under an empty name."""
    rest = iter(lines)
    header = next(rest, "")
    return csv.DictReader(chain([header], rest), restkey="", delimiter=separator(header), skipinitialspace=True)


def need_columns(path: Path, header: Iterable[str] | None, *needed: str) -> None:
    """Raise ReaderError if a table has no header, or not each of these columns in it."""
    if not header:
        raise ReaderError(f"{path}: is empty")
    for column in needed:
        if column not in header:
            raise ReaderError(f"{path}: line 1: column {column} is missing")


def load_json(path: Path) -> Any:  # noqa: ANN401 - JSON, looked at by the caller
    """Read a JSON document. Raises ReaderError."""
    try:
        with readable(path, "JSON"), opened(path) as file:
            return json.load(file)
    except json.JSONDecodeError as error:
        raise ReaderError(f"{path}: line {error.lineno}: column {error.colno}: not JSON: {error.msg}") from None
    except (ValueError, RecursionError) as error:  # numbers of thousands of digits, nesting as deep
        raise ReaderError(f"{path}: not JSON: {error}") from None
