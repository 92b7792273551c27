"""Lambda handler of `predict`."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from contract.kept import Asker
from contract.predictions import BatchRequest, PredictionRequest
from functions.predict.logic import Predictor
from functions.predict.settings import Settings
from functions.shared.adapters import aws
from functions.shared.adapters.endpoints_table import EndpointsTable
from functions.shared.adapters.predictions_table import PredictionsWriter
from functions.shared.adapters.sagemaker import Endpoints
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
def predictor() -> Predictor:
    """Put the function together, once."""
    clock = SystemClock()
    return Predictor(
        endpoints=EndpointsTable(aws.dynamodb_for_reads(), settings().model_endpoints_table),
        workflows=WorkflowsTable(aws.dynamodb_for_reads(), settings().workflows_table),
        models=Endpoints(aws.sagemaker_runtime(), clock),
        keeper=PredictionsWriter(aws.put_item(settings().predictions_table), settings().prediction_retention_days),
        clock=clock,
        stale_after_days=settings().stale_after_days,
    )


def _predict(request: HttpRequest) -> Answer:
    return Answer(predictor().predict(request.read(PredictionRequest), _asker(request)))


def _predict_batch(request: HttpRequest) -> Answer:
    batch = request.read(BatchRequest)
    return Answer(predictor().predict_batch(batch, request.request_id, _asker(request)))


def _asker(request: HttpRequest) -> Asker:
    return Asker(id=request.caller.id, name=request.caller.name)


OPERATIONS: Operations = {"predict": _predict, "predictBatch": _predict_batch}
