"""Lambda handler of `retire_workflow`."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from functions.retire_workflow.logic import Retirer
from functions.retire_workflow.settings import Settings
from functions.shared.adapters import aws
from functions.shared.adapters.endpoints_table import EndpointsTable
from functions.shared.adapters.serving import Serving
from functions.shared.adapters.stepfunctions import StateMachineExecutions
from functions.shared.adapters.workflows_table import WorkflowsTable
from functions.shared.clock import SystemClock
from functions.shared.http import Answer, HttpRequest, Operations, respond


def handler(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """Answer one proxy event."""
    return respond(event, OPERATIONS, lambda: settings().web_origin)


@cache
def settings() -> Settings:
    """Read the environment, once."""
    return Settings.from_environment()


@cache
def retirer() -> Retirer:
    """Put the function together, once."""
    dynamodb, clock = aws.dynamodb_for_writes(), SystemClock()
    workflows = WorkflowsTable(dynamodb, settings().workflows_table)
    return Retirer(
        workflows=workflows,
        retirements=workflows,
        executions=StateMachineExecutions(aws.step_functions_for_requests()),
        endpoints=EndpointsTable(dynamodb, settings().model_endpoints_table),
        serving=Serving(aws.sagemaker(), clock),
        clock=clock,
        name_prefix=settings().name_prefix,
    )


def _retire(request: HttpRequest) -> Answer:
    return Answer(retirer().retire(request.path_parameters.get("workflow_name", "")))


OPERATIONS: Operations = {"retireWorkflow": _retire}
