"""Predicts what runs will cost: finds the model of a workflow, asks it, and says how far to trust the answer."""

import json
import uuid
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

from contract.container import Invocation, InvocationResponse, InvocationRow, RowPrediction
from contract.endpoint_records import EndpointRecord
from contract.errors import ErrorBody
from contract.kept import Asker, KeptPrediction
from contract.predictions import BatchRequest, BatchResponse, ModelSummary, Prediction, PredictionRequest
from contract.total import total
from functions.predict.evidence import beyond_evidence
from functions.predict.keeping import Keeping
from functions.predict.warnings import warnings
from functions.shared import lookup
from functions.shared.errors import (
    ApiError,
    EndpointMissing,
    MalformedRecord,
    ModelFailed,
    ModelTimedOut,
    ModelWarming,
)
from functions.shared.http import read_json
from functions.shared.kept import row_id
from functions.shared.observability import MetricUnit, logger, metrics
from functions.shared.ports import Clock, EndpointRecords, Models, PredictionKeeper, WorkflowRecords

BUDGET_SECONDS = 9.0
"""No model is asked later than this after a request came in."""
_CONCURRENCY = 8
_LARGE_BATCH = 50
"""From here on a row's answer holds one similar run, so that 500 answers stay far below Lambda's 6 MB."""


NOBODY = Asker(id="unknown")


@dataclass(frozen=True)
class _Asked:
    """A model's answer and the record by which it was found."""

    record: EndpointRecord
    response: InvocationResponse


class Predictor:
    """Answers prediction requests."""

    def __init__(  # noqa: PLR0913 - its ports, by name
        self,
        *,
        endpoints: EndpointRecords,
        workflows: WorkflowRecords,
        models: Models,
        keeper: PredictionKeeper,
        clock: Clock,
        stale_after_days: int,
    ) -> None:
        self._endpoints = endpoints
        self._workflows = workflows
        self._models = models
        self._clock = clock
        self._keeping = Keeping(keeper, clock)
        self._stale_after_days = stale_after_days

    def predict(self, request: PredictionRequest, asker: Asker = NOBODY) -> Prediction:
        """Predict one run, and keep question and answer.

        Raises:
            ApiError: there is no such workflow, or no model that answers.
            DependencyUnavailable: the records cannot be read.
        """
        started = self._clock.steady()
        asked = self._ask(
            request.workflow_name, Invocation(rows=[_row(request, self._clock.now())]), started + BUDGET_SECONDS
        )
        if isinstance(asked, ApiError):
            _count_failure(asked)
            raise asked
        prediction = self._prediction(request, asked, asked.response.predictions[0], str(uuid.uuid4()))
        if request.keep:
            self._keeping.keep(
                KeptPrediction(
                    prediction_id=prediction.prediction_id,
                    asked_at=self._clock.now(),
                    asked_by=asker,
                    team=request.team,
                    request=request,
                    answer=prediction,
                )
            )
        self._report([(request, prediction)], started)
        return prediction

    def predict_batch(self, batch: BatchRequest, request_id: str, asker: Asker = NOBODY) -> BatchResponse:
        """Predict many runs: an answer or an error for each, in order, and the total of what was answered; and keep it.

        Raises:
            DependencyUnavailable: the records cannot be read.
        """
        started = self._clock.steady()
        rows = [_checked(row) for row in batch.requests]
        groups: dict[str, list[PredictionRequest]] = {}
        for row in rows:
            if isinstance(row, PredictionRequest):
                groups.setdefault(row.workflow_name, []).append(row)
        outcomes = self._ask_all(groups, started + BUDGET_SECONDS)
        batch_id = str(uuid.uuid4())
        positions = dict.fromkeys(groups, 0)
        answers: list[Prediction | ErrorBody] = []
        answered: list[tuple[PredictionRequest, Prediction]] = []
        for index, row in enumerate(rows):
            outcome = row if isinstance(row, ApiError) else outcomes[row.workflow_name]
            if isinstance(row, ApiError) or isinstance(outcome, ApiError):
                refusal = row if isinstance(row, ApiError) else outcome
                answers.append(_error_body(refusal, request_id))  # type: ignore[arg-type] # narrowed just above
                continue
            position = positions[row.workflow_name]
            positions[row.workflow_name] += 1
            prediction = self._prediction(row, outcome, outcome.response.predictions[position], row_id(batch_id, index))
            answers.append(prediction)
            answered.append((row, prediction))
        for outcome in outcomes.values():
            if isinstance(outcome, ApiError):
                _count_failure(outcome)
        self._report(answered, started)
        seed = json.dumps(batch.requests, sort_keys=True)
        response = BatchResponse(
            prediction_id=batch_id, predictions=answers, total=total([prediction for _, prediction in answered], seed)
        )
        if batch.keep:
            self._keeping.keep(
                KeptPrediction(
                    prediction_id=batch_id,
                    asked_at=self._clock.now(),
                    asked_by=asker,
                    team=batch.team or _team(rows),
                    batch_request=batch,
                    batch_answer=response,
                )
            )
        return response

    def _ask_all(
        self, groups: Mapping[str, Sequence[PredictionRequest]], deadline: float
    ) -> dict[str, _Asked | ApiError]:
        """Ask each workflow's model once, for all its rows."""
        now = self._clock.now()
        similar_runs = 5 if sum(len(rows) for rows in groups.values()) < _LARGE_BATCH else 1
        pool = ThreadPoolExecutor(max_workers=_CONCURRENCY)
        try:
            futures = {
                name: pool.submit(
                    self._ask,
                    name,
                    Invocation(rows=[_row(row, now) for row in rows], similar_runs=similar_runs),
                    deadline,
                )
                for name, rows in groups.items()
            }
            return {name: future.result() for name, future in futures.items()}
        finally:
            pool.shutdown(cancel_futures=True)

    def _ask(self, workflow_name: str, invocation: Invocation, deadline: float) -> _Asked | ApiError:
        if self._clock.steady() >= deadline:
            return _explained(ModelTimedOut())
        try:
            record = self._endpoints.get(workflow_name)
            if record is None:
                return lookup.missing(workflow_name, self._workflows)
            return _Asked(record, self._models.invoke(record, invocation, deadline))
        except (MalformedRecord, EndpointMissing, ModelWarming, ModelFailed, ModelTimedOut) as error:
            logger.error(
                "model does not answer",
                extra={"workflow_name": workflow_name, "cause": type(error).__name__, "detail": str(error)},
            )
            return _explained(error)

    def _prediction(
        self, request: PredictionRequest, asked: _Asked, row: RowPrediction, prediction_id: str
    ) -> Prediction:
        record = asked.record
        version = asked.response.model_version
        later = None if record.later is None else record.later.metrics
        return Prediction(
            prediction_id=prediction_id,
            workflow_name=request.workflow_name,
            cost_usd=row.cost_usd,
            intervals=row.intervals,
            outcomes_usd=row.outcomes_usd,
            extrapolated=row.extrapolated,
            extrapolation_factor=row.extrapolation_factor,
            beyond_evidence=beyond_evidence(request, row, record.input_bytes_range),
            warnings=warnings(request, row, record, self._clock.now(), self._stale_after_days),
            model=ModelSummary(
                # The endpoint is updated a moment before its record: the container knows best which model answered.
                version=record.model_version if version is None else version,
                trained_at=record.trained_at,
                runs=record.runs,
                median_ape=record.metrics.median_ape,
                input_bytes_range=record.input_bytes_range,
                coverage_80=record.metrics.coverage_80,
                coverage_90=record.metrics.coverage_90,
                later_median_ape=None if later is None else later.median_ape,
                later_coverage_80=None if later is None else later.coverage_80,
                later_coverage_90=None if later is None else later.coverage_90,
                evaluated_runs=record.evaluated_runs,
            ),
            explanation=row.explanation,
            similar_runs=row.similar_runs,
        )

    def _report(self, answered: Sequence[tuple[PredictionRequest, Prediction]], started: float) -> None:
        """Write one line for each prediction, and the metrics."""
        milliseconds = (self._clock.steady() - started) * 1000
        now = self._clock.now()
        for request, prediction in answered:
            logger.info(
                "prediction",
                extra={
                    "prediction_id": prediction.prediction_id,
                    "workflow_name": prediction.workflow_name,
                    "input_bytes": request.input_bytes,
                    "output_bytes": request.output_bytes,
                    "cost_usd": prediction.cost_usd,
                    "extrapolated": prediction.extrapolated,
                    "model_version": prediction.model.version,
                    "milliseconds": round(milliseconds, 1),
                },
            )
        if answered:
            ages = {(now - prediction.model.trained_at).total_seconds() for _, prediction in answered}
            metrics.add_metric("Predictions", MetricUnit.Count, len(answered))
            metrics.add_metric("PredictionLatency", MetricUnit.Milliseconds, milliseconds)
            metrics.add_metric("ModelAge", MetricUnit.Seconds, max(ages))


def _row(request: PredictionRequest, now: datetime) -> InvocationRow:
    """Ask for a run that starts now: what the latest runs have in common then counts."""
    return InvocationRow(
        input_bytes=request.input_bytes,
        output_bytes=request.output_bytes,
        parameters=request.parameters,
        started_at=now,
    )


def _team(rows: Sequence[PredictionRequest | ApiError]) -> str | None:
    """Return the team of a batch whose rows name one alone."""
    teams = {row.team for row in rows if isinstance(row, PredictionRequest)}
    return teams.pop() if len(teams) == 1 else None


def _checked(row: Mapping[str, object]) -> PredictionRequest | ApiError:
    try:
        return read_json(json.dumps(row).encode(), PredictionRequest)
    except ApiError as error:
        return error


def _error_body(error: ApiError, request_id: str) -> ErrorBody:
    return ErrorBody(error=error.code, message=error.message, request_id=request_id)


def _explained(error: Exception) -> ApiError:
    match error:
        case ModelWarming():
            return ApiError(
                "model_warming", "The model is starting, which can take up to 60 s. Try again in a few seconds.", 5
            )
        case ModelTimedOut():
            return ApiError(
                "model_timeout",
                "The model did not answer in time; after a quiet spell it may need up to 60 s to start. Try again.",
                5,
            )
        case ModelFailed():
            return ApiError("model_error", "The model could not answer this request.")
        case _:
            return ApiError(
                "endpoint_misconfigured",
                "The model of this workflow is not in service as it should be; those who run this service are told.",
                60,
            )


def _count_failure(error: ApiError) -> None:
    if error.code == "endpoint_misconfigured":
        metrics.add_metric("EndpointMisconfigured", MetricUnit.Count, 1)
    elif error.code in {"model_error", "model_timeout", "model_warming"}:
        metrics.add_metric("ModelFailures", MetricUnit.Count, 1)
