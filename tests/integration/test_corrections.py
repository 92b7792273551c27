"""Wrong bills and what people correct, against the running system: counts, spend and the next training follow."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote

import pytest

from tests.system import System

MONTH, TEAM = "2021-03", "corrections"
RUNS = 121


def _run(name: str, number: int, **changes: object) -> dict[str, Any]:
    values = {
        "workflow_name": name,
        "run_id": f"run/{number}",
        "status": "SUCCEEDED",
        "started_at": "2021-03-01T08:00:00Z",
        "completed_at": "2021-03-01T09:00:00Z",
        "input_bytes": (number + 1) * 10**9,
        "cost_usd": (number + 1) / 8,
        "cost_source": "estimated",
        "tags": {"team": TEAM},
    }
    return {**values, **changes}


def _billed(runs: list[dict[str, Any]], factor: float) -> list[dict[str, Any]]:
    return [{**run, "cost_source": "billed", "cost_usd": run["cost_usd"] * factor} for run in runs]


def _record(system: System, runs: list[dict[str, Any]]) -> dict[str, Any]:
    return dict(system.request("POST", "runs", {"runs": runs}).json())


def _change(system: System, name: str, number: int, **body: object) -> tuple[int, dict[str, Any]]:
    answer = system.request("PUT", f"workflows/{name}/runs/{quote(f'run/{number}', safe='')}", body)
    return answer.status_code, answer.json()


def _spent(system: System, workflow: str) -> tuple[float, int]:
    """What the runs of a workflow cost the team, in all."""
    lines = system.request("GET", f"budgets?month={MONTH}").json()["budgets"]
    mine = [each for line in lines if line["team"] == TEAM for each in line["workflows"]]
    found = next((each for each in mine if each["workflow_name"] == workflow), {"spent_usd": 0, "runs": 0})
    return found["spent_usd"], found["runs"]


def _detail(system: System, name: str) -> dict[str, Any]:
    return dict(system.request("GET", f"workflows/{name}").json())


def test_bills_a_thousandfold_are_held_and_true_ones_settle_every_run(system: System) -> None:
    name = "billed-a-thousandfold"
    runs = [_run(name, number) for number in range(RUNS)]
    total = sum(run["cost_usd"] for run in runs)
    assert _record(system, runs)["accepted"] == RUNS
    for _ in range(2):
        answer = _record(system, _billed(runs, 1000))
        assert (answer["accepted"], answer["unchanged"], answer["rejected"]) == (0, 0, [])
        assert len(answer["held"]) == RUNS
    assert _spent(system, name) == (total, RUNS)
    assert _detail(system, name)["new_runs"] == RUNS, "held bills are nothing to learn from"
    page = system.request("GET", f"workflows/{name}/runs?held=true&limit=200").json()
    assert len(page["runs"]) == RUNS
    assert _record(system, _billed(runs, 1.5)) == {"accepted": RUNS, "unchanged": 0, "rejected": []}
    assert _spent(system, name) == (total * 1.5, RUNS)
    assert system.request("GET", f"workflows/{name}/runs?held=true").json()["runs"] == []


def test_a_person_decides_and_the_story_is_told(system: System) -> None:
    name = "corrected-by-people"
    runs = [_run(name, number) for number in range(6)]
    _record(system, runs)
    _record(system, _billed(runs[:2], 1000))
    status, story = _change(system, name, 0, reason="it was that long", bill={"cost_usd": 125, "decision": "accept"})
    assert (status, story["run"]["cost_usd"], story["run"]["cost_source"]) == (200, 125, "billed")
    status, story = _change(system, name, 1, reason="of another run", bill={"cost_usd": 250, "decision": "refuse"})
    assert (status, story["run"]["cost_usd"], story["run"]["bill_waits"]) == (200, 0.25, False)
    assert _record(system, _billed(runs[1:2], 1000)) == {"accepted": 0, "unchanged": 1, "rejected": []}
    _change(system, name, 2, reason="moved", values={"completed_at": "2021-04-01T00:00:00Z", "cost_usd": 1})
    for number in (3, 4, 5):
        assert _change(system, name, number, reason="a test", withdrawn=True)[0] == 200
    assert _spent(system, name) == (125.25, 2)
    detail = _detail(system, name)
    assert (detail["runs"], detail["succeeded_runs"], len(detail["recent_runs"])) == (3, 3, 3)
    assert _record(system, runs)["unchanged"] == len(runs), "their reader sends them again"
    _change(system, name, 3, reason="it was none", withdrawn=False)
    assert _spent(system, name) == (125.75, 3)
    story = system.request("GET", f"workflows/{name}/runs/run%2F3").json()
    told = [(change["number"], change["kind"], change["reason"]) for change in story["changes"]]
    assert told == [(1, "withdrawn", "a test"), (2, "restored", "it was none")]
    assert all(change["by"] != "unknown" for change in story["changes"])
    for number in range(2):
        for each in (0, 1, 2, 3):  # a line of spend comes back from nothing exactly
            _change(system, name, each, reason="all", withdrawn=number == 0)
    assert _spent(system, name) == (125.75, 3)


def test_of_corrections_at_once_one_wins_and_nothing_is_lost(system: System) -> None:
    name = "corrected-at-once"
    _record(system, [_run(name, 0)])

    def correct(cost: int) -> int:
        return _change(system, name, 0, reason=f"costs {cost}", values={"cost_usd": cost}, version=0)[0]

    with ThreadPoolExecutor(8) as pool:
        answers = Counter(pool.map(correct, range(2, 18)))
    assert answers == {200: 1, 409: 15}
    story = system.request("GET", f"workflows/{name}/runs/run%2F0").json()
    (change,) = story["changes"]
    assert change["reason"] == f"costs {story['run']['cost_usd']:.0f}"
    assert _spent(system, name) == (story["run"]["cost_usd"], 1)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"withdrawn": True}, "reason"),
        ({"reason": "why", "values": {"cost_usd": -1}}, "cost_usd"),
        ({"reason": "why", "values": {"input_bytes": None}}, "input_bytes"),
        ({"reason": "why"}, "one of values, withdrawn and bill"),
    ],
)
def test_a_correction_that_cannot_be_is_explained(system: System, body: dict[str, object], words: str) -> None:
    answer = system.request("PUT", "workflows/nothing/runs/nothing", body)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
    assert words in answer.json()["message"]
