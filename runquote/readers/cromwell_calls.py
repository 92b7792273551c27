"""What the attempts of Cromwell's calls asked for, and for how long they held it."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pydantic import Field

from runquote.readers.asked import asked, parse_memory
from runquote.readers.base import Document, Known, moment, shown
from runquote.readers.costs import Priced
from runquote.readers.notes import GPUS, Notes

_DISK = re.compile(r"(?<![0-9])([0-9]+)\s+(?:SSD|HDD|LOCAL)")
"""One of a list such as "local-disk 100 SSD, /mnt/data 500 HDD"; sizes are taken for GiB."""
_LONGEST_DISKS, _LONGEST_SIZE = 4000, 9
_DEFAULT_CPU = 1.0
_DEFAULT_MEMORY = parse_memory("2 GB")
"""What Cromwell's backends ask for where a task says nothing: https://cromwell.readthedocs.io/en/stable/RuntimeAttributes."""
_NOT_BEGUN = ("NotStarted", "QueuedInCromwell", "WaitingForQueueSpace", "Pending", "Starting")
_WAITS = ("pending", "requesting", "waiting", "queued", "preparing", "submitted", "runnable")
_BOOKKEEPING = (
    "backendiscopying",
    "callcache",
    "checking",
    "fetching",
    "fetchcached",
    "copying",
    "updating",
    "invalidating",
    "skipped",
)
_SCHEDULERS = re.compile("aws|sge|slurm|lsf|pbs|torque|condor|grid", re.IGNORECASE)


class Note(Notes):
    """What was assumed about a call."""

    CACHED = "from the call cache", "calls came from the call cache: this is cheaper than a run from scratch"
    CPU = "1 vCPU assumed", "calls do not say what processors they asked for: 1 vCPU was assumed, as Cromwell does"
    MEMORY = "2 GB assumed", "calls do not say what memory they asked for: 2 GB were assumed, as Cromwell does"
    NO_EVENTS = (
        "with waiting",
        "calls have no executionEvents, so waiting for their turn is in the price: ask for metadata without "
        "includeKey and excludeKey",
    )
    SCHEDULER = (
        "with the scheduler's queue",
        "the backend is AWS Batch or a scheduler: Cromwell does not tell when a job waited in its queue, which is in "
        "the price",
    )
    UNFINISHED = "to the end of the run", "calls were stopped, or have no end: they are priced to the end of the run"
    ACCELERATORS = GPUS


class _Caching(Document):
    hit: bool | None = None


class _Event(Document):
    description: str = ""
    start_time: Any = None
    end_time: Any = None

    def is_waiting(self) -> bool:
        """Say whether no machine was held for the job."""
        plain = re.sub("[^a-z]", "", self.description.lower())
        return plain.startswith((*_WAITS, *_BOOKKEEPING)) or "quota" in plain


class Call(Document):
    """An attempt of a call, of one shard if it is scattered."""

    execution_status: Any = None
    shard_index: Any = None
    attempt: Any = None
    backend: Any = None
    start: Any = None
    end: Any = None
    runtime_attributes: dict[str, Any] = Field(default_factory=dict)
    execution_events: tuple[_Event, ...] = ()
    call_caching: _Caching = _Caching()
    preemptible: Any = None
    sub_workflow_id: str | None = None

    @property
    def is_cached(self) -> bool:
        """Whether the call cache had its result."""
        return self.call_caching.hit is True

    @property
    def key(self) -> tuple[Any, ...]:
        """What tells attempts of one call apart."""
        return (str(self.shard_index), str(self.attempt), str(self.start), str(self.end), str(self.execution_status))

    def disk_bytes(self) -> int:
        """Return the size of all disks that say theirs; the backend for AWS Batch lets them grow as needed."""
        disks = str(self.runtime_attributes.get("disks", ""))
        sizes = _DISK.findall(disks) if len(disks) <= _LONGEST_DISKS else [disks]
        if any(len(gib) > _LONGEST_SIZE for gib in sizes):
            raise ValueError(f"disks: cannot read {shown(disks)}")
        return sum(int(gib) * 2**30 for gib in sizes)


@dataclass(frozen=True)
class Attempt:
    """A call with its name, and when the workflow that it is of ended."""

    name: str
    call: Call
    workflow_end: datetime

    def priced(self, known: Known, notes: dict[str, None]) -> Priced:
        """Return what it cost, adding what was assumed to the notes. Raises ValueError for what cannot be read."""
        if self.call.is_cached:
            notes[Note.CACHED] = None
            return Priced(self.name, 0.0, note=Note.CACHED.short)
        found: list[Note] = []
        seconds = _seconds(self.call, self.workflow_end, found)
        if not seconds:
            return Priced(self.name, 0.0, 0.0, note="never ran")
        wanted = asked(self.call.runtime_attributes)
        found += [Note.CPU] if wanted.cpu is None else []
        found += [Note.MEMORY] if wanted.memory is None else []
        found += [Note.ACCELERATORS] if wanted.gpus else []
        notes |= dict.fromkeys([*found, *(f"calls: {guess}" for guess in wanted.guessed)])
        return known.priced(
            self.name,
            vcpu=wanted.cpu or _DEFAULT_CPU,
            memory_bytes=wanted.memory or _DEFAULT_MEMORY,
            seconds=seconds,
            spot=known.spot or self.call.preemptible in (True, "true"),
            disk_bytes=self.call.disk_bytes(),
            note=", ".join([*(note.short for note in found), *wanted.guessed]),
        )


def _seconds(call: Call, workflow_end: datetime, notes: list[Note]) -> float:
    """Return how long a machine was held: while its events do not say that it waited."""
    start, end = _time("start", call.start), _time("end", call.end)
    if start is None or (end is None and call.execution_status in _NOT_BEGUN):
        return 0.0
    if end is None:
        notes.append(Note.UNFINISHED)
        end = max(start, workflow_end)
    held: list[tuple[datetime, datetime]] = []
    waited: list[tuple[datetime, datetime]] = []
    for event in call.execution_events:
        begin = _time("executionEvents", event.start_time)
        if begin is not None:
            until = _time("executionEvents", event.end_time) or end
            (waited if event.is_waiting() else held).append((begin, until))
    if not held and not waited:
        notes.append(Note.NO_EVENTS)
        return max(0.0, (end - start).total_seconds())
    if held and _SCHEDULERS.search(str(call.backend)):
        notes.append(Note.SCHEDULER)
    return (_length([*held, *waited]) - _length(waited)).total_seconds()


def _length(periods: list[tuple[datetime, datetime]]) -> timedelta:
    """Return how long any of these periods lasts."""
    total, reached = timedelta(), None
    for begin, end in sorted(periods):
        since = begin if reached is None else max(begin, reached)
        total += max(timedelta(), end - since)
        reached = max(end, reached) if reached else max(begin, end)
    return total


def _time(name: str, value: object) -> datetime | None:
    if value is None:
        return None
    found = moment(value)
    if found is None:
        raise ValueError(f"{name}: cannot read {shown(value)}")
    return found


def distinct[C: Call](calls: Sequence[C]) -> Iterator[C]:
    """Yield the attempts of a call, each once."""
    seen: set[tuple[Any, ...]] = set()
    for call in calls:
        if call.attempt is None or call.key not in seen:
            yield call
        seen.add(call.key)
