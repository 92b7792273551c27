"""Runs of HealthOmics: whose tasks are whose, what a run is known by, and what no manifest prices."""

import json
from pathlib import Path
from typing import Any

import pytest

from runquote.readers import healthomics
from runquote.readers.base import Known, Rejected, Row
from tests.unit.runquote.rows import rejections, runs

KNOWN = Known(workflow_name="w", input_bytes=10**9)
ARN = "arn:aws:omics:us-east-1:123456789012:"
STORAGE = 1200 * 0.0001918
"""Of an hour."""


def at(hour: float) -> str:
    minutes = round(hour * 60)
    return f"2026-01-{5 + minutes // 1440:02d}T{minutes // 60 % 24:02d}:{minutes % 60:02d}:00.000Z"


def a_run(number: int = 1, uuid: str = "u1", begin: float = 0, end: float = 4, **members: object) -> dict[str, Any]:
    return {
        "arn": f"{ARN}run/{number}",
        "uuid": uuid,
        "workflow": f"{ARN}workflow/7",
        "workflowType": "PRIVATE",
        "creationTime": at(begin),
        "startTime": at(begin),
        "stopTime": at(end),
        "status": "COMPLETED",
        "storageType": "STATIC",
        "storageCapacity": 1200,
        **members,
    }


def a_task(number: int = 1, begin: float = 1, hours: float = 1, **members: object) -> dict[str, Any]:
    return {
        "arn": f"{ARN}task/{number}",
        "uuid": f"t{number}",
        "name": f"task {number}",
        "creationTime": at(begin),
        "startTime": at(begin),
        "stopTime": at(begin + hours),
        "status": "COMPLETED",
        "instanceType": "omics.m.xlarge",
        **members,
    }


def events(*found: tuple[str, dict[str, Any]], **members: object) -> dict[str, Any]:
    return {
        "events": [
            {"message": json.dumps(entry), **({"logStreamName": f"manifest/run/{stream}"} if stream else {})}
            for stream, entry in found
        ],
        **members,
    }


def read(folder: Path, **files: object) -> list[Row | Rejected]:
    for name, content in files.items():
        (folder / f"{name}.json").write_text(json.dumps(content))
    return list(healthomics.read(folder, KNOWN))


def cost(hours: float, tasks: float, instance: float = 0.2592) -> Any:  # noqa: ANN401 - pytest's approx
    return pytest.approx(STORAGE * hours + instance * tasks, abs=1e-7)


ONE, TWO = a_run(1, "u1"), a_run(2, "u2", begin=0.5)
FIRST, SECOND = a_task(1, 1, 2), a_task(2, 1.5, 0.5)


def test_tasks_go_to_the_run_of_their_log_stream(tmp_path: Path) -> None:
    page = events(("1/u1", ONE), ("2/u2", TWO), ("1/u1", FIRST), ("2/u2", SECOND))
    one, two = runs(read(tmp_path, page=page))
    assert (one.run_id, one.cost_usd) == ("healthomics-1-u1", cost(4, 2))
    assert (two.run_id, two.cost_usd) == ("healthomics-2-u2", cost(3.5, 0.5))


def test_tasks_go_to_the_run_that_they_name(tmp_path: Path) -> None:
    named = [ONE, TWO, {**FIRST, "run": ONE["arn"]}, {**SECOND, "run": TWO["arn"]}]
    one, two = runs(read(tmp_path, a=named))
    assert (one.cost_usd, two.cost_usd) == (cost(4, 2), cost(3.5, 0.5))


def test_tasks_of_runs_at_the_same_time_that_name_none_are_refused(tmp_path: Path) -> None:
    later = a_run(3, "u3", begin=10, end=11)
    rows = read(tmp_path, a=[ONE, TWO, FIRST, SECOND, later, a_task(3, 10, 1)])
    assert ["does not say which tasks are whose" in reason for reason in rejections(rows)] == [True, True]
    (third,) = runs([row for row in rows if isinstance(row, Row)])
    assert (third.run_id, third.cost_usd) == ("healthomics-3-u3", cost(1, 1))


def test_runs_one_after_the_other_need_no_names(tmp_path: Path) -> None:
    later = a_run(2, "u2", begin=10, end=12)
    one, two = runs(read(tmp_path, a=[a_task(2, 10.5, 1), FIRST, ONE, later]))
    assert (one.cost_usd, two.cost_usd) == (cost(4, 2), cost(2, 1))


def test_a_run_may_be_spread_over_pages_and_saved_twice(tmp_path: Path) -> None:
    first = events(("1/u1", ONE), ("1/u1", FIRST), ("2/u2", SECOND), nextToken="more")
    second = events(("2/u2", TWO), ("1/u1", FIRST), ("1/u1", a_task(9, 2, 1)))
    rows = read(tmp_path, a=first, b=second, c=[ONE, FIRST])
    one, two = runs(rows)
    assert (one.cost_usd, two.cost_usd) == (cost(4, 3), cost(3.5, 0.5))
    assert isinstance(rows[0], Row)
    assert any("may go on after this page" in note for note in rows[0].notes)


def test_a_full_page_of_get_log_events_may_not_be_all(tmp_path: Path) -> None:
    padding = a_task(2, cacheHit=True, padding="x" * 800_000)
    (row,) = read(tmp_path, a=events(("", ONE), ("", padding), nextForwardToken="f/1"))
    assert isinstance(row, Row)
    assert any("may go on after this page" in note for note in row.notes)
    (row,) = read(tmp_path, a=events(("", ONE), ("", FIRST), nextForwardToken="f/1"))
    assert isinstance(row, Row)
    assert row.notes == ()


def test_tasks_without_their_run_are_told(tmp_path: Path) -> None:
    rows = read(tmp_path, a=events(("1/u1", ONE), ("9/u9", FIRST)))
    assert rejections(rows) == ["1 tasks belong to no run that is here: save the whole log streams"]
    assert len(rows) == 2


def test_the_same_line_twice_is_one_task(tmp_path: Path) -> None:
    lines = [json.dumps(each) for each in (ONE, FIRST, FIRST, ONE)]
    (tmp_path / "a.jsonl").write_text("\n".join(lines))
    (run,) = runs(healthomics.read(tmp_path / "a.jsonl", KNOWN))
    assert run.cost_usd == cost(4, 2)


def test_the_same_line_of_run_analyzer_twice_is_one_task(tmp_path: Path) -> None:
    text = (Path(__file__).parent / "fixtures/healthomics/analyzer.csv").read_text().splitlines()
    (tmp_path / "a.csv").write_text("\n".join([*text[:3], text[2]]))
    (run,) = runs(healthomics.read(tmp_path / "a.csv", KNOWN))
    assert run.cost_usd == pytest.approx(0.92064 + 0.2592)


def test_a_run_that_run_analyzer_wrote_twice_is_one(tmp_path: Path) -> None:
    text = (Path(__file__).parent / "fixtures/healthomics/analyzer.csv").read_text().splitlines()
    (tmp_path / "a.csv").write_text("\n".join([*text[:3], *text[1:3]]))
    (run,) = runs(healthomics.read(tmp_path / "a.csv", KNOWN))
    assert run.cost_usd == pytest.approx(0.92064 + 0.2592)


def test_an_id_that_is_used_again_is_another_run(tmp_path: Path) -> None:
    again = a_run(1, "u9", begin=100, end=102)
    one, two = runs(read(tmp_path, a=[ONE, FIRST], b=[again, a_task(5, 100.5, 1)]))
    assert [one.run_id, two.run_id] == ["healthomics-1-u1", "healthomics-1-u9"]
    assert (one.cost_usd, two.cost_usd) == (cost(4, 2), cost(2, 1))
    named = [{**each, "run": ONE["arn"]} for each in (FIRST, a_task(5, 100.5, 1))]
    one, two = runs(read(tmp_path, a=[ONE, again, *named], b=[ONE]))
    assert (one.cost_usd, two.cost_usd) == (cost(4, 2), cost(2, 1))


def test_a_run_has_one_identity_in_every_form(tmp_path: Path) -> None:
    bare = {name: value for name, value in ONE.items() if name != "uuid"}
    (run,) = runs(read(tmp_path, a=events(("1/u1", bare), ("1/u1", FIRST))))
    assert run.run_id == "healthomics-1-u1"


@pytest.mark.parametrize("name", ["1", "healthomics-1", "u1", "healthomics-1-u1"])
def test_sizes_may_name_a_run_by_its_id(tmp_path: Path, name: str) -> None:
    (tmp_path / "a.json").write_text(json.dumps([ONE]))
    (row,) = healthomics.read(tmp_path, Known("w", sizes={name: (7, None)}))
    assert isinstance(row, Row)
    assert row.run["input_bytes"] == 7


@pytest.mark.parametrize(
    "members",
    [
        {"workflowType": "READY2RUN"},
        {"workflow": "arn:aws:omics:us-east-1::workflow/7330987", "workflowType": None},
        {"workflow": "arn:aws:omics:us-east-1::workflow/7330987"},
    ],
)
def test_ready2run_is_refused(tmp_path: Path, members: dict[str, object]) -> None:
    (reason,) = rejections(read(tmp_path, a=[{**ONE, **members}, FIRST]))
    assert "its workflow is Ready2Run, which has one price a run" in reason


@pytest.mark.parametrize("instance", ["omics.g5.xlarge", "omics.g6e.12xlarge", "omics.x.large"])
def test_an_instance_that_the_book_does_not_price_is_refused(tmp_path: Path, instance: str) -> None:
    (reason,) = rejections(read(tmp_path, a=[ONE, {**FIRST, "instanceType": instance}]))
    assert f"task task 1: The price book has no instance type {instance}" in reason


def test_a_task_without_an_instance_is_not_free(tmp_path: Path) -> None:
    (reason,) = rejections(read(tmp_path, a=[ONE, {**FIRST, "instanceType": None}]))
    assert "does not say its instanceType" in reason


def test_a_task_that_was_cut_off_holds_its_instance_to_the_end(tmp_path: Path) -> None:
    cancelled = {**ONE, "status": "CANCELLED"}
    (row,) = read(tmp_path, a=[cancelled, {**FIRST, "stopTime": None, "status": "CANCELLED"}])
    (run,) = runs([row])
    assert (run.status, run.cost_usd) == ("CANCELLED", cost(4, 3))
    assert isinstance(row, Row)
    assert any("priced to the end of the run" in note for note in row.notes)


@pytest.mark.parametrize("members", [{"stopTime": None}, {"status": "RUNNING"}, {"status": "STOPPING"}])
def test_a_run_that_goes_on_is_no_run_yet(tmp_path: Path, members: dict[str, object]) -> None:
    (reason,) = rejections(read(tmp_path, a=[{**ONE, **members}, FIRST]))
    assert "has not run to an end" in reason


def test_times_that_run_backwards_are_refused(tmp_path: Path) -> None:
    (reason,) = rejections(read(tmp_path, a=[ONE, a_task(1, 2, -1)]))
    assert "stopTime is before startTime" in reason


def test_dynamic_storage_is_what_was_used_and_told_where_it_is_not_known(tmp_path: Path) -> None:
    dynamic = {**ONE, "storageType": "DYNAMIC", "storageCapacity": 500}
    (run,) = runs(read(tmp_path, a=[{**dynamic, "metrics": {"storageAverageGiB": 100}}]))
    assert run.cost_usd == pytest.approx(100 * 0.000411 * 4)
    (row,) = read(tmp_path, a=[dynamic, FIRST])
    assert isinstance(row, Row)
    assert row.run["cost_usd"] == pytest.approx(2 * 0.2592)
    assert any("does not say how much dynamic storage" in note for note in row.notes)


def test_a_region_that_the_book_is_not_of_is_told(tmp_path: Path) -> None:
    (row,) = read(tmp_path, a=[{**ONE, "arn": "arn:aws:omics:eu-west-1:123456789012:run/1"}])
    assert isinstance(row, Row)
    assert any("ran in eu-west-1, but the price book is of us-east-1" in note for note in row.notes)


def test_what_a_run_cost_is_told_task_by_task(tmp_path: Path) -> None:
    (row,) = read(tmp_path, a=[ONE, FIRST, {**SECOND, "cacheHit": True}])
    assert isinstance(row, Row)
    assert row.cost is not None
    assert [(part.name, part.rate, part.vcpu) for part in row.cost] == [
        ("run storage", "1,200 GiB of static storage", None),
        ("task 1", "omics.m.xlarge", 4),
        ("task 2", "", None),
    ]


def test_a_run_that_completed_without_tasks_is_told(tmp_path: Path) -> None:
    (row,) = read(tmp_path, a=[a_run()])
    assert isinstance(row, Row)
    assert "none of its tasks is here" in " ".join(row.notes)
    (failed,) = read(tmp_path, a=[a_run(status="FAILED")])
    assert isinstance(failed, Row)
    assert "none of its tasks" not in " ".join(failed.notes)
