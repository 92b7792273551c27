"""How large a dataset is: files, folders, S3 prefixes, and samplesheets that name them."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from runquote import samplesheets
from runquote.readers.base import ReaderError
from runquote.sizes import counted

_PACKED = (".gz", ".bgz")
_S3_AT_ONCE = 16
_MOST_ERRORS = 100
_ADDRESSES = "only local files and s3:// addresses"
_AS_FILES = "--as-files measures the file itself"


class DatasetError(Exception):
    """A dataset cannot be measured; a line for each file that is missing, with row and column of a samplesheet."""


_Seen = dict[tuple[object, object], object]
"""Files and objects that count already."""


@dataclass(frozen=True)
class Measured:
    """Bytes as stored, in how many files, and how much of that is gzip; `notes` are for the person."""

    bytes: int = 0
    files: int = 0
    gzip_files: int = 0
    gzip_bytes: int = 0
    notes: tuple[str, ...] = ()
    again: int = 0
    """Files that were there already, by this name or another, and count once."""

    def __add__(self, other: "Measured") -> "Measured":
        return Measured(
            self.bytes + other.bytes,
            self.files + other.files,
            self.gzip_files + other.gzip_files,
            self.gzip_bytes + other.gzip_bytes,
            self.notes + other.notes,
            self.again + other.again,
        )


def measure(*sources: str, s3: Callable[[], Any] | None = None, as_files: bool = False) -> Measured:
    """Return the size of files, folders, S3 objects or prefixes, and of all that samplesheets name.

    A table or list is a samplesheet: the columns of nf-core's sarek and rnaseq (https://nf-co.re/sarek/usage,
    https://nf-co.re/rnaseq/usage) and any others alike. Its paths are relative to it, or to where the command runs.
    A file counts once, however often and by whatever links it is named; indexes that a sheet names do not count. A
    sheet is never measured itself, but `as_files`. `s3` makes a client like boto3's. Raises DatasetError that says
    of everything that cannot be measured.
    """
    client = cache(s3 or _s3_client)
    seen = _Seen()
    size = _sum_or_all_errors(lambda source: _measure(source, client, seen, as_files=as_files), sources, map)
    if not size.again:
        return size
    return size + Measured(notes=(f"{counted(size.again, 'file')} named or linked more than once: each counts once",))


def _sum_or_all_errors[T](
    size: Callable[[T], Measured], things: Sequence[T], apply: Callable[..., Iterable[Any]]
) -> Measured:
    """Add up what can be measured; if anything cannot, say so of everything that cannot."""

    def attempt(thing: T) -> Measured | DatasetError:
        try:
            return size(thing)
        except DatasetError as error:
            return error

    sizes = list(apply(attempt, things))
    if errors := [str(each) for each in sizes if isinstance(each, DatasetError)]:
        more = [f"and {len(errors) - _MOST_ERRORS:,} more"] if len(errors) > _MOST_ERRORS else []
        raise DatasetError("\n".join([*errors[:_MOST_ERRORS], *more]))
    return sum(sizes, Measured())


def _measure(source: str, client: Callable[[], Any], seen: _Seen, *, as_files: bool) -> Measured:
    if source.startswith("s3://"):
        return _in_s3(source, client, seen)
    if "://" in source and not Path(source).exists():
        raise DatasetError(f"cannot measure {source}: {_ADDRESSES}")
    path = Path(source)
    if not source:
        raise DatasetError("An empty text names no file or folder")
    if path.is_dir():
        return _folder(path, seen)
    if not path.is_file():
        raise DatasetError(f"{source}: there is no such file or folder")
    if as_files:
        return _file(path, seen)
    if path.name.lower().endswith(samplesheets.UNREAD_SHEETS):
        raise DatasetError(f"{path}: may be a samplesheet, of which CSV, TSV and lists are read: {_AS_FILES}")
    return _sheet(path, client, seen) if samplesheets.is_sheet(path) else _file(path, seen)


def _sheet(path: Path, client: Callable[[], Any], seen: _Seen) -> Measured:
    try:
        sheet = samplesheets.read(path)
    except ReaderError as error:
        raise DatasetError(f"{error}: {_AS_FILES}") from None
    if not sheet.cells:
        perhaps = f" (not there: {samplesheets.first_few(sheet.doubtful)})" if sheet.doubtful else ""
        raise DatasetError(f"{path}: names no file or address that can be measured{perhaps}: {_AS_FILES}")
    if any(cell.text.startswith("s3://") for cell in sheet.cells):
        client()  # before the threads, each of which would make one
    with ThreadPoolExecutor(_S3_AT_ONCE) as threads:
        size = _sum_or_all_errors(lambda cell: _named(cell, path.parent, client, seen), sheet.cells, threads.map)
    if not sheet.doubtful:
        return size
    note = f"cells that may name files which are not there do not count: {samplesheets.first_few(sheet.doubtful)}"
    return size + Measured(notes=(note,))


def _named(cell: samplesheets.Cell, folder: Path, client: Callable[[], Any], seen: _Seen) -> Measured:
    if cell.text.startswith("s3://"):
        return _in_s3(cell.text, client, seen, f"{cell.where}: ")
    text = cell.text.removeprefix("file://")
    if "://" in text:
        raise DatasetError(f"{cell.where}: cannot measure {text}: {_ADDRESSES}")
    found = samplesheets.found(text, folder)
    if found is None:
        raise DatasetError(f"{cell.where}: there is no file {text}")
    return _folder(found, seen) if found.is_dir() else _file(found, seen)


def _folder(folder: Path, seen: _Seen) -> Measured:
    return sum((_file(each, seen) for each in _files(folder)), Measured())


def _files(folder: Path) -> Iterator[Path]:
    """Yield all files below a folder; linked folders are followed, none of them twice."""
    seen: set[str] = set()
    for parent, folders, names in os.walk(folder, onerror=_unreadable, followlinks=True):
        real = os.path.realpath(parent)
        if real in seen:
            folders.clear()
            continue
        seen.add(real)
        for name in names:
            path = Path(parent) / name
            if path.is_file():
                yield path


def _unreadable(error: OSError) -> None:
    raise DatasetError(f"{error.filename}: cannot be read: {error.strerror}")


def _file(path: Path, seen: _Seen) -> Measured:
    state = path.stat()
    return _object(path.name, state.st_size, (state.st_dev, state.st_ino), seen)


def _object(name: str, size: int, key: tuple[object, object], seen: _Seen) -> Measured:
    mine = object()
    if seen.setdefault(key, mine) is not mine:  # one step, since threads share it
        return Measured(again=1)
    packed = name.lower().endswith(_PACKED)
    return Measured(size, 1, int(packed), size if packed else 0)


def _in_s3(address: str, client: Callable[[], Any], seen: _Seen, where: str = "") -> Measured:
    """Sum an object, or all objects below a prefix; a prefix ends where a folder does. `where` begins its errors."""
    parts = urlsplit(address)
    bucket, key = parts.netloc, parts.path.lstrip("/")
    measured = Measured()
    try:
        pages = client().get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=key)
        for page in pages:
            for entry in page.get("Contents", []):
                name = entry["Key"]
                if key in ("", name) or key.endswith("/") or name.startswith(f"{key}/"):
                    measured += _object(name, entry["Size"], (bucket, name), seen)
    except DatasetError:
        raise
    except Exception as error:  # botocore makes its error classes at run time
        raise DatasetError(f"{where}cannot read {address}: {error}") from error
    if not measured.files and not measured.again:
        raise DatasetError(f"{where}there is nothing at {address}")
    return measured


def _s3_client() -> Any:  # noqa: ANN401 - boto3 has no types here and need not be installed
    try:
        import boto3
    except ImportError:
        raise DatasetError("Reading s3:// needs boto3: uv tool install '.[aws]'") from None
    return boto3.client("s3")
