"""Budgets against the running system: what is recorded is spent, by team and month, and nothing is lost or doubled."""

import json
import random
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest

from contract.budgets import BudgetLine
from contract.errors import ErrorBody
from runquote import RunquoteError
from tests.system import System

MONTH = "2019-05"
"""Long before any example run."""


def run(workflow_name: str, number: int, cost: float, team: str | None, **changes: object) -> dict[str, Any]:
    values = {
        "workflow_name": workflow_name,
        "run_id": f"{workflow_name}-{number}",
        "status": "SUCCEEDED",
        "started_at": f"{MONTH}-01T00:00:00Z",
        "completed_at": f"{MONTH}-{1 + number % 28:02d}T23:59:59Z",
        "input_bytes": 10**9,
        "cost_usd": cost,
        "cost_source": "billed",
        **({"tags": {"team": team}} if team else {}),
    }
    return {**values, **changes}


def spending(system: System, month: str = MONTH) -> dict[str | None, BudgetLine]:
    return {line.team: line for line in system.api().budgets(month).budgets}


def test_the_examples_are_all_counted(system: System) -> None:
    now = f"{datetime.now(UTC):%Y-%m}"
    assert system.api().budgets().month == now
    assert system.api().budgets().uncounted_runs == 0
    names = [workflow.workflow_name for workflow in system.api().workflows()]
    history = [run for name in names for run in system.api().runs(name)]
    for month in {f"{run.completed_at:%Y-%m}" for run in history}:
        told = system.api().budgets(month).budgets
        mine = [run for run in history if f"{run.completed_at:%Y-%m}" == month]
        assert sum(line.runs for line in told) == len(mine)
        assert sum(line.spent_usd for line in told) == pytest.approx(sum(run.cost_usd for run in mine))


def test_many_who_record_at_once_lose_and_double_nothing(system: System) -> None:
    chance = random.Random(7)
    rows = [
        run(f"spend-{chance.randrange(3)}", number, round(chance.uniform(0.01, 9), 4), chance.choice(["a", "b", None]))
        for number in range(240)
    ]
    rows[5]["status"] = "FAILED"
    batches = [rows[start : start + 60] for start in range(0, 240, 60)]
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda batch: system.request("POST", "runs", {"runs": batch}), [*batches, *batches]))
    assert {answer.status_code for answer in answers} <= {200, 201}
    told = spending(system)
    for team in ("a", "b", None):
        mine = [row for row in rows if row.get("tags", {}).get("team") == team]
        assert told[team].runs == len(mine)
        assert told[team].spent_usd == pytest.approx(sum(row["cost_usd"] for row in mine), abs=1e-9)
        assert sum(each.spent_usd for each in told[team].workflows) == pytest.approx(told[team].spent_usd)


def test_a_bill_moves_what_was_spent(system: System) -> None:
    estimate = run("spend-billed", 1, 10.0, "billed-team", cost_source="estimated")
    for row, expected in ((estimate, 10.0), ({**estimate, "cost_usd": 7.5, "cost_source": "billed"}, 7.5)):
        assert system.request("POST", "runs", row).status_code == 201
        line = spending(system)["billed-team"]
        assert (line.spent_usd, line.runs) == (expected, 1)


def test_a_limit_is_set_exceeded_and_deleted_and_judges_no_earlier_month(system: System) -> None:
    team = "R&D / 50% \u00e4"
    api, now = system.api(), f"{datetime.now(UTC):%Y-%m}"
    assert api.set_budget(team, 2.5).limit_usd == 2.5
    line = spending(system, now)[team]
    assert (line.spent_usd, line.remaining_usd, line.over_budget, line.workflows) == (0, 2.5, False, [])
    times = {"started_at": f"{now}-01T00:00:00Z", "completed_at": f"{now}-01T00:00:00Z"}
    system.request("POST", "runs", run("spend-limit", 1, 2.75, team, **times))
    system.request("POST", "runs", run("spend-limit", 2, 9.0, team))
    line = spending(system, now)[team]
    assert (line.spent_usd, line.remaining_usd, line.over_budget) == (2.75, -0.25, True)
    line = spending(system)[team]
    assert (line.spent_usd, line.limit_usd, line.over_budget) == (9.0, None, False)
    assert team not in spending(system, "2019-06")
    api.delete_budget(team)
    line = spending(system, now)[team]
    assert (line.spent_usd, line.limit_usd, line.remaining_usd, line.over_budget) == (2.75, None, None, False)
    with pytest.raises(RunquoteError) as caught:
        api.delete_budget(team)
    assert caught.value.code == "budget_not_found"


@pytest.mark.parametrize(
    ("method", "path", "content"),
    [
        ("GET", "budgets?month=2026-13", None),
        ("GET", "budgets?month=2026-01&month=2026-02", None),
        ("GET", "budgets?team=a", None),
        ("PUT", "budgets/a", '{"limit_usd": -1}'),
        ("PUT", "budgets/a", '{"limit_usd": NaN}'),
        ("PUT", "budgets/a", "null"),
        ("PUT", "budgets/a%00b", '{"limit_usd": 1}'),
        ("DELETE", "budgets/%20", None),
    ],
)
def test_what_cannot_be_is_refused(system: System, method: str, path: str, content: str | None) -> None:
    response = system.request(method, path, content=content)
    body = ErrorBody.model_validate_json(response.text)
    assert (response.status_code, body.error) == (400, "invalid_request"), response.text
    assert response.headers["access-control-allow-origin"] == system.outputs["web_url"]


def test_runs_of_a_version_without_budgets_are_counted_by_rebuilding(system: System) -> None:
    before = spending(system)
    dynamodb, table = system.client("dynamodb"), system.outputs["spend_table"]
    for item in dynamodb.scan(TableName=table)["Items"]:
        dynamodb.delete_item(TableName=table, Key={name: item[name] for name in ("month", "line")})
    for item in dynamodb.scan(TableName=system.outputs["workflows_table"])["Items"]:
        dynamodb.update_item(
            TableName=system.outputs["workflows_table"],
            Key={"workflow_name": item["workflow_name"]},
            UpdateExpression="REMOVE spend_runs",
        )
    forgotten = system.api().budgets(MONTH)
    assert forgotten.budgets == []
    assert forgotten.uncounted_runs >= 243 + 240
    function = system.outputs["rebuild_spend_function"]
    answer = system.client("lambda").invoke(FunctionName=function, Payload=b"{}")
    told = json.loads(answer["Payload"].read())
    assert "FunctionError" not in answer, told
    assert told["runs"] == forgotten.uncounted_runs
    assert system.api().budgets(MONTH).uncounted_runs == 0
    assert spending(system) == before
