"""Runs from Snakemake's benchmark files.

The format: https://snakemake.readthedocs.io/en/stable/snakefiles/rules.html#benchmark-rules and snakemake/benchmark.py
of version 9. Jobs that fail leave no benchmark, so what failed attempts cost is not in here, nor is when a job ran:
that is taken from when its file was written.
"""

import hashlib
import math
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from runquote.readers.base import Finished, Known, ReaderError, Rejected, Row, complete, identity
from runquote.readers.benchmarks import is_benchmark, jobs_of
from runquote.readers.costs import Cost
from runquote.readers.folders import every_file, passed_over

_MOST_LEFT_OUT = 0.5
"""A run of which more cannot be priced is refused."""
_STILL_WRITTEN_SECONDS = 86_400.0
_NOT_FINAL = (
    "the last benchmark was written within the last day: if the workflow still runs, this is a part of the run, and "
    "the whole will be another one: --final says that it has ended"
)


@dataclass
class _Run:
    cost: Cost = field(default_factory=Cost)
    started: float = math.inf
    ended: float = -math.inf
    jobs: int = 0
    contents: list[str] = field(default_factory=list)
    unpriced: list[str] = field(default_factory=list)
    others: list[Path] = field(default_factory=list)
    notes: dict[str, None] = field(default_factory=dict)


def read(path: Path, known: Known, *, per_folder: bool = False, final: bool = False) -> Iterator[Row | Rejected]:
    """Yield one run for all benchmark files below a folder, or with `per_folder` one for each folder in it.

    Files of other kinds are passed over, and a note says which. What Snakemake holds a lock on is rejected unless it is
    `final`. A benchmark file that cannot be read rejects its folder with `per_folder`; otherwise it raises ReaderError.
    """
    if not (per_folder and path.is_dir()):
        yield _read(path, known, final=final)
        return
    folders = sorted(each for each in path.iterdir() if each.is_dir())
    if not folders:
        raise ReaderError(f"{path}: holds no folder")
    beside = [file for file in sorted(path.iterdir()) if file.is_file() and _fits(file)]
    note = f"benchmarks that are in no folder of {path} belong to no run: {beside[0].name}" if beside else ""
    for folder in folders:
        try:
            row = _read(folder, known, final=final)
            yield replace(row, notes=(*row.notes, note)) if note and isinstance(row, Row) else row
        except ReaderError as error:
            yield Rejected(str(folder), str(error).removeprefix(f"{folder}: "))


def _read(folder: Path, known: Known, *, final: bool) -> Row | Rejected:
    if not final and (holder := _locked(folder)):
        reason = f"Snakemake holds a lock in {holder}: ingest it once the workflow has ended, or say so with --final"
        return Rejected(str(folder), reason)
    run = _Run()
    for file in every_file(folder):
        if _fits(file):
            _add(run, folder, file, known)
        else:
            run.others.append(file)
    if not run.jobs:
        return Rejected(str(folder), "holds no benchmark file: rules need a `benchmark:` line")
    if len(run.unpriced) > _MOST_LEFT_OUT * run.jobs:
        raise ReaderError(run.unpriced[0])
    tags = {"snakemake.unpriced_jobs": f"{len(run.unpriced)} of {run.jobs}"} if run.unpriced else {}
    finished = Finished(
        place=str(folder),
        engine="snakemake",
        run_id=identity("snakemake", *run.contents),
        status="SUCCEEDED",
        started_at=datetime.fromtimestamp(run.started, UTC),
        completed_at=datetime.fromtimestamp(run.ended, UTC),
        cost=run.cost,
        tags=tags,
        notes=(*run.notes, *_notes(folder, run, final=final)),
    )
    return complete(finished, known)


def _fits(file: Path) -> bool:
    try:
        return is_benchmark(file)
    except (ReaderError, OSError, EOFError, zlib.error):
        return False


def _add(run: _Run, folder: Path, file: Path, known: Known) -> None:
    """Add the jobs of a file; one that is there under two names counts once, if it says which job it is."""
    name = file.relative_to(folder).as_posix() if file != folder else file.name
    with file.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    jobs = list(jobs_of(file))
    if any("jobid" in job.cells for job in jobs) and any(each.endswith(f":{digest}") for each in run.contents):
        run.notes[f"a benchmark file is there twice and counts once: {file}"] = None
        return
    run.contents.append(f"{name}:{digest}")
    written = file.stat().st_mtime
    for job in jobs:
        run.jobs += 1
        try:
            priced = job.priced(f"{name}:{job.place.removeprefix(f'{file}:')}", known, run.notes)
        except ReaderError as error:
            run.unpriced.append(str(error))
            continue
        run.cost.add(priced)
        run.started = min(run.started, written - (priced.seconds or 0))
        run.ended = max(run.ended, written)


def _locked(folder: Path) -> Path | None:
    """Return where Snakemake, which runs in a folder or one above it, holds a lock."""
    for parent in (folder.resolve(), *folder.resolve().parents):
        locks = parent / ".snakemake" / "locks"
        if (parent / ".snakemake").is_dir():
            return parent if locks.is_dir() and any(locks.iterdir()) else None
    return None


def _notes(folder: Path, run: _Run, *, final: bool) -> Iterator[str]:
    if run.unpriced:
        left_out = f"{len(run.unpriced)} of {run.jobs} jobs cannot be priced and are left out"
        yield f"{left_out}, so this run cost more: {run.unpriced[0]}"
    if run.others:
        yield passed_over(folder, run.others, "benchmark")
    if not final and datetime.now(UTC).timestamp() - run.ended < _STILL_WRITTEN_SECONDS:
        yield _NOT_FINAL
