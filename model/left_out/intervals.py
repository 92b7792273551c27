"""Conformal intervals: quantiles of errors on runs that the model had not seen, scaled to where a run lies.

Inside the training range the scale follows the local size of the errors. Beyond it grows with the distance
log(x / x_max) and with the disagreement among the members of the base, as fast as errors on held-out larger sizes did.
Sources: Lei et al. 2018, Distribution-free predictive inference for regression (locally weighted split conformal);
Vovk 2015, Cross-conformal predictors.
"""

from collections.abc import Sequence
from functools import cached_property
from typing import Annotated, Self

import numpy as np
from pydantic import Field

from contract.base import Shape
from model.data.history import Booleans, Floats

LEVELS = tuple(round(0.025 * step, 3) for step in range(1, 40))
"""Quantile levels that are kept: they hold the 20 outcomes (2.5, 7.5, ... 97.5 %) and every interval's ends."""
OUTCOMES = slice(0, 39, 2)
COVERAGES = (0.5, 0.8, 0.9)
PRIOR_RUNS = 12.0
"""Weight, in runs, of the Student-t shape that stands in for quantiles while errors are few."""
T_QUANTILES_4 = (
    -2.776, -2.132, -1.778, -1.533, -1.344, -1.190, -1.057, -0.941, -0.836, -0.741, -0.652, -0.569, -0.490, -0.414,
    -0.341, -0.271, -0.202, -0.134, -0.067, 0.0, 0.067, 0.134, 0.202, 0.271, 0.341, 0.414, 0.490, 0.569, 0.652, 0.741,
    0.836, 0.941, 1.057, 1.190, 1.344, 1.533, 1.778, 2.132, 2.776,
)  # fmt: skip
"""Quantiles of Student's t with 4 degrees of freedom at LEVELS."""
GROWTHS = tuple(round(0.05 * step, 2) for step in range(41))
"""Candidates for the growth of the scale per e-fold beyond the range."""
GROWTH_PRIOR = 0.25
"""Growth where nothing is known about it."""
KNOWN_DISTANCE = 4.0
"""Sum of squared distances of held-out errors (an e-fold each) that counts as much as the prior."""
KNOTS = 7


class Intervals(Shape):
    """Error quantiles in units of a local scale of log cost.

    Where past runs record their output sizes, `with_output` and `without_output` are the factors on the scale inside
    the range for requests that state one, which may be an estimate, and for those that do not.
    """

    quantiles: Annotated[tuple[float, ...], Field(min_length=len(LEVELS), max_length=len(LEVELS))]
    knots: tuple[float, ...]
    scales: tuple[float, ...]
    growth: float
    with_output: float = Field(default=1.0, ge=1)
    without_output: float = Field(default=1.0, ge=1)

    @cached_property
    def _scaled(self) -> tuple[Floats, Floats, Floats]:
        return np.array(self.quantiles), np.array(self.knots), np.array(self.scales)

    @property
    def tail(self) -> float:
        """The standardised error that 90 % of runs stay under inside the range."""
        return tail_of(self.quantiles)

    def scale(self, log_size: Floats, spread: Floats, stated: Booleans | None = None) -> Floats:
        """Return the scale of log cost at these sizes; `spread` is the disagreement among the base's members.

        `stated` says of each request whether its output size is; by default all are asked about with what they wrote.
        """
        _, knots, scales = self._scaled
        inside = np.interp(log_size, knots, scales)
        if stated is not None:
            inside = np.where(stated, self.with_output, self.without_output) * inside
        beyond = np.maximum(log_size - knots[-1], 0.0) + np.maximum(knots[0] - log_size, 0.0)
        return np.asarray(np.sqrt(inside**2 + np.where(beyond > 0, spread, 0.0) ** 2 + (self.growth * beyond) ** 2))

    def for_requests(self, recorded: Floats, estimated: Floats, unstated: Floats) -> Self:
        """Learn how much wider intervals must be for requests than for runs whose output size is on record.

        The standardised errors are of the same runs, asked about with the recorded output size, an estimate, and none.
        A stated output size may be a record or an estimate, so intervals are to cover as many of both together.
        """
        known, stated, none = (
            float(np.quantile(np.abs(errors), 0.9))
            for errors in (recorded, np.concatenate([recorded, estimated]), unstated)
        )
        known = max(known, 1e-9)
        return self.model_copy(
            update={"with_output": max(1.0, stated / known), "without_output": max(1.0, none / known)}
        )


def tail_of(quantiles: Sequence[float]) -> float:
    """Return the standardised error that 90 % of runs stay under."""
    return (quantiles[-2] - quantiles[1]) / 2


def fit_inside(log_size: Floats, errors: Floats) -> Intervals:
    """Calibrate from errors (log cost minus prediction) on unseen runs inside the training range."""
    knots, scales = _local_scales(log_size, errors)
    standard = errors / np.interp(log_size, knots, scales)
    return Intervals(
        quantiles=quantiles_of(standard),
        knots=tuple(knots.tolist()),
        scales=tuple(scales.tolist()),
        growth=GROWTH_PRIOR,
    )


def _local_scales(log_size: Floats, errors: Floats) -> tuple[Floats, Floats]:
    overall = max(float(np.mean(np.abs(errors))) if len(errors) else 0.0, 1e-3)
    typical = max(1.2 * float(np.median(np.abs(errors))), 0.5 * overall)
    count = min(KNOTS, max(2, len(errors) // 15))
    knots = np.unique(np.quantile(log_size, np.linspace(0, 1, count)))
    if len(errors) < 30 or len(knots) < 3:
        return np.array([knots[0], knots[-1]]), np.array([typical, typical])
    width = max(float(np.diff(knots).mean()), 1e-6)
    weights = np.exp(-0.5 * ((log_size - knots[:, None]) / width) ** 2)
    clipped = np.minimum(np.abs(errors), 4 * typical)
    local = (weights @ clipped + 15 * float(clipped.mean())) / (weights.sum(axis=1) + 15)
    return knots, np.asarray(local)


def quantiles_of(standard: Floats) -> tuple[float, ...]:
    """Return finite-sample quantiles of standardised errors at LEVELS.

    They are blended with a Student-t of the same spread while there are few errors.
    """
    count = len(standard)
    spread = max(float(np.median(np.abs(standard))) / 0.741, 0.3)
    shape = np.array(T_QUANTILES_4) * spread * (1 + 2.0 / max(count, 1))
    ordered = np.sort(standard)
    # The conformal level (n + 1) p counts from both ends, so that tails err towards wide.
    positions = np.array(LEVELS) * (count + 1) - 1
    empirical = np.interp(positions, np.arange(count), ordered)
    weight = count / (count + PRIOR_RUNS)
    blended = weight * empirical + (1 - weight) * shape
    # The point must lie inside every interval, and every interval inside the wider ones.
    middle = len(LEVELS) // 2
    blended[:middle] = np.minimum(blended[:middle], -1e-6)
    blended[middle] = 0.0
    blended[middle + 1 :] = np.maximum(blended[middle + 1 :], 1e-6)
    return tuple(np.maximum.accumulate(blended).tolist())


def fit_growth(*, errors: Floats, inside: Floats, spread: Floats, distance: Floats, tail: float) -> float:
    """Choose how fast the scale grows with distance, from errors on held-out larger sizes.

    `tail` is the standardised error that 90 % of runs stay under inside the range. The smallest growth that reaches
    that share wins; the prior stands in while those runs were hardly larger.
    """
    if len(errors) < 5:
        return GROWTH_PRIOR
    chosen = GROWTHS[-1]
    for growth in GROWTHS:
        scale = np.sqrt(inside**2 + spread**2 + (growth * distance) ** 2)
        if float(np.mean(np.abs(errors) <= tail * scale)) >= 0.9:
            chosen = growth
            break
    evidence = float((distance**2).sum())
    weight = evidence / (evidence + KNOWN_DISTANCE)
    return weight * chosen + (1 - weight) * max(chosen, GROWTH_PRIOR)
