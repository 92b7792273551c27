"""Lambda handler of `predictions`."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from contract.kept import PredictionsQuery
from functions.predictions.logic import Archive
from functions.predictions.settings import Settings
from functions.shared.adapters import aws
from functions.shared.adapters.predictions_table import PredictionsTable
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
def archive() -> Archive:
    """Put the function together, once."""
    return Archive(
        predictions=PredictionsTable(aws.dynamodb_for_reads(), settings().predictions_table),
        clock=SystemClock(),
        retention_days=settings().prediction_retention_days,
    )


def _list(request: HttpRequest) -> Answer:
    return Answer(archive().list(request.read_query(PredictionsQuery), request.caller.id))


def _get(request: HttpRequest) -> Answer:
    return Answer(archive().get(request.path_parameters.get("prediction_id", "")))


OPERATIONS: Operations = {"listPredictions": _list, "getPrediction": _get}
