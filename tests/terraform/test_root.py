"""The root as text, and what the applied root and a plan for AWS hold."""

import json
import os
import re
import subprocess
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from cloud.settings import HOST
from tests.terraform.conftest import FUNCTIONS, TABLES, Deployment, resources_of
from tools import provider
from tools.apply import LOCAL_VARIABLES, ROOT, plan, terraform_command

REPOSITORY = ROOT.parent
OUTPUTS = {
    "api_url",
    "api_key",
    "web_url",
    "retrain_state_machine_arn",
    "retrain_all_state_machine_arn",
    "model_updates_topic_arn",
    "workflow_runs_table",
    "model_endpoints_table",
    "artifacts_bucket",
}


def blocks(kind: str) -> Iterator[tuple[Path, str, str]]:
    """Every `kind "name" { … }` of the root and its modules: file, name, text. `terraform fmt` fixes the layout."""
    for path in sorted(ROOT.rglob("*.tf")):
        for name, text in re.findall(rf'^{kind} "(\w+)" {{\n(.*?)^}}', path.read_text(), re.MULTILINE | re.DOTALL):
            yield path, name, text


def test_the_root_is_formatted() -> None:
    answer = subprocess.run(
        [*terraform_command(), "fmt", "-check", "-recursive", str(ROOT)], capture_output=True, text=True, check=False
    )
    assert answer.returncode == 0, answer.stdout + answer.stderr


def test_the_root_is_valid_as_it_stands(tmp_path: Path) -> None:
    """In the place where people apply it to AWS, with its S3 backend; nothing is left there."""
    source = provider.source(provider.platform_of(terraform_command()), os.environ, tmp_path / "cache")
    environment = {**os.environ, **source.environment, "TF_DATA_DIR": str(tmp_path / "data")}
    before = sorted(ROOT.iterdir())
    try:
        for command in (["init", "-backend=false", "-input=false", *source.options], ["validate"]):
            answer = subprocess.run(
                [*terraform_command(), f"-chdir={ROOT}", *command, "-no-color"],
                capture_output=True,
                text=True,
                check=False,
                env=environment,
            )
            assert answer.returncode == 0, answer.stdout + answer.stderr
    finally:
        for path in set(ROOT.iterdir()) - set(before):
            path.unlink()


def test_every_variable_is_described_typed_and_checked() -> None:
    found = list(blocks("variable"))
    assert len(found) > 20
    for path, name, text in found:
        assert re.search(r"^  description += \".{8,}\"$", text, re.MULTILINE), (path, name)
        type_ = re.search(r"^  type += (.+)$", text, re.MULTILINE)
        assert type_, (path, name)
        if path == ROOT / "variables.tf" and type_[1] != "bool":
            assert "validation {" in text, (path, name)


def test_every_output_is_described_and_those_of_the_contract_are_there(deployment: Deployment) -> None:
    for path, name, text in blocks("output"):
        assert re.search(r"^  description += \".{10,}\"$", text, re.MULTILINE), (path, name)
    assert set(deployment.outputs) >= OUTPUTS
    assert not [name for name in OUTPUTS if not deployment.outputs[name]]


@pytest.mark.parametrize(
    "wrong",
    [
        {
            "name_prefix": "Runquote",
            "api_key_value": "short",
            "web_origin": "https://example.org/path",
            "endpoint_mode": "multi_model",
            "log_retention_days": 8,
            "training_max_seconds": 7200,
            "serverless_memory_mb": 2000,
            "schedule_expression": "daily",
            "functions_dir": "/nowhere",
        },
        {"name_prefix": "a-prefix-of-21-letter", "web_origin": None, "throttle_rate": 0, "significance": -1},
        {"auth": "anyone"},  # alone, since what depends on it is then not looked at
    ],
    ids=["patterns", "bounds", "choices"],
)
def test_wrong_variables_are_refused(deployment: Deployment, tmp_path: Path, wrong: dict[str, object]) -> None:
    assert refused_variables(deployment, tmp_path, wrong) == sorted(wrong)


def refused_variables(deployment: Deployment, tmp_path: Path, wrong: dict[str, object]) -> list[str]:
    """Names of the variables that a plan refuses."""
    values = tmp_path / "values.json"
    values.write_text(json.dumps(deployment.variables | {"project_dir": str(REPOSITORY), "create_web": False} | wrong))
    work = deployment.directory / "terraform"
    answer = subprocess.run(
        [*terraform_command(), f"-chdir={work / 'root'}", "plan", "-refresh=false", "-no-color", f"-var-file={values}"],
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
        env=deployment.cloud.environment | {"TF_DATA_DIR": str(work / "data")},
    )
    assert answer.returncode == 1
    names = sorted(re.findall(r"^(\w+) must", answer.stderr, re.MULTILINE))
    assert answer.stderr.count("Invalid value for variable") == len(names), answer.stderr
    return names


def test_each_functions_environment_is_what_its_settings_read(deployment: Deployment) -> None:
    functions = {each["address"].split(".")[1]: each["values"] for each in deployment.of_type("aws_lambda_function")}
    assert set(functions) == set(FUNCTIONS)
    for slug, function in functions.items():
        settings = import_module(f"functions.{slug}.settings").Settings
        environment = function["environment"][0]["variables"]
        assert set(environment) == settings.environment_keys(), slug
        settings.from_environment(environment)
        assert function["handler"] == f"functions.{slug}.handler.handler"
        assert function["function_name"] == f"runquote-{slug.replace('_', '-')}"
        assert function["tracing_config"] == [{"mode": "Active"}]
        assert function["runtime"] == "python3.13"


def test_each_function_is_reached_by_its_alias(deployment: Deployment) -> None:
    aliases = deployment.of_type("aws_lambda_alias")
    assert {each["values"]["name"] for each in aliases} == {"live"}
    assert len(aliases) == len(FUNCTIONS)
    permissions = deployment.of_type("aws_lambda_permission")
    assert {each["values"]["qualifier"] for each in permissions} == {"live"}
    assert all(":000000000000:" in each["values"]["source_arn"] for each in permissions)


def test_every_log_has_an_end(deployment: Deployment) -> None:
    groups = {
        each["values"]["name"]: each["values"]["retention_in_days"]
        for each in deployment.of_type("aws_cloudwatch_log_group")
    }
    assert len(groups) == len(FUNCTIONS) + 3  # the API and the two state machines
    assert set(groups.values()) == {30}


def test_tables_are_encrypted_and_can_be_restored(deployment: Deployment) -> None:
    tables = deployment.of_type("aws_dynamodb_table")
    assert len(tables) == len(TABLES)
    for table in tables:
        values = table["values"]
        assert values["billing_mode"] == "PAY_PER_REQUEST"
        assert values["server_side_encryption"][0]["enabled"]
        assert values["point_in_time_recovery"][0]["enabled"]


def test_the_bucket_is_closed_and_encrypted(deployment: Deployment) -> None:
    access = deployment.one("aws_s3_bucket_public_access_block", "artifacts")
    assert all(
        access[name]
        for name in ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets")
    )
    (rule,) = deployment.one("aws_s3_bucket_server_side_encryption_configuration", "artifacts")["rule"]
    assert rule["apply_server_side_encryption_by_default"][0]["sse_algorithm"] == "AES256"
    assert deployment.one("aws_s3_bucket_versioning", "artifacts")["versioning_configuration"][0]["status"] == "Enabled"
    assert len(deployment.of_type("aws_s3_bucket")) == len(deployment.of_type("aws_s3_bucket_public_access_block")) == 1


def test_the_state_machines_are_logged_without_data_and_traced(deployment: Deployment) -> None:
    for machine in deployment.of_type("aws_sfn_state_machine"):
        (logging,) = machine["values"]["logging_configuration"]
        assert logging["level"] == "ALL"
        assert not logging["include_execution_data"]
        assert machine["values"]["tracing_configuration"] == [{"enabled": True}]
        assert "${" not in machine["values"]["definition"]


def test_every_alarm_tells_someone(deployment: Deployment) -> None:
    for alarm in deployment.of_type("aws_cloudwatch_metric_alarm"):
        assert alarm["values"]["alarm_actions"] == [deployment.outputs["alarms_topic_arn"]], alarm["address"]
        assert alarm["values"]["treat_missing_data"] == "notBreaching"


def test_alarms_on_our_own_metrics_name_what_predict_emits(deployment: Deployment) -> None:
    predict = next(
        each["values"]["environment"][0]["variables"]
        for each in deployment.of_type("aws_lambda_function")
        if each["address"].startswith("module.predict.")
    )
    own = [
        each["values"]
        for each in deployment.of_type("aws_cloudwatch_metric_alarm")
        if each["values"]["namespace"] == predict["POWERTOOLS_METRICS_NAMESPACE"]
    ]
    assert {each["metric_name"] for each in own} == {"EndpointMisconfigured", "ModelAge", "PredictionsNotKept"}
    source = "".join(path.read_text() for path in (REPOSITORY / "functions" / "predict").glob("*.py"))
    for each in own:
        assert f'add_metric("{each["metric_name"]}"' in source
        assert each["dimensions"] == {"service": predict["POWERTOOLS_SERVICE_NAME"]}


def test_the_schedule_starts_retrain_all(deployment: Deployment) -> None:
    schedule = deployment.one("aws_scheduler_schedule", "retrain_all")
    assert schedule["target"][0]["arn"] == deployment.outputs["retrain_all_state_machine_arn"]
    assert schedule["schedule_expression"] == "cron(0 3 * * ? *)"
    assert schedule["state"] == "ENABLED"


def test_a_second_plan_is_empty(deployment: Deployment) -> None:
    changes = plan(deployment.cloud.environment, deployment.directory, deployment.variables)
    changed = {
        each["address"]: each["change"]["actions"]
        for each in changes["resource_changes"]
        if each["change"]["actions"] not in (["no-op"], ["read"])
    }
    assert not changed
    assert not [name for name, each in changes["output_changes"].items() if each["actions"] != ["no-op"]]


AS_SHIPPED = dict.fromkeys(LOCAL_VARIABLES) | {"project_dir": str(REPOSITORY), "web_origin": None}
"""Variables for AWS: null is a variable's default."""


def test_the_root_as_shipped_plans_for_an_empty_account(deployment: Deployment, tmp_path: Path) -> None:
    """With credentials that are worth nothing, and of all services only the one that says whose they are."""
    offline = {"AWS_ENDPOINT_URL": f"http://{HOST}:1", "AWS_ENDPOINT_URL_STS": deployment.cloud.settings.endpoint_url}
    variables = {"functions_dir": deployment.variables["functions_dir"]}
    content = plan(deployment.cloud.environment | offline, tmp_path, AS_SHIPPED | variables)
    assert {tuple(each["change"]["actions"]) for each in content["resource_changes"]} == {("create",), ("read",)}
    # No switch of the provider that makes this possible is in the root: it checks credentials, account and region.
    provider = content["configuration"]["provider_config"]["aws"]
    assert provider["expressions"].keys() == {"region", "default_tags"}


@pytest.fixture(scope="module")
def aws_plan(deployment: Deployment) -> dict[str, dict[str, Any]]:
    """What the defaults for AWS would make, by address."""
    variables = deployment.variables | AS_SHIPPED | {"alarm_email": "someone@example.org"}
    content = plan(deployment.cloud.environment, deployment.directory, variables)
    return {each["address"]: each["values"] for each in resources_of(content["planned_values"]["root_module"])}


def test_on_aws_the_data_is_protected_and_datasets_expire(aws_plan: dict[str, dict[str, Any]]) -> None:
    for table in TABLES:
        assert aws_plan[f"aws_dynamodb_table.{table}"]["deletion_protection_enabled"]
    assert not aws_plan["aws_s3_bucket.artifacts"]["force_destroy"]
    assert not aws_plan["aws_ecr_repository.model"]["force_delete"]
    rules = {rule["id"]: rule for rule in aws_plan["aws_s3_bucket_lifecycle_configuration.artifacts[0]"]["rule"]}
    assert rules["expire-datasets"]["filter"][0]["prefix"] == "datasets/"
    assert rules["expire-datasets"]["expiration"][0]["days"] == 90


def test_on_aws_the_topics_have_a_key_that_their_publishers_may_use(aws_plan: dict[str, dict[str, Any]]) -> None:
    key = aws_plan["aws_kms_key.notifications[0]"]
    assert key["enable_key_rotation"]
    manage, alarms, rules = json.loads(key["policy"])["Statement"]
    assert manage["Principal"] == {"AWS": "arn:aws:iam::000000000000:root"}
    assert alarms["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert alarms["Condition"] == {"StringEquals": {"aws:SourceAccount": "000000000000"}}
    assert rules["Principal"] == {"Service": "events.amazonaws.com"}
    assert "Condition" not in rules
    assert aws_plan["aws_sns_topic_subscription.alarms_email[0]"]["endpoint"] == "someone@example.org"


def test_on_aws_the_web_app_is_hosted(aws_plan: dict[str, dict[str, Any]]) -> None:
    assert aws_plan["aws_amplify_app.web[0]"]["platform"] == "WEB"
    assert aws_plan["aws_amplify_branch.web[0]"]["branch_name"] == "main"
    headers = aws_plan["aws_amplify_app.web[0]"]["custom_headers"]
    assert "default-src 'none'" in headers
    assert "execute-api.us-east-1.amazonaws.com" in headers
    assert "CALLED_ORIGINS" not in headers
    assert "amazoncognito" not in headers


def test_on_aws_zips_go_up_directly(aws_plan: dict[str, dict[str, Any]]) -> None:
    assert aws_plan["module.predict.aws_lambda_function.this"]["filename"].endswith("predict.zip")
    assert not any(".aws_s3_object." in address for address in aws_plan)
