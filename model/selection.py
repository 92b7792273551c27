"""How much of the trees to use, and how large errors are, learned by predicting runs that were left out.

Twice: with random folds for runs inside the training range, and with the largest runs left out for those beyond.
"""

from dataclasses import dataclass

import numpy as np

from model import core, drift, intervals
from model.core import Core, Table
from model.history import Floats, Indices

FOLDS = 5
MOST_RUNS = 3000
"""Runs that cross-validation looks at, at most."""
STRENGTHS = (0.0, 0.5, 1.0)
"""Shares of the trees' answer to choose from."""
SIZE_CUTS = (0.5, 0.65, 0.8)
"""Shares of the runs, by size, that predict the larger rest."""
WORTH = 0.97
"""Trees must bring the error under this share of the base's to be used at all."""


@dataclass(frozen=True)
class Selection:
    """What cross-validation found."""

    strength: float
    intervals: intervals.Intervals
    drift: drift.Drift | None


def select(table: Table, log_cost: Floats) -> Selection:
    """Choose the trees' strength and calibrate the intervals."""
    if len(table) > MOST_RUNS:
        rows = np.sort(np.random.default_rng(0).choice(len(table), MOST_RUNS, replace=False))
        table, log_cost = table.take(rows), log_cost[rows]
    levels, trees, spread = _out_of_fold(table, log_cost)
    losses = [float(np.mean(np.abs(log_cost - levels - strength * trees))) for strength in STRENGTHS]
    best = int(np.argmin(losses))
    strength = STRENGTHS[best] if losses[best] < WORTH * losses[0] else 0.0
    errors = log_cost - levels - strength * trees
    inside = intervals.fit_inside(table.log_size, errors)
    lasting = drift.fit(table.started_at, errors)
    return Selection(strength, _widen_beyond(inside, table, log_cost, strength), lasting)


def _folds(count: int) -> list[Indices]:
    order = np.random.default_rng(0).permutation(count)
    return [np.sort(fold) for fold in np.array_split(order, min(FOLDS if count >= 10 else count, count))]


def _out_of_fold(table: Table, log_cost: Floats) -> tuple[Floats, Floats, Floats]:
    """Return base, trees and disagreement for every run, from models that did not see it."""
    levels, trees, spread = (np.zeros(len(table)) for _ in range(3))
    for fold in _folds(len(table)):
        rest = np.setdiff1d(np.arange(len(table)), fold)
        fitted, held = core.fit(table.take(rest), log_cost[rest]), table.take(fold)
        trees[fold] = fitted.trees(held)
        levels[fold], spread[fold] = fitted.with_strength(0.0).predict(held)
    return levels, trees, spread


def _widen_beyond(inside: intervals.Intervals, table: Table, log_cost: Floats, strength: float) -> intervals.Intervals:
    """Learn how errors grow with distance, by predicting the largest runs from the smaller ones."""
    errors, scales, spreads, distances = [], [], [], []
    for cut in SIZE_CUTS:
        edge = float(np.quantile(table.log_size, cut))
        small, large = np.flatnonzero(table.log_size <= edge), np.flatnonzero(table.log_size > edge + 0.02)
        if len(small) < 4 or len(large) < 2:
            continue
        fitted: Core = core.fit(table.take(small), log_cost[small]).with_strength(strength)
        held = table.take(large)
        estimate, spread = fitted.predict(held)
        errors.append(log_cost[large] - estimate)
        spreads.append(spread)
        distances.append(held.log_size - float(table.log_size[small].max()))
        scales.append(inside.scale(np.minimum(held.log_size, edge), np.zeros(len(large))))
    tail = float(np.mean(np.abs([inside.quantiles[1], inside.quantiles[-2]])))
    if not errors:
        return inside
    growth = intervals.fit_growth(*(np.concatenate(part) for part in (errors, scales, spreads, distances)), tail)
    return inside.model_copy(update={"growth": growth})
