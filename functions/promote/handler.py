"""Lambda handler of `promote`."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from contract.states import PromoteRequest
from functions.promote.logic import Promoter
from functions.promote.settings import Settings
from functions.shared.adapters import aws
from functions.shared.adapters.endpoints_table import EndpointsTable
from functions.shared.adapters.s3 import ArtifactsBucket
from functions.shared.clock import SystemClock
from functions.shared.steps import run_step


def handler(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """Run the step."""
    return run_step(event, PromoteRequest, promoter().promote)


@cache
def promoter() -> Promoter:
    """Put the function together, once."""
    settings = Settings.from_environment()
    return Promoter(
        artifacts=ArtifactsBucket(aws.s3(), settings.artifacts_bucket),
        endpoints=EndpointsTable(aws.patient_dynamodb(), settings.model_endpoints_table),
        clock=SystemClock(),
    )
