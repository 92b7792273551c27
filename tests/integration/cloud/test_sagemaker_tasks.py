"""SageMaker from Step Functions: names, answers and errors as on AWS."""

import json
from typing import Any

from tests.clouds import LocalCloud
from tests.integration.cloud.conftest import ROLE, Machines, eventually, job_request

OPTIMIZED = "arn:aws:states:::sagemaker:"
AWS_SDK = "arn:aws:states:::aws-sdk:sagemaker:"


def task(resource: str, parameters: dict[str, Any], **more: object) -> dict[str, Any]:
    return {"Type": "Task", "Resource": resource, "Parameters": parameters, "End": True, **more}


def test_training_to_endpoint(machines: Machines) -> None:
    variant = {
        "VariantName": "AllTraffic",
        "ModelName": "by-machine",
        "ServerlessConfig": {"MemorySizeInMB": 1024, "MaxConcurrency": 1},
    }
    steps = [
        ("Train", f"{OPTIMIZED}createTrainingJob.sync", job_request("by-machine")),
        (
            "Model",
            f"{OPTIMIZED}createModel",
            {
                "ModelName": "by-machine",
                "ExecutionRoleArn": ROLE,
                "PrimaryContainer": {
                    "Image": "runquote",
                    "ModelDataUrl.$": "$.Train.ModelArtifacts.S3ModelArtifacts",
                },
            },
        ),
        (
            "Config",
            f"{OPTIMIZED}createEndpointConfig",
            {"EndpointConfigName": "by-machine", "ProductionVariants": [variant]},
        ),
        (
            "Endpoint",
            f"{OPTIMIZED}createEndpoint",
            {"EndpointName": "by-machine", "EndpointConfigName": "by-machine"},
        ),
        ("Describe", f"{AWS_SDK}describeEndpoint", {"EndpointName": "by-machine"}),
        ("Delete", f"{AWS_SDK}deleteModel", {"ModelName": "by-machine"}),
    ]
    states = {
        name: {"Type": "Task", "Resource": resource, "Parameters": parameters, "ResultPath": f"$.{name}", "Next": after}
        for (name, resource, parameters), after in zip(steps, [*(s[0] for s in steps[1:]), "Done"], strict=True)
    }
    execution = machines.run(states | {"Done": {"Type": "Succeed"}})
    assert execution["status"] == "SUCCEEDED", execution
    output = json.loads(execution["output"])
    assert output["Train"]["TrainingJobStatus"] == "Completed"
    assert isinstance(
        output["Train"]["TrainingEndTime"], int
    )  # Milliseconds: the Java SDK 1 of optimized integrations.
    assert output["Describe"]["EndpointName"] == "by-machine"
    assert output["Describe"]["CreationTime"].endswith("Z")  # ISO 8601: the Java SDK 2 of aws-sdk integrations.


def test_failed_job_is_task_failed_with_its_description(machines: Machines) -> None:
    request = job_request("machine-fails", fail="Too few runs.")
    execution = machines.run({"Train": task(f"{OPTIMIZED}createTrainingJob.sync", request)})
    assert (execution["status"], execution["error"]) == ("FAILED", "States.TaskFailed")
    assert json.loads(execution["cause"])["FailureReason"] == "AlgorithmError: Too few runs., exit code: 3"


def test_error_names(machines: Machines) -> None:
    machines.run({"Train": task(f"{OPTIMIZED}createTrainingJob.sync", job_request("used-up"))})
    endpoint = {"EndpointName": "nowhere"}
    for resource, parameters, error in (
        (f"{OPTIMIZED}createTrainingJob", job_request("used-up"), "SageMaker.ResourceInUseException"),
        (
            f"{OPTIMIZED}createEndpoint",
            endpoint | {"EndpointConfigName": "none"},
            "SageMaker.AmazonSageMakerException",
        ),
        (f"{AWS_SDK}describeEndpoint", endpoint, "SageMaker.SageMakerException"),
        (f"{AWS_SDK}createTrainingJob", job_request("used-up"), "SageMaker.ResourceInUseException"),
        (f"{AWS_SDK}describeEndpoint", endpoint | {"Colour": "red"}, "States.Runtime"),
    ):
        execution = machines.run({"Call": task(resource, parameters)})
        assert (execution["status"], execution["error"]) == ("FAILED", error), execution


def is_stopped(cloud: LocalCloud, name: str) -> bool:
    sagemaker = cloud.client("sagemaker")
    job = eventually(
        lambda: sagemaker.describe_training_job(TrainingJobName=name),
        lambda job: job["TrainingJobStatus"] not in {"InProgress", "Stopping"},
    )
    return bool(job["TrainingJobStatus"] == "Stopped")


def test_timed_out_task_stops_its_job(cloud: LocalCloud, machines: Machines) -> None:
    request = job_request("task-times-out", hang="yes")
    execution = machines.run({"Train": task(f"{OPTIMIZED}createTrainingJob.sync", request, TimeoutSeconds=1)})
    assert execution["error"] == "States.Timeout"
    assert is_stopped(cloud, "task-times-out")


def test_aborted_execution_stops_its_job(cloud: LocalCloud, machines: Machines) -> None:
    request = job_request("is-aborted", hang="yes")
    arn = machines.start({"Train": task(f"{OPTIMIZED}createTrainingJob.sync", request)})
    sagemaker = cloud.client("sagemaker")
    eventually(
        lambda: [
            job["TrainingJobStatus"]
            for job in sagemaker.list_training_jobs(NameContains="is-aborted")["TrainingJobSummaries"]
        ],
        lambda statuses: statuses == ["InProgress"],
    )
    machines.client.stop_execution(executionArn=arn, error="Stopped", cause="by a person")
    assert is_stopped(cloud, "is-aborted")
    assert machines.ended(arn)["status"] == "ABORTED"
