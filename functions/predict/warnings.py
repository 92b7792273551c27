"""What to keep in mind about a prediction, in plain words."""

from datetime import datetime

from contract.container import RowPrediction
from contract.endpoint_records import EndpointRecord
from contract.judgement import coverage_problem
from contract.made_up import MADE_UP_WORDS, is_made_up
from contract.predictions import PredictionRequest, PredictionWarning
from contract.validation_words import quoted
from functions.shared import words

FEW_RUNS = 15
"""Below this the model is a trend alone and its intervals are rough."""
_ROUGH = "Treat this as a rough guide."
ESTIMATED_SHARE = 0.1
"""Fewer estimated costs than this say little about the model."""


def warnings(
    request: PredictionRequest, row: RowPrediction, record: EndpointRecord, now: datetime, stale_after_days: int
) -> list[PredictionWarning]:
    """Return the warnings of one prediction, the most important first."""
    found = []
    made_up = is_made_up(request.workflow_name)
    if made_up:
        found.append(PredictionWarning(code="made_up_runs", message=MADE_UP_WORDS))
    if row.extrapolated:
        found.append(PredictionWarning(code="outside_training_range", message=_outside(request, record)))
    if record.kind == "guess":
        found.append(PredictionWarning(code="no_better_than_guess", message=_guess(record)))
    coverage = coverage_problem(record.metrics.coverage_80, record.metrics.coverage_90, record.evaluated_runs)
    if coverage is not None:
        found.append(PredictionWarning(code="intervals_too_narrow", message=coverage))
    if record.runs < FEW_RUNS:
        found.append(
            PredictionWarning(
                code="few_runs",
                message=f"Learned from only {words.counted(record.runs, 'past run')}: "
                "expect better estimates as more runs are recorded.",
            )
        )
    days = (now - record.trained_at).days
    if days > stale_after_days:
        found.append(
            PredictionWarning(
                code="stale_model",
                message=f"The model was trained {days} days ago, on {words.date(record.trained_at)}; "
                "costs may have changed since.",
            )
        )
    share = record.profile.estimated_share
    if share >= ESTIMATED_SHARE and not made_up:
        whose = "The past costs were" if share > 0.995 else f"{words.percent(share)} of the past costs were"
        found.append(
            PredictionWarning(code="estimated_costs", message=f"{whose} estimated rather than taken from a bill.")
        )
    if row.unknown_parameters:
        names = words.listed([quoted(name) for name in row.unknown_parameters])
        found.append(
            PredictionWarning(
                code="unknown_parameter", message=f"No past run tells what {names} would change, so it is left out."
            )
        )
    return found


def _outside(request: PredictionRequest, record: EndpointRecord) -> str:
    smallest, largest = record.input_bytes_range
    if request.input_bytes > largest:
        past, asked = words.different_sizes(largest, request.input_bytes)
        return f"Largest past run used {past}; you entered {asked}. {_ROUGH}"
    if request.input_bytes < smallest:
        past, asked = words.different_sizes(smallest, request.input_bytes)
        return f"Smallest past run used {past}; you entered {asked}. {_ROUGH}"
    return f"No past run is like this one. {_ROUGH}"


def _guess(record: EndpointRecord) -> str:
    return (
        f"Nothing that is known of {words.counted(record.runs, 'past run')} foretells their costs better than a guess: "
        "this is the median of what they cost, whatever is asked, and the interval is how much that varied."
    )
