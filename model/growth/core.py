"""Base and trees together: the estimate of log cost, before intervals."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from model.data.history import Floats, sample
from model.data.table import Table
from model.growth import base, residual
from model.growth.base import Base

MOST_TREE_RUNS = 100_000
"""Runs that the trees are fitted to, at most: some 500 leaves have nothing to learn from more."""


@dataclass(frozen=True)
class Core:
    """A fitted base, and trees on what it leaves with the share of their answer that is used."""

    base: Base
    knots: Floats
    booster: Any | None
    strength: float

    def predict(self, table: Table) -> tuple[Floats, Floats]:
        """Return log cost, and how unsure its growth beyond the range is.

        Between two knots the estimate goes from one to the other as the base does, so that it rises wherever the base
        rises and the knots do.
        """
        edge, growth, spread = self.base.split(table.log_size, table.stated)
        if self.booster is None or len(self.knots) < 2:
            return edge + growth, spread
        # Rows that differ in nothing but size are the same question to the trees.
        others = np.column_stack([table.recorded, np.isnan(table.surplus)])
        _, first, same = np.unique(others, axis=0, return_index=True, return_inverse=True)
        at_knots, totals = (values[same] for values in self._at_knots(table.take(first)))
        left = np.clip(np.searchsorted(self.knots, table.log_size, side="right") - 1, 0, len(self.knots) - 2)
        rows = np.arange(len(table))
        low, high = at_knots[rows, left], at_knots[rows, left + 1]
        share = np.where(high != low, (edge - low) / np.where(high != low, high - low, 1.0), 0.5).clip(0.0, 1.0)
        return totals[rows, left] + (totals[rows, left + 1] - totals[rows, left]) * share + growth, spread

    def _at_knots(self, table: Table) -> tuple[Floats, Floats]:
        """Return the base, and base and trees together, at every knot (columns) for runs (rows)."""
        alone = self.base.at_sizes(self.knots, table.stated)
        answers = residual.at_knots(self.booster, self.knots, table.surplus, table.parameters)
        totals = alone + self.strength * self.base.noise * answers
        return alone, _rising(totals) if self.base.trend.direction > 0 else totals

    def with_strength(self, strength: float) -> "Core":
        """Return the same core with another share of the trees; without them when that is nothing."""
        return replace(self, strength=strength, booster=self.booster if strength > 0 else None)


def fit_base(table: Table, log_cost: Floats, belief: float = 1.0, *, together: bool = False) -> Base:
    """Fit the base alone; `belief` is the weight of the prior of how cost grows.

    `together` lets runs of the same size and parameters count as one, since they tell the same of how cost grows.
    """
    log_size, columns = table.log_size, table.recorded
    if together:
        kinds = np.column_stack([log_size, table.parameters])
        _, first, group, counts = np.unique(kinds, axis=0, return_index=True, return_inverse=True, return_counts=True)
        rows = np.column_stack([log_size, columns, log_cost])
        means = np.column_stack([np.bincount(group, column) / counts for column in rows.T])
        log_size, columns, log_cost = log_size[first], means[:, 1:-1], means[:, -1]
    return base.fit(log_size, columns, log_cost, belief)


def _rising(values: Floats) -> Floats:
    """Return rows that never fall: halfway between the least and the greatest rising ones that touch the values.

    Source: Chernozhukov, Fernandez-Val, Galichon 2009, Improving point and interval estimators of monotone functions.
    """
    least = np.maximum.accumulate(values, axis=1)
    greatest = np.minimum.accumulate(values[:, ::-1], axis=1)[:, ::-1]
    return np.asarray((least + greatest) / 2)


def without_trees(fitted: Base, table: Table) -> Core:
    """Use a base alone."""
    return Core(fitted, residual.size_knots(table.log_size), None, 0.0)


def add_trees(fitted: Base, table: Table, log_cost: Floats) -> Core:
    """Add trees at full strength, when there are enough runs, on what a base leaves of the same runs."""
    knots, booster = residual.size_knots(table.log_size), None
    if len(table) >= residual.FEWEST_FOR_TREES:
        rows = sample(len(table), MOST_TREE_RUNS)
        seen = table.take(rows)
        left = (log_cost[rows] - fitted.predict(seen.log_size, seen.recorded)[0]) / fitted.noise
        booster = residual.fit(seen.log_size, seen.surplus, seen.parameters, left)
    return Core(fitted, knots, booster, 1.0)
