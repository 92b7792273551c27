"""What jobs of AWS Batch held and for how long, and what is told of what nobody can tell."""

import json
from pathlib import Path
from typing import Any

import pytest

from runquote.readers import batch
from runquote.readers.base import Known, ReaderError, Rejected, Row
from tests.unit.runquote.rows import rejections, runs

KNOWN = Known("w", 10**9, rate="m5")
START = 1_772_352_000_000
HOUR = 3_600_000
M5 = 2 * 0.048
"""Of a job with 2 vCPUs and 4 GiB, in an hour."""
HELD = {"vcpus": 2, "memory": 4096}


def job(number: str = "1", **members: object) -> dict[str, Any]:
    times = {"startedAt": START, "stoppedAt": START + HOUR}
    return {"jobId": f"j-{number}", "jobName": "n", "status": "SUCCEEDED", "container": HELD, **times, **members}


def attempt(begin: float | None, end: float | None, reason: str = "") -> dict[str, Any]:
    times = {"startedAt": begin, "stoppedAt": end}
    known = {name: START + round(hours * HOUR) for name, hours in times.items() if hours is not None}
    return {**known, "statusReason": reason}


def read(folder: Path, *jobs: dict[str, Any], known: Known = KNOWN, per_job: bool = False) -> list[Row | Rejected]:
    (folder / "jobs.json").write_text(json.dumps({"jobs": jobs}))
    return list(batch.read(folder / "jobs.json", known, per_job=per_job))


def notes(rows: list[Row | Rejected]) -> str:
    (row,) = rows
    assert isinstance(row, Row), row
    return " ".join(row.notes)


@pytest.mark.parametrize(
    ("attempts", "hours"),
    [
        ([attempt(0, 1)], 1),
        ([attempt(0, 1), attempt(2, 4)], 3),
        ([attempt(0, None), attempt(0.5, 1)], 1),
        ([attempt(0, 0.5), attempt(0.75, None)], 0.75),
        ([attempt(0, None)], 1),
        ([attempt(None, None), attempt(0.5, 1)], 0.5),
    ],
)
def test_an_attempt_that_does_not_say_when_it_stopped_is_not_free(
    tmp_path: Path, attempts: list[dict[str, Any]], hours: float
) -> None:
    (run,) = runs(read(tmp_path, job(attempts=attempts)))
    assert run.cost_usd == pytest.approx(hours * M5)


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({"stoppedAt": None}, "job j-1: an attempt does not say when it stopped"),
        ({"stoppedAt": START - 1}, "job j-1: an attempt stopped before it started"),
        ({"attempts": [attempt(2, 1)]}, "job j-1: an attempt stopped before it started"),
    ],
)
def test_times_that_make_no_sense_are_refused(tmp_path: Path, members: dict[str, Any], reason: str) -> None:
    assert rejections(read(tmp_path, job(**members))) == [reason]


def test_the_same_job_in_two_answers_is_one(tmp_path: Path) -> None:
    (run,) = runs(read(tmp_path, job(), job(), job("2")))
    assert run.cost_usd == pytest.approx(2 * M5)


def test_an_array_is_its_children(tmp_path: Path) -> None:
    parent = job(arrayProperties={"size": 2}, stoppedAt=START + 9 * HOUR)
    children = [job(f"1:{index}", arrayProperties={"index": index}) for index in range(2)]
    rows = read(tmp_path, parent, *children)
    assert runs(rows)[0].cost_usd == pytest.approx(2 * M5)
    assert notes(rows) == ""
    assert rejections(read(tmp_path, parent, children[0])) == [
        "1 of the 2 jobs of array job j-1 are there: describe those too"
    ]
    assert "nobody can tell whether all their jobs are there" in notes(read(tmp_path, *children))


def test_gpus_of_nodes_are_told_too(tmp_path: Path) -> None:
    gpu = {**HELD, "resourceRequirements": [{"type": "GPU", "value": "1"}]}
    assert "held GPUs" in notes(read(tmp_path, job(container=gpu)))
    nodes = {"numNodes": 2, "nodeRangeProperties": [{"targetNodes": "0:1", "container": gpu}]}
    rows = read(tmp_path, job(container=None, nodeProperties=nodes))
    assert "held GPUs" in notes(rows)
    assert runs(rows)[0].cost_usd == pytest.approx(2 * M5)


@pytest.mark.parametrize(
    "members",
    [
        {"platformCapabilities": ["FARGATE"]},
        {"container": {**HELD, "fargatePlatformConfiguration": {"platformVersion": "LATEST"}}},
        {
            "container": None,
            "ecsProperties": {
                "taskProperties": [
                    {
                        "platformVersion": "1.4.0",
                        "containers": [
                            {
                                "resourceRequirements": [
                                    {"type": "VCPU", "value": "2"},
                                    {"type": "MEMORY", "value": "4096"},
                                ]
                            }
                        ],
                    }
                ]
            },
        },
    ],
)
def test_fargate_is_known_by_what_only_it_has(tmp_path: Path, members: dict[str, Any]) -> None:
    (run,) = runs(read(tmp_path, job(**members)))
    assert run.cost_usd == pytest.approx(2 * 0.04048 + 4 * 0.004445)
    (run,) = runs(read(tmp_path, job(platformCapabilities=["EC2"])))
    assert run.cost_usd == pytest.approx(M5)


def test_storage_that_is_not_priced_is_told(tmp_path: Path) -> None:
    for size, told in ((100, True), (20, False)):
        container = {**HELD, "ephemeralStorage": {"sizeInGiB": size}}
        found = notes(read(tmp_path, job(container=container, platformCapabilities=["FARGATE"])))
        assert ("ephemeral storage" in found) is told


def test_machines_that_were_taken_away_ask_for_spot(tmp_path: Path) -> None:
    lost = job(attempts=[attempt(0, 0.5, "Host EC2 (instance i-0ab) terminated."), attempt(0.6, 1)])
    assert "see --spot" in notes(read(tmp_path, lost))
    spot = Known("w", 10**9, rate="m5", spot=True)
    (row,) = read(tmp_path, lost, known=spot)
    assert isinstance(row, Row)
    assert row.notes == ()
    assert row.run["cost_usd"] == pytest.approx(0.9 * M5 * 0.4)


def test_a_region_that_the_book_is_not_of_is_told(tmp_path: Path) -> None:
    arn = "arn:aws:batch:{}:123456789012:job/j-1"
    assert "ran in eu-west-1" in notes(read(tmp_path, job(jobArn=arn.format("eu-west-1"))))
    assert notes(read(tmp_path, job(jobArn=arn.format("us-east-1")))) == ""


def test_jobs_of_a_name_that_ran_days_apart_may_be_several_runs(tmp_path: Path) -> None:
    later = job("2", startedAt=START + 50 * HOUR, stoppedAt=START + 51 * HOUR)
    assert "its jobs ran days apart" in notes(read(tmp_path, later, job()))
    between = job("3", startedAt=START + HOUR, stoppedAt=START + 49 * HOUR)
    assert notes(read(tmp_path, later, job(), between)) == ""
    assert len(runs(read(tmp_path, later, job(), per_job=True))) == 2


def test_an_answer_without_jobs_is_told(tmp_path: Path) -> None:
    with pytest.raises(ReaderError, match="holds no job: Batch forgets jobs"):
        read(tmp_path)
    (tmp_path / "jobs.json").write_text('{"jobSummaryList": [{"jobId": "a", "jobName": "n"}]}')
    with pytest.raises(ReaderError, match=r"describe-jobs` \(not list-jobs\) answers"):
        list(batch.read(tmp_path / "jobs.json", KNOWN))


def test_what_a_run_cost_is_told_attempt_by_attempt(tmp_path: Path) -> None:
    (row,) = read(tmp_path, job(attempts=[attempt(0, 0.5), attempt(0.5, 1)]))
    assert isinstance(row, Row)
    assert row.cost is not None
    assert [(part.name, part.seconds, part.vcpu, part.rate) for part in row.cost] == [("n j-1", 1800, 2, "m5")] * 2


@pytest.mark.parametrize("number", ["m#0", "m:0"])
def test_a_part_without_the_job_that_it_is_of_is_told(tmp_path: Path, number: str) -> None:
    told = "nobody can tell whether all their jobs are there"
    assert told in notes(read(tmp_path, job(number)))
    assert told not in notes(read(tmp_path, job("1")))
