"""Samplesheets and lists: which of their cells name data. What they do not name is never measured in its place."""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from itertools import chain, islice
from pathlib import Path
from urllib.parse import urlsplit

from runquote.readers.base import ReaderError
from runquote.readers.files import opened, separator
from runquote.readers.folders import first_lines

INDEXES = (".bai", ".crai", ".csi", ".tbi", ".fai", ".gzi", ".md5")
"""What stands beside data, and is no input of its own size."""
PACKED = (".gz", ".bgz", ".bz2", ".xz", ".zst", ".zip", ".tar", ".tgz")
SHEETS = (".csv", ".tsv", ".txt", ".psv", ".list", ".lst", ".fofn", ".samplesheet", ".manifest")
UNREAD_SHEETS = (".json", ".yaml", ".yml", ".xlsx", ".xls", ".ods")
"""What may be samplesheets too, but are not read as such."""
_DATA = (
    *(".fastq", ".fq", ".bam", ".cram", ".sam", ".ubam", ".vcf", ".bcf", ".gvcf", ".maf", ".bed", ".bedgraph", ".bw"),
    *(".bigwig", ".fasta", ".fa", ".fna", ".faa", ".ffn", ".2bit", ".gff", ".gff3", ".gtf", ".gbk", ".spring", ".sra"),
    *(".pod5", ".fast5", ".slow5", ".blow5", ".mzml", ".mzxml", ".mgf", ".raw", ".wiff", ".h5", ".hdf5", ".h5ad"),
    *(".loom", ".rds", ".mtx", ".cool", ".mcool", ".hic", ".bgen", ".pgen", ".plink", ".tif", ".tiff", ".czi", ".nd2"),
    *(".svs", ".nii", ".dcm", ".pdb", ".cif", ".parquet", ".npz", ".zarr", ".csv", ".tsv", ".txt", ".json", ".xlsx"),
)
_EMPTY = ("", "-", ".", "/", "na", "n/a", "nan", "none", "null", "nil")
_ENDING = re.compile(r"\.[A-Za-z][A-Za-z0-9]{0,11}")
_PLACES = ("/", "./", "../", "~/")
_SEVERAL = re.compile(r"[;,|\s]+")
_LOOKED_AT = 1000


class Kind(Enum):
    """What a cell may be."""

    DATA = "names data"
    PERHAPS = "may name a file that is not there"
    TEXT = "any other text"
    NOTHING = "an empty cell, or the index of a file"


@dataclass(frozen=True)
class Cell:
    """A cell that names data, and where it is."""

    where: str
    text: str


@dataclass(frozen=True)
class Sheet:
    """The cells of a samplesheet that name data, each once, and one that may, of how many."""

    cells: list[Cell]
    doubtful: list[Cell]


def is_sheet(path: Path) -> bool:
    """Say whether a file is a samplesheet or a list: by its ending, or without a known one by what it holds."""
    name = path.name.lower().removesuffix(".gz")
    if name.endswith(SHEETS):
        return True
    if name.endswith((*_DATA, *PACKED, *INDEXES)) or path.name.lower().endswith(".gz"):
        return False
    try:
        lines = first_lines(path, _LOOKED_AT)
    except (ReaderError, OSError, EOFError):
        return False
    rows = csv.reader(lines or [], delimiter=separator(lines[0]) if lines else ",")
    return any(kind_of(part, path.parent) is Kind.DATA for row in rows for cell in row for part in parts(cell))


def read(path: Path) -> Sheet:
    """Return what a sheet names. Raises ReaderError."""
    columns = {column for column, _, text, _ in _cells(path) if _is_data(text, path.parent)}
    found: dict[str, Cell] = {}
    doubtful: dict[str, Cell] = {}
    for column, where, text, is_first in _cells(path):
        for part in parts(text) if _is_data(text, path.parent) else [text]:
            kind = kind_of(part, path.parent)
            # A column that names data names it in every row, but the first may be the header.
            if kind is Kind.DATA or (column in columns and not is_first and kind is not Kind.NOTHING):
                found.setdefault(part, Cell(where, part))
            elif kind is Kind.PERHAPS:
                doubtful.setdefault(part, Cell(where, part))
    return Sheet(list(found.values()), list(doubtful.values()))


def _is_data(text: str, folder: Path) -> bool:
    several = parts(text)
    return bool(several) and all(kind_of(part, folder) is Kind.DATA for part in several)


def _cells(path: Path) -> Iterator[tuple[int, str, str, bool]]:
    """Yield the column, the place and the text of each cell, and whether it is of the first row."""
    try:
        with opened(path) as file:
            header = file.readline()
            rows = csv.reader(chain([header], file), delimiter=separator(header), skipinitialspace=True)
            names: list[str] = []
            for row in rows:
                if row and row[0].startswith("#"):
                    continue
                is_first, names = not names, names or row
                for column, cell in enumerate(row):
                    name = names[column] if column < len(names) else str(column + 1)
                    yield column, f"{path}: line {rows.line_num}: column {name}", cell.strip(), is_first
    except UnicodeDecodeError:
        raise ReaderError(f"{path}: is no text in UTF-8") from None
    except csv.Error as error:
        raise ReaderError(f"{path}: is no table: {error}") from None


def parts(text: str) -> list[str]:
    """Return what a cell names: several files may be in one."""
    text = text.strip()
    several = [part for part in _SEVERAL.split(text) if part]
    return several if len(several) > 1 and all(_looks_like_data(part) for part in several) else [text]


def kind_of(text: str, folder: Path) -> Kind:
    """Say what a cell is: data by its ending, as an address, or as a path, above all to what is there."""
    lowered = text.lower()
    if lowered in _EMPTY or (urlsplit_path(lowered)).endswith(INDEXES):
        return Kind.NOTHING
    if _looks_like_data(text) or (("/" in text or "." in text) and found(text, folder) is not None):
        return Kind.DATA
    plain = not any(character.isspace() for character in text)
    if plain and (_ending(text) or ("/" in text and re.search("[A-Za-z]", text))):
        return Kind.PERHAPS
    return Kind.TEXT


def _looks_like_data(text: str) -> bool:
    if "://" in text:
        return True
    name = text.lower()
    for packed in PACKED:
        if name.endswith(packed):
            return True
    is_path = text.startswith(_PLACES) or (text.endswith("/") and text.strip("/") != "")
    return name.endswith(_DATA) or is_path or ("/" in text and _ending(text))


def _ending(text: str) -> bool:
    return bool(_ENDING.fullmatch(Path(text).suffix))


def urlsplit_path(text: str) -> str:
    """Return the path of an address, or a path as it is."""
    try:
        return urlsplit(text).path if "://" in text else text
    except ValueError:
        return text


def found(text: str, folder: Path) -> Path | None:
    """Return the file or folder that a path names: relative to the sheet's folder, or to where the command runs."""
    if text.strip("./") == "":
        return None
    try:
        return next((each for each in (folder / text, Path(text).expanduser()) if each.exists()), None)
    except (OSError, ValueError, RuntimeError):  # too long for a path, with a zero byte, or of no known home
        return None


def first_few(cells: list[Cell], count: int = 3) -> str:
    """Name the first of some cells."""
    names = ", ".join(f"{cell.text} ({cell.where})" for cell in islice(cells, count))
    return names if len(cells) <= count else f"{names} and {len(cells) - count:,} more"
