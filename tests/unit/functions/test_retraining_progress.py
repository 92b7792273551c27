"""`retrainings` on fakes: who starts what, and how far it is said to be."""

import json
from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from contract.names import retraining_name
from contract.retrainings import Retraining
from contract.workflows import LastRetraining
from functions.retrainings import progress
from functions.retrainings.logic import Retrainer
from functions.shared.errors import ApiError
from functions.shared.ports import Execution, StateEntered
from tests.fakes import shapes
from tests.fakes.ports import FakeClock, FakeStateMachine, FakeWorkflows
from tests.fakes.shapes import NOW, WORKFLOW

DEFINITION = json.loads((Path(__file__).parents[3] / "statemachine" / "retrain.asl.json").read_text())
INPUT = {"workflow_name": WORKFLOW, "trigger": "manual"}
ARN = "arn:aws:states:us-east-1:000000000000:execution:runquote-retrain:scheduled"
PROMOTED = (*progress.STEPS, progress.ENDING, "NotifyOutcome", "HowItEnded", "Done")


def retrainer(machine: FakeStateMachine, **workflow: Any) -> Retrainer:  # noqa: ANN401 - members of a record
    records = FakeWorkflows(shapes.workflow(**workflow))
    return Retrainer(workflows=records, retirements=records, executions=machine, clock=FakeClock())


def ended(minutes: int = 0) -> LastRetraining:
    ended_at = NOW + timedelta(minutes=minutes)
    return LastRetraining(outcome="no_update", reason="x", ended_at=ended_at, execution_arn=ARN)


def told(
    status: str, entered: Sequence[str], *, output: object = None, error: str | None = None, cause: str | None = None
) -> Retraining:
    """What is told of an execution that entered a state a minute."""
    stop = None if status == "RUNNING" else NOW + timedelta(hours=1)
    execution = Execution("id", status, INPUT, NOW, stop, output or {}, error, cause)  # type: ignore[arg-type] # an object
    states = [StateEntered(name, NOW + timedelta(minutes=minute)) for minute, name in enumerate(entered)]
    return progress.retraining(WORKFLOW, execution, states)


def states_of(retraining: Retraining) -> list[str]:
    return [step.state for step in retraining.steps]


def test_two_who_ask_at_once_get_the_same_retraining() -> None:
    machine = FakeStateMachine()
    (one, started), (other, _) = (retrainer(machine).start(WORKFLOW) for _ in range(2))
    assert one == other
    assert started
    assert machine.started == [one.retraining_id]
    assert machine.executions[one.retraining_id].input == INPUT
    assert (one.status, one.reason, states_of(one)) == ("running", None, ["pending"] * 6)


def test_after_one_has_ended_the_next_is_another() -> None:
    machine = FakeStateMachine()
    ids = [
        retrainer(machine, last_retraining=last).start(WORKFLOW)[0].retraining_id for last in (None, ended(), ended(1))
    ]
    assert len(set(ids)) == 3


def test_the_one_that_the_schedule_started_is_found() -> None:
    machine = FakeStateMachine(Execution("scheduled", "RUNNING", INPUT, NOW))
    found, started = retrainer(machine, lease_owner=ARN, lease_expires_at=NOW).start(WORKFLOW)
    assert (found.retraining_id, started) == ("scheduled", False)
    assert machine.started == []


def test_a_version_can_be_put_in_service_again() -> None:
    machine = FakeStateMachine()
    _, started = retrainer(machine).start(WORKFLOW, restore_version=3)
    (name,) = machine.started
    assert started
    assert machine.executions[name].input == {**INPUT, "restore_version": 3}
    assert name not in {retraining_name(WORKFLOW, None), retraining_name(WORKFLOW, None, 4)}


def test_a_version_is_not_taken_for_a_retraining_that_is_under_way() -> None:
    machine = FakeStateMachine(Execution("scheduled", "RUNNING", INPUT, NOW))
    holding = retrainer(machine, lease_owner=ARN, lease_expires_at=NOW)
    with pytest.raises(ApiError, match="under way") as refused:
        holding.start(WORKFLOW, restore_version=3)
    assert (refused.value.code, machine.started) == ("retraining_conflict", [])


@pytest.mark.parametrize("holder", [None, Execution("scheduled", "ABORTED", INPUT, NOW, NOW)])
def test_a_holder_that_runs_no_more_stands_in_nobodys_way(holder: Execution | None) -> None:
    machine = FakeStateMachine(*([holder] if holder else []))
    found, started = retrainer(machine, lease_owner=ARN, lease_expires_at=NOW).start(WORKFLOW)
    assert started
    assert machine.started == [found.retraining_id]


def test_a_name_that_is_used_up_is_replaced() -> None:
    name = retraining_name(WORKFLOW, None)
    machine = FakeStateMachine(Execution(name, "ABORTED", INPUT, NOW, NOW))
    found, started = retrainer(machine).start(WORKFLOW)
    assert started
    assert found.retraining_id == retraining_name(WORKFLOW, NOW) != name


def test_what_is_not_there_is_said() -> None:
    machine = FakeStateMachine(Execution("other", "RUNNING", {"workflow_name": "other"}, NOW))
    with pytest.raises(ApiError, match="rnaseq-quant") as unknown:
        retrainer(machine).start("rnaseq_quant")
    assert unknown.value.code == "workflow_not_found"
    for retraining_id in ("nothing", "other", "", "a:b", "x" * 81):
        with pytest.raises(ApiError) as missing:
            retrainer(machine).describe(WORKFLOW, retraining_id)
        assert missing.value.code == "retraining_not_found"


def test_every_state_that_is_looked_for_is_in_the_state_machine() -> None:
    states = DEFINITION["States"]
    assert {*progress.STEPS, progress.ENDING} <= set(states)
    # In order: each step's first state can be reached from that of the step before, and not the other way round.
    order = list(progress.STEPS)
    for before, after in pairwise(order):
        assert after in reachable(before, states), (before, after)
        assert before not in reachable(after, states), (before, after)


def reachable(start: str, states: dict[str, dict[str, object]]) -> set[str]:
    found: set[str] = set()
    waiting = [start]
    while waiting:
        text = json.dumps(states[waiting.pop()])
        following = {name for name in states if f'"Next": "{name}"' in text or f'"Default": "{name}"' in text} - found
        found |= following
        waiting += following
    return found


def test_while_it_runs_the_latest_step_is_current() -> None:
    running = told("RUNNING", ("PrepareDataset", "IsModelRestored", "TrainModel"))
    assert states_of(running) == ["done", "current", "pending", "pending", "pending", "pending"]
    first, second = running.steps[:2]
    assert first.ended_at == second.started_at == NOW + timedelta(minutes=2)
    assert second.ended_at is None
    assert (running.ended_at, running.model_version) == (None, None)


def test_a_promotion() -> None:
    output = {"outcome": "promoted", "message": "Promoted: better", "model_version": 4}
    promoted = told("SUCCEEDED", PROMOTED, output=output)
    assert (promoted.status, promoted.reason, promoted.model_version) == ("promoted", "Promoted: better", 4)
    assert states_of(promoted) == ["done"] * 6
    assert promoted.steps[-1].ended_at == NOW + timedelta(minutes=PROMOTED.index("Conclude"))


def test_no_update_leaves_out_the_last_steps() -> None:
    output = {"outcome": "no_update", "message": "Not promoted: no better", "model_version": None}
    entered = ("PrepareDataset", "TrainModel", "VerifyArtifact", "CompareModels", "Conclude", "NotifyOutcome")
    kept = told("SUCCEEDED", entered, output=output)
    assert kept.status == "no_update"
    assert states_of(kept) == ["done"] * 4 + ["skipped"] * 2
    assert (kept.steps[3].ended_at, kept.steps[4].started_at) == (NOW + timedelta(minutes=4), None)


def test_a_restored_version_is_not_trained() -> None:
    entered = ("PrepareDataset", "IsModelRestored", "SettleTraining", "VerifyArtifact", "CompareModels")
    assert states_of(told("RUNNING", entered)) == ["done", "skipped", "done", "current", "pending", "pending"]


def test_too_little_data_is_no_failure() -> None:
    output = {"outcome": "insufficient_data", "message": "It has 3 runs", "model_version": None}
    few = told("SUCCEEDED", ("PrepareDataset", "Conclude", "NotifyOutcome"), output=output)
    assert few.status == "insufficient_data"
    assert states_of(few) == ["done"] + ["skipped"] * 5
    assert few.steps[0].ended_at == NOW + timedelta(minutes=1)


def test_a_failure_says_where_and_why_and_names_no_address() -> None:
    cause = f"Execution {ARN} found nothing at s3://bucket/models/x/model.tar.gz, or at arn:aws:s3:::bucket/key."
    failed = told(
        "FAILED", ("PrepareDataset", "TrainModel", "SettleTraining", "Conclude"), error="BadArtifact", cause=cause
    )
    assert (failed.status, states_of(failed)) == ("failed", ["done", "failed"] + ["skipped"] * 4)
    assert failed.reason == "Execution scheduled found nothing at model.tar.gz, or at key."


@pytest.mark.parametrize(
    ("cause", "reason"),
    [
        ("AlgorithmError: Too few runs., exit code: 3", "Too few runs."),
        (
            "AlgorithmError: , exit code: 137",
            "Training was killed (exit code 137), most often because its memory did not suffice.",
        ),
        ("AlgorithmError: , exit code: 1", "Training ended with exit code 1 and did not say why."),
        ("InternalServerError: We encountered an error.", "InternalServerError: We encountered an error."),
    ],
)
def test_what_training_failed_of_is_said_without_sagemakers_frame(cause: str, reason: str) -> None:
    failed = told(
        "FAILED", ("PrepareDataset", "TrainModel", "SettleTraining", "Conclude"), error="TrainingFailed", cause=cause
    )
    assert failed.reason == reason


@pytest.mark.parametrize(
    ("status", "error", "expected", "reason"),
    [
        ("FAILED", "AlreadyRunning", "already_running", "Another retraining of this workflow was under way."),
        ("FAILED", "Strange", "failed", "It ended with Strange."),
        ("TIMED_OUT", None, "failed", "It took too long and was ended."),
        ("ABORTED", None, "failed", "It was stopped."),
    ],
)
def test_every_end_has_a_sentence(status: str, error: str | None, expected: str, reason: str) -> None:
    found = told(status, ("PrepareDataset",), error=error)
    assert (found.status, found.reason) == (expected, reason)


def test_the_promotion_that_was_rolled_back_failed_at_the_promotion() -> None:
    entered = (*progress.STEPS, "ChangeEndpoint", "WaitForEndpoint", "ChangeEndpoint", "Conclude")
    failed = told("FAILED", entered, error="DynamoDB.Error", cause="no")
    assert states_of(failed) == ["done"] * 5 + ["failed"]
    assert failed.steps[-1].ended_at == NOW + timedelta(minutes=9)
