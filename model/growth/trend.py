"""The physical base: cost = (overhead + c * size^b) * parameter effects, averaged over all b and overheads that fit.

In log space one member of the family is  a + log(s + (1 - s) * exp(b * u)) + columns @ effects,  where u is log size
around the median size and s the overhead's share of the cost at that size. For given (b, s) the rest is a ridge
regression; the members of a grid over (b, s) are weighted by their posterior probability (Student-t likelihood, so
that outliers do not count; weak priors from the physics: cost about proportional to size). With few runs many members
survive and their spread says how unsure the trend is; with many runs the grid closes in on one.
"""

from functools import cached_property

import numpy as np

from contract.base import Shape
from model.data.history import Floats

EXPONENT_PRIOR = (0.9, 0.25)
EXPONENT_FREEDOM = 2.0
"""Of the exponent's Student-t prior: near 0.9 by default, anything if the runs say so."""
OVERHEAD_PRIOR = (-2.0, 2.0)
EXPONENTS = (0.0, 3.0)
OVERHEADS = (-6.0, 5.0)
"""Bounds of the grid: the exponent b, and the logit of the overhead's share s."""
DEGREES_OF_FREEDOM = 4.0
EFFECT_PRIOR = 1.0
"""Standard deviation of a parameter's effect on log cost, for a parameter change of one standard deviation."""
NO_EFFECT_OF_OUTPUT = 0.2
"""Sum of squared output surpluses of imagined runs that show no effect of it: five runs that are off by 0.2 each."""
MOST_EVIDENCE = 40.0
"""Runs beyond this number do not make the posterior narrower: the family is never exactly true, and members that fit
the middle of the range a little worse may continue it better."""
MEMBERS_KEPT = 1e-2
"""Members with a smaller posterior weight (against the best) are dropped."""


class Trend(Shape):
    """A fitted base. Columns are the output surplus followed by the parameter columns."""

    direction: float
    centre: float
    exponents: tuple[float, ...]
    overheads: tuple[float, ...]
    levels: tuple[float, ...]
    weights: tuple[float, ...]
    effects: tuple[float, ...]
    noise: float

    @classmethod
    def flat(cls, centre: float, level: float, columns: int) -> "Trend":
        """Return a base that answers the same whatever is asked. It has no noise, which a fitted one never lacks."""
        return cls(
            direction=1.0,
            centre=centre,
            exponents=(0.0,),
            overheads=(0.0,),
            levels=(level,),
            weights=(1.0,),
            effects=(0.0,) * columns,
            noise=0.0,
        )

    @property
    def is_flat(self) -> bool:
        """Say whether `flat` made it."""
        return self.noise == 0.0

    @cached_property
    def _members(self) -> tuple[Floats, Floats, Floats, Floats]:
        return np.array(self.exponents), np.array(self.overheads), np.array(self.levels), np.array(self.weights)

    @cached_property
    def effect_column(self) -> Floats:
        """The effects of the columns on log cost."""
        return np.array(self.effects)

    def size_part(self, log_size: Floats) -> tuple[Floats, Floats]:
        """Return the mean and the standard deviation of the members' log cost at these log sizes."""
        exponents, overheads, levels, weights = self._members
        values = levels + _shape(self.direction * (log_size - self.centre), exponents, overheads)
        mean = values @ weights
        spread = np.sqrt(np.maximum((values - mean[:, None]) ** 2 @ weights, 0.0))
        return mean, spread

    def predict(self, log_size: Floats, columns: Floats) -> Floats:
        """Return the log cost. A missing output surplus is 0, the usual output."""
        return self.size_part(log_size)[0] + columns @ self.effect_column


def _shape(u: Floats, exponents: Floats, overheads: Floats) -> Floats:
    """Log of overhead share + rest * size^b for every size (rows) and member (columns), without overflow."""
    return np.logaddexp(-np.logaddexp(0, -overheads), -np.logaddexp(0, overheads) + np.outer(u, exponents))


def robust_scale(residuals: Floats, smallest: float = 1e-3) -> float:
    """Return a standard deviation that outliers do not move."""
    return max(1.4826 * float(np.median(np.abs(residuals - np.median(residuals)))), smallest)


def fit(log_size: Floats, columns: Floats, log_cost: Floats, belief: float = 1.0) -> Trend:
    """Fit the base; `belief` is the weight of the exponent's prior.

    A cost that falls as size grows is believed only when the runs say so beyond doubt.
    """
    rising, loss = _fit_direction(1.0, log_size, columns, log_cost, belief)
    if np.ptp(log_size) > 0 and len(log_size) >= 8 and _falls(log_size, log_cost):
        falling, falling_loss = _fit_direction(-1.0, log_size, columns, log_cost, belief)
        if falling_loss < loss - 8.0:
            return falling
    return rising


def _falls(log_size: Floats, log_cost: Floats) -> bool:
    return float(np.corrcoef(log_size, log_cost)[0, 1]) < -0.3 if np.ptp(log_cost) > 0 else False


def _fit_direction(
    direction: float, log_size: Floats, columns: Floats, log_cost: Floats, belief: float
) -> tuple[Trend, float]:
    centre = float(np.median(log_size))
    u = direction * (log_size - centre)
    design = np.column_stack([np.ones_like(u), columns])
    noise = robust_scale(log_cost - np.median(log_cost), 0.01)
    robust = np.ones_like(u)
    exponents, overheads = np.linspace(*EXPONENTS, 12), np.linspace(*OVERHEADS, 8)
    for _ in range(4):
        grid_b, grid_s = (axis.ravel() for axis in np.meshgrid(exponents, overheads))
        targets = log_cost[:, None] - _shape(u, grid_b, grid_s)
        for _ in range(6):
            coefficients = _ridge(design, targets, robust, noise)
            residuals = targets - design @ coefficients
            loss = _loss(residuals, noise) + _prior(grid_b, grid_s, belief)
            best = residuals[:, int(np.argmin(loss))]
            freedom = max(len(u) - 1.0 - 0.5 * columns.shape[1], 1.0) / len(u)
            noise = robust_scale(best, 0.005) / np.sqrt(freedom)
            robust = (DEGREES_OF_FREEDOM + 1) / (DEGREES_OF_FREEDOM + (best / noise) ** 2)
        posterior = np.exp(-(loss - loss.min()))
        posterior /= posterior.sum()
        exponents = _zoom(exponents, grid_b, posterior, EXPONENTS)
        overheads = _zoom(overheads, grid_s, posterior, OVERHEADS)
    kept = posterior > MEMBERS_KEPT * posterior.max()
    share = posterior[kept] / posterior[kept].sum()
    return Trend(
        direction=direction,
        centre=centre,
        exponents=tuple(grid_b[kept].tolist()),
        overheads=tuple(grid_s[kept].tolist()),
        levels=tuple(coefficients[0, kept].tolist()),
        weights=tuple(share.tolist()),
        effects=tuple((coefficients[1:, kept] @ share).tolist()),
        noise=float(noise),
    ), float(loss.min() + min(len(u), MOST_EVIDENCE) * np.log(noise))


def _ridge(design: Floats, targets: Floats, weights: Floats, noise: float) -> Floats:
    """Solve for level and effects of all members at once; the first column after the level is the output surplus."""
    penalty = np.full(design.shape[1], (noise / EFFECT_PRIOR) ** 2)
    penalty[0] = 1e-9
    if design.shape[1] > 1:
        penalty[1] += NO_EFFECT_OF_OUTPUT
    weighted = design * weights[:, None]
    return np.linalg.solve(weighted.T @ design + np.diag(penalty), weighted.T @ targets)


def _loss(residuals: Floats, noise: float) -> Floats:
    """Negative log likelihood of every member, up to a constant."""
    tails = np.log1p((residuals / noise) ** 2 / DEGREES_OF_FREEDOM)
    return np.asarray((DEGREES_OF_FREEDOM + 1) / 2 * tails.mean(axis=0) * min(len(residuals), MOST_EVIDENCE))


def _prior(exponents: Floats, overheads: Floats, belief: float) -> Floats:
    """Negative log prior of every member, up to a constant."""
    away = (exponents - EXPONENT_PRIOR[0]) / EXPONENT_PRIOR[1]
    growth = belief * (EXPONENT_FREEDOM + 1) / 2 * np.log1p(away**2 / EXPONENT_FREEDOM)
    return np.asarray(growth + ((overheads - OVERHEAD_PRIOR[0]) / OVERHEAD_PRIOR[1]) ** 2 / 2)


def _zoom(axis: Floats, values: Floats, posterior: Floats, bounds: tuple[float, float]) -> Floats:
    """Narrow an axis of the grid to where the posterior lies."""
    mean = float(values @ posterior)
    deviation = float(np.sqrt((values - mean) ** 2 @ posterior))
    reach = max(2.5 * deviation, 0.6 * float(axis[1] - axis[0]))
    low, high = max(bounds[0], mean - reach), min(bounds[1], mean + reach)
    return np.linspace(low, high, len(axis))
