"""What an evaluation says about the model in service, arranged for people to look at."""

import math
from collections.abc import Iterable, Sequence
from statistics import median

from contract.accuracy import AccuracyResponse, MeasuredCoverage, MonthAccuracy
from contract.container import EvaluatedRun, Evaluation
from contract.endpoint_records import EndpointRecord

WORST_MISSES = 10


def accuracy(record: EndpointRecord, evaluation: Evaluation) -> AccuracyResponse:
    """Describe how the model of a record did on runs that it had not seen."""
    points = evaluation.points
    return AccuracyResponse(
        workflow_name=record.workflow_name,
        model_version=record.model_version,
        trained_at=record.trained_at,
        evaluated_on=evaluation.evaluated_on,
        evaluated_runs=evaluation.evaluated_runs,
        metrics=evaluation.challenger,
        baseline=evaluation.baseline,
        later=evaluation.later,
        coverage=[
            MeasuredCoverage(coverage=0.8, measured=evaluation.challenger.coverage_80),
            MeasuredCoverage(coverage=0.9, measured=evaluation.challenger.coverage_90),
        ],
        slices=evaluation.slices,
        months=_months(points),
        worst_misses=sorted(points, key=_factor, reverse=True)[:WORST_MISSES],
        points=points,
    )


def _months(points: Iterable[EvaluatedRun]) -> Sequence[MonthAccuracy]:
    errors: dict[str, list[float]] = {}
    for point in points:
        error = abs(point.predicted_usd - point.cost_usd) / point.cost_usd
        errors.setdefault(f"{point.completed_at:%Y-%m}", []).append(error)
    return [
        MonthAccuracy(month=month, runs=len(found), median_ape=median(found)) for month, found in sorted(errors.items())
    ]


def _factor(point: EvaluatedRun) -> float:
    """Return how far off a prediction was: as far at half the cost as at twice the cost."""
    if point.predicted_usd == 0:
        return math.inf
    return abs(math.log(point.predicted_usd / point.cost_usd))
