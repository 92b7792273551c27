"""Train, serve, update, crash, and go on: the local SageMaker with real processes."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from cloud.processes import processes_of
from cloud.sagemaker.docker_runner import containers_of
from tests.clouds import LocalCloud
from tests.integration.cloud.conftest import BUCKET, ROLE, eventually, job_request


def train(cloud: LocalCloud, name: str, **hyperparameters: str) -> dict[str, Any]:
    sagemaker = cloud.client("sagemaker")
    sagemaker.create_training_job(**job_request(name, **hyperparameters))
    return eventually(
        lambda: sagemaker.describe_training_job(TrainingJobName=name),
        lambda job: job["TrainingJobStatus"] not in {"InProgress", "Stopping"},
    )


def configure(cloud: LocalCloud, name: str, artefact: str) -> None:
    sagemaker = cloud.client("sagemaker")
    sagemaker.create_model(
        ModelName=name, ExecutionRoleArn=ROLE, PrimaryContainer={"Image": "runquote", "ModelDataUrl": artefact}
    )
    sagemaker.create_endpoint_config(
        EndpointConfigName=name,
        ProductionVariants=[
            {
                "VariantName": "AllTraffic",
                "ModelName": name,
                "ServerlessConfig": {"MemorySizeInMB": 1024, "MaxConcurrency": 5},
            }
        ],
    )


def settled(cloud: LocalCloud, name: str) -> dict[str, Any]:
    sagemaker = cloud.client("sagemaker")
    return eventually(
        lambda: sagemaker.describe_endpoint(EndpointName=name),
        lambda endpoint: endpoint["EndpointStatus"] not in {"Creating", "Updating"},
    )


def invoke(cloud: LocalCloud, name: str, **body: object) -> dict[str, Any]:
    answer = cloud.client("sagemaker-runtime").invoke_endpoint(
        EndpointName=name, Body=json.dumps(body).encode(), ContentType="application/json"
    )
    assert answer["ContentType"] == "application/json"
    assert answer["InvokedProductionVariant"] == "AllTraffic"
    parsed: dict[str, Any] = json.loads(answer["Body"].read())
    return parsed


def test_a_model_from_training_to_restart(cloud: LocalCloud) -> None:
    sagemaker = cloud.client("sagemaker")
    for version in ("1", "2"):
        job = train(cloud, f"life-{version}", version=version)
        assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
        assert [(metric["MetricName"], metric["Value"]) for metric in job["FinalMetricDataList"]] == [("slope", 2.0)]
        configure(cloud, f"life-{version}", job["ModelArtifacts"]["S3ModelArtifacts"])
    keys = {item["Key"] for item in cloud.client("s3").list_objects_v2(Bucket=BUCKET, Prefix="out/")["Contents"]}
    assert {"out/life-1/output/model.tar.gz", "out/life-1/output/output.tar.gz"} <= keys

    sagemaker.create_endpoint(EndpointName="life", EndpointConfigName="life-1")
    assert settled(cloud, "life")["EndpointStatus"] == "InService"
    assert invoke(cloud, "life", x=21)["y"] == 42

    sagemaker.update_endpoint(EndpointName="life", EndpointConfigName="life-2")
    assert invoke(cloud, "life", x=1)["version"] in {"1", "2"}
    assert settled(cloud, "life")["EndpointConfigName"] == "life-2"
    before = invoke(cloud, "life", x=21)
    assert before["version"] == "2"

    sagemaker.create_training_job(**job_request("life-lost", hang="yes"))
    log = cloud.settings.state_directory / "sagemaker/training-jobs/life-lost/log.txt"
    eventually(lambda: log.exists() and "hanging" in log.read_text(), bool)
    cloud.kill()  # Returns only when no process of it is left.
    cloud.start()
    after = invoke(cloud, "life", x=21)
    assert (after["y"], after["version"]) == (42, "2")
    outlived = cloud.settings.runner == "docker"  # Containers go on, and the next server finds them.
    assert (after["host"], after["pid"] == before["pid"]) == (before["host"], outlived)
    if outlived:
        sagemaker.stop_training_job(TrainingJobName="life-lost")
    lost = eventually(
        lambda: sagemaker.describe_training_job(TrainingJobName="life-lost"),
        lambda job: job["TrainingJobStatus"] not in {"InProgress", "Stopping"},
    )
    assert lost["TrainingJobStatus"] == ("Stopped" if outlived else "Failed")
    assert outlived or "Please try again" in lost["FailureReason"]

    sagemaker.delete_endpoint(EndpointName="life")
    eventually(lambda: still_serves(cloud, "life", after["pid"]), lambda there: not there)


def still_serves(cloud: LocalCloud, endpoint: str, pid: int) -> bool:
    """Whether the program behind the endpoint is there."""
    state = cloud.settings.state_directory
    if cloud.settings.runner == "docker":
        return any(f"/{endpoint}/" in root for root in containers_of(state).values())
    return pid in processes_of(state)


def test_a_container_that_dies_is_started_again(cloud: LocalCloud) -> None:
    configure(cloud, "dies", train(cloud, "dies")["ModelArtifacts"]["S3ModelArtifacts"])
    cloud.client("sagemaker").create_endpoint(EndpointName="dies", EndpointConfigName="dies")
    assert settled(cloud, "dies")["EndpointStatus"] == "InService"
    with pytest.raises(ClientError) as raised:
        invoke(cloud, "dies", exit=True)
    assert raised.value.response["Error"]["Code"] == "ModelError"
    assert raised.value.response["OriginalStatusCode"] == 0  # type: ignore[typeddict-item]  # ModelError has it
    assert invoke(cloud, "dies", x=1)["y"] == 2
    with pytest.raises(ClientError) as raised:
        invoke(cloud, "dies", status=418)
    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 424
    assert raised.value.response["OriginalStatusCode"] == 418  # type: ignore[typeddict-item]  # ModelError has it


def test_failed_and_stopped_jobs(cloud: LocalCloud) -> None:
    job = train(cloud, "fails", fail="Too few runs.")
    assert job["FailureReason"] == "AlgorithmError: Too few runs., exit code: 3"
    logs = cloud.client("logs")
    streams = eventually(
        lambda: logs.describe_log_streams(
            logGroupName="/aws/sagemaker/TrainingJobs", logStreamNamePrefix="fails/algo-1-"
        )["logStreams"],
        bool,
    )
    events = eventually(
        lambda: logs.get_log_events(
            logGroupName="/aws/sagemaker/TrainingJobs", logStreamName=streams[0]["logStreamName"]
        )["events"],
        bool,
    )
    assert events[0]["message"] == "Giving up: Too few runs."
    sagemaker = cloud.client("sagemaker")
    sagemaker.create_training_job(**job_request("hangs", hang="yes"))
    eventually(
        lambda: sagemaker.describe_training_job(TrainingJobName="hangs")["SecondaryStatus"],
        lambda status: status == "Training",
    )
    sagemaker.stop_training_job(TrainingJobName="hangs")
    eventually(
        lambda: sagemaker.describe_training_job(TrainingJobName="hangs")["TrainingJobStatus"],
        lambda status: status == "Stopped",
    )


def test_waiters_and_modelled_errors_of_boto3_work(cloud: LocalCloud) -> None:
    sagemaker = cloud.client("sagemaker")
    sagemaker.create_training_job(**job_request("waited"))
    sagemaker.get_waiter("training_job_completed_or_stopped").wait(
        TrainingJobName="waited", WaiterConfig={"Delay": 1, "MaxAttempts": 60}
    )
    with pytest.raises(sagemaker.exceptions.ResourceInUse, match="must be unique"):
        sagemaker.create_training_job(**job_request("waited"))
    with pytest.raises(ClientError, match="Could not find endpoint"):
        sagemaker.describe_endpoint(EndpointName="nowhere")
    runtime = cloud.client("sagemaker-runtime")
    with pytest.raises(runtime.exceptions.ValidationError, match="Endpoint nowhere of account 000000000000 not found"):
        runtime.invoke_endpoint(EndpointName="nowhere", Body=b"{}")
