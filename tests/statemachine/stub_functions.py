"""Stands for the functions that prepare, judge and promote: what each answers follows from the input's `scenario`.

Deployed to the local cloud as a Lambda package of its own, so it imports nothing of the project.
"""

import os
import time
from contextlib import suppress
from typing import Any

import boto3
from botocore.exceptions import ClientError

Event = dict[str, Any]


class InvalidInput(Exception):
    pass


class InsufficientData(Exception):
    pass


class AlreadyRunning(Exception):
    pass


class BadArtifact(Exception):
    pass


class StalePromotion(Exception):
    pass


def prepare_dataset(event: Event, _context: object) -> Event:
    workflow = event["input"].get("workflow_name") if isinstance(event["input"], dict) else None
    if not isinstance(workflow, str) or not workflow:
        raise InvalidInput("workflow_name: Field required")
    scenario = event["input"].get("scenario", workflow)
    if scenario == "already_running":
        raise AlreadyRunning("another execution holds the claim")
    boto3.resource("dynamodb").Table(os.environ["WORKFLOWS_TABLE"]).update_item(
        Key={"workflow_name": workflow},
        UpdateExpression="SET lease_owner = :owner",
        ExpressionAttributeValues={":owner": event["execution_arn"]},
    )
    if scenario == "insufficient_data":
        raise InsufficientData("2 runs, at least 5 are needed")
    name = f"t-{event['execution_name']}"
    source = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{os.environ['BUCKET']}/dataset/"}
    return {
        "workflow_name": workflow,
        "runs": 7,
        "revisions": 2,
        "manifest_uri": f"s3://bucket/{scenario}",
        "name": name,
        "endpoint_name": f"t-{workflow.replace('_', '-')}",
        "model_package_group_name": f"t-{workflow.replace('_', '-')}",
        "client_token": event["execution_name"],
        "champion": None,
        "restored_version": event["input"].get("restore_version"),
        "restored_model_url": event["input"].get("restore_url"),
        "hyper_parameters": {"scenario": scenario, "waits_for": event["input"].get("waits_for", "")},
        "input_data_config": [
            {
                "ChannelName": "train",
                "DataSource": {"S3DataSource": {**source, "S3DataDistributionType": "FullyReplicated"}},
            }
        ],
        "output_path": f"s3://{os.environ['BUCKET']}/models",
        "enable_network_isolation": False,
        "production_variants": [
            {
                "VariantName": "AllTraffic",
                "ModelName": name,
                "ServerlessConfig": {"MemorySizeInMB": 1024, "MaxConcurrency": 5},
            }
        ],
    }


def verify_artifact(event: Event, _context: object) -> Event:
    scenario = event["manifest_uri"].rsplit("/", 1)[1]
    if scenario == "bad_artifact":
        raise BadArtifact("model.tar.gz holds more than it should")
    if "model_package_group_name" in event:
        with suppress(ClientError):  # it is there
            boto3.client("sagemaker").create_model_package_group(
                ModelPackageGroupName=event["model_package_group_name"]
            )
    return {"evaluation_uri": f"s3://bucket/{scenario}", "description": "test", "metadata": {"median_ape": "0.1"}}


def compare_models(event: Event, _context: object) -> Event:
    if event["restored_version"] is not None:
        return {"is_better": True, "reason": f"version {event['restored_version']} again"}
    better = not event["evaluation_uri"].endswith("/no_update")
    return {"is_better": better, "reason": "better" if better else "within noise"}


def promote(event: Event, _context: object) -> Event:
    if event["evaluation_uri"].endswith("/stale_promotion"):
        raise StalePromotion("the record names a newer version")
    if event["evaluation_uri"].endswith("/promotion_refused"):
        # As the table refuses it: ValidationException of DynamoDB, by the name that botocore gives all such errors.
        raise ClientError({"Error": {"Code": "ValidationException", "Message": "Number overflow"}}, "PutItem")
    # Enough of a record to own the endpoint.
    record = {"workflow_name": event["workflow_name"], "model_package_arn": event["model_package_arn"]}
    boto3.resource("dynamodb").Table(os.environ["MODEL_ENDPOINTS_TABLE"]).put_item(Item=record)
    return {"model_version": int(event["model_package_arn"].rsplit("/", 1)[1])}


def select_workflows(event: Event, _context: object) -> Event:
    names = ["promoted", "training_failed", "no_update", "already_running"]
    return {
        "workflows": [{"workflow_name": n, "execution_name": f"{n.replace('_', '-')}-{time.time_ns()}"} for n in names]
    }
