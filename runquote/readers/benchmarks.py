"""The jobs of Snakemake's benchmark files: what each held, and for how long.

A TSV, or JSON Lines if the file is named so, with a line for each repetition of a job: seconds in `s`, memory in MiB,
`-` or `NA` for what was not measured. With `--benchmark-extended` also `threads` and `resources`, which in a TSV is a
Python dictionary: `mem_mb` are 10^6 bytes, `mem_mib` 2^20. Files have any names.
"""

import ast
import csv
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from runquote.readers.asked import asked
from runquote.readers.base import LONGEST_SECONDS, MOST_CPUS, MOST_MEMORY, Known, ReaderError, shown
from runquote.readers.costs import Priced
from runquote.readers.files import opened, readable, separator
from runquote.readers.folders import first_lines
from runquote.readers.notes import GPUS, Notes
from runquote.sizes import parse_size

_FIRST_COLUMNS = ["s", "h:m:s"]
_UNKNOWN = ("", "-", "na", "none", "null")
_MIB = 2**20
_MOST = {"threads": MOST_CPUS, "mean_load": MOST_CPUS * 100, "max_rss": MOST_MEMORY / _MIB}
_MOST_REPETITIONS = 100_000
_LONGEST_CELL = 10_000


class Note(Notes):
    """What was assumed about a job."""

    THREADS = (
        "vCPUs by what it used",
        "jobs do not say their threads, so what they used was priced: use --benchmark-extended",
    )
    MEMORY = (
        "memory by what it used",
        "jobs do not say what memory they requested (`resources: mem_mb`), so what they used was priced, which is less",
    )
    NO_MEMORY = (
        "without memory",
        "jobs say neither what memory they requested nor used, as Snakemake does of short ones: none is in the price",
    )
    ACCELERATORS = GPUS


@dataclass(frozen=True)
class Job:
    """A repetition of a job, or why it cannot be priced."""

    place: str
    cells: Mapping[str, Any]
    problem: str = ""

    def priced(self, name: str, known: Known, notes: dict[str, None]) -> Priced:
        """Return what it cost, adding what was assumed to the notes. Raises ReaderError for what cannot be read."""
        if self.problem:
            raise ReaderError(f"{self.place}: {self.problem}")
        seconds = self._number("s")
        if seconds is None or seconds > LONGEST_SECONDS:
            raise ReaderError(f"{self.place}: column s: a job must say how long it ran, at most ten years")
        found: list[Note] = []
        threads, resources = self._number("threads"), self._resources()
        if not threads:
            found.append(Note.THREADS)
            threads = max(1, math.ceil((self._number("mean_load") or 0) / 100))
        memory = _requested(resources, threads)
        if memory is None:
            memory = (self._number("max_rss") or 0) * _MIB
            found.append(Note.MEMORY if memory else Note.NO_MEMORY)
        if _has_gpus(resources):
            found.append(Note.ACCELERATORS)
        notes |= dict.fromkeys(found)
        note = ", ".join(each.short for each in found)
        return known.priced(name, vcpu=threads, memory_bytes=memory, seconds=seconds, note=note)

    def _resources(self) -> Mapping[str, Any]:
        value = self.cells.get("resources")
        if isinstance(value, str) and len(value) <= _LONGEST_CELL:
            text = value[1:-1].replace('""', '"') if value.startswith('"') else value
            try:
                value = ast.literal_eval(text)
            except (ValueError, SyntaxError, RecursionError, MemoryError):
                value = None
        return {str(key): each for key, each in value.items()} if isinstance(value, dict) else {}

    def _number(self, column: str) -> float | None:
        value = self.cells.get(column)
        if value is None or (isinstance(value, str) and value.strip().lower() in _UNKNOWN):
            return None
        try:
            number = float(value)
        except (TypeError, ValueError, OverflowError):
            number = math.nan
        if not 0 <= number <= _MOST.get(column, math.inf):
            raise ReaderError(f"{self.place}: column {column}: cannot read {shown(value)}")
        return number


def _requested(resources: Mapping[str, Any], threads: float) -> float | None:
    """Return the bytes of memory that resources ask for; what is not settled yet (`<TBD>`) is not said."""
    units = (("mem_mib", _MIB), ("mem_mb", 10**6), ("mem_gib", 2**30), ("mem_gb", 10**9))
    # For the job as a whole there is a default, which executors put what a rule wants for each CPU in place of.
    for suffix, times in (("_per_cpu", threads), ("", 1)):
        for name, unit in units:
            if number := _amount(resources.get(f"{name}{suffix}")):
                return min(number * times * unit, float(MOST_MEMORY))
    try:
        return min(float(parse_size(str(resources["mem"]))), float(MOST_MEMORY))
    except (KeyError, ValueError):
        return None


def _has_gpus(resources: Mapping[str, Any]) -> bool:
    named = asked({name: value for name, value in resources.items() if "gpu" in name}).gpus
    return named or any("gpu" in str(resources.get(name, "")) for name in ("gres", "slurm_extra"))


def _amount(value: object) -> float:
    return float(value) if isinstance(value, int | float) and 0 < value < MOST_MEMORY else 0.0


def is_benchmark(path: Path) -> bool:
    """Say whether a file holds benchmarks. Raises what a file that is packed badly does."""
    lines = first_lines(path)
    if not lines:
        return False
    return _columns(lines[0])[:2] == _FIRST_COLUMNS or _json_job(lines[0]) is not None


def jobs_of(path: Path) -> Iterator[Job]:
    """Yield the jobs of a benchmark file. Raises ReaderError."""
    with readable(path, "a benchmark file"), opened(path) as file:
        header = file.readline()
        if header.lstrip().startswith("{"):
            for number, line in enumerate([header, *islice(file, _MOST_REPETITIONS)], start=1):
                if line.strip():
                    job = _json_job(line)
                    place = f"{path}: line {number}"
                    yield Job(place, job or {}, "" if job is not None else "is no benchmark in JSON")
            return
        columns, by = _columns(header), separator(header)
        unquoted = csv.reader(file, delimiter=by, quoting=csv.QUOTE_NONE)
        for number, cells in enumerate(unquoted if by == "\t" else csv.reader(file, delimiter=by), start=2):
            if number > _MOST_REPETITIONS:
                raise ReaderError(f"{path}: holds more than {_MOST_REPETITIONS:,} repetitions of a job")
            if cells:
                fewer = "has fewer cells than the header" if len(cells) < len(columns) else ""
                yield Job(f"{path}: line {number}", dict(zip(columns, cells, strict=False)), fewer)


def _columns(header: str) -> list[str]:
    return [cell.strip().strip('"') for cell in header.rstrip("\r\n").split(separator(header))]


def _json_job(line: str) -> dict[str, Any] | None:
    try:
        job = json.loads(line) if line.lstrip().startswith("{") else None
    except (ValueError, RecursionError):
        return None
    return job if isinstance(job, dict) and set(_FIRST_COLUMNS) <= set(job) else None
