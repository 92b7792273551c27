"""Runs of AWS HealthOmics: run manifests, and the CSV of its Run Analyzer.

A manifest is the log stream `manifest/run/<id>/<uuid>` of the group `/aws/omics/WorkflowLog`, one JSON object an event:
the run, then its tasks (https://docs.aws.amazon.com/omics/latest/dev/getinfo-about-runs.html, shapes as in botocore's
omics model, GetRunResponse and GetRunTaskResponse). It is read as JSON Lines, as an array
(`omics-run-analyzer --show`), or as what `aws logs get-log-events` answers. The CSV is what
`omics-run-analyzer <run id> --out` writes (https://github.com/awslabs/aws-healthomics-tools); its `estimatedUSD` is
list price with 60 s at least for a task.
"""

import json
import math
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import Any

from pydantic import Field

from runquote.pricing import PriceError
from runquote.readers.base import (
    Document,
    Finished,
    Known,
    Moment,
    ReaderError,
    Rejected,
    Row,
    complete,
    moment,
    parsed,
)
from runquote.readers.costs import Cost, Priced
from runquote.readers.files import each_file, json_problem, load_json, need_columns, opened, readable, table

_STATUS = {"COMPLETED": "SUCCEEDED", "FAILED": "FAILED", "CANCELLED": "CANCELLED", "DELETED": "CANCELLED"}
_ANALYZER_COLUMNS = ("arn", "type", "name", "startTime", "stopTime", "estimatedUSD")
_TABLES = (".csv", ".csv.gz")
_LINES = (".jsonl", ".jsonl.gz")
_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
_STATIC_GIB, _STATIC_STEP_GIB = 1200, 2400


class _Metrics(Document):
    storage_average_gib: float = Field(default=0.0, alias="storageAverageGiB", ge=0)


class _Entry(Document):
    """A run or a task."""

    arn: str = ""
    name: str = ""
    workflow: str = ""
    status: str = ""
    failure_reason: str | None = None
    creation_time: Moment = None
    start_time: Moment = None
    stop_time: Moment = None
    storage_type: str = "STATIC"
    storage_capacity: float = 0.0
    instance_type: str = ""
    cache_hit: bool = False
    metrics: _Metrics = _Metrics()

    def kind(self) -> str:
        """Return `run` or `task`, as an ARN like arn:aws:omics:us-east-1:123456789012:run/1234567 says."""
        kind, slash, _ = self.arn.rsplit(":", 1)[-1].partition("/")
        return kind if slash else ""

    def run_id(self) -> str:
        """Return the run id that the ARN ends in."""
        return f"healthomics-{self.arn.rsplit('/', 1)[-1]}"


def read(path: Path, known: Known) -> Iterator[Row | Rejected]:
    """Yield the runs of manifests and Run Analyzer files. Raises ReaderError."""
    yield from each_file(path, (*_TABLES, *_LINES, ".json", ".json.gz"), lambda file: _read_file(file, known))


def _read_file(path: Path, known: Known) -> Iterator[Row | Rejected]:
    if path.name.endswith(_TABLES):
        yield from _analyzer(path, known)
        return
    runs: list[tuple[_Entry, list[_Entry]]] = []
    for entry in _entries(path):
        if entry.kind() == "run":
            runs.append((entry, []))
        elif entry.kind() == "task" and runs:
            runs[-1][1].append(entry)
    if not runs:
        raise ReaderError(f"{path}: not a HealthOmics manifest: no object in it has the ARN of a run")
    for run, its_tasks in runs:
        yield _manifest(path, run, its_tasks, known)


def _entries(path: Path) -> list[_Entry]:
    """Return the objects of a manifest, in whichever of the three forms it was saved."""
    content = list(_lines(path)) if path.name.endswith(_LINES) else load_json(path)
    if isinstance(content, dict) and isinstance(content.get("events"), list):
        try:
            content = [json.loads(event["message"]) for event in content["events"]]
        except (ValueError, KeyError, TypeError):
            raise ReaderError(f"{path}: not a HealthOmics manifest: an event holds no JSON message") from None
    if not isinstance(content, list):
        raise ReaderError(f"{path}: not a HealthOmics manifest: it must hold an array or events")
    entries = [parsed(path, _Entry, each) for each in content]
    # Events may come in any order; a run was created before its tasks.
    return sorted(entries, key=lambda entry: (entry.creation_time or _LONG_AGO, entry.kind() != "run"))


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


def _manifest(path: Path, run: _Entry, tasks: list[_Entry], known: Known) -> Row | Rejected:
    if run.start_time is None or run.stop_time is None:
        return Rejected(str(path), "has not run to an end: startTime or stopTime is missing", run.run_id())
    prices, free = known.prices.healthomics, False
    dynamic = run.storage_type == "DYNAMIC"
    gib = run.metrics.storage_average_gib if dynamic else _static_gib(run.storage_capacity)
    seconds = (run.stop_time - run.start_time).total_seconds()
    storage = prices.storage_usd(dynamic=dynamic, gib=gib, seconds=seconds)
    kind = "dynamic" if dynamic else "static"
    cost = Cost.of([Priced("run storage", storage, seconds, rate=f"{gib:,.0f} GiB of {kind} storage")])
    for task in tasks:
        if task.cache_hit or task.start_time is None or task.stop_time is None or not task.instance_type:
            free = True
            cost.add(Priced(task.name, 0.0, note="came from the cache or never began"))
            continue
        try:
            seconds = (task.stop_time - task.start_time).total_seconds()
            usd = prices.task_usd(task.instance_type, seconds)
            cost.add(Priced(task.name, usd, seconds, rate=task.instance_type))
        except PriceError as error:
            return Rejected(str(path), f"task {task.name}: {error}", run.run_id())
    failed = run.failure_reason or any(task.status == "FAILED" for task in tasks)
    finished = Finished(
        place=str(path),
        engine="healthomics",
        run_id=run.run_id(),
        status=_STATUS.get(run.status, "FAILED" if failed else "SUCCEEDED"),
        started_at=run.start_time,
        completed_at=run.stop_time,
        cost=cost,
        workflow_name=f"healthomics-{run.workflow.rsplit('/', 1)[-1]}" if run.workflow else None,
        notes=("tasks came from the cache or never began, and cost nothing",) if free else (),
    )
    return complete(finished, known)


def _static_gib(capacity: float) -> float:
    """Return the storage that is charged: 1,200 GiB, or the next multiple of 2,400."""
    return _STATIC_GIB if capacity <= _STATIC_GIB else math.ceil(capacity / _STATIC_STEP_GIB) * _STATIC_STEP_GIB


def _analyzer(path: Path, known: Known) -> Iterator[Row | Rejected]:
    """Yield a run for each run line of a Run Analyzer file; the lines after it are its tasks."""
    with readable(path, "a CSV file"), opened(path) as file:
        rows = table(file)
        need_columns(path, rows.fieldnames, *_ANALYZER_COLUMNS)
        number = 0

        def group(row: dict[str, str]) -> int:
            nonlocal number
            number += row["type"] == "run"
            return number

        for index, lines in groupby(rows, group):
            yield _analyzed(f"{path}: run {index}", list(lines), known)


def _analyzed(place: str, lines: list[dict[str, str]], known: Known) -> Row | Rejected:
    run = lines[0]
    if run["type"] != "run":
        return Rejected(place, "the first line must be a run, but is a task")
    identifier = f"healthomics-{run['arn'].rsplit('/', 1)[-1]}"
    started, ended = moment(run["startTime"]), moment(run["stopTime"])
    if started is None or ended is None:
        return Rejected(place, "column startTime or stopTime: is no time", identifier)
    cost = Cost()
    for line in lines:
        if None in line.values():  # as csv says it: the file was cut off
            return Rejected(place, f"{line['name']}: has fewer cells than the header", identifier)
        try:
            usd = float(line["estimatedUSD"] or 0)
        except ValueError:
            reason = f"{line['name']}: column estimatedUSD: cannot read {line['estimatedUSD']!r}"
            return Rejected(place, reason, identifier)
        if not line["estimatedUSD"] and line.get("omicsInstanceTypeReserved"):
            reason = f"{line['name']}: column estimatedUSD is empty: Run Analyzer found no price for its instance"
            return Rejected(place, reason, identifier)
        cost.add(Priced(line["name"], usd, rate="by Run Analyzer"))
    finished = Finished(
        place=place,
        engine="healthomics",
        run_id=identifier,
        status="SUCCEEDED",
        started_at=started,
        completed_at=ended,
        cost=cost,
        notes=("Run Analyzer does not say how a run ended: it is taken to have succeeded",),
    )
    return complete(finished, known)
