"""Endpoints and training jobs in SageMaker: which answers are final, which are absence, and which are neither."""

import json
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from functions.shared.adapters import aws
from functions.shared.adapters.hosting import SageMakerHosting
from functions.shared.adapters.sagemaker import Registry
from functions.shared.adapters.training import SageMakerTraining
from functions.shared.errors import DependencyUnavailable, EndpointBusy, Refused
from functions.shared.ports import Endpoint, TrainingJob
from tests.fakes import aws_faults
from tests.fakes.aws_faults import Injector
from tests.fakes.ports import FakeClock


@pytest.fixture(autouse=True)
def _environment(aws_environment: None) -> None:
    pass


def answer(**members: object) -> Any:  # noqa: ANN401 - a maker of replies
    return lambda: aws_faults.response(json.dumps(members).encode())


def described(status: str, config: str = "a", **more: object) -> Any:  # noqa: ANN401 - as above
    times = {"CreationTime": 0, "LastModifiedTime": 0}
    return answer(
        EndpointName="e", EndpointArn="arn", EndpointStatus=status, EndpointConfigName=config, **times, **more
    )


QUOTA = aws_faults.error("ResourceLimitExceeded", 400, "The account-level service limit 'x' is 0 Instances")
TAKEN = aws_faults.error("ValidationException", 400, 'Cannot create already existing endpoint "arn"')
BUSY = aws_faults.error("ValidationException", 400, 'Cannot update in-progress endpoint "arn"')
FORBIDDEN = aws_faults.error("AccessDeniedException", 400, "not authorized to perform: sagemaker:CreateEndpoint")
NO_CONFIG = aws_faults.error("ValidationException", 400, 'Could not find endpoint configuration "arn"')
NO_ENDPOINT = aws_faults.error("ValidationException", 400, 'Could not find endpoint "arn".')
THROTTLED = aws_faults.error("ThrottlingException", 400, "Rate exceeded")
BROKEN = aws_faults.error("InternalFailure", 500)
LOST = lambda: ReadTimeoutError(endpoint_url="https://api.sagemaker.invalid/")  # noqa: E731 - a maker of replies


def hosting(*replies: Any, clock: FakeClock | None = None) -> tuple[SageMakerHosting, Injector]:  # noqa: ANN401 - makers
    client = aws._client(
        "sagemaker", aws._CONTROL
    )  # a fresh one: faults stay with the client that they are attached to
    return SageMakerHosting(client, clock or FakeClock()), Injector(list(replies)).attach(client)


@pytest.mark.parametrize("final", [QUOTA, TAKEN, BUSY, FORBIDDEN])
@pytest.mark.parametrize("action", ["create", "update"])
def test_a_final_answer_is_asked_for_once_and_names_its_code(action: str, final: Any) -> None:  # noqa: ANN401 - a maker
    asked, sent = hosting(final)
    with pytest.raises(Refused) as refused:
        getattr(asked, action)("e", "c")
    assert len(sent.calls) == 1
    assert refused.value.code in {"ResourceLimitExceeded", "ValidationException", "AccessDeniedException"}
    assert str(refused.value)


@pytest.mark.parametrize("passing", [THROTTLED, BROKEN, LOST])
@pytest.mark.parametrize("action", ["create", "update"])
def test_what_may_pass_is_no_refusal(action: str, passing: Any, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ANN401
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    asked, sent = hosting(passing)
    with pytest.raises(DependencyUnavailable):
        getattr(asked, action)("e", "c")
    assert len(sent.calls) > 1


def test_a_config_that_is_not_found_at_once_is_asked_for_again() -> None:
    clock = FakeClock()
    asked, sent = hosting(NO_CONFIG, NO_CONFIG, answer(EndpointArn="arn"), clock=clock)
    asked.create("e", "c")
    assert (len(sent.calls), clock.pauses) == (3, [1, 2])
    asked, sent = hosting(NO_CONFIG, clock=FakeClock())
    with pytest.raises(Refused, match="endpoint configuration"):
        asked.update("e", "c")
    assert len(sent.calls) == 4


def test_only_sagemakers_own_word_is_absence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    assert hosting(NO_ENDPOINT)[0].describe("e") is None
    assert hosting(described("InService", FailureReason="x"))[0].describe("e") == Endpoint("InService", "a", "x")
    with pytest.raises(DependencyUnavailable):
        hosting(THROTTLED)[0].describe("e")
    with pytest.raises(Refused):
        hosting(FORBIDDEN)[0].describe("e")


def test_an_endpoint_that_is_changing_cannot_be_deleted() -> None:
    with pytest.raises(EndpointBusy):
        hosting(described("Creating"))[0].delete("e")
    asked, sent = hosting(described("Failed"), answer())
    asked.delete("e")
    assert sent.calls == ["DescribeEndpoint", "DeleteEndpoint"]
    asked, sent = hosting(NO_ENDPOINT)
    asked.delete("e")
    assert sent.calls == ["DescribeEndpoint"]


def test_what_is_gone_already_is_deleted() -> None:
    asked, sent = hosting(NO_CONFIG, aws_faults.error("ValidationException", 400, 'Could not find model "arn"'))
    asked.delete_model("m")
    assert sent.calls == ["DeleteEndpointConfig", "DeleteModel"]


def test_training_jobs() -> None:
    client = aws._client("sagemaker", aws._CONTROL)
    job = answer(
        TrainingJobName="j",
        TrainingJobArn="arn",
        TrainingJobStatus="Failed",
        SecondaryStatus="Failed",
        ModelArtifacts={"S3ModelArtifacts": "s3://b/m"},
        FailureReason="why",
    )
    missing = aws_faults.error("ValidationException", 400, "Requested resource not found.")
    ended = aws_faults.error("ValidationException", 400, "The training job is in status Completed")
    sent = Injector([job, missing, ended]).attach(client)
    training = SageMakerTraining(client)
    assert training.describe("j") == TrainingJob("Failed", "Failed", "s3://b/m", "why")
    assert training.describe("j") is None
    training.stop("j")
    assert sent.calls == ["DescribeTrainingJob", "DescribeTrainingJob", "StopTrainingJob"]


def test_the_registry_makes_a_group_on_first_use_and_says_what_became_of_a_version() -> None:
    client = aws._client("sagemaker", aws._CONTROL)
    missing = aws_faults.error("ValidationException", 400, "ModelPackageGroup arn does not exist.")
    there = answer(
        ModelPackageGroupName="g",
        ModelPackageGroupArn="arn",
        CreationTime=0,
        CreatedBy={},
        ModelPackageGroupStatus="Completed",
    )
    made, judged = answer(ModelPackageGroupArn="arn"), answer(ModelPackageArn="arn")
    sent = Injector([missing, made, there, judged, FORBIDDEN]).attach(client)
    registry = Registry(client)
    registry.ensure_group("g")
    registry.ensure_group("g")
    registry.approve("arn:aws:sagemaker:us-east-1:1:model-package/g/1", "x" * 2000)
    with pytest.raises(Refused):
        registry.reject("arn:aws:sagemaker:us-east-1:1:model-package/g/1", "why")
    assert sent.calls == [
        *("DescribeModelPackageGroup", "CreateModelPackageGroup", "DescribeModelPackageGroup"),
        *("UpdateModelPackage", "UpdateModelPackage"),
    ]
