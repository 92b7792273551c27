"""What more runs will cost together than one request to the API may hold."""

import random
from collections.abc import Iterable, Sequence

from contract.predictions import BatchTotal, Interval, Prediction

_DRAWS = 1000
_SEED = 20  # the same question gets the same answer


def total(predictions: Iterable[Prediction]) -> BatchTotal:
    """Return the sum of predictions, with intervals from simulation, as the API does for up to 500 runs.

    Runs vary independently, except those beyond their model's experience: they share the error of the trend, so all
    such runs of a workflow share one draw.
    """
    every = list(predictions)
    if not every:
        return BatchTotal(cost_usd=0.0, intervals=[])
    generator = random.Random(_SEED)  # noqa: S311 - a simulation, no secret
    sums = sorted(_draw(every, generator) for _ in range(_DRAWS))
    intervals = [
        Interval(
            coverage=interval.coverage,
            low_usd=sums[int((1 - interval.coverage) / 2 * (_DRAWS - 1))],
            high_usd=sums[int((1 + interval.coverage) / 2 * (_DRAWS - 1))],
        )
        for interval in every[0].intervals
    ]
    return BatchTotal(cost_usd=sum(prediction.cost_usd for prediction in every), intervals=intervals)


def _draw(predictions: Sequence[Prediction], generator: random.Random) -> float:
    shared: dict[str, float] = {}
    amount = 0.0
    for prediction in predictions:
        level = generator.random()
        if prediction.extrapolated:
            level = shared.setdefault(prediction.workflow_name, level)
        amount += prediction.outcomes_usd[int(level * len(prediction.outcomes_usd))]
    return amount
