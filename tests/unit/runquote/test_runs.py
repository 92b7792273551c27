"""`runquote runs`, and bills that an ingestion finds too far from their estimates."""

import json
from pathlib import Path

import pytest

from contract.runs import RecordedRun
from tests.unit.runquote.conftest import Command
from tests.unit.runquote.fake_api import NOW, FakeApi, run

KEY = ("rnaseq", "r/1")


def kept(**changes: object) -> dict[str, object]:
    return run(run_id="r/1", tags={"team": "lab", "user": "ada"}, **changes)


def waits(*bills: float) -> dict[str, object]:
    held = [{"cost_usd": bill, "held_at": NOW.isoformat()} for bill in bills]
    return kept(cost_source="estimated", held_bills=held, bill_waits=True)


def test_values_are_corrected_as_people_write_them(runquote: Command, api: FakeApi) -> None:
    api.runs[KEY] = kept()
    values = ("cost=$8.50", "input=1.5 TB", "status=failed", "tags.user=eve", "parameters.paired=true")
    options = [part for value in values for part in ("--set", value)]
    shown = runquote("runs", "correct", *KEY, "--reason", "two runs in one", *options, "--clear", "tags.team")
    assert shown.exit_code == 0, shown.stderr
    assert "$8.50 billed" in shown.stdout
    assert "two runs in one" in shown.stdout
    assert api.requests[-1] == ("PUT", "workflows/rnaseq/runs/r%2F1")
    now = RecordedRun.model_validate_json(json.dumps(api.runs[KEY]))
    assert (now.cost_usd, now.input_bytes, now.status) == (8.5, 1_500_000_000_000, "FAILED")
    assert (now.tags, now.parameters) == ({"user": "eve"}, {"paired": True})


@pytest.mark.parametrize("given", [["--set", "colour=red"], ["--set", "run_id=x"], ["--set", "cost=much"], []])
def test_what_cannot_be_corrected_is_said(runquote: Command, api: FakeApi, given: list[str]) -> None:
    api.runs[KEY] = kept()
    assert runquote("runs", "correct", *KEY, "--reason", "why", *given).exit_code == 2
    assert ("PUT", "workflows/rnaseq/runs/r%2F1") not in api.requests


def test_a_run_is_withdrawn_and_taken_back_in(runquote: Command, api: FakeApi) -> None:
    api.runs[KEY] = kept()
    assert "withdrawn" in runquote("runs", "withdraw", *KEY, "--reason", "a test").stdout
    assert "withdrawn," not in runquote("runs", "withdraw", *KEY, "--reason", "it was none", "--undo").stdout
    assert runquote("runs", "withdraw", "rnaseq", "nowhere", "--reason", "x").exit_code == 1


def test_bills_that_wait_are_listed_and_decided(runquote: Command, api: FakeApi) -> None:
    api.runs[KEY] = waits(900.0)
    assert "$900.00" in runquote("runs", "bills", "rnaseq").stdout
    (row,) = json.loads(runquote("runs", "bills", "rnaseq", "--format", "json").stdout)["bills"]
    assert (row["run_id"], row["estimated_usd"], row["bill_usd"]) == ("r/1", 12.5, 900.0)
    assert "Bill of $900.00" in runquote("runs", "show", *KEY).stdout
    assert "$900.00 billed" in runquote("runs", "accept", *KEY, "--reason", "it was that long").stdout


def test_which_of_several_bills_must_be_said(runquote: Command, api: FakeApi) -> None:
    api.runs[KEY] = waits(900.0, 901.0)
    refused = runquote("runs", "refuse", *KEY, "--reason", "cents")
    assert refused.exit_code == 1
    assert "--bill 900 or --bill 901" in refused.stderr
    assert runquote("runs", "refuse", *KEY, "--reason", "cents", "--bill", "901").exit_code == 0
    api.runs[KEY] = kept()
    assert "No bill of r/1 waits" in runquote("runs", "accept", *KEY, "--reason", "x").stderr


def test_an_ingestion_says_which_bills_wait_and_does_not_fail(runquote: Command, api: FakeApi, tmp_path: Path) -> None:
    api.runs["rnaseq", "r-1"] = run(cost_source="estimated")
    file = tmp_path / "bills.json"
    file.write_text(json.dumps([run(cost_usd=12_500.0), run(run_id="r-2")]))
    done = runquote("ingest", "json", file)
    assert done.exit_code == 0, done.stderr
    assert "2 read: 1 recorded, 0 already there, 1 held" in done.stdout
    assert "runquote runs bills" in done.stderr
