"""Runs from Nextflow trace files.

The format: https://docs.seqera.io/nextflow/reports#trace-file, its fields and options:
https://docs.seqera.io/nextflow/reference/config/trace. One task a line, tab separated unless `trace.sep` says
otherwise; `-` is a missing value; times are local to where Nextflow ran, with `trace.raw` epoch milliseconds. The file
is written as tasks end, so that while a pipeline runs it holds a part of it and looks as it will at the end.
"""

import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Literal

from runquote.readers.base import Finished, Known, ReaderError, Rejected, Row, complete, identity
from runquote.readers.costs import Cost, Priced
from runquote.readers.folders import each_that_fits, first_lines
from runquote.readers.trace_cells import parse_trace_size
from runquote.readers.trace_lines import STATUSES, columns_of, lacking, status_of
from runquote.readers.trace_tasks import Note, Task, tasks_of

__all__ = ["parse_trace_size", "read"]

Cached = Literal["paid", "full", "skip"]
_FIELDS = frozenset(
    (
        *("task_id", "hash", "native_id", "process", "tag", "name", "status", "exit", "module", "container", "attempt"),
        *("cpus", "time", "disk", "memory", "submit", "start", "complete", "duration", "realtime", "queue"),
        *("%cpu", "%mem", "rss", "vmem", "peak_rss", "peak_vmem", "rchar", "wchar", "syscr", "syscw", "read_bytes"),
        *("write_bytes", "vol_ctxt", "inv_ctxt", "env", "workdir", "script", "scratch", "error_action", "hostname"),
        "cpu_model",
    )
)
"""What Nextflow knows: a table with nothing else is a trace, even if it lacks what it must have."""
_UNFINISHED = ("RUNNING", "SUBMITTED", "NEW")
_STILL_WRITTEN = timedelta(days=1)
_MOST_LEFT_OUT = 0.5
"""A run of which more cannot be priced is rejected."""
_NOT_FINAL = (
    "the trace was written within the last day: if its pipeline still runs, this is a part of the run, and what is "
    "recorded is kept: --final says that it has ended"
)


@dataclass
class _Run:
    """What a pipeline execution, or its share for one tag, adds up to."""

    cost: Cost = field(default_factory=Cost)
    first: str = ""
    started: datetime | None = None
    ended: datetime | None = None
    succeeded: set[str] = field(default_factory=set)
    failed: set[str] = field(default_factory=set)
    stopped: set[str] = field(default_factory=set)

    def add(self, task: Task, priced: Priced) -> None:
        self.cost.add(priced)
        if task.status == "CACHED":
            return  # it ran in an earlier execution, whose first task would name this one too
        if task.started:
            if self.started is None or (task.started, task.identity) < (self.started, self.first):
                self.started, self.first = task.started, task.identity
            ended = task.ended or task.started + timedelta(seconds=priced.seconds or 0.0)
            self.ended = max(self.ended or ended, ended)
        if task.ignored:
            return
        {"FAILED": self.failed, "COMPLETED": self.succeeded}.get(task.status, self.stopped).add(task.name)

    def status(self) -> str:
        """A failed attempt is forgiven if another attempt of the same task succeeded."""
        if self.failed - self.succeeded:
            return "FAILED"
        return "CANCELLED" if self.stopped - self.succeeded else "SUCCEEDED"


@dataclass
class _Trace:
    """The tasks of a file, and what was found out about them."""

    tasks: int = 0
    from_cache: int = 0
    unfinished: int = 0
    hashes: dict[str, str] = field(default_factory=dict)
    mixed: str = ""
    unknown_status: Counter[str] = field(default_factory=Counter)
    unpriced: list[str] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    notes: dict[Note, None] = field(default_factory=dict)
    whole: _Run = field(default_factory=_Run)
    by_tag: dict[str, _Run] = field(default_factory=dict)
    shared: _Run = field(default_factory=_Run)

    def add(self, task: Task, known: Known, *, per_tag: bool, end: datetime | None = None) -> None:
        task_id, task_hash = task.key
        if task_id and task_hash and self.hashes.setdefault(task_id, task_hash) != task_hash:
            self.mixed = self.mixed or task_id  # Nextflow gives each attempt an id of its own
        priced = task.priced(known, end)
        self.notes |= dict.fromkeys(task.notes)
        self.unreadable += task.unreadable[:1]
        self.whole.add(task, priced)
        if per_tag:
            (self.by_tag.setdefault(task.tag, _Run()) if task.tag else self.shared).add(task, priced)


def read(  # noqa: PLR0913 - one for each option
    path: Path,
    known: Known,
    *,
    per_tag: bool = False,
    cached: Cached = "paid",
    zone: tzinfo = UTC,
    final: bool = False,
) -> Iterator[Row | Rejected]:
    """Yield one run for each trace file, or with `per_tag` one for each tag in it.

    Failed and aborted attempts are billed like others. Tasks from the cache (`-resume`) were paid for by an earlier
    execution: `paid` leaves their cost out, `full` counts it so that the run stands for one from scratch, `skip`
    rejects such a run. What tasks without a tag cost is split evenly over the tags. A trace whose tasks have not all
    ended and that was written within the last day is rejected, unless it is `final`. Files of a folder that are no
    traces are passed over, and a note says which. Raises ReaderError.
    """

    def read_file(file: Path) -> Iterator[Row | Rejected]:
        trace = _read_tasks(file, known, per_tag=per_tag, cached=cached, zone=zone)
        if reason := _refusal(file, trace, cached, final=final):
            return iter([Rejected(str(file), reason)])
        return (_row(each, known) for each in _runs(file, trace, cached, per_tag=per_tag, final=final))

    yield from each_that_fits(path, "trace", _is_trace, read_file)


def _is_trace(path: Path) -> bool:
    """Say whether a file of a folder is a trace: other tables have a status too, and other fields than Nextflow."""
    try:
        lines = first_lines(path, 2)
    except (ReaderError, OSError, EOFError, zlib.error):
        return True  # whatever it is, it is packed badly, and to be told
    columns = columns_of(lines[0]) if lines else []
    if not lines or "status" not in columns:
        return False
    if set(columns) <= _FIELDS:
        return True
    return lacking(columns) is None and (len(lines) == 1 or status_of(lines[0], lines[1]) in STATUSES)


def _read_tasks(path: Path, known: Known, *, per_tag: bool, cached: Cached, zone: tzinfo) -> _Trace:
    trace = _Trace()
    waiting: list[Task] = []
    finished: set[tuple[str, str]] = set()
    for task in tasks_of(path, zone):
        if isinstance(task, Task) and (task.status in _UNFINISHED or task.seconds is None):
            waiting.append(task)
        elif task.status and task.status not in STATUSES:
            trace.unknown_status[task.status[:40]] += 1
        else:
            trace.tasks += 1
            trace.from_cache += task.status == "CACHED"
            if task.status == "CACHED" and cached != "full":
                continue  # it costs nothing, whatever it says
            if isinstance(task, Task):
                finished.add(task.key)
                trace.add(task, known, per_tag=per_tag)
            else:
                trace.unpriced.append(task.reason)
    for task in waiting:
        # A task may have a line from when it began and one from when it ended.
        if task.key == ("", "") or task.key not in finished:
            trace.tasks += 1
            trace.unfinished += task.status in _UNFINISHED
            trace.add(task, known, per_tag=per_tag, end=trace.whole.ended)
    return trace


def _refusal(path: Path, trace: _Trace, cached: Cached, *, final: bool) -> str | None:
    """Return why a trace is no run, if it is none."""
    if trace.unpriced and len(trace.unpriced) > _MOST_LEFT_OUT * trace.tasks:
        first = trace.unpriced[0].removeprefix(f"{path}: ")
        return f"{len(trace.unpriced)} of {trace.tasks} tasks cannot be priced: {first}"
    if not trace.tasks:
        unknown = f": {_unknown(trace)}" if trace.unknown_status else ""
        return f"holds no finished task{unknown}"
    if trace.mixed:
        return (
            f"two tasks have task_id {trace.mixed}: it holds several executions, each of which needs a file of its own"
        )
    if trace.from_cache and cached == "skip":
        return f"{trace.from_cache} of {trace.tasks} tasks came from the cache"
    if trace.unfinished and trace.whole.started and not final and _just_written(path):
        return (
            f"{trace.unfinished} of {trace.tasks} tasks have not ended, and the trace was written within the last day: "
            "ingest it once the pipeline has ended, or say with --final that it has"
        )
    return _without_cost(trace)


def _without_cost(trace: _Trace) -> str | None:
    """Return why nobody can tell what a run cost, if so."""
    if trace.whole.started is None:
        cause = "came from the cache: this execution cost nothing" if trace.from_cache == trace.tasks else "never began"
        return f"all {trace.tasks} tasks {cause}"
    if not trace.whole.cost.usd and Note.UNFINISHED in trace.notes:
        return f"none of its {trace.tasks} tasks says when it ended, so nobody can tell what they cost"
    return None


def _just_written(path: Path) -> bool:
    return datetime.now(UTC) - datetime.fromtimestamp(path.stat().st_mtime, UTC) < _STILL_WRITTEN


def _runs(path: Path, trace: _Trace, cached: Cached, *, per_tag: bool, final: bool) -> Iterator[Finished | Rejected]:
    notes = tuple(_notes(trace, cached, per_tag=per_tag, not_final=not final and _just_written(path)))
    tags = {"nextflow.cached_tasks": f"{trace.from_cache} of {trace.tasks}"} if trace.from_cache else {}
    if trace.unpriced:
        tags["nextflow.unpriced_tasks"] = f"{len(trace.unpriced)} of {trace.tasks}"
    base = identity("nextflow", trace.whole.first)
    if not trace.by_tag:
        yield _finished(str(path), base, trace.whole, tags, notes)
    for tag, run in trace.by_tag.items():
        if trace.shared.cost.parts:
            shared = f"1/{len(trace.by_tag)} of {trace.shared.cost.parts} tasks"
            usd = trace.shared.cost.usd / len(trace.by_tag)
            run.cost.add(Priced(shared, usd, note="tasks without a tag are split evenly"))
        identifier = f"{base}-{tag}"[:200].strip()
        yield _finished(f"{path}: tag {tag}", identifier, run, {**tags, "nextflow.tag": tag[:256]}, notes)


def _finished(place: str, run_id: str, run: _Run, tags: dict[str, str], notes: tuple[str, ...]) -> Finished | Rejected:
    if run.started is None or run.ended is None:
        return Rejected(place, "no task of this tag began in this execution", run_id)
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


def _notes(trace: _Trace, cached: Cached, *, per_tag: bool, not_final: bool) -> Iterator[str]:
    if trace.from_cache and cached == "paid":
        yield (
            "tasks came from the cache and cost nothing now, so this is cheaper than a run from scratch: "
            "--cached full counts them, --cached skip leaves the run out"
        )
    yield from trace.notes
    if trace.unpriced:
        left_out = f"{len(trace.unpriced)} of {trace.tasks} tasks cannot be priced and are left out"
        yield f"{left_out}, so this run cost more: {trace.unpriced[0]}"
    if trace.unreadable:
        yield f"cells cannot be read, and what other columns say was taken: {trace.unreadable[0]}"
    if trace.unknown_status:
        yield f"lines are left out whose status Nextflow does not know: {_unknown(trace)}"
    if per_tag and not trace.by_tag:
        yield "no task has a tag, so all are one run: add tag to trace.fields, and to the processes"
    if not_final:
        yield _NOT_FINAL


def _unknown(trace: _Trace) -> str:
    return ", ".join(f"{status or 'none'} ({count})" for status, count in trace.unknown_status.most_common(3))
