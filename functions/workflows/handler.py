"""Lambda handler of `workflows`."""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any

from contract.runs import RunsQuery
from contract.workflows import WorkflowsQuery
from functions.shared.adapters import aws
from functions.shared.adapters.changes_table import ChangesTable
from functions.shared.adapters.endpoints_table import EndpointsTable
from functions.shared.adapters.runs_table import RunsTable
from functions.shared.adapters.s3 import ArtifactsBucket
from functions.shared.adapters.sagemaker import Endpoints, Registry
from functions.shared.adapters.workflows_table import WorkflowsTable
from functions.shared.clock import SystemClock
from functions.shared.http import Answer, HttpRequest, Operations, respond
from functions.workflows.logic import Catalogue
from functions.workflows.schedule import next_start
from functions.workflows.settings import Settings


def handler(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """Answer one proxy event."""
    return respond(event, OPERATIONS, lambda: settings().web_origin)


@cache
def settings() -> Settings:
    """Read the environment, once."""
    return Settings.from_environment()


@cache
def catalogue() -> Catalogue:
    """Put the function together, once."""
    clock = SystemClock()
    dynamodb = aws.dynamodb_for_reads()
    return Catalogue(
        workflows=WorkflowsTable(dynamodb, settings().workflows_table),
        runs=RunsTable(dynamodb, settings().workflow_runs_table),
        trail=ChangesTable(dynamodb, settings().run_changes_table),
        endpoints=EndpointsTable(dynamodb, settings().model_endpoints_table),
        models=Endpoints(aws.sagemaker_runtime(), clock),
        registry=Registry(aws.sagemaker()),
        artifacts=ArtifactsBucket(aws.s3_for_requests(), settings().artifacts_bucket),
        clock=clock,
        name_prefix=settings().name_prefix,
        next_training=_next_training,
    )


def _next_training(now: datetime) -> datetime | None:
    if not settings().schedule_enabled:
        return None
    return next_start(settings().schedule_expression, settings().schedule_timezone, now)


def _list(request: HttpRequest) -> Answer:
    return Answer(catalogue().list(request.read_query(WorkflowsQuery)))


def _detail(request: HttpRequest) -> Answer:
    return Answer(catalogue().detail(request.path_parameters.get("workflow_name", "")))


def _openapi(_request: HttpRequest) -> Answer:
    from contract import openapi  # for the one route that seldom anyone asks for: it would make every start slower

    return Answer(openapi.OpenApiDocument(openapi.document()))


def _runs(request: HttpRequest) -> Answer:
    query = request.read_query(RunsQuery)
    return Answer(catalogue().runs(request.path_parameters.get("workflow_name", ""), query))


def _run(request: HttpRequest) -> Answer:
    names = request.path_parameters
    return Answer(catalogue().run(names.get("workflow_name", ""), names.get("run_id", "")))


def _accuracy(request: HttpRequest) -> Answer:
    return Answer(catalogue().accuracy(request.path_parameters.get("workflow_name", "")))


OPERATIONS: Operations = {
    "listWorkflows": _list,
    "getWorkflow": _detail,
    "getOpenApi": _openapi,
    "listRuns": _runs,
    "getRun": _run,
    "getAccuracy": _accuracy,
}
