"""Asks a model what people ask, before it serves: an artefact that reads well may still have no answers."""

import itertools
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from pydantic import ValidationError

from contract.base import MAX_BYTES, ParameterValue
from contract.container import InvocationRow, RowPrediction
from model.container import answers
from model.cost_model import CostModel
from model.errors import BadArtifact


def probe(model: CostModel) -> None:
    """Ask about sizes inside and beyond the range, with and without output sizes, parameters and start times.

    Raises:
        BadArtifact: some answer is none.
    """
    try:
        predictions = answers.predict(model, _rows(model), explain=True, similar_runs=5)
    except (ArithmeticError, ValueError, IndexError, TypeError) as error:
        place = error.errors()[0]["loc"] if isinstance(error, ValidationError) else ""
        raise BadArtifact(f"the model has no answer: {type(error).__name__} {place}".strip()) from error
    if not all(map(_is_sound, predictions)):
        raise BadArtifact("the model's outcomes do not rise, or all its intervals are empty")


def _rows(model: CostModel) -> list[InvocationRow]:
    low, high = model.input_bytes_range
    middle = round((low * high) ** 0.5)
    sizes = {1, max(low // 10, 1), low, middle, high, min(high * 10, MAX_BYTES), MAX_BYTES}
    outputs = (None, 0, middle, MAX_BYTES)
    starts = (None, datetime(2000, 1, 1, tzinfo=UTC), model.latest_run_at, model.latest_run_at + timedelta(days=30))
    plain = [
        InvocationRow(input_bytes=size, output_bytes=output, started_at=start)
        for size, output, start in itertools.product(sorted(sizes), outputs, starts)
    ]
    return plain + [InvocationRow(input_bytes=middle, parameters={name: value}) for name, value in _parameters(model)]


def _parameters(model: CostModel) -> list[tuple[str, ParameterValue]]:
    """Return each parameter with values that were seen, and with some that were not."""
    numbers = [(each.name, value) for each in model.encoder.numbers for value in (each.low, each.high, 0, -1e15, 1e15)]
    categories = [(each.name, value) for each in model.encoder.categories for value in (*each.values[:3], "never seen")]
    return [*numbers, *categories]


def _is_sound(prediction: RowPrediction) -> bool:
    rising = all(lower <= upper for lower, upper in pairwise(prediction.outcomes_usd))
    return rising and all(interval.low_usd <= interval.high_usd for interval in prediction.intervals)
