"""Lambda handler of `change_endpoint`."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from contract.states import ChangeEndpointRequest
from functions.change_endpoint.logic import EndpointChanger, Patience
from functions.change_endpoint.settings import Settings
from functions.shared.adapters import aws
from functions.shared.adapters.endpoints_table import EndpointsTable
from functions.shared.adapters.hosting import SageMakerHosting
from functions.shared.clock import SystemClock
from functions.shared.steps import run_step


def handler(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """Run the step."""
    return run_step(event, ChangeEndpointRequest, changer().step)


@cache
def changer() -> EndpointChanger:
    """Put the function together, once."""
    settings = Settings.from_environment()
    return EndpointChanger(
        SageMakerHosting(aws.patient_sagemaker(), SystemClock()),
        EndpointsTable(aws.patient_dynamodb(), settings.model_endpoints_table),
        Patience(settings.endpoint_poll_seconds, settings.endpoint_max_seconds),
    )
