"""The tasks of a Nextflow trace: what each held, and for how long.

A task holds what it asked for from `start` to `complete`, which includes staging its files and not waiting.
`realtime` is the time of its script alone, `duration` counts from when it was submitted.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path

from runquote.readers.base import Known
from runquote.readers.costs import Priced
from runquote.readers.notes import GPUS, Notes
from runquote.readers.trace_cells import Cells
from runquote.readers.trace_lines import lines_of

_DEFAULT_MEMORY = 2 * 2**30
_SMALLEST_MEMORY = 2**20
"""No task can ask for less: a number without its unit is not one of bytes."""
_NEVER_BEGAN = ("SUBMITTED", "NEW")
_SLACK_SECONDS = 60.0
"""So much later than a task began an executor may notice it."""
_ACCELERATORS = ("accelerator", "gpu")
_NAMES_OF_GPUS = ("cuda", "gpu", "nvidia", "rocm", "parabricks")


class Note(Notes):
    """What was assumed about a task."""

    MEASURED = (
        "by what it used",
        "tasks do not say what they requested, so what they used was priced, which is less: "
        "add cpus and memory to trace.fields",
    )
    ASSUMED_CPU = "1 vCPU assumed", "tasks say neither what cpus they requested nor used: 1 vCPU was assumed"
    ASSUMED_MEMORY = "2 GiB assumed", "tasks say neither what memory they requested nor used: 2 GiB were assumed"
    REALTIME = (
        "without staging",
        "tasks do not say when they started and completed, so the time to stage their files is not in the price: "
        "add start and complete to trace.fields",
    )
    WAITING = (
        "with waiting",
        "tasks do not say when they started, so waiting for their turn may be in the price: add start and complete to "
        "trace.fields",
    )
    CLOCKS = (
        "by realtime",
        "tasks ran longer than from start to complete by differing clocks: the time of their script was priced",
    )
    UNFINISHED = (
        "to the end of the run",
        "tasks were stopped or had not ended when the trace was written: they are priced to the end of the run",
    )
    ACCELERATORS = GPUS
    PERHAPS_ACCELERATORS = (
        "GPUs?",
        "the containers or queues of tasks are named after GPUs: if tasks held any, the real cost is higher",
    )


@dataclass(frozen=True)
class Task:
    """A line of a trace. `seconds` is None for a task that ran on to the end of the run."""

    name: str
    tag: str
    status: str
    ignored: bool  # it failed, and the pipeline went on without it
    key: tuple[str, str]
    identity: str
    started: datetime | None  # None: it never began
    ended: datetime | None
    seconds: float | None
    cpus: float
    memory: float
    disk: float
    notes: tuple[Note, ...]
    unreadable: tuple[str, ...]

    def priced(self, known: Known, end: datetime | None) -> Priced:
        """Return what it costs, if need be to the end of the run."""
        seconds = self.seconds
        if seconds is None and self.started:
            seconds = max(0.0, ((end or self.started) - self.started).total_seconds())
        if not seconds:
            return Priced(self.name, 0.0, 0.0, note="never began" if self.started is None else "")
        return known.priced(
            self.name,
            vcpu=self.cpus,
            memory_bytes=self.memory,
            seconds=seconds,
            disk_bytes=self.disk,
            note=", ".join(note.short for note in self.notes),
        )


@dataclass(frozen=True)
class Unpriced:
    """A line of which nobody can say what its task cost, and why."""

    reason: str
    status: str = ""


def tasks_of(path: Path, zone: tzinfo) -> Iterator[Task | Unpriced]:
    """Yield the tasks of a trace in the order of its lines. Raises ReaderError."""
    for line in lines_of(path):
        if line.problem:
            yield Unpriced(f"{line.place}: {line.problem}")
            continue
        yield _task(Cells(line.place, line.cells, zone))


def _task(cells: Cells) -> Task | Unpriced:
    notes: list[Note] = []
    status = cells.text("status").upper()
    started, ended, seconds = _times(cells, status, notes)
    if seconds == math.inf:
        why = cells.unreadable[0] if cells.unreadable else f"{cells.place}: it does not say how long it ran"
        return Unpriced(why, status)
    without_resources = len(cells.unreadable)
    cpus, memory = _resources(cells, notes)
    disk = cells.size("disk") or 0
    if unreadable := cells.unreadable[without_resources:]:
        return Unpriced(unreadable[0], status)
    notes += _accelerators(cells)
    name = cells.text("name") or cells.text("process") or cells.text("task_id")
    return Task(
        name=name,
        tag=_tag(cells, name),
        status=status,
        ignored=cells.text("error_action").upper() == "IGNORE",
        key=(cells.text("task_id"), cells.text("hash")),
        identity="\0".join(
            [cells.text("hash"), cells.text("task_id"), name, str(_written(cells) if started else None)]
        ),
        started=started,
        ended=ended,
        seconds=seconds,
        cpus=cpus,
        memory=memory,
        disk=disk,
        notes=tuple(notes),
        unreadable=tuple(cells.unreadable),
    )


def _tag(cells: Cells, name: str) -> str:
    """Return a task's tag. Without a column for it, it is in the name, where a number is the index of the task."""
    if cells.has("tag"):
        return cells.text("tag")
    tag = name.partition("(")[2].rstrip().removesuffix(")") if name.rstrip().endswith(")") else ""
    return "" if tag.isdigit() else tag


def _resources(cells: Cells, notes: list[Note]) -> tuple[float, float]:
    cpus, memory = cells.number("cpus"), cells.size("memory")
    if memory and memory < _SMALLEST_MEMORY:
        cells.doubt("memory")
    used_cpus = used_memory = None
    if not cpus:
        used_cpus = cells.number("%cpu")
        notes.append(Note.ASSUMED_CPU if used_cpus is None else Note.MEASURED)
    if not memory:
        used_memory = cells.size("peak_rss") or cells.size("rss")
        notes += {Note.MEASURED if used_memory else Note.ASSUMED_MEMORY} - set(notes)
    return cpus or max(1, math.ceil((used_cpus or 0) / 100)), memory or used_memory or _DEFAULT_MEMORY


def _accelerators(cells: Cells) -> Iterator[Note]:
    asked = (cells.text(column) for column in cells.cells if column.lower().startswith(_ACCELERATORS))
    if any(text.lower() not in ("", "0", "false", "none") for text in asked):
        yield Note.ACCELERATORS
    elif any(name in cells.text(column).lower() for column in ("container", "queue") for name in _NAMES_OF_GPUS):
        yield Note.PERHAPS_ACCELERATORS


def _times(cells: Cells, status: str, notes: list[Note]) -> tuple[datetime | None, datetime | None, float | None]:
    """Return when a task began and ended and how long it held what it asked for.

    None for seconds: to the end of the run. Infinity: nobody knows.
    """
    start, submit, complete = (_in_utc(cells.time(column)) for column in ("start", "submit", "complete"))
    elapsed = cells.duration("duration")
    if complete is None and submit and elapsed is not None:
        complete = submit + timedelta(seconds=elapsed)
    if start and complete and complete >= start:
        return start, complete, _held(cells, (complete - start).total_seconds(), notes)
    realtime = cells.duration("realtime")
    began = start or submit
    if began and realtime is not None:
        notes.append(Note.REALTIME)
        latest = began + timedelta(seconds=realtime)
        return began, max(complete or latest, latest), realtime
    if began and not start and complete and complete >= began and not cells.has("start"):
        notes.append(Note.WAITING)
        return began, complete, (complete - began).total_seconds()
    if status in ("COMPLETED", "CACHED"):
        return began, began, math.inf
    if _never_began(cells, status, start):
        return began, began, 0.0
    notes.append(Note.UNFINISHED)
    return began, None, None


def _in_utc(time: datetime | None) -> datetime | None:
    """Return a moment so that differences count the hour by which clocks were set."""
    return time and time.astimezone(UTC)


def _written(cells: Cells) -> datetime | None:
    """Return when a task began as the trace says it, which its run's id is made of."""
    return cells.time("start") or cells.time("submit")


def _held(cells: Cells, seconds: float, notes: list[Note]) -> float:
    """Return the time from start to complete, unless the script ran for longer than that."""
    realtime = cells.duration("realtime")
    if realtime is None or realtime <= seconds + _SLACK_SECONDS:
        return seconds
    notes.append(Note.CLOCKS)
    return realtime


def _never_began(cells: Cells, status: str, start: datetime | None) -> bool:
    """Say whether a task was stopped while it waited: it has no start, or no executor knew of it."""
    if start:
        return False
    no_executor = cells.has("native_id") and not cells.text("native_id")
    return cells.has("start") or no_executor or status in _NEVER_BEGAN or not cells.text("submit")
