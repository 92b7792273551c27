"""Folders that hold what an engine wrote among other things: all is looked at, and nothing passed over silently."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

from runquote.readers.base import ReaderError, Rejected, Row
from runquote.readers.files import files_below, opened, sources
from runquote.sizes import counted

_NAMED = 3
_LONGEST_LINE = 100_000


def every_file(path: Path) -> list[Path]:
    """Return a file, or all files of a folder and below it, in order of name. Raises ReaderError."""
    return sorted(files_below(path)) if path.is_dir() else list(sources(path))


def first_lines(path: Path, count: int = 1) -> list[str] | None:
    """Return the first lines of a text file, cut where they are too long, or None if it is none.

    Raises OSError, ReaderError, EOFError or zlib.error where it is packed badly.
    """
    try:
        with opened(path) as file:
            lines = [line.rstrip("\r\n") for line in islice(iter(lambda: file.readline(_LONGEST_LINE), ""), count)]
    except UnicodeDecodeError:
        return None
    return None if any("\0" in line for line in lines) else lines


def each_that_fits(
    path: Path, what: str, fits: Callable[[Path], bool], read: Callable[[Path], Iterator[Row | Rejected]]
) -> Iterator[Row | Rejected]:
    """Read a file, or those of a folder that fit, where a file that cannot be read rejects that file alone.

    The first run that is yielded has a note of what was passed over. Raises ReaderError, also if nothing fits.
    """
    files = every_file(path)
    fitting: list[Path] = []
    others: list[Path] = []
    for file in files:
        (fitting if path.is_file() or fits(file) else others).append(file)
    if not fitting:
        raise ReaderError(f"{path}: holds no {what}")
    note = passed_over(path, others, what)
    for file in fitting:
        try:
            for row in read(file):
                if note and isinstance(row, Row):
                    yield replace(row, notes=(*row.notes, note))
                    note = ""
                else:
                    yield row
        except ReaderError as error:
            if path.is_file():
                raise
            yield Rejected(str(file), str(error).removeprefix(f"{file}: "))


def passed_over(folder: Path, files: list[Path], what: str) -> str:
    """Say which files were passed over; an empty text if none were."""
    if not files:
        return ""
    names = [file.relative_to(folder).as_posix() for file in files[:_NAMED]]
    more = f" and {len(files) - _NAMED:,} more" if len(files) > _NAMED else ""
    return (
        f"passed over {counted(len(files), 'file')} of {folder} that {_are(files)} no {what}: {', '.join(names)}{more}"
    )


def _are(files: list[Path]) -> str:
    return "is" if len(files) == 1 else "are"
