import csv
import io
import json
from pathlib import Path

import pytest

from contract.retrainings import Retraining, RetrainingStatus
from runquote.client import Client
from runquote.training import follow
from tests.fakes.api import API_KEY
from tests.unit.runquote import fake_api
from tests.unit.runquote.conftest import Command
from tests.unit.runquote.fake_api import STEPS, FakeApi


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runquote.training._SHORTEST_PAUSE", 0)


def test_a_retraining_is_followed_step_by_step_to_its_end(runquote: Command) -> None:
    result = runquote("train", "rnaseq")
    assert result.exit_code == 0
    assert result.stderr.splitlines() == [*(f"rnaseq: Do {step}" for step in STEPS), "rnaseq: promoted"]
    assert "rnaseq    promoted  4      42 s  Because of the evaluation" in result.stdout


@pytest.mark.parametrize(
    ("outcome", "code"), [("promoted", 0), ("no_update", 0), ("insufficient_data", 0), ("failed", 1)]
)
def test_only_a_failure_is_one(runquote: Command, api: FakeApi, outcome: RetrainingStatus, code: int) -> None:
    api.outcome = outcome
    result = runquote("train", "rnaseq", "--format", "csv")
    assert result.exit_code == code
    (row,) = csv.DictReader(io.StringIO(result.stdout))
    assert (row["status"], row["reason"]) == (outcome, "Because of the evaluation")


def test_without_waiting_it_is_only_started(runquote: Command, api: FakeApi) -> None:
    result = runquote("train", "rnaseq", "--no-wait", "--format", "json")
    assert result.exit_code == 0
    (started,) = json.loads(result.stdout)["retrainings"]
    assert (started["status"], started["retraining_id"]) == ("running", "retraining-1")
    assert api.requests[-1] == ("POST", "workflows/rnaseq/retrainings")


def test_without_names_workflows_with_new_runs_are_trained(runquote: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.unit.runquote.fake_api.NEW_RUNS", 3)
    assert "rnaseq    promoted" in runquote("train").stdout
    monkeypatch.setattr("tests.unit.runquote.fake_api.NEW_RUNS", 0)
    nothing = runquote("train")
    assert (nothing.exit_code, nothing.stdout) == (0, "")
    assert "No workflow has enough new runs" in nothing.stderr


def test_a_workflow_without_runs_starts_nothing(runquote: Command, api: FakeApi) -> None:
    result = runquote("train", "rnaseq", "unheard")
    assert (result.exit_code, "There are no runs of unheard" in result.stderr) == (1, True)
    assert [method for method, _ in api.requests] == ["GET"]


def test_who_stops_following_is_told_that_it_goes_on(
    runquote: Command, nowhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(_: Client, name: str, retraining_id: str) -> Retraining:
        raise KeyboardInterrupt

    monkeypatch.setattr(Client, "retraining", interrupt)
    result = runquote("train", "rnaseq")
    assert (result.exit_code, "what was started goes on" in result.stderr) == (130, True)


def test_a_few_are_retrained_at_a_time(api: FakeApi, monkeypatch: pytest.MonkeyPatch) -> None:
    under_way: set[str] = set()
    most = 0

    def start(client: Client, name: str, _restore_version: int | None = None) -> Retraining:
        nonlocal most
        under_way.add(name)
        most = max(most, len(under_way))
        return original(client, "rnaseq").model_copy(update={"workflow_name": name})

    def ended(_: Client, name: str, retraining_id: str) -> Retraining:
        under_way.remove(name)
        return original(_, "rnaseq").model_copy(update={"workflow_name": name, "status": "no_update"})

    original = Client.retrain
    monkeypatch.setattr(Client, "retrain", start)
    monkeypatch.setattr(Client, "retraining", ended)
    with Client(api.url, API_KEY) as client:
        seen = list(follow(client, [f"w{number}" for number in range(10)], at_once=3))
    assert most == 3
    assert sorted(each.workflow_name for each in seen if each.status == "no_update") == [f"w{n}" for n in range(10)]


def test_a_workflow_with_too_few_runs_is_not_told_to_train(runquote: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    few = fake_api.summary("rnaseq") | {"succeeded_runs": 1, "new_runs": 1, "model_version": None}
    monkeypatch.setattr(fake_api, "summary", lambda _: few)
    result = runquote("train")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "Left alone, since a first model needs 5 successful runs: rnaseq" in result.stderr
    assert "a first model needs 5 successful runs, which rnaseq does not have yet" in runquote("doctor").stdout


def test_models_that_deserve_caution_say_so(runquote: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    weak = fake_api.METRICS.model_copy(update={"coverage_80": 12 / 18})
    summary = fake_api.summary("rnaseq") | {"metrics": weak, "evaluated_runs": 18, "model_kind": "guess"}
    monkeypatch.setattr(fake_api, "summary", lambda _: summary)
    for arguments in (("models", "list"), ("models", "show", "rnaseq"), ("accuracy",)):
        told = runquote(*arguments).stderr
        assert "rnaseq: no model is better than a guess, the median of past costs" in told, arguments
        assert "rnaseq: Of 18 runs that it was checked on, only 67 % cost what its 80 % interval said" in told, (
            arguments
        )
    assert "67 %" not in runquote("models", "list", "--format", "json").stderr
