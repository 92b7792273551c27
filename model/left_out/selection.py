"""All that is learned by leaving runs out: at random (`inside`), the largest (`beyond`), and the latest (`later`)."""

from dataclasses import dataclass, replace

import numpy as np

from model.data.history import Floats, sample
from model.data.table import Table
from model.left_out import beyond, drift, inside, intervals, later, repeats
from model.left_out.inside import Inside
from model.left_out.runs import Runs


@dataclass(frozen=True)
class Selection:
    """What cross-validation found: the mixtures of the bases, the trees' strength, intervals, repeats and drift.

    `conditions` is what drift did to the log cost of each run, to be left out when the model is fitted.
    """

    inside: float
    beyond: float
    belief: float
    together: bool
    strength: float
    intervals: intervals.Intervals
    repeats: repeats.Repeats | None
    drift: drift.Drift | None
    conditions: Floats


def select(table: Table, log_cost: Floats) -> Selection:
    """Make every choice that needs runs left out."""
    rows, everything = sample(len(table)), len(table)
    table, log_cost = table.take(rows), log_cost[rows]
    runs = Runs(table, log_cost, log_cost, together=False)
    found = inside.learn(runs)
    if found.repeats is not None or (found.drift is not None and found.drift.kernels):
        runs = apart_from_conditions(runs, found)
        found = inside.learn(runs)
    if found.repeats is not None or repeats.are_most(table.log_size):
        found = inside.with_unseen(runs, found)
    growing, belief, calibrated = beyond.learn(runs, found)
    lasting = None if found.drift is None else later.learn(runs, replace(found, intervals=calibrated), found.drift)
    conditions = np.zeros(everything)
    conditions[rows] = log_cost - runs.adjusted
    return Selection(
        inside=found.mixture,
        beyond=growing,
        belief=belief,
        together=runs.together,
        strength=found.strength,
        intervals=calibrated,
        repeats=found.repeats,
        drift=lasting,
        conditions=conditions,
    )


def apart_from_conditions(runs: Runs, found: Inside) -> Runs:
    """Take out what conditions did to the runs: so they say more about size and parameters.

    But not what a straight line in size explains: how cost grows is not for conditions to say.
    """
    adjusted = runs.log_cost.copy()
    if found.drift is not None:
        kept = drift.latest(runs.table.started_at)
        log_size, shift = runs.table.log_size[kept], found.drift.shift_of_own()
        design = np.column_stack([np.ones_like(log_size), log_size - log_size.mean()])
        adjusted[kept] -= shift - design @ np.linalg.lstsq(design, shift, rcond=None)[0]
    return Runs(runs.table, runs.log_cost, adjusted, together=found.repeats is not None)
