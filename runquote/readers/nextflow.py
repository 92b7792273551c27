"""Runs from Nextflow trace files.

The format: https://docs.seqera.io/nextflow/reports#trace-file, its fields and options:
https://docs.seqera.io/nextflow/reference/config/trace. One task a line, tab separated unless `trace.sep` says
otherwise; `-` is a missing value. Sizes use powers of 1024 whatever their unit says ("1.2 GB" is 1.2 * 2^30 bytes),
times are local to where Nextflow ran; with `trace.raw` they are plain bytes, milliseconds and epoch milliseconds.
"""

import csv
import math
import re
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from fractions import Fraction
from pathlib import Path
from typing import Literal

from runquote.durations import parse_duration
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
from runquote.readers.costs import Cost, Priced
from runquote.readers.files import check_columns, each_file, opened, readable, separator

Cached = Literal["paid", "full", "skip"]
_SIZE = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s?([KMGTPEZ]?)B?")
_POWERS = {unit: power for power, unit in enumerate(["", *"KMGTPEZ"])}
_SUFFIXES = (".txt", ".tsv", ".csv", ".trace", ".txt.gz", ".tsv.gz")
_UNKNOWN = ("", "-")
_NEEDED = (("status",), ("start", "submit"), ("realtime", "duration"))
_BILLED = ("COMPLETED", "FAILED", "ABORTED")
_LONGEST_HEADER = 10_000
_DEFAULT_MEMORY = 2 * 2**30


@dataclass(frozen=True)
class _Task:
    name: str
    tag: str
    status: str
    identity: str
    started: datetime | None  # None: it never began
    ended: datetime | None
    priced: Priced
    measured: bool  # its vCPU or memory were not requested in the trace, but taken from what it used


@dataclass
class _Run:
    """What a pipeline execution, or its share for one tag, adds up to."""

    cost: Cost = field(default_factory=Cost)
    first: str = ""
    started: datetime | None = None
    ended: datetime | None = None
    succeeded: set[str] = field(default_factory=set)
    failed: set[str] = field(default_factory=set)
    aborted: set[str] = field(default_factory=set)

    def add(self, task: _Task) -> None:
        self.cost.add(task.priced)
        if task.started and task.ended:
            if self.started is None or (task.started, task.identity) < (self.started, self.first):
                self.started, self.first = task.started, task.identity
            self.ended = max(self.ended or task.ended, task.ended)
        {"FAILED": self.failed, "ABORTED": self.aborted}.get(task.status, self.succeeded).add(task.name)

    def status(self) -> str:
        """A failed attempt is forgiven if another attempt of the same task succeeded."""
        if self.failed - self.succeeded:
            return "FAILED"
        return "CANCELLED" if self.aborted - self.succeeded else "SUCCEEDED"


def read(
    path: Path, known: Known, *, per_tag: bool = False, cached: Cached = "paid", zone: tzinfo = UTC
) -> Iterator[Row | Rejected]:
    """Yield one run for each trace file, or with `per_tag` one for each tag in it.

    Failed and aborted attempts are billed like others. Tasks from the cache (`-resume`) were paid for by an earlier
    execution: `paid` leaves their cost out, `full` counts it so that the run stands for one from scratch, `skip`
    rejects such a run. What tasks without a tag cost is split evenly over the tags. Files of a folder without a column
    `status`, such as a pipeline's results, are passed over. Raises ReaderError.
    """
    found = False
    for row in each_file(
        path, _SUFFIXES, lambda file: _read_file(file, known, per_tag=per_tag, cached=cached, zone=zone), _is_trace
    ):
        found = True
        yield row
    if not found:
        raise ReaderError(f"{path}: holds no trace: no file in it has a column status")


def _is_trace(path: Path) -> bool:
    try:
        with opened(path) as file:
            return "status" in _columns(file.readline(_LONGEST_HEADER))
    except UnicodeDecodeError:
        return False
    except (ReaderError, OSError, EOFError, zlib.error):
        return True  # whatever it is, it is packed badly, and to be told


def _columns(header: str) -> list[str]:
    return header.rstrip("\r\n").split(separator(header))


def _read_file(path: Path, known: Known, *, per_tag: bool, cached: Cached, zone: tzinfo) -> Iterator[Row | Rejected]:
    whole, by_tag, shared = _Run(), dict[str, _Run](), _Run()
    tasks = from_cache = measured = 0
    for task in _tasks(path, known, zone):
        tasks += 1
        if task.status == "CACHED":
            from_cache += 1
            if cached != "full":
                continue
        measured += task.measured
        whole.add(task)
        if per_tag:
            (by_tag.setdefault(task.tag, _Run()) if task.tag else shared).add(task)
    if not tasks:
        yield Rejected(str(path), "holds no finished task")
        return
    if from_cache and cached == "skip":
        yield Rejected(str(path), f"{from_cache} of {tasks} tasks came from the cache")
        return
    if whole.started is None:
        cause = "came from the cache: this execution cost nothing" if tasks == from_cache else "never began"
        yield Rejected(str(path), f"all {tasks} tasks {cause}")
        return
    notes = tuple(_notes(cached=bool(from_cache) and cached == "paid", measured=bool(measured)))
    tags = {"nextflow.cached_tasks": f"{from_cache} of {tasks}"} if from_cache else {}
    base = identity("nextflow", whole.first)
    if not by_tag:
        yield _row(_finished(str(path), base, whole, tags, notes), known)
    for tag, run in by_tag.items():
        if shared.cost.parts:
            note = "tasks without a tag are split evenly"
            run.cost.add(
                Priced(f"1/{len(by_tag)} of {shared.cost.parts} tasks", shared.cost.usd / len(by_tag), note=note)
            )
        identifier = f"{base}-{tag}"[:200].strip()
        yield _row(_finished(f"{path}: tag {tag}", identifier, run, {**tags, "nextflow.tag": tag[:256]}, notes), known)


def _finished(place: str, run_id: str, run: _Run, tags: dict[str, str], notes: tuple[str, ...]) -> Finished | Rejected:
    if run.started is None or run.ended is None:
        return Rejected(place, "no task of this tag began", run_id)
    return Finished(
        place=place,
        engine="nextflow",
        run_id=run_id,
        status=run.status(),
        started_at=run.started,
        completed_at=run.ended,
        cost=run.cost,
        tags=tags,
        notes=notes,
    )


def _row(finished: Finished | Rejected, known: Known) -> Row | Rejected:
    return finished if isinstance(finished, Rejected) else complete(finished, known)


def _notes(*, cached: bool, measured: bool) -> Iterator[str]:
    if cached:
        yield (
            "tasks came from the cache and cost nothing now, so this is cheaper than a run from scratch: "
            "--cached full counts them, --cached skip leaves the run out"
        )
    if measured:
        yield (
            "tasks do not say what they requested, so what they used was priced, which is less: "
            "add cpus and memory to trace.fields"
        )


def _tasks(path: Path, known: Known, zone: tzinfo) -> Iterator[_Task]:
    with readable(path, "a Nextflow trace"), opened(path) as file:
        header = file.readline()
        columns = _columns(header)
        if columns == [""]:
            raise ReaderError(f"{path}: is empty")
        check_columns(path, columns)
        for any_of in _NEEDED:
            if not set(any_of) & set(columns):
                raise ReaderError(f"{path}: line 1: no column {' or '.join(any_of)}: trace.fields must have it")
        # Nextflow quotes nothing (TraceRecord.renderText joins values as they are), so quotes are part of a value.
        lines = csv.reader(file, delimiter=separator(header), quoting=csv.QUOTE_NONE)
        for number, cells in enumerate(lines, start=2):
            if not cells:
                continue
            if len(cells) != len(columns):
                raise ReaderError(
                    f"{path}: line {number}: has {len(cells)} cells and not {len(columns)}{_hint(columns)}"
                )
            reader = _Cells(f"{path}: line {number}", dict(zip(columns, cells, strict=True)), zone)
            if reader.text("status") in (*_BILLED, "CACHED"):
                yield _task(reader, known)


def _hint(columns: Sequence[str]) -> str:
    """Say which fields hold line breaks, which Nextflow writes as they are."""
    broken = [name for name in ("script", "env") if name in columns]
    return f": {' and '.join(broken)} may hold line breaks: leave it out of trace.fields" if broken else ""


def _task(cells: "_Cells", known: Known) -> _Task:
    started, ended, seconds = _times(cells)
    cpus, memory = cells.number("cpus"), cells.size("memory")
    measured = cpus is None or memory is None
    cpus = cpus or max(1, math.ceil((cells.number("%cpu") or 0) / 100))
    memory = memory or cells.size("peak_rss") or _DEFAULT_MEMORY
    name = cells.text("name") or cells.text("process") or cells.text("task_id")
    return _Task(
        name=name,
        tag=cells.text("tag") or _tag_in(name),
        status=cells.text("status"),
        identity="\0".join([cells.text("hash"), cells.text("task_id"), name, str(started)]),
        started=started,
        ended=ended,
        priced=known.priced(name, vcpu=cpus, memory_bytes=memory, seconds=seconds, disk_bytes=cells.size("disk") or 0)
        if seconds
        else Priced(name, 0.0, 0.0),
        measured=measured,
    )


def _tag_in(name: str) -> str:
    """Return what the last brackets at the end of a task's name hold."""
    _, bracket, inner = name.rstrip().rpartition("(")
    return inner[:-1] if bracket and inner.endswith(")") else ""


def _times(cells: "_Cells") -> tuple[datetime | None, datetime | None, float]:
    """Return when a task began and ended and the seconds between; a failed or aborted one may never have begun."""
    started, ended = cells.time("start") or cells.time("submit"), cells.time("complete")
    seconds, elapsed = cells.duration("realtime"), cells.duration("duration")
    if seconds is None and started and ended:
        seconds = max(0.0, (ended - started).total_seconds())
    if seconds is None:
        seconds = elapsed
    if started is None or seconds is None:
        if cells.text("status") in ("COMPLETED", "CACHED"):
            column = "start" if started is None else "realtime"
            raise ReaderError(f"{cells.place}: column {column}: is empty for a task that completed")
        return started, started, 0.0
    submitted = cells.time("submit")
    try:
        soonest = started + timedelta(seconds=seconds)
        latest = submitted + timedelta(seconds=elapsed) if submitted and elapsed else soonest
    except OverflowError:
        raise ReaderError(f"{cells.place}: column duration: is longer than history") from None
    return started, max(ended or latest, soonest if ended is None else started), seconds


@dataclass(frozen=True)
class _Cells:
    """The cells of a line, as what they mean; None for a missing value or column."""

    place: str
    cells: dict[str, str]
    zone: tzinfo

    def text(self, column: str) -> str:
        text = self.cells.get(column, "").strip()
        return "" if text in _UNKNOWN else text

    def number(self, column: str) -> float | None:
        text = self.text(column).removesuffix("%")
        try:
            number = float(text) if text else None
        except ValueError:
            raise self._unreadable(column) from None
        if number is not None and not 0 <= number <= MOST_CPUS * 100:  # a share of the CPUs is in percent
            raise self._unreadable(column)
        return number

    def duration(self, column: str) -> float | None:
        text = self.text(column)
        if not text:
            return None
        try:
            seconds = float(text) / 1000 if text.isascii() and text.isdigit() else parse_duration(text)
        except ValueError:
            raise self._unreadable(column) from None
        if seconds > LONGEST_SECONDS:
            raise self._unreadable(column)
        return seconds

    def size(self, column: str) -> int | None:
        text = self.text(column)
        if not text:
            return None
        try:
            size = parse_trace_size(text)
        except ValueError:
            raise self._unreadable(column) from None
        if size > MOST_MEMORY:
            raise self._unreadable(column)
        return size

    def time(self, column: str) -> datetime | None:
        text = self.text(column)
        if not text:
            return None
        try:
            if text.isascii() and text.isdigit():
                return datetime.fromtimestamp(int(text) / 1000, UTC)
            moment = datetime.fromisoformat(text)
        except (ValueError, OverflowError, OSError):
            raise self._unreadable(column) from None
        return moment if moment.tzinfo else moment.replace(tzinfo=self.zone)

    def _unreadable(self, column: str) -> ReaderError:
        return ReaderError(f"{self.place}: column {column}: cannot read {shown(self.cells[column])}")


def parse_trace_size(text: str) -> int:
    """Return the bytes of a size in a trace, where "1.2 GB" is 1.2 * 2^30. Raises ValueError for anything else."""
    match = _SIZE.fullmatch(text)
    if not match:
        raise ValueError(f"{text!r} is no size of a Nextflow trace")
    factor: int = 1024 ** _POWERS[match[2]]
    return round(Fraction(match[1]) * factor)
