"""What manifests of HealthOmics hold: runs and their tasks, put together from the events of one or many files.

A manifest is the log stream `manifest/run/<id>/<uuid>` of the group `/aws/omics/WorkflowLog`, one JSON object an event:
the run, then its tasks (https://docs.aws.amazon.com/omics/latest/dev/monitoring-cloudwatch-logs.html, shapes as in
botocore's omics model, GetRunResponse and GetRunTaskResponse). It is read as JSON Lines, as an array
(`omics-run-analyzer --show`), or as what `aws logs get-log-events` and `filter-log-events` answer.

A task belongs to the run of its log stream, else to that which it names, else to the only run of its file that was
there when it was created. HealthOmics uses the ids of deleted runs again, so a run is known by its uuid
(https://docs.aws.amazon.com/omics/latest/dev/running-workflows.html).
"""

import json
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import accumulate
from pathlib import Path
from typing import Any

from pydantic import Field

from runquote.readers.base import MOST_MEMORY, Document, Moment, ReaderError, Rejected, parsed
from runquote.readers.files import json_problem, load_json, opened, readable

LINES = (".jsonl", ".ndjson", ".jsonl.gz", ".ndjson.gz")
_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
_LAST_DAY = datetime(9999, 1, 1, tzinfo=UTC)
_FULL_PAGE_EVENTS, _FULL_PAGE_CHARACTERS = 10_000, 700_000
"""`get-log-events` answers with 10,000 events or 1 MB at most and says nothing of it: from here on more may have been
there (https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetLogEvents.html)."""
_MOST_GIB = MOST_MEMORY // 2**30


class _Metrics(Document):
    storage_average_gib: float = Field(default=0.0, alias="storageAverageGiB", ge=0, le=_MOST_GIB)


class Entry(Document):
    """A run or a task."""

    arn: str = ""
    uuid: str = ""
    name: str = ""
    run: str = ""
    workflow: str = ""
    workflow_type: str = ""
    status: str = ""
    failure_reason: str | None = None
    creation_time: Moment = None
    start_time: Moment = None
    stop_time: Moment = None
    storage_type: str = "STATIC"
    storage_capacity: float = Field(default=0.0, ge=0, le=_MOST_GIB)
    instance_type: str = ""
    cache_hit: bool = False
    metrics: _Metrics = _Metrics()

    def kind(self) -> str:
        """Return `run` or `task`, as an ARN like arn:aws:omics:us-east-1:123456789012:run/1234567 says."""
        kind, slash, _ = self.arn.rsplit(":", 1)[-1].partition("/")
        return kind if slash else ""

    def region(self) -> str:
        """Return the region that the ARN names."""
        parts = self.arn.split(":")
        return parts[3] if len(parts) > 3 else ""

    def created(self) -> datetime:
        """Return when it came to be, as far as that is known."""
        return self.creation_time or self.start_time or _LONG_AGO

    def ended(self) -> datetime:
        """Return when it was over, as far as that is known."""
        return self.stop_time or _LAST_DAY


@dataclass
class Manifest:
    """A run with its tasks; `problem` is why they may not be all its tasks."""

    path: Path
    run: Entry
    uuid: str
    tasks: list[Entry] = field(default_factory=list)
    problem: str = ""
    notes: list[str] = field(default_factory=list)

    def number(self) -> str:
        """Return the run's id, which HealthOmics may have used before."""
        return self.run.arn.rsplit("/", 1)[-1]

    def run_id(self) -> str:
        """Return what names this run and no other."""
        return "-".join(filter(None, ("healthomics", self.number(), self.uuid)))


@dataclass(frozen=True)
class _Event:
    entry: Entry
    stream: tuple[str, str] | None
    """The run's id and uuid that its log stream is named by."""


class Manifests:
    """The runs and tasks of all files, each counted once however often it was saved."""

    def __init__(self) -> None:
        self._runs: dict[tuple[str, str], Manifest] = {}
        self._tasks: dict[tuple[str, str, datetime], tuple[Path, _Event]] = {}

    def add(self, path: Path) -> None:
        """Read a file. Raises ReaderError."""
        page = _Page(path)
        found = 0
        for event in page.events():
            entry = event.entry
            found += entry.kind() in ("run", "task")
            if entry.kind() == "run":
                uuid = entry.uuid or (event.stream[1] if event.stream else "")
                known = self._runs.get((entry.arn, uuid))
                if known is None or (entry.stop_time and not known.run.stop_time):
                    self._runs[entry.arn, uuid] = Manifest(path, entry, uuid, notes=page.notes)
            elif entry.kind() == "task":
                key = (entry.arn, entry.uuid, entry.created())
                if key not in self._tasks or (event.stream and not self._tasks[key][1].stream):
                    self._tasks[key] = (path, event)
        if not found:
            raise ReaderError(f"{path}: not a HealthOmics manifest: no object in it has the ARN of a run")

    def joined(self) -> Iterator[Manifest | Rejected]:
        """Yield each run with its tasks, then what is said of tasks whose run is not there."""
        by_stream = {(manifest.number(), manifest.uuid): manifest for manifest in self._runs.values()}
        by_arn = _timelines((manifest.run.arn, manifest) for manifest in self._runs.values())
        by_file = _timelines((str(manifest.path), manifest) for manifest in self._runs.values())
        orphans: dict[Path, int] = {}
        for path, event in self._tasks.values():
            entry = event.entry
            if event.stream:
                owner = by_stream.get(event.stream)
                placed = owner is not None
            else:
                timeline = by_arn.get(entry.run) if entry.run else by_file.get(str(path))
                owner = timeline.at(entry.creation_time or entry.start_time) if timeline else None
                placed = timeline is not None
            if owner:
                owner.tasks.append(entry)
            elif not placed:
                orphans[path] = orphans.get(path, 0) + 1
        yield from self._runs.values()
        for path, count in orphans.items():
            yield Rejected(str(path), f"{count} tasks belong to no run that is here: save the whole log streams")


class _Timeline:
    """Runs that a task may belong to, by when they were there."""

    def __init__(self, runs: list[Manifest]) -> None:
        self._runs = sorted(runs, key=lambda manifest: manifest.run.created())
        self._created = [manifest.run.created() for manifest in self._runs]
        self._ended = list(accumulate((manifest.run.ended() for manifest in self._runs), max))
        self._mixed = False

    def at(self, time: datetime | None) -> Manifest | None:
        """Return the only run that was there at a time. Where there are several, all that overlap are told so."""
        if len(self._runs) == 1:
            return self._runs[0]
        index = bisect_right(self._created, time or _LONG_AGO) - 1
        alone = time is not None and index >= 0 and (index == 0 or self._ended[index - 1] <= time)
        if alone:
            return self._runs[index]
        self._tell()
        return None

    def _tell(self) -> None:
        if self._mixed:
            return
        self._mixed = True
        for index, manifest in enumerate(self._runs):
            before = index > 0 and self._ended[index - 1] > self._created[index]
            after = index + 1 < len(self._runs) and self._created[index + 1] < manifest.run.ended()
            if before or after:
                manifest.problem = (
                    "its file holds runs that ran at the same time and does not say which tasks are whose: "
                    "save each run's log stream by itself, or use `aws logs filter-log-events`, which names the streams"
                )


def _timelines(runs: Iterable[tuple[str, Manifest]]) -> Mapping[str, _Timeline]:
    grouped: dict[str, list[Manifest]] = {}
    for key, manifest in runs:
        grouped.setdefault(key, []).append(manifest)
    return {key: _Timeline(group) for key, group in grouped.items()}


class _Page:
    """One file, in whichever form it was saved."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.notes: list[str] = []

    def events(self) -> Iterator[_Event]:
        content = _lines(self._path) if self._path.name.endswith(LINES) else load_json(self._path)
        if isinstance(content, dict) and isinstance(content.get("events"), list):
            self._look_for_more(content)
            for event in content["events"]:
                yield self._of_log(event)
        elif isinstance(content, dict | str | int | float | bool | None):
            raise ReaderError(f"{self._path}: not a HealthOmics manifest: it must hold an array or events")
        else:
            for each in content:
                yield _Event(parsed(self._path, Entry, each), None)

    def _of_log(self, event: Any) -> _Event:  # noqa: ANN401 - JSON that nobody has looked at
        try:
            content = json.loads(event["message"])
        except (ValueError, KeyError, TypeError, RecursionError):
            raise ReaderError(f"{self._path}: not a HealthOmics manifest: an event holds no JSON message") from None
        name = event.get("logStreamName")
        parts = name.split("/") if isinstance(name, str) else []
        stream = (parts[2], parts[3]) if parts[:2] == ["manifest", "run"] and len(parts) == 4 else None
        return _Event(parsed(self._path, Entry, content), stream)

    def _look_for_more(self, content: dict[str, Any]) -> None:
        events = content["events"]
        length = sum(len(str(event.get("message", ""))) for event in events if isinstance(event, dict))
        full = "nextForwardToken" in content and (len(events) >= _FULL_PAGE_EVENTS or length >= _FULL_PAGE_CHARACTERS)
        if full or content.get("nextToken") or content.get("NextToken"):
            self.notes.append(
                "its events may go on after this page: tasks on pages that are not here are not counted "
                "(`aws logs filter-log-events` without --max-items saves all)"
            )


def _lines(path: Path) -> Iterator[Any]:
    with readable(path, "JSON Lines"), opened(path) as file:
        for number, line in enumerate(file, start=1):
            if line.strip():
                yield _loads(f"{path}: line {number}", line)


def _loads(place: str, line: str) -> Any:  # noqa: ANN401 - JSON, looked at by the caller
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ReaderError(f"{place}: not JSON: {json_problem(error)}") from None
