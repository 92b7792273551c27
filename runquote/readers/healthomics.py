"""Runs of AWS HealthOmics: run manifests at list price, and the CSV of its Run Analyzer.

Tasks are charged by their instance from start to stop, 60 s at least; run storage for as long as the run ran, static by
what was provisioned and dynamic by what was used on average (https://aws.amazon.com/healthomics/pricing/). Tasks from
the call cache have no times (as Run Analyzer tells them). A Ready2Run workflow has one price a run that is in no
manifest: its ARN names no account.
"""

import math
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from runquote.pricing import GIB, PriceError
from runquote.readers import run_analyzer
from runquote.readers.base import Finished, Known, ReaderError, Rejected, Row, complete
from runquote.readers.costs import Cost, Priced
from runquote.readers.files import each_file
from runquote.readers.healthomics_manifests import LINES, Entry, Manifest, Manifests

_STATUS = {"COMPLETED": "SUCCEEDED", "FAILED": "FAILED", "CANCELLED": "CANCELLED", "DELETED": "CANCELLED"}
_GOES_ON = ("PENDING", "STARTING", "RUNNING", "STOPPING")
_TABLES = (".csv", ".csv.gz")
_STATIC_GIB, _STATIC_STEP_GIB = 1200, 2400


def read(path: Path, known: Known) -> Iterator[Row | Rejected]:
    """Yield the runs of manifests and Run Analyzer files; of a folder's files one run may be in several.

    Raises ReaderError.
    """
    manifests = Manifests()

    def read_file(file: Path) -> Iterator[Row | Rejected]:
        if file.name.endswith(_TABLES):
            yield from run_analyzer.read(file, known)
        else:
            manifests.add(file)

    yield from each_file(path, (*_TABLES, *LINES, ".json", ".json.gz"), read_file)
    for each in manifests.joined():
        yield each if isinstance(each, Rejected) else _row(each, known)


def _row(manifest: Manifest, known: Known) -> Row | Rejected:
    run = manifest.run
    if reason := _unfit(manifest):
        return Rejected(str(manifest.path), reason, manifest.run_id())
    assert run.start_time  # noqa: S101 - looked at just before
    assert run.stop_time  # noqa: S101
    notes = list(manifest.notes)
    try:
        parts = [_storage(run, known, notes), *(_task(task, run.stop_time, known) for task in manifest.tasks)]
    except (PriceError, ReaderError) as error:
        return Rejected(str(manifest.path), str(error), manifest.run_id())
    notes += dict.fromkeys(_NOTES[part.note] for part in parts if part.note)
    if run.region() not in ("", known.prices.region):
        notes.append(f"ran in {run.region()}, but the price book is of {known.prices.region}: see `prices refresh`")
    if run.status == "COMPLETED" and not manifest.tasks:
        notes.append("none of its tasks is here, so only its storage is priced: save the whole log stream")
    failed = run.failure_reason or any(task.status == "FAILED" for task in manifest.tasks)
    finished = Finished(
        place=str(manifest.path),
        engine="healthomics",
        run_id=manifest.run_id(),
        status=_STATUS.get(run.status, "FAILED" if failed else "SUCCEEDED"),
        started_at=run.start_time,
        completed_at=run.stop_time,
        cost=Cost.of(parts),
        workflow_name=f"healthomics-{run.workflow.rsplit('/', 1)[-1]}" if run.workflow else None,
        notes=tuple(notes),
        other_names=(f"healthomics-{manifest.number()}", manifest.number(), manifest.uuid),
    )
    return complete(finished, known)


def _unfit(manifest: Manifest) -> str:
    """Return why a run cannot be priced, if it cannot."""
    run = manifest.run
    if run.start_time is None or run.stop_time is None or run.status in _GOES_ON:
        return f"has not run to an end: its status is {run.status or 'not known'}, startTime or stopTime is missing"
    workflow = run.workflow.split(":")
    if run.workflow_type == "READY2RUN" or (len(workflow) > 4 and not workflow[4]):
        return (
            "its workflow is Ready2Run, which has one price a run whatever it ran on: record it with that price "
            "as CSV, or from its bill (`ingest cur`)"
        )
    return manifest.problem


def _storage(run: Entry, known: Known, notes: list[str]) -> Priced:
    """Return what run storage costs; notes get what it does not say."""
    dynamic = run.storage_type == "DYNAMIC"
    gib = run.metrics.storage_average_gib if dynamic else _static_gib(run.storage_capacity)
    if dynamic and not gib:
        notes.append("does not say how much dynamic storage it used, so none is in its cost: the real cost is higher")
    seconds = _seconds(run.start_time, run.stop_time)
    usd = known.prices.healthomics.storage_usd(dynamic=dynamic, gib=gib, seconds=seconds)
    return Priced("run storage", usd, seconds, rate=f"{gib:,.0f} GiB of {'dynamic' if dynamic else 'static'} storage")


_FREE, _CUT_OFF = "came from the cache or never began", "does not say when it stopped"
_NOTES = {
    _FREE: "tasks came from the cache or never began, and cost nothing",
    _CUT_OFF: "tasks do not say when they stopped, so they were priced to the end of the run",
}


def _task(task: Entry, run_stopped: datetime, known: Known) -> Priced:
    if task.cache_hit or task.start_time is None:
        return Priced(task.name, 0.0, note=_FREE)
    if not task.instance_type:
        raise ReaderError(f"task {task.name}: does not say its instanceType, by which it is priced")
    seconds = _seconds(task.start_time, task.stop_time or max(task.start_time, run_stopped))
    try:
        usd = known.prices.healthomics.task_usd(task.instance_type, seconds)
        _, vcpu, gib = known.prices.healthomics.instance(task.instance_type)
    except PriceError as error:
        raise PriceError(f"task {task.name}: {error}: give a cost by Run Analyzer's CSV, or the bill's") from None
    note = "" if task.stop_time else _CUT_OFF
    return Priced(task.name, usd, seconds, vcpu, gib * GIB, task.instance_type, note)


def _seconds(started: datetime | None, stopped: datetime | None) -> float:
    """Return the seconds between; raises ReaderError if it stopped before it started."""
    seconds = (stopped - started).total_seconds() if started and stopped else 0.0
    if seconds < 0:
        raise ReaderError("stopTime is before startTime")
    return seconds


def _static_gib(capacity: float) -> float:
    """Return the storage that is charged: 1,200 GiB, or the next multiple of 2,400."""
    return _STATIC_GIB if capacity <= _STATIC_GIB else math.ceil(capacity / _STATIC_STEP_GIB) * _STATIC_STEP_GIB
