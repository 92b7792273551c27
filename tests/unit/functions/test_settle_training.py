"""`settle_training`: every status of a training job, asked as often as one likes."""

from typing import Any

import pytest

from contract.states import Settled, SettleTrainingRequest, SoFar, StateError
from functions.settle_training.logic import TrainingSettler
from functions.shared.errors import InvalidInput
from functions.shared.ports import TrainingJob
from tests.fakes import shapes
from tests.fakes.ports import FakeTraining

PLAN = shapes.plan()
URL = "s3://bucket/models/x/job/output/model.tar.gz"
REFUSED = StateError(Error="SageMaker.ResourceLimitExceededException", Cause="0 instances")
TIMEOUT = StateError(Error="States.Timeout")


def settle(jobs: FakeTraining, error: StateError | None = None, **plan: Any) -> Settled:  # noqa: ANN401 - of a plan
    so_far = SoFar(plan=PLAN.model_copy(update=plan), training_error=error)
    return TrainingSettler(jobs).settle(SettleTrainingRequest(so_far=so_far))


def jobs(status: str, **more: str) -> FakeTraining:
    return FakeTraining(**{PLAN.name: TrainingJob(status, more.pop("detail", status), **more)})


def test_a_job_that_an_earlier_try_made_is_adopted() -> None:
    settled = settle(jobs("Completed", model_data_url=URL), REFUSED)
    assert settled == Settled(status="completed", model_data_url=URL)


@pytest.mark.parametrize("status", ["InProgress", "Stopping"])
def test_one_that_goes_on_is_waited_for(status: str) -> None:
    training = jobs(status)
    assert settle(training, REFUSED) == Settled(status="in_progress")
    assert training.stopped == []


def test_one_that_outlived_every_limit_is_stopped_once_and_told_of() -> None:
    training = jobs("InProgress")
    for _ in range(3):
        assert settle(training, TIMEOUT).status == "in_progress"
    assert training.stopped == [PLAN.name]
    training.jobs[PLAN.name] = TrainingJob("Stopped", "MaxRuntimeExceeded")
    settled = settle(training, TIMEOUT)
    assert settled.error == StateError(
        Error="TrainingStopped", Cause=f"Training job {PLAN.name} was stopped (MaxRuntimeExceeded)"
    )


def test_a_failure_carries_its_reason() -> None:
    settled = settle(jobs("Failed", failure_reason="AlgorithmError: no memory, exit code: 137"))
    assert settled.status == "failed"
    assert settled.error == StateError(Error="TrainingFailed", Cause="AlgorithmError: no memory, exit code: 137")
    assert settle(jobs("Failed")).error == StateError(
        Error="TrainingStopped", Cause=f"Training job {PLAN.name} was stopped (Failed)"
    )


def test_too_few_runs_after_cleaning_are_told_apart_from_a_failure() -> None:
    settled = settle(jobs("Failed", failure_reason="AlgorithmError: InsufficientData: 3 runs, exit code: 1"))
    assert settled.error is not None
    assert settled.error.Error == "InsufficientData"


def test_a_job_that_was_refused_is_named_by_the_refusal() -> None:
    assert settle(FakeTraining(), REFUSED) == Settled(status="failed", error=REFUSED)
    missing = settle(FakeTraining())
    assert missing.error is not None
    assert missing.error.Error == "TrainingFailed"


def test_a_version_that_a_person_wants_back_needs_no_job() -> None:
    assert settle(FakeTraining(), restored_model_url=URL) == Settled(status="completed", model_data_url=URL)


def test_without_a_plan_there_is_nothing_to_settle() -> None:
    with pytest.raises(InvalidInput, match="plan"):
        TrainingSettler(FakeTraining()).settle(SettleTrainingRequest(so_far=SoFar()))
