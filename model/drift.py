"""Conditions that last: runs close in time share a cluster's load, a download's speed, a price.

The errors of past runs, averaged with weights exp(-|time apart| / reach) and drawn towards nothing, correct the
estimate of a run whose start is known. Far from all past runs nothing is left of it. Used only where leaving each run
out in turn shows that it helps.
"""

from functools import cached_property

import numpy as np

from contract.base import Shape
from model.history import Floats

MOST_RUNS = 1000
"""Latest runs that are kept and learned from."""
FEWEST_RUNS = 20
REACHES = (0.3, 1.0, 3.0, 10.0, 30.0, 100.0)
"""Candidates for the reach, in mean times between starts."""
CAUTIONS = (0.5, 2.0, 6.0)
"""Candidates for how many runs' weight the absence of drift has."""
CLIP = 0.95
"""Errors count up to this quantile of their size."""
WORTH = 0.98


class Drift(Shape):
    """Errors of past runs by start time (seconds since 1970)."""

    times: tuple[float, ...]
    errors: tuple[float, ...]
    reach: float
    caution: float
    gain: float

    @cached_property
    def _columns(self) -> tuple[Floats, Floats]:
        return np.array(self.times), np.array(self.errors)

    def predict(self, started_at: Floats) -> tuple[Floats, Floats]:
        """Return the shift of log cost, and the factor on its scale, at start times (NaN: no shift)."""
        times, errors = self._columns
        weights = _weights(np.nan_to_num(started_at, nan=np.inf), times, self.reach)
        total = weights.sum(axis=1)
        shift = weights @ errors / (total + self.caution)
        return shift, 1.0 - (1.0 - self.gain) * total / (total + self.caution)


def _weights(started_at: Floats, times: Floats, reach: float) -> Floats:
    return np.exp(-np.abs(started_at[:, None] - times) / reach)


def fit(started_at: Floats, errors: Floats) -> Drift | None:
    """Learn the reach of shared conditions from errors on unseen runs; None where there are none to speak of."""
    known = np.flatnonzero(np.isfinite(started_at))
    latest = known[np.argsort(started_at[known], kind="stable")][-MOST_RUNS:]
    times, distinct = started_at[latest], len(np.unique(started_at[latest]))
    if len(latest) < FEWEST_RUNS or distinct < 4:
        return None
    limit = float(np.quantile(np.abs(errors[latest]), CLIP))
    clipped = np.clip(errors[latest], -limit, limit)
    plain = np.abs(clipped)
    best, best_loss = None, WORTH * float(plain.mean())
    for reach in (float(np.ptp(times)) / distinct * factor for factor in REACHES):
        weights = _weights(times, times, reach)
        np.fill_diagonal(weights, 0.0)
        total = weights.sum(axis=1)
        for caution in CAUTIONS:
            left = np.abs(clipped - weights @ clipped / (total + caution))
            better = plain - left
            certain = float(better.mean()) > 2.0 * float(better.std()) / len(better) ** 0.5
            if float(left.mean()) < best_loss and certain:
                best_loss = float(left.mean())
                best = (reach, caution, min(_gain(plain, left, total / (total + caution)), 1.0))
    if best is None:
        return None
    reach, caution, gain = best
    return Drift(times=tuple(times.tolist()), errors=tuple(clipped.tolist()), reach=reach, caution=caution, gain=gain)


def _gain(plain: Floats, left: Floats, certainty: Floats) -> float:
    """Return the share of the error that would be left at full certainty."""
    saved = float(((plain - left) * certainty).sum()) / max(float((plain * certainty**2).sum()), 1e-12)
    return 1.0 - min(max(saved, 0.0), 0.8)
