"""The state machines as text: three independent opinions, and proof that ours sees what it should."""

import copy
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cfnlint
import pytest
from cfnlint.config import ManualArgs

from contract import container
from tests.statemachine.definitions import DIRECTORY, NAMES, definition, problems, states
from tools import npm
from tools.programs import node_environment

HERE = Path(__file__).parent


@pytest.mark.parametrize("name", NAMES)
def test_follows_the_house_rules_and_botocores_models(name: str) -> None:
    assert problems(definition(name)) == []


def cfn_lint(machine: dict[str, Any]) -> list[str]:
    resource = {
        "Type": "AWS::StepFunctions::StateMachine",
        "Properties": {"RoleArn": "arn:aws:iam::123456789012:role/r", "Definition": machine},
    }
    template = json.dumps({"AWSTemplateFormatVersion": "2010-09-09", "Resources": {"Machine": resource}})
    return [str(match) for match in cfnlint.lint(template, config=ManualArgs(regions=["us-east-1"]))]


@pytest.mark.parametrize("name", NAMES)
def test_cfn_lint_finds_nothing(name: str) -> None:
    assert cfn_lint(definition(name)) == []


def test_cfn_lint_really_looks() -> None:
    machine = definition("retrain")
    machine["States"]["PrepareDataset"]["TimeoutSeconds"] = "soon"
    assert [match for match in cfn_lint(machine) if "soon" in match]


@pytest.fixture(scope="module")
def asl_validator() -> Callable[[dict[str, Any], Path], str]:
    if not (HERE / "node_modules" / "asl-validator").exists():
        npm.install(HERE)

    def validate(machine: dict[str, Any], directory: Path) -> str:
        path = directory / "machine.json"
        path.write_text(json.dumps(machine))
        command = ["node", "node_modules/asl-validator/dist/bin/asl-validator.js", "--json-path", str(path)]
        result = subprocess.run(command, cwd=HERE, env=node_environment(), check=False, capture_output=True, text=True)
        return "" if result.returncode == 0 else result.stdout + result.stderr

    return validate


@pytest.mark.parametrize("name", NAMES)
def test_asl_validator_finds_nothing(
    name: str, asl_validator: Callable[[dict[str, Any], Path], str], tmp_path: Path
) -> None:
    assert asl_validator(definition(name), tmp_path) == ""


def test_asl_validator_really_looks(asl_validator: Callable[[dict[str, Any], Path], str], tmp_path: Path) -> None:
    machine = definition("retrain")
    machine["States"]["PrepareDataset"]["Next"] = "Nowhere"
    assert "Nowhere" in asl_validator(machine, tmp_path)


DEFECTS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "PrepareDataset: no Comment": lambda s: s["PrepareDataset"].pop("Comment"),
    "PrepareDataset: a Task without TimeoutSeconds": lambda s: s["PrepareDataset"].pop("TimeoutSeconds"),
    "PrepareDataset: a Task without Retry": lambda s: s["PrepareDataset"].pop("Retry"),
    "PrepareDataset: lets some errors pass": lambda s: s["PrepareDataset"]["Catch"][0].update(ErrorEquals=["X"]),
    "PrepareDataset: retries errors that it does not name": lambda s: s["PrepareDataset"]["Retry"][0].update(
        ErrorEquals=["States.ALL"]
    ),
    "PrepareDataset: retries without jitter or bound": lambda s: s["PrepareDataset"]["Retry"][0].pop("JitterStrategy"),
    "IsChallengerBetter: a Choice without Default": lambda s: s["IsChallengerBetter"].pop("Default"),
    "CreateModel: sagemaker has no action MakeModel": lambda s: s["CreateModel"].update(
        Resource="arn:aws:states:::sagemaker:makeModel"
    ),
    "CreateModel: Parameters has no member Name.$": lambda s: s["CreateModel"]["Parameters"].update({"Name.$": "$.x"}),
    "CreateModel: Parameters lacks ModelName": lambda s: s["CreateModel"]["Parameters"].pop("ModelName.$"),
    "CreateModel: Parameters.PrimaryContainer has no member Url": lambda s: s["CreateModel"]["Parameters"][
        "PrimaryContainer"
    ].update(Url="s3://bucket/key"),
    "RegisterModel: Parameters.ModelApprovalStatus must not be 'Refused'": lambda s: s["RegisterModel"][
        "Parameters"
    ].update(ModelApprovalStatus="Refused"),
    "CreateModel: CreateModel never raises SageMaker.ResourceNotFoundException": lambda s: s["CreateModel"]["Retry"][
        0
    ].update(ErrorEquals=["SageMaker.ResourceNotFoundException"]),
}


@pytest.mark.parametrize("problem", DEFECTS)
def test_a_planted_defect_is_found(problem: str) -> None:
    machine = copy.deepcopy(definition("retrain"))
    DEFECTS[problem](machine["States"])
    assert problem in problems(machine)


def test_the_machine_is_small_enough_to_be_read() -> None:
    text = (DIRECTORY / "retrain.asl.json").read_text()
    assert len(list(states(definition("retrain")))) <= 25
    assert len(text.splitlines()) <= 600


def test_everything_that_goes_wrong_comes_to_the_same_end() -> None:
    """A job and an endpoint are looked at first; what refuses a name that may be ours is asked about next."""
    looks = {"TrainModel": "SettleTraining", "Promote": "ChangeEndpoint"}
    last = {"Conclude": "NotificationFailed", "NotifyOutcome": "NotificationFailed"}
    tasks = {name: state for name, state in states(definition("retrain")) if state["Type"] == "Task"}
    for name, state in tasks.items():
        assert state["Catch"][-1]["ErrorEquals"] == ["States.ALL"], name
        assert state["Catch"][-1]["Next"] == {**looks, **last}.get(name, "Conclude"), name


def test_training_metrics_are_those_that_the_container_prints() -> None:
    algorithm = definition("retrain")["States"]["TrainModel"]["Parameters"]["AlgorithmSpecification"]
    assert algorithm["MetricDefinitions"] == container.METRIC_DEFINITIONS


def test_every_path_ends_in_one_notification_or_says_that_it_could_not_tell() -> None:
    machine = definition("retrain")
    ends = {name for name, state in states(machine) if state["Type"] == "Fail" or state.get("End")}
    assert ends == {"Done", "RetrainFailed", "NotificationFailed"}
    leading_to = {end: {name for name, state in states(machine) if _leads_to(state, end)} for end in ends}
    assert leading_to == {
        "Done": {"HowItEnded"},
        "RetrainFailed": {"HowItEnded"},
        "NotificationFailed": {"Conclude", "NotifyOutcome"},
    }


def _leads_to(state: dict[str, Any], target: str) -> bool:
    rules = [state, *state.get("Choices", []), *state.get("Catch", [])]
    return state.get("Default") == target or any(rule.get("Next") == target for rule in rules)
