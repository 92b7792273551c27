"""The state machines as Terraform would deploy them, and checks that no other tool makes.

An emulator accepts any definition, and validators know neither the actions nor the parameters of the services that
a Task calls: botocore's service models do.
"""

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import botocore.session
from botocore.model import ListShape, MapShape, Shape, StructureShape

DIRECTORY = Path(__file__).parents[2] / "statemachine"
NAMES = ("retrain", "retrain_all")
_ARN = "arn:aws:{service}:us-east-1:123456789012:{rest}"
SUBSTITUTIONS = {
    **{
        f"{name}_arn": _ARN.format(service="lambda", rest=f"function:runquote-{name.replace('_', '-')}:live")
        for name in (
            *("prepare_dataset", "settle_training", "verify_artifact", "compare_models", "change_endpoint", "promote"),
            *("conclude", "select_workflows", "report_round"),
        )
    },
    "retrain_state_machine_arn": _ARN.format(service="states", rest="stateMachine:runquote-retrain"),
    "model_updates_topic_arn": _ARN.format(service="sns", rest="runquote-model-updates"),
    "sagemaker_role_arn": "arn:aws:iam::123456789012:role/runquote-sagemaker",
    "training_image_uri": "123456789012.dkr.ecr.us-east-1.amazonaws.com/runquote-model:latest",
    "training_instance_type": "ml.m5.large",
    "training_max_seconds": "3600",
}

# Optimized integrations: https://docs.aws.amazon.com/step-functions/latest/dg/integrate-optimized.html
_GENERAL_ERRORS = {"SageMakerException", "AmazonSageMakerException", "SdkClientException"}
_OPTIMIZED_SERVICES = {"sagemaker": "sagemaker", "dynamodb": "dynamodb", "sns": "sns", "states": "stepfunctions"}


def definition(name: str, substitutions: dict[str, str] | None = None) -> dict[str, Any]:
    """Return a state machine with every `${placeholder}` replaced; an unknown placeholder is an error."""
    values = {**SUBSTITUTIONS, **(substitutions or {})}
    text = (DIRECTORY / f"{name}.asl.json").read_text()
    unknown = set(re.findall(r"\$\{(\w+)\}", text)) - set(values)
    assert not unknown, f"{name}.asl.json has them, SUBSTITUTIONS in tests/statemachine/definitions.py does not"
    parsed: dict[str, Any] = json.loads(re.sub(r"\$\{(\w+)\}", lambda match: values[match[1]], text))
    return parsed


def states(machine: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every state with its name, those inside a Map included."""
    for name, state in machine["States"].items():
        yield name, state
        if "ItemProcessor" in state:
            yield from states(state["ItemProcessor"])


def problems(machine: dict[str, Any]) -> list[str]:
    """List every breach of the house rules and every action or parameter that the service does not know."""
    found = [] if machine.get("Comment") and machine.get("TimeoutSeconds") else ["machine: no Comment or timeout"]
    for name, state in states(machine):
        found += [f"{name}: {problem}" for problem in (*_house_rules(state), *_service_call(state), *_errors(state))]
    return found


def _house_rules(state: dict[str, Any]) -> Iterator[str]:
    if not state.get("Comment"):
        yield "no Comment"
    if state["Type"] == "Choice" and "Default" not in state:
        yield "a Choice without Default"
    if state["Type"] == "Task":
        yield from (f"a Task without {rule}" for rule in ("TimeoutSeconds", "Retry", "Catch") if not state.get(rule))
        retried = [error for retry in state.get("Retry", []) for error in retry["ErrorEquals"]]
        if "States.ALL" in retried:
            yield "retries errors that it does not name"
        if any(
            "MaxDelaySeconds" not in retry or retry.get("JitterStrategy") != "FULL" for retry in state.get("Retry", [])
        ):
            yield "retries without jitter or bound"
        if not any("States.ALL" in catch["ErrorEquals"] for catch in state.get("Catch", [])):
            yield "lets some errors pass"


def _service_call(state: dict[str, Any]) -> Iterator[str]:
    called = _called(state)
    if called is None:
        return
    service, operation = called
    model = _service_model(service) if service else None
    if model is None:
        yield f"unknown service in {state['Resource']}"
    elif operation not in model.operation_names:
        yield f"{service} has no action {operation}"
    else:
        shape = model.operation_model(operation).input_shape
        yield from _parameters(state.get("Parameters", {}), shape, camel=service == "stepfunctions")


def _errors(state: dict[str, Any]) -> Iterator[str]:
    """Check the names of SageMaker's errors: `SageMaker.` and the Java exception of one that the action has.

    https://docs.aws.amazon.com/step-functions/latest/dg/supported-services-awssdk.html has the rule; the Java SDK ends
    every name with Exception, and the service's model lists each action's errors without it.
    """
    service, operation = _called(state) or ("", "")
    model = _service_model("sagemaker")
    is_known = service == "sagemaker" and operation in model.operation_names
    shapes = model.operation_model(operation).error_shapes if is_known else []
    own = {shape.name.removesuffix("Exception") + "Exception" for shape in shapes}
    named = [error for rule in ("Retry", "Catch") for entry in state.get(rule, []) for error in entry["ErrorEquals"]]
    for error in named:
        if error.startswith("SageMaker.") and error.removeprefix("SageMaker.") not in own | _GENERAL_ERRORS:
            yield f"{operation or 'no SageMaker action'} never raises {error}"


def _called(state: dict[str, Any]) -> tuple[str, str] | None:
    """Return botocore's names of the service (empty when unknown) and the action that a Task calls, if it calls one."""
    match = re.fullmatch(r"arn:aws:states:::(aws-sdk:)?(\w+):(\w+?)(\.sync(:2)?)?", state.get("Resource", ""))
    if not match:
        return None
    service = match[2] if match[1] else _OPTIMIZED_SERVICES.get(match[2], "")
    return service, match[3][0].upper() + match[3][1:]


def _parameters(value: object, shape: Shape, camel: bool = False, at: str = "Parameters") -> Iterator[str]:
    """Walk literal parameters beside the service's shape; what a path fills in at run time is taken on trust.

    Step Functions spells its own parameters with a capital, its API without (`camel`).
    """
    if isinstance(shape, StructureShape) and isinstance(value, dict):
        given = {_plain(key, camel): (key, item) for key, item in value.items()}
        for member, (key, item) in given.items():
            if member not in shape.members:
                yield f"{at} has no member {key}"
            elif not key.endswith(".$"):
                yield from _parameters(item, shape.members[member], at=f"{at}.{member}")
        yield from (f"{at} lacks {member}" for member in shape.required_members if member not in given)
    elif isinstance(shape, ListShape) and isinstance(value, list):
        for item in value:
            yield from _parameters(item, shape.member, at=f"{at}[]")
    elif isinstance(shape, MapShape) and isinstance(value, dict):
        for key, item in value.items():
            if not key.endswith(".$"):
                yield from _parameters(item, shape.value, at=f"{at}.{key}")
    elif isinstance(value, str) and value not in (enum := getattr(shape, "enum", [])) and enum:
        yield f"{at} must not be {value!r}"


def _plain(key: str, camel: bool) -> str:
    name = key.removesuffix(".$")
    return name[0].lower() + name[1:] if camel else name


@cache
def _service_model(service: str) -> Any:  # noqa: ANN401 - botocore publishes no types
    return botocore.session.get_session().get_service_model(service)
