"""Deletes what promotions made, which Terraform does not know, before `terraform destroy`.

Works on AWS, with the caller's usual credentials, as on a local cloud. Names are computed from the workflows on record
(contract.names), not matched by prefix, so another deployment's endpoints are never touched. It may be run again after
it was interrupted, as long as the table of workflows is there.
"""

import argparse
import contextlib
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError, WaiterError

from contract.names import resource_name

_SETTLE_SECONDS = 1800
"""How long an endpoint may take to come or to go."""
_TRAINING_LOGS = "/aws/sagemaker/TrainingJobs"
"""The log group of all training jobs of the account and region."""


class TeardownError(Exception):
    """It cannot go on. The message is one line for a person."""


@dataclass
class Remains:
    """What is to be deleted, by kind."""

    executions: list[str] = field(default_factory=list)
    training_jobs: list[str] = field(default_factory=list)
    endpoints: list[str] = field(default_factory=list)
    endpoint_configs: list[str] = field(default_factory=list)
    models: list[str] = field(default_factory=list)
    model_packages: list[str] = field(default_factory=list)
    training_logs: list[str] = field(default_factory=list)
    model_package_groups: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return any(vars(self).values())

    def __str__(self) -> str:
        kinds = ((kind.replace("_", " "), names) for kind, names in vars(self).items() if names)
        return "\n".join(f"{kind}:\n" + "\n".join(f"  {name}" for name in names) for kind, names in kinds)


class Teardown:
    """Finds and deletes what one deployment's retrainings made."""

    def __init__(self, session: boto3.session.Session, name_prefix: str, poll_seconds: int = 15) -> None:
        client: Any = session.client  # boto3 types clients by literal names
        self._settle = {"Delay": poll_seconds, "MaxAttempts": _SETTLE_SECONDS // poll_seconds}
        self._prefix = name_prefix
        self._region = session.region_name
        self._sagemaker = client("sagemaker")
        self._states = client("stepfunctions")
        self._scheduler = client("scheduler")
        self._database = client("dynamodb")
        self._logs = client("logs")
        self._identity = client("sts")

    def quiesce(self) -> None:
        """Switch the schedule off and stop what runs, so that nothing new comes up during the teardown."""
        with _if_there("ResourceNotFoundException"):
            schedule = self._scheduler.get_schedule(GroupName=self._prefix, Name=f"{self._prefix}-retrain-all")
            kept = (
                "GroupName",
                "Name",
                "ScheduleExpression",
                "ScheduleExpressionTimezone",
                "FlexibleTimeWindow",
                "Target",
            )
            self._scheduler.update_schedule(**{name: schedule[name] for name in kept}, State="DISABLED")
        for machine in ("retrain-all", "retrain"):  # The one that starts others first.
            for execution in self._running_executions(machine):
                self._states.stop_execution(executionArn=execution, cause="The deployment is being removed")

    def find(self) -> Remains:
        """List what is there."""
        remains = Remains(
            executions=[arn for machine in ("retrain-all", "retrain") for arn in self._running_executions(machine)]
        )
        for resource in sorted(resource_name(self._prefix, name) for name in self._workflow_names()):
            self._find_of(resource, remains)
        return remains

    def delete(self, remains: Remains) -> None:
        """Delete it, dependants first. Raises ClientError for what AWS refuses."""
        for job in remains.training_jobs:
            with _if_there("ValidationException"):  # It ended meanwhile.
                self._sagemaker.stop_training_job(TrainingJobName=job)
        for endpoint in remains.endpoints:
            self._delete_endpoint(endpoint)
        for config in remains.endpoint_configs:
            self._sagemaker.delete_endpoint_config(EndpointConfigName=config)
        for model in remains.models:
            self._sagemaker.delete_model(ModelName=model)
        for package in remains.model_packages:
            self._sagemaker.delete_model_package(ModelPackageName=package)
        for stream in remains.training_logs:
            with _if_there("ResourceNotFoundException"):
                self._logs.delete_log_stream(logGroupName=_TRAINING_LOGS, logStreamName=stream)
        for group in remains.model_package_groups:
            self._sagemaker.delete_model_package_group(ModelPackageGroupName=group)

    def _delete_endpoint(self, name: str) -> None:
        # An endpoint that is coming up or being updated cannot be deleted; one that failed to can.
        with contextlib.suppress(WaiterError):
            self._sagemaker.get_waiter("endpoint_in_service").wait(EndpointName=name, WaiterConfig=self._settle)
        with _if_there("ValidationException"):
            self._sagemaker.delete_endpoint(EndpointName=name)
        self._sagemaker.get_waiter("endpoint_deleted").wait(EndpointName=name, WaiterConfig=self._settle)
        with _if_there("ResourceNotFoundException"):
            self._logs.delete_log_group(logGroupName=f"/aws/sagemaker/Endpoints/{name}")

    def _find_of(self, resource: str, remains: Remains) -> None:
        """Add what belongs to one workflow; see contract.names for how things are named."""

        def own(operation: str, key: str, name: str, **options: str) -> list[str]:
            pages = self._sagemaker.get_paginator(operation).paginate(NameContains=resource, **options)
            found = (item[name] for page in pages for item in page[key])
            return [each for each in found if each == resource or each.startswith(f"{resource}-")]

        remains.training_jobs += own(
            "list_training_jobs", "TrainingJobSummaries", "TrainingJobName", StatusEquals="InProgress"
        )
        remains.endpoints += own("list_endpoints", "Endpoints", "EndpointName")
        remains.endpoint_configs += own("list_endpoint_configs", "EndpointConfigs", "EndpointConfigName")
        remains.models += own("list_models", "Models", "ModelName")
        groups = own("list_model_package_groups", "ModelPackageGroupSummaryList", "ModelPackageGroupName")
        for group in groups:
            pages = self._sagemaker.get_paginator("list_model_packages").paginate(ModelPackageGroupName=group)
            remains.model_packages += [
                item["ModelPackageArn"] for page in pages for item in page["ModelPackageSummaryList"]
            ]
        remains.model_package_groups += groups
        streams = self._logs.get_paginator("describe_log_streams").paginate(
            logGroupName=_TRAINING_LOGS, logStreamNamePrefix=f"{resource}-"
        )
        with _if_there("ResourceNotFoundException"):
            remains.training_logs += [stream["logStreamName"] for page in streams for stream in page["logStreams"]]

    def _workflow_names(self) -> Iterator[str]:
        table = f"{self._prefix}-workflows"
        pages = self._database.get_paginator("scan").paginate(TableName=table, ProjectionExpression="workflow_name")
        try:
            for page in pages:
                yield from (item["workflow_name"]["S"] for item in page["Items"])
        except self._database.exceptions.ResourceNotFoundException:
            raise TeardownError(
                f"There is no table {table} in {self._region}: check --name-prefix and --region"
                " (and run the teardown before `terraform destroy`)"
            ) from None

    def _running_executions(self, machine: str) -> list[str]:
        caller = self._identity.get_caller_identity()
        partition = caller["Arn"].split(":")[1]
        arn = f"arn:{partition}:states:{self._region}:{caller['Account']}:stateMachine:{self._prefix}-{machine}"
        pages = self._states.get_paginator("list_executions").paginate(stateMachineArn=arn, statusFilter="RUNNING")
        with _if_there("StateMachineDoesNotExist"):
            return [execution["executionArn"] for page in pages for execution in page["executions"]]
        return []


@contextlib.contextmanager
def _if_there(missing: str) -> Iterator[None]:
    """Pass over what is gone already; `missing` is the code by which the service says so."""
    try:
        yield
    except ClientError as error:
        if error.response["Error"]["Code"] != missing:
            raise


def main(arguments: list[str] | None = None) -> None:
    """The command line: list, ask, delete. Errors are one line on standard error and exit status 1."""
    parser = argparse.ArgumentParser(prog="python -m tools.aws.teardown", description=__doc__.splitlines()[0])
    parser.add_argument("--name-prefix", required=True, help="as given to Terraform")
    parser.add_argument("--region", required=True, help="as given to Terraform")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    options = parser.parse_args(arguments)
    try:
        teardown = Teardown(boto3.session.Session(region_name=options.region), options.name_prefix)
        remains = teardown.find()
        if not remains:
            print("Retrainings have left nothing to delete.")
        else:
            print(remains)
        if (
            not options.yes
            and input(f"Switch off its schedule and delete all this? Type {options.name_prefix}: ")
            != options.name_prefix
        ):
            sys.exit("Nothing was deleted.")
        teardown.quiesce()
        teardown.delete(teardown.find())
        print("Deleted. Now run `terraform destroy`.")
    except (TeardownError, BotoCoreError, ClientError, EOFError) as error:
        sys.exit(str(error) or "Nothing was deleted: nobody to ask; use --yes")


if __name__ == "__main__":
    main()
