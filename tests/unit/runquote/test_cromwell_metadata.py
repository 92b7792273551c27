"""Metadata as Cromwell really writes it, on each kind of backend: what a run costs, or what is said of it."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from contract.runs import Run
from runquote.readers import cromwell
from runquote.readers.asked import asked
from runquote.readers.base import Known, Rejected, Row
from tests.unit.runquote.rows import rejections, runs

KNOWN = Known(input_bytes=10**9)
GIB = 2**30


def fargate(vcpu: float, gib: float, hours: float) -> float:
    return (vcpu * 0.04048 + gib * 0.004445) * max(1 / 60, hours)


def at(text: str) -> str:
    return f"2026-01-05T{text}:00.000Z"


def call(start: str = "10:00", end: str | None = "11:00", **members: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    attributes = {"cpu": "4", "memory": "16 GB"}
    times = {"start": at(start), **({"end": at(end)} if end else {})}
    shape = {"executionStatus": "Done", "shardIndex": -1, "attempt": 1, "runtimeAttributes": attributes}
    return {**shape, **times, "executionEvents": events(f"{start} {end or start} RunningJob"), **members}


def events(*texts: str) -> list[dict[str, str]]:
    """Events from texts like `10:00 11:00 RunningJob`."""
    found = []
    for text in texts:
        start, end, description = text.split(maxsplit=2)
        found.append({"startTime": at(start), "endTime": at(end), "description": description})
    return found


def metadata(path: Path, *calls: dict[str, Any], **members: Any) -> Path:  # noqa: ANN401 - JSON
    shape = {"id": "x", "workflowName": "wf", "status": "Succeeded", "start": at("10:00"), "end": at("13:00")}
    path.write_text(json.dumps({**shape, "calls": {"wf.align": list(calls)}, **members}))
    return path


def only(rows: Iterable[Row | Rejected]) -> tuple[Run, str]:
    (row,) = rows
    assert isinstance(row, Row), row
    return runs([row])[0], " ".join(row.notes)


@pytest.mark.parametrize(
    ("happened", "hours"),
    [
        (("10:00 10:01 Pending", "10:01 12:00 RequestingExecutionToken", "12:00 12:10 RunningJob"), 1 / 6),
        (("10:00 11:00 WaitingForQueueSpace", "11:00 11:30 PreparingJob", "11:30 12:00 RunningJob"), 0.5),
        (("10:00 12:00 RunningJob", "10:00 11:00 waiting for quota"), 1),
        (("10:00 10:30 RunningJob", "10:15 11:00 Localization", "11:00 11:10 UpdatingJobStore"), 1),
        (("10:00 10:30 CallCacheReading", "10:30 11:00 UserAction", "10:40 11:30 Worker released"), 1),
        (("10:00 12:00 RequestingExecutionToken",), 0),
    ],
)
def test_only_time_on_a_machine_is_paid_for(tmp_path: Path, happened: tuple[str, ...], hours: float) -> None:
    other = call()
    path = metadata(tmp_path / "a.json", call(end="12:10", shardIndex=0, executionEvents=events(*happened)), other)
    run, notes = only(cromwell.read(path, KNOWN))
    assert run.cost_usd == pytest.approx(fargate(4, 16, 1) + (fargate(4, 16, hours) if hours else 0), abs=1e-8)
    assert notes == ""


def test_without_events_waiting_is_in_the_price_and_that_is_said(tmp_path: Path) -> None:
    run, notes = only(cromwell.read(metadata(tmp_path / "a.json", call(executionEvents=[])), KNOWN))
    assert run.cost_usd == pytest.approx(fargate(4, 16, 1), abs=1e-8)
    assert "waiting for their turn is in the price" in notes
    _, notes = only(cromwell.read(metadata(tmp_path / "a.json", call(backend="SLURM")), KNOWN))
    assert "when a job waited in its queue, which is in the price" in notes


@pytest.mark.parametrize(
    ("attributes", "cpu", "gib"),
    [
        ({"cpus": "16", "requested_memory_mb_per_core": "4000", "queue": "p"}, 16, 62.5),
        ({"cpu": 2, "memory_mb": 8192}, 2, 8),
        ({"n_cores": "2", "mem_gb": 8.0}, 2, 8),
        ({"nCores": "2", "requestedMemory": "8 GiB"}, 2, 8),
        ({"num_threads": "2", "requested_memory": "8g"}, 2, 8),
        ({"ncpus": "2", "memgb": "8"}, 2, 8),
        ({"cpu": "2", "mem_per_cpu": "4 GB"}, 2, 8),
        ({"slots": "2", "h_vmem": "4G"}, 2, 8),
        ({"cpu": "2", "memory": 8589934592}, 2, 8),
        ({"cpu": "1", "cpus": "2", "memory": "2 GB", "memory_gb": "8"}, 2, 8),
        (
            {"cpu": "2", "memory": "8 GB", "cpuPlatform": "Intel Ice Lake", "bootDiskSizeGb": "10", "maxRetries": "3"},
            2,
            8,
        ),
    ],
)
def test_every_spelling_of_a_resource_is_read(
    tmp_path: Path, attributes: dict[str, Any], cpu: float, gib: float
) -> None:
    run, notes = only(cromwell.read(metadata(tmp_path / "a.json", call(runtimeAttributes=attributes)), KNOWN))
    assert run.cost_usd == pytest.approx(fargate(cpu, gib, 1), abs=1e-8)
    assert notes == ""


@pytest.mark.parametrize(
    ("attributes", "cpu", "gib", "said"),
    [
        ({"cpu": "2"}, 2, 2, "2 GB were assumed"),
        ({"memory": "8 GB"}, 1, 8, "1 vCPU was assumed"),
        ({}, 1, 2, "1 vCPU was assumed"),
        ({"cpu": "2", "memory": None}, 2, 2, "2 GB were assumed"),
        ({"cpu": "2", "memory": "8"}, 2, 8, "memory has no unit, and was taken for GB"),
        ({"cpu": "2", "mem": 8192}, 2, 8, "mem has no unit, and was taken for MB"),
        ({"cpu": "2", "memory": "8 GB", "gpuCount": 1}, 2, 8, "GPUs, which the price book does not price"),
        ({"cpu": "2", "memory": "8 GB", "gpuType": "nvidia-tesla-t4", "nvidiaDriverVersion": "1"}, 2, 8, "GPUs"),
        ({"cpu": "2", "memory": "8 GB", "gpu": True}, 2, 8, "GPUs"),
    ],
)
def test_what_is_assumed_is_said(tmp_path: Path, attributes: dict[str, Any], cpu: float, gib: float, said: str) -> None:
    run, notes = only(cromwell.read(metadata(tmp_path / "a.json", call(runtimeAttributes=attributes)), KNOWN))
    assert run.cost_usd == pytest.approx(fargate(cpu, gib, 1), abs=1e-8)
    assert said in notes


@pytest.mark.parametrize("value", [0, "0", False, "false"])
def test_no_gpus_are_no_gpus(value: object) -> None:
    assert not asked({"gpuCount": value, "gpuType": "nvidia-tesla-t4", "nvidiaDriverVersion": "470"}).gpus


def test_attempts_are_paid_each_and_once(tmp_path: Path) -> None:
    failed = call(executionStatus="RetryableFailure", end="10:30")
    again = call(attempt=2, start="10:30")
    run, _ = only(cromwell.read(metadata(tmp_path / "a.json", failed, again, again), KNOWN))
    assert run.cost_usd == pytest.approx(2 * fargate(4, 16, 0.5), abs=1e-8)
    shards = [call(shardIndex=number) for number in range(3)]
    run, _ = only(cromwell.read(metadata(tmp_path / "a.json", *shards), KNOWN))
    assert run.cost_usd == pytest.approx(3 * fargate(4, 16, 1), abs=1e-8)


@pytest.mark.parametrize("status", ["Aborted", "Aborting", "Running"])
def test_what_was_stopped_is_paid_to_the_end_of_its_workflow(tmp_path: Path, status: str) -> None:
    stopped = call(end=None, executionStatus=status, executionEvents=[])
    waited = call(end=None, executionStatus="QueuedInCromwell", executionEvents=[], shardIndex=1)
    path = metadata(tmp_path / "a.json", stopped, waited, status="Aborted")
    run, notes = only(cromwell.read(path, KNOWN))
    assert run.cost_usd == pytest.approx(fargate(4, 16, 3), abs=1e-8)
    assert (run.status, "priced to the end of the run" in notes) == ("CANCELLED", True)
    within = {"calls": {"sub.x": [stopped]}, "end": at("12:00")}
    path = metadata(tmp_path / "a.json", {"subWorkflowMetadata": within}, status="Failed")
    assert only(cromwell.read(path, KNOWN))[0].cost_usd == pytest.approx(fargate(4, 16, 2), abs=1e-8)


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({"runtimeAttributes": {"cpu": "many", "memory": "1 GB"}}, "call wf.align[1]: cpu: cannot read 'many'"),
        ({"runtimeAttributes": {"cpu": "1", "memory": "a lot"}}, "call wf.align[1]: memory: cannot read 'a lot'"),
        ({"runtimeAttributes": {"cpu": "-1", "memory": "1 GB"}}, "call wf.align[1]: cpu: cannot read '-1'"),
        ({"start": "soon"}, "call wf.align[1]: start: cannot read '2026-01-05Tsoon:00.000Z'"),
    ],
)
def test_one_odd_call_is_left_out_and_said(tmp_path: Path, members: dict[str, Any], said: str) -> None:
    path = metadata(tmp_path / "a.json", call(), call(shardIndex=1, **members))
    run, notes = only(cromwell.read(path, KNOWN))
    assert run.cost_usd == pytest.approx(fargate(4, 16, 1), abs=1e-8)
    assert f"1 of 2 calls cannot be priced and are left out: {path}: {said}" in notes
    assert run.tags == {"cromwell.unpriced_calls": "1 of 2"}
    path = metadata(tmp_path / "a.json", call(shardIndex=1, **members))
    assert rejections(cromwell.read(path, KNOWN)) == [f"1 of 1 calls cannot be priced: {said}"]


def test_a_run_whose_calls_are_not_there_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    metadata(path, calls=None)
    assert rejections(cromwell.read(path, KNOWN)) == ["its calls are not in the file: ask for the whole metadata"]
    metadata(path, call(callCaching={"hit": True}))
    assert rejections(cromwell.read(path, KNOWN)) == ["all its calls came from the call cache: it cost nothing"]
    metadata(path, calls={}, status="Failed")
    assert rejections(cromwell.read(path, KNOWN)) == ["it made no call: it cost nothing"]


def test_metadata_of_a_folder_is_found_by_what_it_holds_and_other_files_are_named(tmp_path: Path) -> None:
    metadata(tmp_path / "a", call())
    metadata(tmp_path / "b.json.txt", call(), id="y")
    (tmp_path / "inputs.json").write_text('{"wf.reads": "a.bam"}')
    (tmp_path / "outputs.json").write_text('{"outputs": {}, "id": "x"}')
    (tmp_path / "reads.bam").write_bytes(b"\xff\0" * 100)
    first, second = cromwell.read(tmp_path, KNOWN)
    assert len(runs([first, second])) == 2
    assert isinstance(first, Row)
    named = "inputs.json, outputs.json, reads.bam"
    assert first.notes == (f"passed over 3 files of {tmp_path} that are no Cromwell metadata: {named}",)


def test_copying_from_the_call_cache_is_not_paid_where_it_fails_and_the_job_runs(tmp_path: Path) -> None:
    happened = events("10:00 10:30 BackendIsCopyingCachedOutputs", "10:30 11:00 RunningJob")
    run, _ = only(cromwell.read(metadata(tmp_path / "a.json", call(executionEvents=happened)), KNOWN))
    assert run.cost_usd == pytest.approx(fargate(4, 16, 0.5), abs=1e-8)


def test_the_queue_of_aws_batch_is_told(tmp_path: Path) -> None:
    _, notes = only(cromwell.read(metadata(tmp_path / "a.json", call(backend="AWSBatch")), KNOWN))
    assert "when a job waited in its queue" in notes
