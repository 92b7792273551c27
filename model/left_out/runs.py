"""Past runs of which some are left out and predicted from the rest: so choices are made and errors learned."""

from dataclasses import dataclass

import numpy as np

from model.data.history import Floats, Indices
from model.data.table import Table
from model.growth import core
from model.growth.base import Base
from model.growth.core import Core

FOLDS = 5
WORTH = 0.97
"""A choice must bring the error under this share of the preferred one's to be made: choosing among noise costs too."""


@dataclass(frozen=True)
class Runs:
    """Past runs with the log of their cost, as it was and without what lasting conditions did to it.

    `together`: runs of one size and parameters count as one for the bases.
    """

    table: Table
    log_cost: Floats
    adjusted: Floats
    together: bool

    def fit_base(self, rows: Indices, belief: float = 1.0) -> Base:
        """Fit the base to some of the runs."""
        return core.fit_base(self.table.take(rows), self.adjusted[rows], belief, together=self.together)

    def fit_core(self, rows: Indices, mixture: float, strength: float) -> Core:
        """Fit base and trees to some of the runs."""
        table, fitted = self.table.take(rows), self.fit_base(rows).mixed(mixture, mixture)
        if strength == 0:
            return core.without_trees(fitted, table)
        return core.add_trees(fitted, table, self.adjusted[rows]).with_strength(strength)


def choose(losses: dict[float, float]) -> float:
    """Return the choice with the smallest loss, unless the first is about as good."""
    first = next(iter(losses))
    best = min(losses, key=losses.__getitem__)
    return best if losses[best] < WORTH * losses[first] else first


def mean_error(errors: Floats) -> float:
    """Return the mean absolute error of log cost."""
    return float(np.mean(np.abs(errors)))


def folds(count: int) -> list[Indices]:
    """Return random folds, each sorted; of a few, each alone."""
    order = np.random.default_rng(0).permutation(count)
    return [np.sort(fold) for fold in np.array_split(order, FOLDS if count >= 2 * FOLDS else count)]
