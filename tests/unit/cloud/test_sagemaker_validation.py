"""Requests and answers follow botocore's model, with AWS's wording."""

from collections.abc import Iterator

import pytest
from botocore.model import Shape

from cloud.sagemaker.errors import SageMakerError
from cloud.sagemaker.service_model import ServiceModel, python_pattern
from tests.unit.cloud.sagemaker_bench import Bench

MODEL = ServiceModel("sagemaker")
ROLE = "arn:aws:iam::000000000000:role/sagemaker"


def refusal(action: str, **request: object) -> tuple[str, str]:
    with pytest.raises(SageMakerError) as raised:
        MODEL.validate(action, request)
    return raised.value.code, raised.value.message


def test_missing_member() -> None:
    assert refusal("DescribeTrainingJob") == (
        "ValidationException",
        "1 validation error detected: Value null at 'trainingJobName' failed to satisfy constraint:"
        " Member must not be null",
    )


def test_pattern() -> None:
    code, message = refusal("DescribeTrainingJob", TrainingJobName="rna_seq")
    assert code == "ValidationException"
    assert message == (
        "1 validation error detected: Value 'rna_seq' at 'trainingJobName' failed to satisfy constraint:"
        " Member must satisfy regular expression pattern: [a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}"
    )


def test_all_failures_at_once() -> None:
    _, message = refusal("UpdateEndpoint", EndpointName="a" * 64)
    assert message.startswith("3 validation errors detected: ")
    assert "Member must have length less than or equal to 63" in message
    assert "Value null at 'endpointConfigName'" in message


def test_enumeration() -> None:
    _, message = refusal("UpdateModelPackage", ModelPackageArn="x", ModelApprovalStatus="Maybe")
    assert "Member must satisfy enum value set: [Approved, Rejected, PendingManualApproval]" in message


def test_number_range() -> None:
    _, message = refusal("ListEndpoints", MaxResults=101)
    assert "Value '101' at 'maxResults'" in message
    assert "Member must have value less than or equal to 100" in message


def test_nested_path() -> None:
    variant = {"VariantName": "v", "ModelName": "m", "ServerlessConfig": {"MemorySizeInMB": 1, "MaxConcurrency": 1}}
    _, message = refusal("CreateEndpointConfig", EndpointConfigName="c", ProductionVariants=[variant])
    assert "'productionVariants.1.member.serverlessConfig.memorySizeInMB'" in message


@pytest.mark.parametrize("value", [7, True, ["x"], {"x": 1}])
def test_other_json_type(value: object) -> None:
    assert refusal("DescribeEndpoint", EndpointName=value)[0] == "SerializationException"


def test_boolean_is_not_a_number() -> None:
    assert refusal("ListEndpoints", MaxResults=True)[0] == "SerializationException"


def test_unknown_members_are_dropped_and_can_be_listed() -> None:
    request = {"EndpointName": "e", "Endpoint": 1, "Tags": [{"Key": "k", "Value": "v", "Colour": "red"}]}
    assert MODEL.validate("CreateEndpoint", request | {"EndpointConfigName": "c"}) == {
        "EndpointName": "e",
        "EndpointConfigName": "c",
        "Tags": [{"Key": "k", "Value": "v"}],
    }
    assert MODEL.unknown_members("CreateEndpoint", request) == ["Endpoint", "Tags[0].Colour"]


def test_answers_have_only_modelled_members() -> None:
    assert MODEL.shape("DescribeEndpoint", {"EndpointName": "e", "ActivePlan": {}, "FailureReason": None}) == {
        "EndpointName": "e"
    }


def test_times_are_converted_wherever_they_are() -> None:
    job = {"CreationTime": 1.5, "SecondaryStatusTransitions": [{"Status": "Starting", "StartTime": 2.0}]}
    converted = MODEL.with_times("DescribeTrainingJob", job, lambda seconds: int(seconds * 1000))
    assert converted == {
        "CreationTime": 1500,
        "SecondaryStatusTransitions": [{"Status": "Starting", "StartTime": 2000}],
    }


def test_unknown_operation() -> None:
    assert refusal("TrainMyModel")[0] == "UnknownOperationException"


def test_java_patterns_work_for_what_we_send() -> None:
    request = {
        "ModelPackageGroupName": "rna-seq",
        "ModelPackageDescription": "Zellzählung: 5 % besser; «geprüft» (n=60).",
        "CustomerMetadataProperties": {"runs": "60", "median ape": "0.08"},
        "ClientToken": "0a-1",
    }
    assert MODEL.validate("CreateModelPackage", request) == request


def test_every_pattern_of_our_actions_compiles(bench: Bench) -> None:
    def values(shape: Shape, depth: int = 0) -> Iterator[Shape]:
        yield shape
        children = [*getattr(shape, "members", {}).values()]
        children += [getattr(shape, part) for part in ("member", "key", "value") if hasattr(shape, part)]
        for child in children if depth < 12 else []:
            yield from values(child, depth + 1)

    assert len(bench.sagemaker.actions) == 29
    patterns = {
        shape.metadata["pattern"]
        for action in bench.sagemaker.actions - {"CreateTrainingJob"}
        for shape in values(MODEL.operation(action).input_shape or Shape("none", {"type": "structure"}))
        if "pattern" in shape.metadata
    }
    assert len(patterns) > 20
    for pattern in patterns:
        python_pattern(pattern)
