"""Output sizes: what is usual for an input and its parameters, and how far a stated one is believed.

Past runs record what they wrote; whoever asks before a run states an estimate, or the record of a like run, and does
not say which. Where outputs are always alike, an estimate gives itself away by lying apart from all of them; where they
differ much, it does little harm.
"""

from dataclasses import dataclass

import numpy as np

from model.data.history import Floats

ESTIMATE_NOISE = 0.3
"""Scale of the error in log of a person's estimate."""
RECORD_SHARE = 0.5
"""Share of stated output sizes that are taken to be exact, before any is looked at."""
FREEDOM = 4.0
"""Degrees of freedom of the Student-t distributions by which both kinds lie around the usual output."""
WITHIN = 0.9
"""Share of the runs that say how far outputs lie apart: those further off may be mistakes."""
SMALLEST_SPREAD = 1e-3


@dataclass(frozen=True)
class UsualOutput:
    """The usual log ratio `intercept + slope * log size + columns @ effects`.

    What a run wrote beyond that is its surplus: `bounds` are the smallest and the largest of past runs, and they lie
    around 0 by a Student-t distribution of scale `spread`.
    """

    intercept: float
    slope: float
    effects: tuple[float, ...]
    bounds: tuple[float, float]
    spread: float


def usual(log_size: Floats, columns: Floats, ratio: Floats) -> UsualOutput:
    """Fit the log of output over input as linear in log size and parameter columns, shrunk to a constant ratio.

    The spread is that of runs left out (Cook & Weisberg 1982, Residuals and Influence in Regression, section 2.2).
    """
    middle = float(log_size.mean())
    design = np.column_stack([np.ones_like(log_size), log_size - middle, columns])
    penalty = np.diag([1e-9, *np.ones(design.shape[1] - 1)])
    weights = np.ones_like(log_size)
    for _ in range(10):
        weighted = design * weights[:, None]
        inverse = np.linalg.inv(weighted.T @ design + penalty)
        found = inverse @ (weighted.T @ ratio)
        surplus = ratio - design @ found
        weights = 1.0 / (1.0 + (surplus / (1.4826 * np.median(np.abs(surplus)) + 0.01)) ** 2 / FREEDOM)
    leverage = ((design @ inverse) * weighted).sum(axis=1)
    left_out = surplus / np.maximum(1.0 - leverage, 0.1)
    return UsualOutput(
        intercept=float(found[0] - found[1] * middle),
        slope=float(found[1]),
        effects=tuple(found[2:].tolist()),
        bounds=(float(surplus.min()), float(surplus.max())),
        spread=max(float(np.quantile(np.abs(left_out), WITHIN)) / 1.645, SMALLEST_SPREAD),
    )


def expected_surplus(stated: Floats, spread: float) -> Floats:
    """Return the expected surplus of runs of which one is stated, which may be a record or an estimate.

    Bayes' rule: a record lies around the usual output as past runs do, an estimate further by its error. A larger
    statement never counts less, as it would where it has become likelier to be an estimate; the most that a smaller one
    counted for stays.
    """
    wide = float(np.hypot(spread, ESTIMATE_NOISE))
    steps = np.concatenate([[0.0], np.geomspace(0.01 * spread, 100.0 * wide, 300)])
    record, estimate = RECORD_SHARE * _density(steps, spread), (1.0 - RECORD_SHARE) * _density(steps, wide)
    certain = record / (record + estimate)
    counted = np.maximum.accumulate(steps * (certain + (1.0 - certain) * (spread / wide) ** 2))
    return np.asarray(np.sign(stated) * np.interp(np.abs(stated), steps, counted))


def _density(away: Floats, scale: float) -> Floats:
    """Return the density of a Student-t distribution, up to a constant factor."""
    return np.asarray((1.0 + (away / scale) ** 2 / FREEDOM) ** (-(FREEDOM + 1) / 2) / scale)
