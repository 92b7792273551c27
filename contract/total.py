"""What many runs cost together: a sum of simulated outcomes, since bounds do not add up."""

import random
from collections.abc import Sequence
from itertools import pairwise
from operator import add

from contract.base import MAX_COST_USD
from contract.predictions import BatchTotal, Interval, Prediction

OUTCOMES_LISTED = 20
FEWEST_DRAWS = 1000
OUTCOMES = 20_000  # of all runs together: a few runs are drawn more often, at the same cost


def total(predictions: Sequence[Prediction], seed: str) -> BatchTotal:
    """Sum predictions: the median, the intervals and 20 outcomes of the simulated sums, in USD.

    Those of which past runs cannot tell the cost are left out and counted.

    The single figures are medians of skewed outcomes, and medians do not add up: the sum of many would lie below its
    own interval.

    Each draw takes one outcome of every run. Runs vary independently, except those beyond their model's experience:
    there the error is that of the trend, which all such runs of a workflow share, so they share one draw.
    Sums end where any cost does, at `MAX_COST_USD`. The same `seed` gives the same total.
    """
    left_out = sum(prediction.beyond_evidence is not None for prediction in predictions)
    predictions = [prediction for prediction in predictions if prediction.beyond_evidence is None]
    if not predictions:
        return BatchTotal(cost_usd=0, intervals=[], outcomes_usd=[], left_out=left_out)
    if len(predictions) == 1:
        (one,) = predictions
        return BatchTotal(
            cost_usd=one.cost_usd, intervals=one.intervals, outcomes_usd=one.outcomes_usd, left_out=left_out
        )
    draws = max(FEWEST_DRAWS, OUTCOMES // len(predictions))
    generator = random.Random(seed)  # noqa: S311 - a simulation, not a secret
    shared: dict[str, list[float]] = {}
    sums = [0.0] * draws
    for prediction in predictions:
        if prediction.extrapolated:
            if prediction.workflow_name not in shared:
                shared[prediction.workflow_name] = _levels(generator, draws)
            levels = shared[prediction.workflow_name]
        else:
            levels = _levels(generator, draws)
        sums = list(map(add, sums, _outcomes(prediction.outcomes_usd, levels)))
    sums = sorted(min(each, MAX_COST_USD) for each in sums)
    intervals = [
        Interval(
            coverage=interval.coverage,
            low_usd=_quantile(sums, (1 - interval.coverage) / 2),
            high_usd=_quantile(sums, (1 + interval.coverage) / 2),
        )
        for interval in predictions[0].intervals
    ]
    listed = [_quantile(sums, (number + 0.5) / OUTCOMES_LISTED) for number in range(OUTCOMES_LISTED)]
    return BatchTotal(cost_usd=_quantile(sums, 0.5), intervals=intervals, outcomes_usd=listed, left_out=left_out)


def _levels(generator: random.Random, draws: int) -> list[float]:
    return [generator.random() for _ in range(draws)]


def _outcomes(quantiles: Sequence[float], levels: Sequence[float]) -> list[float]:
    """Return the outcome at each level between 0 and 1; between two quantiles it lies on the line through them."""
    count = len(quantiles)
    steps = [high - low for low, high in pairwise(quantiles)]
    steps.append(0.0)
    last = count - 1.0
    found = []
    for level in levels:
        position = level * count - 0.5
        position = 0.0 if position < 0.0 else min(position, last)
        index = int(position)
        found.append(quantiles[index] + (position - index) * steps[index])
    return found


def _quantile(ascending: Sequence[float], level: float) -> float:
    position = level * (len(ascending) - 1)
    index = min(int(position), len(ascending) - 2)
    return ascending[index] + (position - index) * (ascending[index + 1] - ascending[index])
