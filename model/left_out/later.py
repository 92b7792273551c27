"""What later runs, predicted from earlier ones, teach: how far the last conditions go on, and how errors grow."""

from dataclasses import replace

import numpy as np

from model.data.history import Floats
from model.left_out import drift, repeats
from model.left_out.inside import Inside
from model.left_out.intervals import tail_of
from model.left_out.runs import Runs, choose, mean_error

CUTS = (0.4, 0.6, 0.8)
"""Shares of the runs, by start, that predict those after them, up to `STEP` of all runs."""
STEP = 0.2
SHARES = (0.5, 1.0, 0.0)
"""Shares of the last conditions to choose from for runs that start later, the preferred one first."""
MOST_WIDENING = 3.0
"""Beyond this factor a block of later runs tells of one odd day, not of what to expect."""
FEW_RUNS = 20.0
"""The weight of what blocks of so many runs in all need is one half: their 90 % quantiles are a few runs' matter."""


def learn(runs: Runs, inner: Inside, found: drift.Drift) -> drift.Drift:
    """Learn from predicting later runs by earlier ones how far the last conditions go on, and how errors grow."""
    order, adjusted = drift.latest(runs.table.started_at), runs.log_cost.copy()
    # Errors inside are those of a level between costs before a change and since, so every block needs that level, too.
    adjusted[order] -= found.lasting_of_own()
    as_it_was = replace(runs, adjusted=adjusted)
    table, log_cost, errors_inside = runs.table.take(order), runs.log_cost[order], inner.errors[order]
    errors: dict[float, list[Floats]] = {share: [] for share in SHARES}
    scales: list[Floats] = []
    for cut in CUTS:
        first, last = int(cut * len(order)), int((cut + STEP) * len(order))
        past, later = np.arange(first), np.arange(first, last)
        held = table.take(later)
        level, _ = as_it_was.fit_core(order[past], inner.mixture, inner.strength).predict(held)
        factor = np.ones(len(held))
        if inner.repeats is not None:
            again = repeats.learn(
                table.log_size[past], errors_inside[past], inner.repeats.shrinkage, inner.repeats.unseen
            )
            level, factor = level + again.shift(held.log_size), again.scale(held.log_size)
        known = found.before(first)
        fading, lasting = known.parts(held.started_at, held.log_size)
        for share, kept in errors.items():
            kept.append(log_cost[later] - level - lasting - share * fading)
        scales.append(
            inner.intervals.scale(held.log_size, np.zeros(len(held)))
            * factor
            * known.scale(held.started_at, held.log_size)
        )
    share = choose({share: float(np.mean([mean_error(error) for error in kept])) for share, kept in errors.items()})
    # The next runs are one more such block, so the worst block seen is what to expect with some caution.
    needed = [
        float(np.quantile(np.abs(error) / scale, 0.9)) for error, scale in zip(errors[share], scales, strict=True)
    ]
    tail = tail_of(found.quantiles or inner.intervals.quantiles)
    widening = min(max(1.0, max(needed) / tail), MOST_WIDENING)
    weight = len(order) / (len(order) + FEW_RUNS)
    return found.model_copy(update={"later": share, "widening": 1.0 + weight * (widening - 1.0)})
