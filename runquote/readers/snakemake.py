"""Runs from Snakemake's benchmark files.

The format: https://snakemake.readthedocs.io/en/stable/snakefiles/rules.html#benchmark-rules and snakemake/benchmark.py
of version 9: a TSV, or JSON Lines if the file is named so, a line for each repetition of a job, with seconds in `s`,
memory in MiB, `-` or `NA` for what was not measured; `threads` only with `--benchmark-extended`.
Jobs that fail leave no benchmark, so what failed attempts cost is not in here, nor is when a job ran: that is taken
from when its file was written.
"""

import csv
import hashlib
import json
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from runquote.readers.base import (
    LONGEST_SECONDS,
    MOST_CPUS,
    MOST_MEMORY,
    Finished,
    Known,
    ReaderError,
    Rejected,
    Row,
    complete,
    identity,
    shown,
)
from runquote.readers.costs import Cost
from runquote.readers.files import opened, readable, sources

_LONGEST_HEADER = 10_000
_MOST_REPETITIONS = 1_000_000
_FIRST_COLUMNS = ["s", "h:m:s"]
_UNKNOWN = ("", "-", "NA", "None")
_MIB = 2**20
_MOST = {"threads": MOST_CPUS, "mean_load": MOST_CPUS * 100, "max_rss": MOST_MEMORY / _MIB}


@dataclass
class _Run:
    cost: Cost = field(default_factory=Cost)
    started: float = math.inf
    ended: float = -math.inf
    jobs: int = 0
    measured: int = 0
    contents: list[str] = field(default_factory=list)


def read(path: Path, known: Known, *, per_folder: bool = False) -> Iterator[Row | Rejected]:
    """Yield one run for all benchmark files below a folder, or with `per_folder` one for each folder in it.

    Files of other kinds are passed over. A benchmark file that cannot be read rejects its folder with `per_folder`;
    otherwise it raises ReaderError.
    """
    if not (per_folder and path.is_dir()):
        yield _read(path, known)
        return
    folders = sorted(each for each in path.iterdir() if each.is_dir())
    if not folders:
        raise ReaderError(f"{path}: holds no folder")
    for folder in folders:
        try:
            yield _read(folder, known)
        except ReaderError as error:
            yield Rejected(str(folder), str(error).removeprefix(f"{folder}: "))


def _read(folder: Path, known: Known) -> Row | Rejected:
    run = _Run()
    for file in sources(folder, ".tsv", ".txt", ".jsonl", ".bench", ".benchmark", ".log"):
        jobs = _jobs(file)
        if jobs is None:
            continue
        name = file.relative_to(folder).as_posix() if file != folder else file.name
        run.contents.append(f"{name}:{_digest(file)}")
        written = file.stat().st_mtime
        run.ended = max(run.ended, written)
        for line, job in enumerate(jobs, start=1 if file.suffix == ".jsonl" else 2):
            place = f"{file}: line {line}"
            seconds = _number(place, job, "s")
            if seconds is None or seconds > LONGEST_SECONDS:
                raise ReaderError(f"{place}: column s: a job must say how long it ran, at most ten years")
            run.started = min(run.started, written - seconds)
            threads, load = _number(place, job, "threads"), _number(place, job, "mean_load")
            run.measured += threads is None
            vcpu = threads or max(1, math.ceil((load or 0) / 100))
            memory = (_number(place, job, "max_rss") or 0) * _MIB
            run.cost.add(known.priced(f"{name}: line {line}", vcpu=vcpu, memory_bytes=memory, seconds=seconds))
            run.jobs += 1
    if not run.jobs:
        return Rejected(str(folder), "holds no benchmark file: rules need a `benchmark:` line")
    unsaid = "jobs do not say their threads, so what they used was priced: use --benchmark-extended"
    finished = Finished(
        place=str(folder),
        engine="snakemake",
        run_id=identity("snakemake", *run.contents),
        status="SUCCEEDED",
        started_at=datetime.fromtimestamp(run.started, UTC),
        completed_at=datetime.fromtimestamp(run.ended, UTC),
        cost=run.cost,
        notes=(unsaid,) if run.measured else (),
    )
    return complete(finished, known)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _jobs(path: Path) -> list[dict[str, Any]] | None:
    """Return the lines of a benchmark file, or None if the file is something else."""
    with readable(path, "a benchmark file"), opened(path) as file:
        if path.suffix == ".jsonl":
            return _json_lines(file)
        try:
            header = file.readline(_LONGEST_HEADER)
        except UnicodeDecodeError:
            return None
        columns = header.rstrip("\r\n").split("\t")
        if columns[:2] != _FIRST_COLUMNS:
            return None
        lines = csv.DictReader(file, columns, delimiter="\t", quoting=csv.QUOTE_NONE)
        jobs = list(islice(lines, _MOST_REPETITIONS))
        if next(lines, None):
            raise ReaderError(f"{path}: holds more than {_MOST_REPETITIONS:,} repetitions of a job")
    for line, job in enumerate(jobs, start=2):
        if None in job.values():  # as csv says it: the file was cut off
            raise ReaderError(f"{path}: line {line}: has fewer cells than the header")
    return jobs


def _json_lines(lines: Iterable[str]) -> list[dict[str, Any]] | None:
    try:
        jobs = [json.loads(line) for line in islice(lines, _MOST_REPETITIONS) if line.strip()]
    except (ValueError, RecursionError):  # text that is not UTF-8 is a ValueError too
        return None
    return jobs if jobs and all(isinstance(job, dict) and set(_FIRST_COLUMNS) <= set(job) for job in jobs) else None


def _number(place: str, job: dict[str, Any], column: str) -> float | None:
    value = job.get(column)
    if value is None or (isinstance(value, str) and value in _UNKNOWN):
        return None
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not 0 <= number <= _MOST.get(column, math.inf):
        raise ReaderError(f"{place}: column {column}: cannot read {shown(value)}")
    return number
