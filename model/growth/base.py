"""Both bases together: one mixture inside the training range, another for how cost grows beyond it."""

import numpy as np

from contract.base import Shape, Share
from model.data.history import Floats, sample
from model.growth import trend, two_part


class Base(Shape):
    """`inside` and `beyond` are the shares of the two-part base; the trend has the rest."""

    trend: trend.Trend
    two_part: two_part.TwoPart
    inside: Share
    beyond: Share
    log_range: tuple[float, float]

    @property
    def centre(self) -> float:
        """Log of the median size."""
        return self.trend.centre

    @property
    def noise(self) -> float:
        """Robust standard deviation of log cost around the trend."""
        return self.trend.noise

    def mixed(self, inside: float, beyond: float) -> "Base":
        """Return the same bases with other shares."""
        return self.model_copy(update={"inside": inside, "beyond": beyond})

    def predict(self, log_size: Floats, columns: Floats) -> tuple[Floats, Floats]:
        """Return log cost, and how unsure its growth beyond the range is (0 inside)."""
        edge, growth, spread = self.split(log_size, columns)
        return edge + growth, spread

    def split(self, log_size: Floats, columns: Floats) -> tuple[Floats, Floats, Floats]:
        """Return log cost at the nearest size inside the range, its growth from there, and how unsure that is."""
        within = np.clip(log_size, *self.log_range)
        edge = self._each(within, columns)
        growth, spread = np.zeros(len(log_size)), np.zeros(len(log_size))
        out = np.flatnonzero(within != log_size)
        if len(out):
            grown = self._each(log_size[out], columns[out]) - edge[out]
            growth[out] = grown @ _shares(self.beyond)
            there, here = (self.trend.size_part(size[out])[1] for size in (log_size, within))
            members = np.sqrt(np.maximum(there**2 - here**2, 0.0))
            spread[out] = np.hypot(members, 0.5 * (grown[:, 1] - grown[:, 0]))
        return edge @ _shares(self.inside), growth, spread

    def at_sizes(self, log_sizes: Floats, columns: Floats) -> Floats:
        """Return log cost at each of a few sizes inside the range (columns) for runs given by their columns (rows)."""
        line = self.trend.size_part(log_sizes)[0] + (columns @ self.trend.effect_column)[:, None]
        parts = self.two_part.at_sizes(log_sizes, columns)
        return np.asarray((1 - self.inside) * line + self.inside * parts)

    def _each(self, log_size: Floats, columns: Floats) -> Floats:
        return np.column_stack([self.trend.predict(log_size, columns), self.two_part.predict(log_size, columns)])


def _shares(two_part_share: float) -> Floats:
    return np.array([1.0 - two_part_share, two_part_share])


def fit(log_size: Floats, columns: Floats, log_cost: Floats, belief: float = 1.0) -> Base:
    """Fit both, in equal shares; `belief` is the weight of the exponent's prior.

    Where cost falls with size the trend stands alone: the two parts can only grow.
    """
    rows = sample(len(log_size))
    line = trend.fit(log_size[rows], columns[rows], log_cost[rows], belief)
    share = 0.5 if line.direction > 0 else 0.0
    return Base(
        trend=line,
        two_part=two_part.fit(log_size[rows], columns[rows], log_cost[rows], belief),
        inside=share,
        beyond=share,
        log_range=(float(log_size.min()), float(log_size.max())),
    )
