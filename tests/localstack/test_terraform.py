"""The root, applied to LocalStack."""

from pathlib import Path

import pytest

from tests.localstack.host import running_localstack
from tools.apply import apply, plan
from tools.build import build
from tools.programs import ToolMissingError

VARIABLES = {"web_origin": "http://127.0.0.1:8080", "api_key_value": "local-0123456789abcdef"}
NOT_GIVEN_BACK = {"aws_cloudwatch_metric_alarm": {"tags_all"}, "aws_sfn_state_machine": {"tracing_configuration"}}
"""What LocalStack does not say of a resource. Terraform takes it for a change, and what depends on it too."""


def test_a_second_plan_changes_only_what_localstack_does_not_give_back(tmp_path: Path) -> None:
    build()
    try:
        with running_localstack(tmp_path / "cloud") as localstack:
            apply(localstack.environment, tmp_path, VARIABLES)
            planned = plan(localstack.environment, tmp_path, VARIABLES)
    except ToolMissingError as error:
        pytest.skip(f"LocalStack cannot be installed here: {error}")
    changed: dict[str, set[str]] = {}
    for each in planned["resource_changes"]:
        if each["mode"] == "managed" and each["change"]["actions"] != ["no-op"]:
            assert each["change"]["actions"] == ["update"], each["address"]
            before, after = each["change"]["before"], each["change"]["after"]
            changed.setdefault(each["type"], set()).update(name for name in after if before[name] != after[name])
    changed.pop("aws_iam_role_policy")  # they name state machines
    assert changed == NOT_GIVEN_BACK
