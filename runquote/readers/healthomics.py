"""Runs of AWS HealthOmics: run manifests, and the CSV of its Run Analyzer.

A manifest is the log stream `manifest/run/<id>/<uuid>` of the group `/aws/omics/WorkflowLog`, one JSON object an event:
the run, then its tasks (https://docs.aws.amazon.com/omics/latest/dev/getinfo-about-runs.html, shapes as in botocore's
omics model, GetRunResponse and GetRunTaskResponse). It is read as JSON Lines, as an array
(`omics-run-analyzer --show`), or as what `aws logs get-log-events` answers. The CSV is what
`omics-run-analyzer <run id> --out` writes (https://github.com/awslabs/aws-healthomics-tools); its `estimatedUSD` is
list price with 60 s at least for a task.
"""

import csv
import json
import math
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

from runquote.pricing import PriceError
from runquote.readers.base import (
    Finished,
    Known,
    ReaderError,
    Rejected,
    Row,
    complete,
    each_file,
    load_json,
    moment,
    opened,
)

_STATUS = {"COMPLETED": "SUCCEEDED", "FAILED": "FAILED", "CANCELLED": "CANCELLED", "DELETED": "CANCELLED"}
_ANALYZER_COLUMNS = ("arn", "type", "name", "startTime", "stopTime", "estimatedUSD")
_STATIC_GIB, _STATIC_STEP_GIB = 1200, 2400


def read(path: Path, known: Known) -> Iterator[Row | Rejected]:
    """Yield the runs of manifests and Run Analyzer files. Raises ReaderError."""
    yield from each_file(path, (".csv", ".json", ".jsonl"), lambda file: _read_file(file, known))


def _read_file(path: Path, known: Known) -> Iterator[Row | Rejected]:
    if path.suffix == ".csv":
        yield from _analyzer(path, known)
        return
    runs: list[tuple[dict[str, Any], list[dict[str, Any]]]] = []
    tasks: list[dict[str, Any]] = []
    for entry in _entries(path):
        kind = _kind(entry)
        if kind == "run":
            tasks = []
            runs.append((entry, tasks))
        elif kind == "task" and runs:
            tasks.append(entry)
    if not runs:
        raise ReaderError(f"{path}: not a HealthOmics manifest: no object in it has the ARN of a run")
    for run, its_tasks in runs:
        yield _manifest(path, run, its_tasks, known)


def _entries(path: Path) -> Iterable[dict[str, Any]]:
    """Return the objects of a manifest, in whichever of the three forms it was saved."""
    if path.suffix == ".jsonl":
        content: Any = list(_lines(path))
    else:
        content = load_json(path)
    if isinstance(content, dict) and isinstance(content.get("events"), list):
        try:
            content = [json.loads(event["message"]) for event in content["events"]]
        except (ValueError, KeyError, TypeError):
            raise ReaderError(f"{path}: not a HealthOmics manifest: an event holds no JSON message") from None
    if not isinstance(content, list) or not all(isinstance(entry, dict) for entry in content):
        raise ReaderError(f"{path}: not a HealthOmics manifest: it must hold objects")
    # A manifest's events may come in any order; the run was created before its tasks.
    return sorted(content, key=lambda entry: (str(entry.get("creationTime", "")), _kind(entry) != "run"))


def _lines(path: Path) -> Iterator[Any]:
    with opened(path) as file:
        for number, line in enumerate(file, start=1):
            if line.strip():
                try:
                    yield json.loads(line)
                except ValueError as error:
                    raise ReaderError(f"{path}: line {number}: not JSON: {error}") from None


def _kind(entry: dict[str, Any]) -> str:
    """Return `run` or `task`, as an ARN like arn:aws:omics:us-east-1:123456789012:run/1234567 says."""
    resource = str(entry.get("arn", "")).rsplit(":", 1)[-1]
    return resource.split("/")[0] if "/" in resource else ""


def _manifest(path: Path, run: dict[str, Any], tasks: list[dict[str, Any]], known: Known) -> Row | Rejected:
    identifier = f"healthomics-{run['arn'].rsplit('/', 1)[-1]}"
    started, ended = moment(run.get("startTime")), moment(run.get("stopTime"))
    if started is None or ended is None:
        return Rejected(str(path), "has not run to an end: startTime or stopTime is missing", identifier)
    failed = run.get("failureReason") or any(task.get("status") == "FAILED" for task in tasks)
    prices, notes = known.prices.healthomics, []
    dynamic = run.get("storageType") == "DYNAMIC"
    metrics = run.get("metrics") or {}
    gib = float(metrics.get("storageAverageGiB") or 0) if dynamic else _static_gib(run.get("storageCapacity"))
    usd = prices.storage_usd(dynamic=dynamic, gib=gib, seconds=(ended - started).total_seconds())
    for task in tasks:
        begun, stopped = moment(task.get("startTime")), moment(task.get("stopTime"))
        if task.get("cacheHit") or begun is None or stopped is None or not task.get("instanceType"):
            notes.append(str(task.get("name")))
            continue
        try:
            usd += prices.task_usd(task["instanceType"], (stopped - begun).total_seconds())
        except PriceError as error:
            return Rejected(str(path), f"task {task.get('name')}: {error}", identifier)
    finished = Finished(
        place=str(path),
        engine="healthomics",
        run_id=identifier,
        status=_STATUS.get(str(run.get("status")), "FAILED" if failed else "SUCCEEDED"),
        started_at=started,
        completed_at=ended,
        cost_usd=usd,
        workflow_name=_workflow(run.get("workflow")),
        notes=(f"{len(notes)} of {len(tasks)} tasks came from the cache or never began: {', '.join(notes[:3])}",)
        if notes
        else (),
    )
    return complete(finished, known)


def _static_gib(capacity: object) -> float:
    """Return the storage that is charged: 1,200 GiB, or the next multiple of 2,400."""
    gib = float(capacity) if isinstance(capacity, int | float) else 0.0
    return _STATIC_GIB if gib <= _STATIC_GIB else math.ceil(gib / _STATIC_STEP_GIB) * _STATIC_STEP_GIB


def _workflow(arn: object) -> str | None:
    return f"healthomics-{str(arn).rsplit('/', 1)[-1]}" if isinstance(arn, str) and "/" in arn else None


def _analyzer(path: Path, known: Known) -> Iterator[Row | Rejected]:
    """Yield a run for each run line of a Run Analyzer file; the lines after it are its tasks."""
    try:
        with opened(path) as file:
            rows = csv.DictReader(file)
            for column in _ANALYZER_COLUMNS:
                if column not in (rows.fieldnames or []):
                    raise ReaderError(f"{path}: line 1: column {column} is missing: this is no Run Analyzer file")
            number = 0

            def group(row: dict[str, str]) -> int:
                nonlocal number
                number += row["type"] == "run"
                return number

            for index, lines in groupby(rows, group):
                yield _analyzed(f"{path}: run {index}", list(lines), known)
    except (UnicodeDecodeError, csv.Error) as error:
        raise ReaderError(f"{path}: not a CSV file: {error}") from None


def _analyzed(place: str, lines: list[dict[str, str]], known: Known) -> Row | Rejected:
    run = lines[0]
    if run["type"] != "run":
        return Rejected(place, "the first line must be a run, but is a task")
    identifier = f"healthomics-{run['arn'].rsplit('/', 1)[-1]}"
    started, ended = moment(run["startTime"]), moment(run["stopTime"])
    if started is None or ended is None:
        return Rejected(place, "column startTime or stopTime: is no time", identifier)
    usd = 0.0
    for line in lines:
        try:
            usd += float(line["estimatedUSD"] or 0)
        except ValueError:
            reason = f"{line['name']}: column estimatedUSD: cannot read {line['estimatedUSD']!r}"
            return Rejected(place, reason, identifier)
        if not line["estimatedUSD"] and line.get("omicsInstanceTypeReserved"):
            reason = f"{line['name']}: column estimatedUSD is empty: Run Analyzer found no price for its instance"
            return Rejected(place, reason, identifier)
    finished = Finished(
        place=place,
        engine="healthomics",
        run_id=identifier,
        status="SUCCEEDED",
        started_at=started,
        completed_at=ended,
        cost_usd=usd,
        notes=("Run Analyzer does not say how a run ended: it is taken to have succeeded",),
    )
    return complete(finished, known)
