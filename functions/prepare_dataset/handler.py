"""Lambda handler of `prepare_dataset`."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from contract.states import PrepareDatasetRequest
from functions.prepare_dataset.logic import DatasetPreparer
from functions.prepare_dataset.serving import serving
from functions.prepare_dataset.settings import Settings
from functions.shared.adapters import aws
from functions.shared.adapters.endpoints_table import EndpointsTable
from functions.shared.adapters.runs_table import RunsTable
from functions.shared.adapters.s3 import ArtifactsBucket
from functions.shared.adapters.sagemaker import Registry
from functions.shared.adapters.stepfunctions import StateMachineExecutions
from functions.shared.adapters.workflows_table import WorkflowsTable
from functions.shared.clock import SystemClock
from functions.shared.steps import run_step


def handler(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """Run the step."""
    return run_step(event, PrepareDatasetRequest, preparer().prepare)


@cache
def preparer() -> DatasetPreparer:
    """Put the function together, once."""
    settings = Settings.from_environment()
    clock, dynamodb = SystemClock(), aws.patient_dynamodb()
    workflows = WorkflowsTable(dynamodb, settings.workflows_table)
    return DatasetPreparer(
        runs=RunsTable(dynamodb, settings.workflow_runs_table),
        workflows=workflows,
        leases=workflows,
        executions=StateMachineExecutions(aws.step_functions()),
        endpoints=EndpointsTable(dynamodb, settings.model_endpoints_table),
        registry=Registry(aws.patient_sagemaker()),
        artifacts=ArtifactsBucket(aws.s3(), settings.artifacts_bucket),
        clock=clock,
        name_prefix=settings.name_prefix,
        lease_seconds=settings.lease_seconds,
        serving_of=lambda model_name: serving(settings, model_name),
    )
