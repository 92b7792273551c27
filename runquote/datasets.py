"""How large a dataset is: files, folders, S3 prefixes, and samplesheets that name them."""

import csv
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from runquote.readers.base import ReaderError
from runquote.readers.files import opened, separator

_DATA = (".fastq", ".fq", ".bam", ".cram", ".sam", ".vcf", ".bcf", ".fasta", ".fa", ".spring", ".bed", ".ubam", ".pod5")
_INDEXES = (".bai", ".crai", ".csi", ".tbi", ".fai", ".gzi", ".md5")
"""What stands beside data, and is no input of its own size."""
_PACKED = (".gz", ".bgz")
_SHEETS = (".csv", ".tsv", ".txt")
_UNREAD_SHEETS = (".json", ".yaml", ".yml")
"""What may be samplesheets too, but are not read as such."""
_S3_AT_ONCE = 16


class DatasetError(Exception):
    """A dataset cannot be measured; a line for each file that is missing, with row and column of a samplesheet."""


@dataclass(frozen=True)
class Measured:
    """Bytes as stored, in how many files, and how much of that is gzip; `notes` are for the person."""

    bytes: int = 0
    files: int = 0
    gzip_files: int = 0
    gzip_bytes: int = 0
    notes: tuple[str, ...] = ()

    def __add__(self, other: "Measured") -> "Measured":
        return Measured(
            self.bytes + other.bytes,
            self.files + other.files,
            self.gzip_files + other.gzip_files,
            self.gzip_bytes + other.gzip_bytes,
            self.notes + other.notes,
        )


@dataclass(frozen=True)
class _Cell:
    """A cell of a samplesheet that names data, and where it is."""

    where: str
    text: str


def measure(*sources: str, s3: Callable[[], Any] | None = None) -> Measured:
    """Return the size of files, folders, S3 objects or prefixes, and of all that samplesheets name.

    A CSV or TSV file is a samplesheet if it names data: the columns of nf-core's sarek and rnaseq
    (https://nf-co.re/sarek/usage, https://nf-co.re/rnaseq/usage) and any others alike. Its paths are relative to it, or
    to where the command runs. A file that a sheet names twice counts once, indexes do not count. `s3` makes a client
    like boto3's. Raises DatasetError.
    """
    client = cache(s3 or _s3_client)
    return _sum_or_all_errors(lambda source: _measure(source, client), sources, map)


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
        raise DatasetError("\n".join(errors))
    return sum(sizes, Measured())


def _measure(source: str, client: Callable[[], Any]) -> Measured:
    if source.startswith("s3://"):
        return _in_s3(source, client)
    path = Path(source)
    if not source:
        raise DatasetError("An empty text names no file or folder")
    if path.is_dir():
        return _folder(path)
    if not path.is_file():
        raise DatasetError(f"{source}: there is no such file or folder")
    if path.suffix in _SHEETS:
        cells = list(_data_cells(path))
        if cells:
            return _sheet(path, cells, client)
        return _itself(path, "names no file that can be measured")
    if path.suffix in _UNREAD_SHEETS:
        return _itself(path, "may be a samplesheet, of which CSV and TSV are read")
    return _file(path)


def _itself(path: Path, why: str) -> Measured:
    return _file(path) + Measured(notes=(f"{path} {why}, so it was measured itself",))


def _sheet(path: Path, cells: list[_Cell], client: Callable[[], Any]) -> Measured:
    if any(cell.text.startswith("s3://") for cell in cells):
        client()  # before the threads, each of which would make one
    with ThreadPoolExecutor(_S3_AT_ONCE) as threads:
        return _sum_or_all_errors(lambda cell: _named(cell, path.parent, client), cells, threads.map)


def _named(cell: _Cell, folder: Path, client: Callable[[], Any]) -> Measured:
    if cell.text.startswith("s3://"):
        return _in_s3(cell.text, client, f"{cell.where}: ")
    if "://" in cell.text:
        raise DatasetError(f"{cell.where}: cannot measure {cell.text}: only local files and s3:// addresses")
    found = _found(cell.text, folder)
    if found is None:
        raise DatasetError(f"{cell.where}: there is no file {cell.text}")
    return _folder(found) if found.is_dir() else _file(found)


def _found(text: str, folder: Path) -> Path | None:
    try:
        return next((each for each in (folder / text, Path(text)) if each.exists()), None)
    except OSError:  # the text is too long for a path
        return None


def _data_cells(path: Path) -> Iterator[_Cell]:
    """Yield each cell that names data, the first time that it is named."""
    seen: set[str] = set()
    try:
        with opened(path) as file:
            header = file.readline()
            reader = csv.reader(chain([header], file), delimiter=separator(header), skipinitialspace=True)
            columns: list[str] = []
            for row in reader:
                columns = columns or row  # the first row too, since a plain list of files has no header
                for number, cell in enumerate(row):
                    text = cell.strip()
                    if text not in seen and _names_data(text, path.parent):
                        seen.add(text)
                        name = columns[number] if number < len(columns) else str(number + 1)
                        yield _Cell(f"{path}: line {reader.line_num}: column {name}", text)
    except (UnicodeDecodeError, csv.Error):
        return
    except ReaderError as error:
        if seen:
            raise DatasetError(str(error)) from None
        return  # whatever it is, it is no samplesheet


def _names_data(text: str, folder: Path) -> bool:
    """Say whether a cell names a file or folder: by its ending, as an address, or as a path to what is there."""
    name = (urlsplit(text).path if "://" in text else text).lower()
    if not name or name.endswith(_INDEXES):
        return False
    for packed in _PACKED:
        name = name.removesuffix(packed)
    return name.endswith(_DATA) or text.startswith("s3://") or (("/" in text or "." in text) and _is_path(text, folder))


def _is_path(text: str, folder: Path) -> bool:
    return "://" not in text and text.strip("./") != "" and _found(text, folder) is not None


def _folder(folder: Path) -> Measured:
    return sum((_file(each) for each in _files(folder)), Measured())


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


def _file(path: Path) -> Measured:
    return _object(path.name, path.stat().st_size)


def _object(name: str, size: int) -> Measured:
    packed = name.lower().endswith(_PACKED)
    return Measured(size, 1, int(packed), size if packed else 0)


def _in_s3(address: str, client: Callable[[], Any], where: str = "") -> Measured:
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
                    measured += _object(name, entry["Size"])
    except DatasetError:
        raise
    except Exception as error:  # botocore makes its error classes at run time
        raise DatasetError(f"{where}cannot read {address}: {error}") from error
    if not measured.files:
        raise DatasetError(f"{where}there is nothing at {address}")
    return measured


def _s3_client() -> Any:  # noqa: ANN401 - boto3 has no types here and need not be installed
    try:
        import boto3
    except ImportError:
        raise DatasetError("Reading s3:// needs boto3: uv tool install '.[aws]'") from None
    return boto3.client("s3")
