"""The second base: cost = overhead * its effects + c * size^b * its effects, each part with effects of its own.

A parameter may lengthen what every run does once (an index, a report), what grows with the data (an aligner), or both;
one factor on the whole cost, as in `trend`, cannot tell these apart, and beyond the range the difference is all that
counts. Fitted by Levenberg-Marquardt on log cost with Student-t weights and Gaussian priors (Marquardt 1963; the priors
are those of `trend`), from several starts because the problem is not convex.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from contract.base import Shape
from model.data.history import Floats
from model.growth.trend import (
    DEGREES_OF_FREEDOM,
    EXPONENT_FREEDOM,
    EXPONENT_PRIOR,
    EXPONENTS,
    MOST_EVIDENCE,
    NO_EFFECT_OF_OUTPUT,
    robust_scale,
)

OVERHEAD_PRIOR = (-2.0, 2.0)
"""Mean and standard deviation of log(overhead / the rest) at the median size."""
EFFECT_PRIOR = 0.4
"""Standard deviation of an effect, and of the difference between its two parts."""
STARTS = (-3.0, 0.0, 2.0)
ITERATIONS = 40
SMALLEST_NOISE = 0.005


class TwoPart(Shape):
    """A fitted base; columns as those of `Trend`. Coefficients: overhead, its effects, rest, exponent, its effects."""

    centre: float
    coefficients: tuple[float, ...]

    @cached_property
    def _vector(self) -> Floats:
        return np.array(self.coefficients)

    def predict(self, log_size: Floats, columns: Floats) -> Floats:
        """Return the log cost."""
        return np.logaddexp(*_parts(_Design.of(log_size - self.centre, columns), self._vector))

    def at_sizes(self, log_sizes: Floats, columns: Floats) -> Floats:
        """Return the log cost at each of a few sizes (columns) for runs given by their columns (rows)."""
        runs, sizes = len(columns), len(log_sizes)
        return self.predict(np.tile(log_sizes, runs), np.repeat(columns, sizes, axis=0)).reshape(runs, sizes)


@dataclass(frozen=True)
class _Design:
    """Columns of the overhead's part and of the part that grows."""

    overhead: Floats
    growing: Floats

    @classmethod
    def of(cls, u: Floats, columns: Floats) -> "_Design":
        ones = np.ones(len(u))
        return cls(np.column_stack([ones, columns]), np.column_stack([ones, u, columns]))

    @property
    def first_growing(self) -> int:
        return int(self.overhead.shape[1])

    @property
    def exponent(self) -> int:
        return int(self.overhead.shape[1]) + 1

    @property
    def width(self) -> int:
        return int(self.overhead.shape[1] + self.growing.shape[1])


@dataclass(frozen=True)
class _Prior:
    mean: Floats
    precision: Floats


def _parts(design: _Design, vector: Floats) -> tuple[Floats, Floats]:
    return design.overhead @ vector[: design.first_growing], design.growing @ vector[design.first_growing :]


def fit(log_size: Floats, columns: Floats, log_cost: Floats, belief: float = 1.0) -> TwoPart:
    """Fit from every start and keep the best; `belief` is the weight of the exponent's prior.

    The first column is the output surplus.
    """
    centre = float(np.median(log_size))
    design = _Design.of(log_size - centre, columns)
    prior = _prior(design, columns.shape[1], belief)
    candidates = [_descend(design, log_cost, prior, _start(design, log_cost, overhead)) for overhead in STARTS]
    best = min(candidates, key=lambda candidate: candidate[0])[1]
    return TwoPart(centre=centre, coefficients=tuple(best.tolist()))


def _start(design: _Design, log_cost: Floats, overhead: float) -> Floats:
    vector = np.zeros(design.width)
    vector[0], vector[design.exponent] = overhead, EXPONENT_PRIOR[0]
    level = float(np.median(log_cost - np.logaddexp(*_parts(design, vector))))
    vector[0] += level
    vector[design.first_growing] += level
    return vector


def _prior(design: _Design, effects: int, belief: float) -> _Prior:
    mean, precision = np.zeros(design.width), np.zeros((design.width, design.width))
    level, exponent = design.first_growing, design.exponent
    mean[0], mean[exponent] = OVERHEAD_PRIOR[0], EXPONENT_PRIOR[0]
    precision[exponent, exponent] = belief * EXPONENT_PRIOR[1] ** -2
    difference = OVERHEAD_PRIOR[1] ** -2 * np.array([[1.0, -1.0], [-1.0, 1.0]])
    precision[np.ix_([0, level], [0, level])] += difference
    for effect in range(effects):
        pair = [1 + effect, exponent + 1 + effect]
        precision[np.ix_(pair, pair)] += EFFECT_PRIOR**-2 * np.array([[2.0, -1.0], [-1.0, 2.0]])
    return _Prior(mean, precision)


def _descend(design: _Design, log_cost: Floats, prior: _Prior, vector: Floats) -> tuple[float, Floats]:
    """Minimise the negative log posterior; return it with the coefficients."""
    evidence = min(1.0, MOST_EVIDENCE / len(log_cost))
    spare = max(len(log_cost) - 0.35 * design.width, 1.0) / len(log_cost)
    noise, damping, value = 1.0, 1e-2, np.inf
    for iteration in range(ITERATIONS):
        overhead, growing = _parts(design, vector)
        residuals = log_cost - np.logaddexp(overhead, growing)
        if iteration % 4 == 0:
            noise = max(robust_scale(residuals), SMALLEST_NOISE) / spare**0.5
        share = 1.0 / (1.0 + np.exp(np.clip(overhead - growing, -50.0, 50.0)))
        slopes = np.column_stack([design.overhead * (1 - share)[:, None], design.growing * share[:, None]])
        weights = evidence * (DEGREES_OF_FREEDOM + 1) / (DEGREES_OF_FREEDOM + (residuals / noise) ** 2) / noise**2
        penalty = prior.precision + np.diag(_output_penalty(design, share, weights))
        penalty[design.exponent, design.exponent] *= (EXPONENT_FREEDOM + 1) / (
            EXPONENT_FREEDOM + ((vector[design.exponent] - EXPONENT_PRIOR[0]) / EXPONENT_PRIOR[1]) ** 2
        )
        curvature = (slopes * weights[:, None]).T @ slopes + penalty
        gradient = (slopes * weights[:, None]).T @ residuals - penalty @ (vector - prior.mean)
        value = _posterior(design, log_cost, vector, noise, penalty, prior.mean)
        accepted = None
        while accepted is None and damping < 1e6:
            step = np.linalg.solve(curvature + damping * np.diag(np.diag(curvature)), gradient)
            trial = vector + step * min(1.0, 3.0 / max(float(np.abs(step).max()), 1e-12))
            trial[design.exponent] = np.clip(trial[design.exponent], *EXPONENTS)
            if _posterior(design, log_cost, trial, noise, penalty, prior.mean) <= value + 1e-9:
                accepted = trial
            else:
                damping *= 4
        if accepted is None:
            break
        moved = float(np.abs(accepted - vector).max())
        vector, damping = accepted, max(damping / 4, 1e-6)
        if moved < 1e-5:
            break
    return value, vector


def _output_penalty(design: _Design, share: Floats, weights: Floats) -> Floats:
    """Shrink the effects of output size as imagined runs would that show none."""
    penalty = np.zeros(design.width)
    if design.first_growing > 1:
        penalty[1] = NO_EFFECT_OF_OUTPUT * float(np.mean(weights * (1 - share) ** 2))
        penalty[design.exponent + 1] = NO_EFFECT_OF_OUTPUT * float(np.mean(weights * share**2))
    return penalty


def _posterior(  # noqa: PLR0913, PLR0917 - these are the parts of one formula
    design: _Design, log_cost: Floats, vector: Floats, noise: float, penalty: Floats, mean: Floats
) -> float:
    residuals = log_cost - np.logaddexp(*_parts(design, vector))
    tails = np.log1p((residuals / noise) ** 2 / DEGREES_OF_FREEDOM).mean() + 2 / (DEGREES_OF_FREEDOM + 1) * np.log(
        noise
    )
    away = vector - mean
    evidence = min(float(len(log_cost)), MOST_EVIDENCE)
    return float((DEGREES_OF_FREEDOM + 1) / 2 * evidence * tails + 0.5 * away @ penalty @ away)
