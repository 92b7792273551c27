"""How large a dataset is: files, folders, S3 prefixes, and samplesheets that name them."""

import csv
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

_DATA = (".fastq", ".fq", ".bam", ".cram", ".sam", ".vcf", ".bcf", ".fasta", ".fa", ".spring", ".bed", ".ubam", ".pod5")
_PACKED = (".gz", ".bgz")
_SHEETS = (".csv", ".tsv", ".txt")


class DatasetError(Exception):
    """A dataset cannot be measured; the message names the file, and row and column of a samplesheet."""


@dataclass(frozen=True)
class Measured:
    """Bytes as stored, in how many files, and how much of that is gzip."""

    bytes: int = 0
    files: int = 0
    gzip_files: int = 0
    gzip_bytes: int = 0

    def __add__(self, other: "Measured") -> "Measured":
        return Measured(
            self.bytes + other.bytes,
            self.files + other.files,
            self.gzip_files + other.gzip_files,
            self.gzip_bytes + other.gzip_bytes,
        )


def measure(source: str, s3: Callable[[], Any] | None = None) -> Measured:
    """Return the size of a file, a folder, an S3 object or prefix, or of all that a samplesheet names.

    A CSV or TSV file is a samplesheet if it names sequencing data: the columns of nf-core's sarek and rnaseq
    (https://nf-co.re/sarek/usage, https://nf-co.re/rnaseq/usage) and any others alike. A file that is named twice
    counts once. `s3` makes a client like boto3's. Raises DatasetError.
    """
    client = cache(s3 or _s3_client)
    if source.startswith("s3://"):
        return _in_s3(source, client)
    path = Path(source)
    if path.is_dir():
        return sum((_file(each) for each in _files(path)), Measured())
    if not path.is_file():
        raise DatasetError(f"{source}: there is no such file or folder")
    if path.suffix in _SHEETS:
        cells = list(_data_cells(path))
        if cells:
            return _sheet(path, cells, client)
    return _file(path)


def _sheet(path: Path, cells: list[tuple[int, str, str]], client: Callable[[], Any]) -> Measured:
    seen: set[str] = set()
    measured = Measured()
    for line, column, text in cells:
        if text in seen:
            continue
        seen.add(text)
        where = f"{path}: line {line}: column {column}"
        if text.startswith("s3://"):
            measured += _in_s3(text, client, where)
        elif "://" in text:
            raise DatasetError(f"{where}: cannot measure {text}: only local files and s3:// addresses")
        else:
            found = next((each for each in (path.parent / text, Path(text)) if each.is_file()), None)
            if found is None:
                raise DatasetError(f"{where}: there is no file {text}")
            measured += _file(found)
    return measured


def _data_cells(path: Path) -> Iterator[tuple[int, str, str]]:
    """Yield line, column and text of each cell that names sequencing data."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            header = file.readline()
            file.seek(0)
            reader = csv.reader(file, delimiter="\t" if "\t" in header else ",")
            columns = next(reader, [])
            for row in reader:
                for number, text in enumerate(row):
                    if _names_data(text.strip()):
                        name = columns[number] if number < len(columns) else str(number + 1)
                        yield reader.line_num, name, text.strip()
    except (UnicodeDecodeError, csv.Error):
        return


def _names_data(text: str) -> bool:
    path = urlsplit(text).path if "://" in text else text
    lowered = path.lower()
    for packed in _PACKED:
        lowered = lowered.removesuffix(packed)
    return lowered.endswith(_DATA)


def _files(folder: Path) -> Iterator[Path]:
    for parent, _, names in os.walk(folder):
        for name in names:
            path = Path(parent) / name
            if path.is_file():
                yield path


def _file(path: Path) -> Measured:
    return _object(path.name, path.stat().st_size)


def _object(name: str, size: int) -> Measured:
    packed = name.lower().endswith(_PACKED)
    return Measured(size, 1, int(packed), size if packed else 0)


def _in_s3(address: str, client: Callable[[], Any], where: str | None = None) -> Measured:
    """Sum an object, or all objects below a prefix; a prefix ends where a folder does."""
    where = where or address
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
        raise DatasetError(f"{where}: cannot read {address}: {error}") from error
    if not measured.files:
        raise DatasetError(f"{where}: there is nothing at {address}")
    return measured


def _s3_client() -> Any:  # noqa: ANN401 - boto3 has no types here and need not be installed
    try:
        import boto3
    except ImportError:
        raise DatasetError("Reading s3:// needs boto3: uv tool install '.[aws]'") from None
    return boto3.client("s3")
