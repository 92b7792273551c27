"""Least privilege: every IAM policy document of the applied root is read."""

import json
from typing import Any

import pytest

from tests.terraform.conftest import FUNCTIONS, Deployment
from tests.terraform.policies import allow, as_list, denies_plain_http, faults

PREFIX = "runquote"
CROSS_SERVICE = {"sagemaker.amazonaws.com", "states.amazonaws.com", "scheduler.amazonaws.com"}


@pytest.mark.parametrize(
    "policy",
    [
        allow("s3:*", "arn:aws:s3:::runquote-artifacts/*"),
        allow("dynamodb:GetItem", "*"),
        allow("dynamodb:GetItem", "arn:aws:dynamodb:us-east-1:1:table/*"),
        allow("sagemaker:InvokeEndpoint", "arn:aws:sagemaker:us-east-1:1:endpoint/*"),
        allow("iam:PassRole", "arn:aws:iam::1:role/runquote-sagemaker"),
        allow("iam:PassRole", "*", Condition={"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}),
        allow("cloudwatch:PutMetricData", "*"),
        {"Statement": {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}},
    ],
)
def test_the_checks_find_what_they_look_for(policy: dict[str, Any]) -> None:
    assert faults(policy, PREFIX)


def test_the_checks_pass_a_narrow_policy() -> None:
    passed = {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}
    assert not faults(allow("iam:PassRole", "arn:aws:iam::1:role/runquote-sagemaker", Condition=passed), PREFIX)
    assert not denies_plain_http(allow("s3:GetObject", "*", Principal="*"))


def test_no_role_may_do_more_than_it_needs(deployment: Deployment) -> None:
    key = deployment.one("aws_kms_key", "notifications[0]")["arn"]
    found = {
        each["address"]: faults(json.loads(each["values"]["policy"]), PREFIX, keys=[key])
        for each in deployment.of_type("aws_iam_role_policy", "aws_iam_policy")
        if each["mode"] == "managed"
    }
    assert len(found) == len(FUNCTIONS) + 4  # sagemaker, retrain, retrain_all, scheduler
    assert not {address: problems for address, problems in found.items() if problems}


def test_the_only_managed_policy_is_that_of_api_gateways_logs(deployment: Deployment) -> None:
    attached = [
        each["values"]["policy_arn"].split("/")[-1] for each in deployment.of_type("aws_iam_role_policy_attachment")
    ]
    assert attached == ["AmazonAPIGatewayPushToCloudWatchLogs"]
    assert not any(each["values"].get("managed_policy_arns") == ["*"] for each in deployment.of_type("aws_iam_role"))


def test_each_role_is_taken_on_by_one_service_of_this_account(deployment: Deployment) -> None:
    for role in deployment.of_type("aws_iam_role"):
        (statement,) = as_list(json.loads(role["values"]["assume_role_policy"])["Statement"])
        service = statement["Principal"]["Service"]
        assert isinstance(service, str), role["address"]
        if service in CROSS_SERVICE:
            assert statement["Condition"]["StringEquals"]["aws:SourceAccount"] == "000000000000", role["address"]


def test_each_function_has_a_role_of_its_own(deployment: Deployment) -> None:
    roles = [each["values"]["role"] for each in deployment.of_type("aws_lambda_function")]
    assert len(roles) == len(set(roles)) == len(FUNCTIONS)


def test_each_function_writes_to_its_own_log_only(deployment: Deployment) -> None:
    for policy in deployment.of_type("aws_iam_role_policy"):
        if not policy["address"].startswith("module."):
            continue
        slug = policy["address"].split(".")[1]
        statements = {each["Sid"]: each for each in json.loads(policy["values"]["policy"])["Statement"]}
        assert statements["WriteOwnLog"]["Resource"].endswith(
            f"log-group:/aws/lambda/{PREFIX}-{slug.replace('_', '-')}:*"
        )


def test_the_state_machines_invoke_exact_aliases(deployment: Deployment) -> None:
    for name, slugs in {
        "retrain": {
            *("prepare_dataset", "settle_training", "verify_artifact", "compare_models", "change_endpoint", "promote"),
            "conclude",
        },
        "retrain_all": {"select_workflows", "report_round"},
    }.items():
        statements = json.loads(deployment.one("aws_iam_role_policy", name)["policy"])["Statement"]
        (invoke,) = (each for each in statements if each["Action"] == "lambda:InvokeFunction")
        expected = {f"{PREFIX}-{slug.replace('_', '-')}:live" for slug in slugs}
        assert {arn.split(":function:")[1] for arn in as_list(invoke["Resource"])} == expected


def test_the_state_machine_may_call_every_action_that_it_calls(deployment: Deployment) -> None:
    """Every `aws-sdk` and optimized integration of the definitions has its IAM action."""
    for name in ("retrain", "retrain_all"):
        granted = {
            action
            for statement in json.loads(deployment.one("aws_iam_role_policy", name)["policy"])["Statement"]
            for action in as_list(statement["Action"])
        }
        called = set(_actions(json.loads(deployment.one("aws_sfn_state_machine", name)["definition"])))
        assert called
        assert called <= granted


def _actions(definition: Any) -> list[str]:  # noqa: ANN401 - a JSON value
    if isinstance(definition, list):
        return [action for item in definition for action in _actions(item)]
    if not isinstance(definition, dict):
        return []
    nested = [action for value in definition.values() for action in _actions(value)]
    resource = definition.get("Resource")
    if not isinstance(resource, str):
        return nested
    parts = resource.split(":::")
    if len(parts) == 1:
        return [*nested, "lambda:InvokeFunction"]
    service, action = parts[1].removeprefix("aws-sdk:").split(":")[:2]
    action = action.split(".")[0]
    return [*nested, f"{service}:{action[0].upper()}{action[1:]}"]


@pytest.mark.parametrize("type_", ["aws_s3_bucket_policy", "aws_sns_topic_policy"])
def test_buckets_and_topics_take_nothing_without_tls(deployment: Deployment, type_: str) -> None:
    for each in deployment.of_type(type_):
        assert denies_plain_http(json.loads(each["values"]["policy"])), each["address"]


def test_nobody_outside_the_account_is_admitted(deployment: Deployment) -> None:
    for each in deployment.of_type("aws_s3_bucket_policy", "aws_sns_topic_policy"):
        for statement in as_list(json.loads(each["values"]["policy"])["Statement"]):
            if statement["Effect"] == "Allow":
                assert set(statement["Principal"]) == {"Service"}, each["address"]
                # EventBridge alone supports no condition in a topic's policy (terraform/notifications.tf).
                if statement["Principal"] != {"Service": "events.amazonaws.com"}:
                    assert "aws:Source" in json.dumps(statement["Condition"]), each["address"]
