"""Lambda handler of `conclude`."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from contract.states import ConcludeRequest
from functions.conclude.logic import Concluder
from functions.conclude.settings import Settings
from functions.conclude.tidying import Tidier
from functions.shared.adapters import aws
from functions.shared.adapters.endpoints_table import EndpointsTable
from functions.shared.adapters.hosting import SageMakerHosting
from functions.shared.adapters.sagemaker import Registry
from functions.shared.adapters.workflows_table import WorkflowsTable
from functions.shared.clock import SystemClock
from functions.shared.steps import run_step


def handler(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """Run the step."""
    return run_step(event, ConcludeRequest, concluder().conclude)


@cache
def concluder() -> Concluder:
    """Put the function together, once."""
    settings, clock = Settings.from_environment(), SystemClock()
    sagemaker, dynamodb = aws.sagemaker_for_ends(), aws.dynamodb_for_ends()
    endpoints = EndpointsTable(dynamodb, settings.model_endpoints_table)
    return Concluder(
        tidier=Tidier(SageMakerHosting(sagemaker, clock), Registry(sagemaker), endpoints, clock),
        endpoints=endpoints,
        verdicts=WorkflowsTable(dynamodb, settings.workflows_table),
        clock=clock,
    )
