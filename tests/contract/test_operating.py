"""The commands of docs/operating.md exist: those of AWS with their options, our own targets and modules, its links."""

import re
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore import xform_name

REPOSITORY = Path(__file__).parents[2]
TEXT = (REPOSITORY / "docs" / "operating.md").read_text()
AWS = re.compile(r"\baws ([a-z0-9]+) (?:(wait) )?([a-z-]+)((?: [^\n|)`]*?\\\n)*[^\n|)`]*)")
OF_THE_COMMAND = {"query", "output", "region", "cli-binary-format", "cli-read-timeout"}
"""https://docs.aws.amazon.com/cli/latest/reference/#global-options."""
NOT_OF_A_SERVICE = {("logs", "tail"): {"since", "filter-pattern"}}
"""https://docs.aws.amazon.com/cli/latest/reference/logs/tail.html: made of several operations."""


def unknown(service: str, wait: str, command: str, rest: str) -> set[str]:
    """What a command names that AWS does not have."""
    options = set(re.findall(r"--([a-z-]+)", rest)) - OF_THE_COMMAND
    if (service, command) in NOT_OF_A_SERVICE:
        return options - NOT_OF_A_SERVICE[service, command]
    session = botocore.session.get_session()
    model: Any = session.get_service_model({"s3api": "s3"}.get(service, service))
    if wait:
        waiters = session.get_waiter_model(model.service_name)
        found = {xform_name(name, "-"): waiters.get_waiter(name).operation for name in waiters.waiter_names}
        operation = found.get(command)
    else:
        operation = {xform_name(name, "-"): name for name in model.operation_names}.get(command)
    if operation is None:
        return {command}
    shape = model.operation_model(operation).input_shape
    return options - {xform_name(member, "-") for member in shape.members}


def test_commands_of_aws_exist() -> None:
    found = AWS.findall(TEXT)
    assert len(found) > 15
    assert not {" ".join(command[:3]): missing for command in found if (missing := unknown(*command))}


@pytest.mark.parametrize(
    "command",
    ["aws dynamodb drop-table --table-name x", "aws dynamodb wait table-gone", "aws lambda invoke --function x"],
)
def test_a_command_that_does_not_exist_is_found(command: str) -> None:
    (found,) = AWS.findall(command)
    assert unknown(*found)


def test_our_own_commands_exist() -> None:
    targets = set(re.findall(r"^([a-z0-9-]+):", (REPOSITORY / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"\bmake (?:-C \.\. )?([a-z]+)", TEXT))
    assert {"build", "push", "destroy"} <= named <= targets
    modules = set(re.findall(r"python -m ([a-z_.]+)", TEXT))
    assert modules
    assert all(find_spec(module) for module in modules)


def test_outputs_and_variables_exist() -> None:
    root = "".join(path.read_text() for path in (REPOSITORY / "terraform").glob("*.tf"))
    outputs = set(re.findall(r"output -raw (\w+)", TEXT))
    assert outputs <= set(re.findall(r'^output "(\w+)"', root, re.MULTILINE))
    variables = set(re.findall(r"`(\w+) = ", TEXT)) | set(re.findall(r"-var (\w+)=", TEXT))
    assert variables <= set(re.findall(r'^variable "(\w+)"', root, re.MULTILINE))


def test_links_lead_somewhere() -> None:
    headings = {re.sub(r"[^\w -]", "", text.lower()).replace(" ", "-") for text in re.findall(r"^#+ (.+)$", TEXT, re.M)}
    for target in re.findall(r"\]\(([^)]+)\)", TEXT):
        if target.startswith("#"):
            assert target[1:] in headings
        elif not target.startswith("https:"):
            assert (REPOSITORY / "docs" / target).exists(), target
