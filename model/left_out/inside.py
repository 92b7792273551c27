"""What random folds teach about runs inside the range of sizes: mixture, trees, intervals, repeats and drift."""

from dataclasses import dataclass, replace

import numpy as np

from model.data.history import Floats, Indices
from model.data.table import Table
from model.growth import core
from model.growth.core import Core
from model.left_out import drift, intervals, repeats
from model.left_out.runs import Runs, choose, folds, mean_error

STRENGTHS = (0.0, 0.5, 1.0)
"""Shares of the trees' answer to choose from, none preferred."""
MIXTURES = (1.0, 0.5, 0.0)
"""Shares of the two-part base to choose from, the preferred one first."""
FEWEST_SIZES = 3
"""Sizes between the smallest and the largest, before anything is learned from leaving sizes out."""


@dataclass(frozen=True)
class Inside:
    """What random folds taught about runs inside the range: choices, errors on runs left out, and what follows."""

    mixture: float
    strength: float
    errors: Floats
    intervals: intervals.Intervals
    repeats: repeats.Repeats | None
    drift: drift.Drift | None

    @property
    def unseen(self) -> float:
        """The factor on the scale at a size without past runs."""
        return 1.0 if self.repeats is None else self.repeats.unseen


@dataclass(frozen=True)
class _Choice:
    """The best mixture and strength of the trees, and the cores so fitted, each with the runs that it has not seen."""

    mixture: float
    strength: float
    fitted: list[tuple[Core, Indices]]

    def errors(self, table: Table, log_cost: Floats) -> Floats:
        """Return the errors on runs left out; `table` may show their output sizes otherwise than they were."""
        errors = np.zeros(len(table))
        for each, fold in self.fitted:
            errors[fold] = log_cost[fold] - each.predict(table.take(fold))[0]
        return errors


def learn(runs: Runs) -> Inside:
    """Choose mixture and trees, and learn intervals, repeats and drift from the errors on runs left out."""
    table = runs.table
    choice, errors = _choose(runs)
    again, shift, factor = repeats.fit(table.log_size, errors)
    calibrated = intervals.fit_inside(table.log_size, (errors - shift) / factor)
    scales = calibrated.scale(table.log_size, np.zeros(len(table))) * factor
    recorded = np.flatnonzero(np.isfinite(table.surplus))
    if len(recorded):
        estimated, unstated = (
            choice.errors(asked, runs.log_cost) - shift for asked in (table.with_estimates(), table.without_output())
        )
        calibrated = calibrated.for_requests(
            *(each[recorded] / scales[recorded] for each in (errors - shift, estimated, unstated))
        )
    found = drift.fit(table.started_at, table.log_size, errors - shift, scales, calibrated.tail)
    return Inside(choice.mixture, choice.strength, errors, calibrated, again, found)


def _choose(runs: Runs) -> tuple[_Choice, Floats]:
    """Choose by the errors on runs left out, and return those of the choice."""
    table, log_cost, adjusted = runs.table, runs.log_cost, runs.adjusted
    splits = [(np.setdiff1d(np.arange(len(table)), fold), fold) for fold in folds(len(table))]
    fitted = [runs.fit_base(rest) for rest, _ in splits]
    mixtures = (0.0,) if any(base.trend.direction < 0 for base in fitted) else MIXTURES
    levels = {mixture: np.zeros(len(table)) for mixture in mixtures}
    for base, (_, fold) in zip(fitted, splits, strict=True):
        held = table.take(fold)
        for mixture, level in levels.items():
            level[fold] = base.mixed(mixture, mixture).predict(held.log_size, held.stated)[0]
    inside = choose({mixture: mean_error(log_cost - level) for mixture, level in levels.items()})
    cores = [
        (core.add_trees(base.mixed(inside, inside), table.take(rest), adjusted[rest]), fold)
        for base, (rest, fold) in zip(fitted, splits, strict=True)
    ]
    strengths = STRENGTHS if any(each.booster is not None for each, _ in cores) else (0.0,)
    choices = {
        strength: _Choice(inside, strength, [(each.with_strength(strength), fold) for each, fold in cores])
        for strength in strengths
    }
    errors = {strength: choice.errors(table, log_cost) for strength, choice in choices.items()}
    # What runs of the very same size tell needs no trees.
    strength = choose(
        {each: mean_error(error - repeats.fit(table.log_size, error)[1]) for each, error in errors.items()}
    )
    return choices[strength], errors[strength]


def with_unseen(runs: Runs, found: Inside) -> Inside:
    """Learn how much larger errors are at sizes without past runs, by leaving out all runs of a size at once.

    The smallest and the largest size stay in: beyond the range errors grow with distance, which `_beyond` learns.
    """
    table, inner = runs.table, np.unique(runs.table.log_size)[1:-1]
    factor = 1.0
    if len(inner) >= FEWEST_SIZES:
        errors = np.full(len(table), np.nan)
        for fold in folds(len(inner)):
            left_out = np.isin(table.log_size, inner[fold])
            rest, held = np.flatnonzero(~left_out), np.flatnonzero(left_out)
            fitted = runs.fit_core(rest, found.mixture, found.strength)
            errors[held] = runs.log_cost[held] - fitted.predict(table.take(held))[0]
        known = np.isfinite(errors)
        scales = found.intervals.scale(table.log_size[known], np.zeros(int(known.sum())))
        factor = repeats.fit_unseen(table.log_size[known], errors[known], scales, found.intervals.tail)
    again = found.repeats or repeats.learn(table.log_size, found.errors, None)
    return replace(found, repeats=again.model_copy(update={"unseen": factor}))
