"""Tables too large for memory, as CSV or Parquet: DuckDB streams them. It is an optional part of Runquote."""

import csv
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from runquote.readers import bounds
from runquote.readers.base import ReaderError
from runquote.readers.files import check_columns, opened, readable

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MEMORY_LIMIT = "1GB"
"""What does not fit goes to a temporary folder."""
DISK_LIMIT = "20GB"
"""What that folder may hold."""
ROWS_PER_BYTE = 10
"""Most rows that a Parquet file holds for each of its bytes, above a million: cost reports have 73 bytes a row."""
_INSTALL = "Reading cost reports and Parquet needs DuckDB: uv tool install '.[reports]'"
_LINE = re.compile(r"Line: (\d+)")


@dataclass(frozen=True)
class Column:
    """A column by the name that the file gives it, and what SQL calls it."""

    name: str
    sql: str
    kind: str


@dataclass(frozen=True)
class Table:
    """A file, how SQL reads it, and its columns by `normalised` name; of two alike the first counts."""

    path: Path
    scan: str
    columns: Mapping[str, Column]

    @property
    def is_parquet(self) -> bool:
        """Whether it is Parquet; else it is CSV."""
        return _is_parquet(self.path)


@contextmanager
def database() -> Iterator["DuckDBPyConnection"]:
    """Open a database that forgets everything at the end. Raises ReaderError where DuckDB is not installed."""
    try:
        import duckdb
    except ImportError:
        raise ReaderError(_INSTALL) from None
    with TemporaryDirectory(prefix="runquote-") as folder:
        settings: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": MEMORY_LIMIT,
            "temp_directory": folder,
            "max_temp_directory_size": DISK_LIMIT,
            "preserve_insertion_order": "false",
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
        }
        with duckdb.connect(":memory:", config=settings) as connection:
            connection.execute("SET enable_progress_bar = false")
            yield connection


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn what DuckDB says of a file into one line. Raises ReaderError."""
    import duckdb

    try:
        yield
    except duckdb.Error as error:
        text = str(error)
        line = f"line {found[1]}: " if (found := _LINE.search(text)) else ""
        reason = text.split("\n", 1)[0].partition("Error: ")[2] or text.split("\n", 1)[0]
        raise ReaderError(f"{path}: {line}cannot be read: {reason[:500]}") from None


def open_table(connection: "DuckDBPyConnection", path: Path) -> Table:
    """Look at the columns of a file. Raises ReaderError."""
    bounds.check_kind(path)
    if _is_parquet(path):
        _check_rows(connection, path)
        scan = f"read_parquet({text(str(path))}, file_row_number => true)"
        with reading(path):
            described = connection.execute(f"DESCRIBE SELECT * FROM {scan}").fetchall()
        columns = [Column(name, identifier(name), kind) for name, kind, *_ in described if name != "file_row_number"]
    elif path.suffix == ".zip":
        raise ReaderError(f"{path}: is zipped: unpack it first")
    else:
        with readable(path, "a CSV file"):
            bounds.check_archive(path)
        # Named by position, because headers may differ in case alone, which is all one to SQL.
        columns = [Column(name, f"c{number}", "VARCHAR") for number, name in enumerate(_header(path))]
        kinds = ", ".join(f"'{column.sql}': 'VARCHAR'" for column in columns)
        dialect = (
            f"auto_detect => false, header => true, delim => ',', quote => '\"', escape => '\"', columns => {{{kinds}}}"
        )
        scan = f"read_csv({text(str(path))}, {dialect})"
    found: dict[str, Column] = {}
    for column in columns:
        found.setdefault(normalised(column.name), column)
        found.setdefault(column.name, column)
    return Table(path, scan, found)


def _check_rows(connection: "DuckDBPyConnection", path: Path) -> None:
    """Raise ReaderError for a file that says of itself that it holds more rows than its bytes can tell apart."""
    with reading(path):
        query = f"SELECT sum(num_rows) FROM parquet_file_metadata({text(str(path))})"
        ((rows,),) = connection.execute(query).fetchall()
    if rows > 1_000_000 + ROWS_PER_BYTE * path.stat().st_size:
        raise ReaderError(f"{path}: says that it holds {rows:,} rows, which is more than its size allows")


def _is_parquet(path: Path) -> bool:
    return path.suffix == ".parquet"


def _header(path: Path) -> list[str]:
    with readable(path, "a CSV file"), opened(path) as file:
        header = next(csv.reader(bounds.Rows(file)), None)
    if not header:
        raise ReaderError(f"{path}: is empty")
    check_columns(path, header)
    return header


def normalised(name: str) -> str:
    """Return a column's name as AWS writes it for Athena: `lineItem/UnblendedCost` is line_item_unblended_cost.

    https://docs.aws.amazon.com/cur/latest/userguide/cur-ate-run.html ("Column names").
    """
    separated = re.sub(r"([A-Z])", r"_\1", name).lower()
    return re.sub(r"_+", "_", re.sub(r"[^a-z0-9]", "_", separated)).strip("_")


def text(value: str) -> str:
    """Quote a text for SQL."""
    return "'" + value.replace("'", "''") + "'"


def identifier(name: str) -> str:
    """Quote a name for SQL."""
    return '"' + name.replace('"', '""') + '"'
