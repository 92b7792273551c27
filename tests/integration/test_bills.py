"""Bills for estimated runs, against the running system: exactly one wins, whatever comes at once, and it is learned."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from functions.shared.adapters.items import from_attribute
from tests.system import System

NAME = "billed-later"


def _run(number: int, **changes: object) -> dict[str, Any]:
    values = {
        "workflow_name": NAME,
        "run_id": f"run-{number}",
        "status": "SUCCEEDED",
        "started_at": "2026-03-01T08:00:00Z",
        "completed_at": "2026-03-01T09:00:00Z",
        "input_bytes": (number + 1) * 10**9,
        "cost_usd": (number + 1) / 7,
        "cost_source": "estimated",
    }
    return {**values, **changes}


def _record(system: System, runs: list[dict[str, Any]]) -> dict[str, Any]:
    response = system.request("POST", "runs", {"runs": runs})
    assert response.status_code in {200, 201}, response.text
    return dict(response.json())


def _item(system: System, table: str, **key: str) -> dict[str, Any]:
    keys = {name: {"S": value} for name, value in key.items()}
    item = system.client("dynamodb").get_item(TableName=table, Key=keys, ConsistentRead=True)["Item"]
    return {name: from_attribute(value) for name, value in item.items()}


def _workflow(system: System) -> dict[str, Any]:
    workflows = next(
        name for name in system.client("dynamodb").list_tables()["TableNames"] if name.endswith("workflows")
    )
    return _item(system, workflows, workflow_name=NAME)


def _retrain_all(system: System) -> list[dict[str, Any]]:
    """Do what the schedule does; the retrainings that it started for our workflow."""
    started = system.client("stepfunctions").start_execution(
        stateMachineArn=system.outputs["retrain_all_state_machine_arn"], input="{}"
    )
    description = system.wait(started["executionArn"])
    assert description["status"] == "SUCCEEDED", description
    return [each for each in json.loads(description["output"]) if each["workflow_name"] == NAME]


def test_bills_that_race_lose_nothing_and_are_learned_from(system: System) -> None:
    """Twenty bills for each of ten runs at once, half of them the same: one bill each wins, its estimate stays."""
    runs = [_run(number) for number in range(10)]
    assert _record(system, runs)["accepted"] == 10
    assert len(_retrain_all(system)) == 1
    assert _retrain_all(system) == [], "there is nothing new"

    factors = [2.0 if number % 2 else 1 + (number + 2) / 16 for number in range(20)]

    def bill(number: int) -> dict[str, Any]:
        bills = [{"cost_source": "billed", "cost_usd": run["cost_usd"] * factors[number]} for run in runs]
        return _record(system, [{**run, **bill} for run, bill in zip(runs, bills, strict=True)])

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(bill, range(20)))
    assert sum(answer["accepted"] for answer in answers) == 10
    assert all(answer["accepted"] + answer["unchanged"] + len(answer["rejected"]) == 10 for answer in answers)
    for number, run in enumerate(runs):
        stored = _item(system, system.outputs["workflow_runs_table"], workflow_name=NAME, run_id=f"run-{number}")
        assert stored["cost_source"] == "billed"
        assert stored["estimated_cost_usd"] == run["cost_usd"]
        assert stored["cost_usd"] in {run["cost_usd"] * factor for factor in factors}
    workflow = _workflow(system)
    assert (workflow["runs"], workflow["succeeded_runs"], workflow["revisions"]) == (10, 10, 10)

    assert _record(system, runs) == {"accepted": 0, "unchanged": 10, "rejected": []}, "estimates after their bills"
    assert len(_retrain_all(system)) == 1, "bills are something new to learn"
    assert _retrain_all(system) == []
    assert _workflow(system)["examined_revisions"] == 10


def test_a_run_that_ends_in_the_future_is_refused(system: System) -> None:
    response = system.request("POST", "runs", _run(99, completed_at="2099-01-01T00:00:00Z"))
    assert (response.status_code, response.json()["error"]) == (400, "invalid_request")
    assert "completed_at" in response.json()["message"]
