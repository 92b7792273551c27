"""How much a file may hold, so that reading it ends in bounded time and memory whatever somebody made of it.

What engines write stays far below: traces of 100,000 tasks, cost reports of millions of lines, and metadata of 500 MB
are read. What a file holds is counted while it is read; what an archive says of itself is not believed.
"""

import csv
import gzip
import io
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

from runquote.readers.base import ReaderError

LONGEST_LINE = 4 * 2**20
"""Bytes of one line, and characters of one row of a table, whose quoted cells may hold line breaks."""
MOST_COLUMNS = 10_000
"""Columns of a table; a cost report has one for each tag that is activated, of which AWS allows 500."""
HIGHEST_RATIO = 200
"""How many times its own size an archive may unpack to: cost reports and traces come to 10 to 40."""
ALLOWANCE = 4 * 2**20
"""Bytes that any archive may unpack to: tiny files may be all alike."""
LARGEST_DOCUMENT = 2**30
"""Bytes of one JSON document, which is held in memory as a whole; JSON Lines and tables are not."""
MOST_VALUES = 30_000_000
"""Values in one JSON document: each takes about 100 bytes of memory."""
MOST_FILES = 1_000_000
"""Files below a folder that is searched."""
_CHUNK = 2**18
_PACKED_CHUNK = 2**14
"""So little of an archive is read at once that what was read of it is known well enough."""


def opened_bytes(path: Path, *, lines: bool = True) -> io.BufferedReader:
    """Open a file, unpacking `.gz`; what is read of it is held to these bounds, with `lines` that of lines too."""
    check_kind(path)
    return io.BufferedReader(_Bounded(path, lines=lines), _CHUNK)


def check_kind(path: Path) -> None:
    """Raise ReaderError for a pipe or a device: it may never end, and cannot be read twice."""
    kind = path.stat().st_mode
    if not stat.S_ISREG(kind) and not stat.S_ISDIR(kind):
        raise ReaderError(f"{path}: is a pipe or a device and no file: save what comes from it in a file first")


def lines_of(file: TextIO, name: str) -> Iterator[str]:
    """Yield the lines of what is no file, such as the standard input. Raises ReaderError for one that is too long."""
    while line := file.readline(LONGEST_LINE + 1):
        if len(line) > LONGEST_LINE:
            raise ReaderError(f"{name}: holds a line of more than {LONGEST_LINE // 2**20} MiB")
        yield line


def check_archive(path: Path) -> None:
    """Raise ReaderError if an archive unpacks to far more than itself or to a line that is too long."""
    if path.suffix == ".gz":
        with opened_bytes(path) as file:
            while file.read(_CHUNK):
                pass


class _Bounded(io.RawIOBase):
    """The bytes of a file, unpacked, until they break a bound."""

    def __init__(self, path: Path, *, lines: bool) -> None:
        self._path = path
        self._file = _Sips(path) if path.suffix == ".gz" else io.FileIO(path)
        self._packed = path.suffix == ".gz"
        self._content: io.FileIO | gzip.GzipFile = gzip.GzipFile(fileobj=self._file) if self._packed else self._file
        self._lines = lines
        self._read = 0
        self._line = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - as the class that it extends
        chunk = self._content.read(min(len(buffer), _CHUNK))
        self._read += len(chunk)
        if self._packed and self._read > ALLOWANCE + HIGHEST_RATIO * self._file.tell():
            raise ReaderError(
                f"{self._path}: unpacks to more than {HIGHEST_RATIO} times its size, as no real history does: "
                "if you trust it, unpack it yourself (gunzip) and name the unpacked file"
            )
        if self._lines:
            self._count_line(chunk)
        buffer[: len(chunk)] = chunk
        return len(chunk)

    def _count_line(self, chunk: bytes) -> None:
        end = max(chunk.rfind(b"\n"), chunk.rfind(b"\r"))
        self._line = self._line + len(chunk) if end < 0 else len(chunk) - end - 1
        if self._line > LONGEST_LINE:
            raise ReaderError(f"{self._path}: holds a line of more than {LONGEST_LINE // 2**20} MiB")

    def close(self) -> None:
        self._file.close()
        super().close()


class _Sips(io.FileIO):
    """A file that is read a little at a time, however much is asked for."""

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(_PACKED_CHUNK if size is None or size < 0 else min(size, _PACKED_CHUNK)) or b""


class Rows(Iterator[str]):
    """The lines of a table, which end with an error if one row of it takes more than a line may."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self._taken = 0

    def begin_row(self) -> None:
        """Say that what is read next begins a row."""
        self._taken = 0

    def __next__(self) -> str:
        line = next(self._lines)
        self._taken += len(line)
        if self._taken > LONGEST_LINE:
            raise csv.Error(f"a row or a gap of more than {LONGEST_LINE // 2**20} MiB: is a quotation mark missing?")
        return line
