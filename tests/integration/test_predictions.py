"""What was asked is found again, by API and command, as it was answered."""

import json
import subprocess
import sys
from typing import Any

import pytest

from contract.base import MAX_BYTES
from runquote import RunquoteError
from tests.system import System
from tools.programs import REPOSITORY

WORKFLOW = "germline-variants"
ASKED = {"workflow_name": WORKFLOW, "input_bytes": 10_000_000}


def command(system: System, *arguments: str) -> str:
    connection = ["--api-url", system.outputs["api_url"], "--api-key", system.outputs["api_key"]]
    ended = subprocess.run(
        [sys.executable, "-m", "runquote", *connection, *arguments],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def test_a_prediction_is_found_again_as_it_was(system: System) -> None:
    answered = system.api().predict(WORKFLOW, 10_000_000, team="kept-one")
    kept = system.api().prediction(answered.prediction_id)
    assert kept.answer is not None
    assert kept.answer.model_dump() == answered.model_dump()
    assert kept.request is not None
    assert (kept.request.workflow_name, kept.request.input_bytes, kept.team) == (WORKFLOW, 10_000_000, "kept-one")
    (listed,) = system.api().predictions(team="kept-one")
    assert listed.prediction_id == answered.prediction_id
    assert listed.cost_usd == answered.cost_usd
    assert listed.prediction_id in {each.prediction_id for each in system.api().predictions(person="me")}


def test_a_batch_is_one_prediction(system: System) -> None:
    answered = system.api().predict_batch([ASKED, {**ASKED, "workflow_name": "unheard-of"}], team="kept-many")
    assert answered.prediction_id is not None
    row = answered.predictions[0].model_dump()["prediction_id"]
    kept = system.api().prediction(row).batch_answer
    assert kept is not None
    assert kept.model_dump() == answered.model_dump()
    (listed,) = system.api().predictions(team="kept-many")
    assert (listed.rows, listed.unanswered, listed.workflow_name) == (2, 1, WORKFLOW)


def test_the_largest_size_is_kept(system: System) -> None:
    answered = system.api().predict(WORKFLOW, MAX_BYTES, team="kept-largest")
    (listed,) = system.api().predictions(team="kept-largest")
    assert (listed.prediction_id, listed.input_bytes) == (answered.prediction_id, MAX_BYTES)


def test_pages_hold_each_prediction_once(system: System) -> None:
    answered = [system.api().predict(WORKFLOW, 10_000_000 + number, team="kept-pages") for number in range(7)]
    found: list[str] = []
    query: dict[str, Any] = {"team": "kept-pages", "limit": 3}
    while True:
        page = system.request("GET", "predictions", params=query).json()
        assert len(page["predictions"]) <= 3
        found += [each["prediction_id"] for each in page["predictions"]]
        if page["next_cursor"] is None:
            break
        query["cursor"] = page["next_cursor"]
    assert found == [each.prediction_id for each in reversed(answered)]


def test_what_is_not_kept_is_said(system: System) -> None:
    with pytest.raises(RunquoteError, match="No prediction is kept under this id") as refused:
        system.api().prediction("0f8fad5b-d9cb-469f-a165-70867728950e")
    assert refused.value.code == "prediction_not_found"


def test_it_outlives_a_crash(system: System) -> None:
    answered = system.api().predict(WORKFLOW, 10_000_000, team="kept-crash")
    system.cloud.kill()
    system.cloud.start()
    kept = system.api().prediction(answered.prediction_id).answer
    assert kept is not None
    assert kept.model_dump() == answered.model_dump()


def test_the_command_finds_it(system: System) -> None:
    asked = ("predict", WORKFLOW, "--input", "10MB", "--team", "kept-command", "--format", "json")
    answered = json.loads(command(system, *asked))
    listed = command(system, "predictions", "list", "--team", "kept-command")
    assert answered["prediction_id"] in listed
    shown = command(system, "predictions", "show", answered["prediction_id"], "--now")
    assert "Asked again now: " in shown
    assert "for kept-command" in shown
    told = json.loads(command(system, "predictions", "show", answered["prediction_id"], "--format", "json"))
    assert told["answer"]["cost_usd"] == answered["cost_usd"]
