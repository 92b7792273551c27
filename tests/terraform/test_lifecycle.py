"""From a killed first apply to nothing left."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from contract.names import challenger_name, resource_name
from tests.clouds import LocalCloud, running_cloud
from tests.terraform.conftest import local_variables
from tools.apply import ROOT, apply, destroy
from tools.aws.teardown import Teardown, TeardownError

WORKFLOW = "rnaseq-quant"
TRAINING_LOGS = "/aws/sagemaker/TrainingJobs"
APPLY = """\
import json, os, sys
from pathlib import Path
from tools.apply import apply

directory, variables = sys.argv[1:]
apply(os.environ, Path(directory), json.loads(variables))
"""


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[LocalCloud]:
    with running_cloud(tmp_path) as running:
        yield running


def kill_in_mid_apply(cloud: LocalCloud, directory: Path, variables: dict[str, object]) -> None:
    """Start an apply; `kill -9` it, its Terraform and the provider when some resources are made and many are not."""
    process = subprocess.Popen(
        [sys.executable, "-c", APPLY, str(directory), json.dumps(variables)], env=cloud.environment, cwd=ROOT.parent
    )
    state = directory / "terraform" / "terraform.tfstate"
    deadline = time.monotonic() + 120
    while not state.exists() or state.read_text().count('"mode": "managed"') < 10:
        assert process.poll() is None, "it ended before it could be killed"
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.kill()
    process.wait()
    working = subprocess.run(["pgrep", "-f", f"{directory}/terraform/"], capture_output=True, text=True, check=True)
    for pid in working.stdout.split():
        os.kill(int(pid), signal.SIGKILL)


def litter(cloud: LocalCloud, outputs: dict[str, Any]) -> None:
    """Make what a promotion makes, and a neighbour's registry."""
    name, resource = challenger_name("runquote", WORKFLOW, "one"), resource_name("runquote", WORKFLOW)
    cloud.client("dynamodb").put_item(
        TableName=outputs["workflows_table"], Item={"workflow_name": {"S": WORKFLOW}, "runs": {"N": "1"}}
    )
    bucket, key = outputs["artifacts_bucket"], "models/no-model.tar.gz"
    cloud.client("s3").put_object(Bucket=bucket, Key=key, Body=b"no model")
    container = {"Image": "image", "ModelDataUrl": f"s3://{bucket}/{key}"}
    sagemaker = cloud.client("sagemaker")
    role = "arn:aws:iam::000000000000:role/runquote-sagemaker"
    for group in (resource, resource_name("runquote-eu", WORKFLOW)):
        sagemaker.create_model_package_group(ModelPackageGroupName=group)
    sagemaker.create_model_package(
        ModelPackageGroupName=resource,
        InferenceSpecification={
            "Containers": [container],
            "SupportedContentTypes": ["application/json"],
            "SupportedResponseMIMETypes": ["application/json"],
        },
    )
    sagemaker.create_model(ModelName=name, ExecutionRoleArn=role, PrimaryContainer=container)
    sagemaker.create_endpoint_config(
        EndpointConfigName=name,
        ProductionVariants=[
            {
                "VariantName": "all",
                "ModelName": name,
                "ServerlessConfig": {"MemorySizeInMB": 1024, "MaxConcurrency": 1},
            }
        ],
    )
    sagemaker.create_endpoint(EndpointName=resource, EndpointConfigName=name)
    logs = cloud.client("logs")
    logs.create_log_group(logGroupName=TRAINING_LOGS)
    for job in (name, "a-neighbours-job"):
        logs.create_log_stream(logGroupName=TRAINING_LOGS, logStreamName=f"{job}/algo-1-1")


def left_over(cloud: LocalCloud) -> dict[str, Any]:
    """What each service still has of the deployment, asked of the service and not of Terraform."""
    found: dict[str, Any] = {
        "tables": cloud.client("dynamodb").list_tables()["TableNames"],
        "buckets": cloud.client("s3").list_buckets()["Buckets"],
        "functions": cloud.client("lambda").list_functions()["Functions"],
        "machines": cloud.client("stepfunctions").list_state_machines()["stateMachines"],
        "topics": cloud.client("sns").list_topics()["Topics"],
        "logs": cloud.client("logs").describe_log_groups(logGroupNamePrefix="/aws/")["logGroups"],
        "alarms": cloud.client("cloudwatch").describe_alarms()["MetricAlarms"],
        "rules": cloud.client("events").list_rules()["Rules"],
        "schedules": cloud.client("scheduler").list_schedules()["Schedules"],
        "repositories": cloud.client("ecr").describe_repositories()["repositories"],
        "roles": [
            role["RoleName"]
            for role in cloud.client("iam").list_roles()["Roles"]
            if role["RoleName"].startswith("runquote")
        ],
        "apis": cloud.client("apigateway").get_rest_apis()["items"],
        "keys": cloud.client("apigateway").get_api_keys()["items"],
        "plans": cloud.client("apigateway").get_usage_plans()["items"],
    }
    return {kind: names for kind, names in found.items() if names}


def test_a_killed_apply_converges_and_a_teardown_leaves_nothing(cloud: LocalCloud, tmp_path: Path) -> None:
    variables = local_variables(tmp_path)
    kill_in_mid_apply(cloud, tmp_path, variables)
    outputs = apply(cloud.environment, tmp_path, variables)
    litter(cloud, outputs)
    session = boto3.session.Session(*cloud.settings.credentials, region_name="us-east-1")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("AWS_ENDPOINT_URL", cloud.settings.endpoint_url)
        teardown = Teardown(session, "runquote", poll_seconds=1)
        remains = teardown.find()
        resource = resource_name("runquote", WORKFLOW)
        assert remains.endpoints == remains.model_package_groups == [resource]
        assert len(remains.models) == len(remains.endpoint_configs) == len(remains.model_packages) == 1

        teardown.quiesce()
        schedule = cloud.client("scheduler").get_schedule(GroupName="runquote", Name="runquote-retrain-all")
        assert schedule["State"] == "DISABLED"
        teardown.delete(remains)
        assert not teardown.find()
        destroy(cloud.environment, tmp_path, variables)
        with pytest.raises(TeardownError, match="no table runquote-workflows"):
            teardown.find()
    found = left_over(cloud)
    (logs,) = found.pop("logs")  # SageMaker's, for the whole account
    assert not found
    streams = cloud.client("logs").describe_log_streams(logGroupName=logs["logGroupName"])["logStreams"]
    assert [stream["logStreamName"] for stream in streams] == ["a-neighbours-job/algo-1-1"]
    sagemaker = cloud.client("sagemaker")
    assert not sagemaker.list_endpoints()["Endpoints"]
    assert not sagemaker.list_endpoint_configs()["EndpointConfigs"]
    assert not sagemaker.list_models()["Models"]
    groups = sagemaker.list_model_package_groups()["ModelPackageGroupSummaryList"]
    assert [group["ModelPackageGroupName"] for group in groups] == [resource_name("runquote-eu", WORKFLOW)]
