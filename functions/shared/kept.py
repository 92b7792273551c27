"""What a list tells of a kept prediction, and which ids belong to it."""

from collections.abc import Mapping
from typing import Any

from contract.errors import ErrorBody
from contract.kept import KeptPrediction, PredictionSummary
from contract.predictions import BatchTotal, Interval, Prediction

_COVERAGE = 0.8


def whole(prediction_id: str) -> str:
    """Return the id under which a prediction is kept: a row is kept with its batch."""
    return prediction_id.partition(".")[0]


def row_id(batch_id: str, index: int) -> str:
    """Return the id of a batch's row; `index` is from 0."""
    return f"{batch_id}.{index + 1}"


def summary(kept: KeptPrediction) -> PredictionSummary:
    """Return what a list tells."""
    asked: dict[str, Any] = {
        "prediction_id": kept.prediction_id,
        "asked_at": kept.asked_at,
        "asked_by": kept.asked_by,
        "team": kept.team,
    }
    if kept.request is not None and kept.answer is not None:
        return PredictionSummary(
            **asked,
            workflow_name=kept.request.workflow_name,
            rows=1,
            input_bytes=kept.request.input_bytes,
            **_figures(kept.answer),
        )
    if kept.batch_request is None or kept.batch_answer is None:
        raise ValueError(f"{kept.prediction_id} holds neither one answer nor a batch's")
    rows = kept.batch_answer.predictions
    return PredictionSummary(
        **asked,
        workflow_name=_workflow(rows),
        rows=len(rows),
        unanswered=sum(isinstance(row, ErrorBody) for row in rows),
        **_total(kept.batch_answer.total),
    )


def _workflow(rows: list[Prediction | ErrorBody]) -> str | None:
    """Return the one workflow of all rows that were answered, if it is one: of others, nobody knows what they name."""
    names = {row.workflow_name for row in rows if isinstance(row, Prediction)}
    return names.pop() if len(names) == 1 else None


def _figures(answer: Prediction) -> Mapping[str, float]:
    if answer.beyond_evidence is not None:
        return {}
    return {"cost_usd": answer.cost_usd, **_bounds(answer.intervals)}


def _total(total: BatchTotal) -> Mapping[str, float]:
    if not total.outcomes_usd:
        return {}
    return {"cost_usd": total.cost_usd, **_bounds(total.intervals)}


def _bounds(intervals: list[Interval]) -> Mapping[str, float]:
    found = next((each for each in intervals if each.coverage == _COVERAGE), None)
    return {} if found is None else {"low_usd": found.low_usd, "high_usd": found.high_usd}
