"""What the largest runs, left out, teach about runs beyond the range of sizes: mixture, prior, growth of the errors."""

from dataclasses import dataclass

import numpy as np

from model.data.history import Floats
from model.left_out import intervals
from model.left_out.inside import Inside
from model.left_out.runs import WORTH, Runs, choose, mean_error

MIXTURES = (0.5, 1.0, 0.0)
"""Shares of the two-part base to choose from, the preferred one first. Two opinions of how cost grows err less."""
BELIEFS = (1.0, 0.1)
"""Weights of the prior of how cost grows to choose from: larger runs may disprove it."""
CUTS = (0.5, 0.65, 0.8)
"""Shares of the runs, by size, that predict the larger rest."""
SMALLEST_STEP = 0.02
"""Log sizes closer than this to the edge are not beyond it."""


@dataclass(frozen=True)
class _Cut:
    """The larger runs as the smaller ones saw them."""

    log_size: Floats
    errors: dict[float, Floats]
    spread: Floats
    distance: Floats
    scale: Floats


def learn(runs: Runs, found: Inside) -> tuple[float, float, intervals.Intervals]:
    """Choose the mixture and the weight of the prior for larger runs, and learn how errors grow with distance."""
    inside, calibrated = found.mixture, found.intervals
    beyond, usable = _cuts(runs, inside, calibrated, BELIEFS[0])
    belief = BELIEFS[0]
    if not usable:
        return beyond, belief, calibrated
    for other in BELIEFS[1:]:
        mixture, cuts = _cuts(runs, inside, calibrated, other)
        if _better(cuts, mixture, than=usable, its=beyond):
            beyond, usable, belief = mixture, cuts, other
    growth = intervals.fit_growth(
        errors=np.concatenate([cut.errors[beyond] for cut in usable]),
        inside=found.unseen * np.concatenate([cut.scale for cut in usable]),
        spread=np.concatenate([cut.spread for cut in usable]),
        distance=np.concatenate([cut.distance for cut in usable]),
        tail=calibrated.tail,
    )
    return beyond, belief, calibrated.model_copy(update={"growth": growth})


def _cuts(runs: Runs, inside: float, calibrated: intervals.Intervals, belief: float) -> tuple[float, list[_Cut]]:
    """Return the best mixture for larger runs, and what the cuts showed."""
    found = [_cut(runs, inside, calibrated, share, belief) for share in CUTS]
    usable = [cut for cut in found if cut is not None]
    if not usable:
        return inside, usable
    # Where cost falls with size among some of the smaller runs, that cut has judged the trend alone.
    judged = [mixture for mixture in MIXTURES if all(mixture in cut.errors for cut in usable)]
    return choose(
        {mixture: float(np.mean([mean_error(cut.errors[mixture]) for cut in usable])) for mixture in judged}
    ), usable


def _better(cuts: list[_Cut], mixture: float, than: list[_Cut], its: float) -> bool:
    """Say whether cuts of the same runs err less than others by more than chance; runs of one size count as one."""
    errors = np.abs(np.concatenate([cut.errors[mixture] for cut in cuts]))
    others = np.abs(np.concatenate([cut.errors[its] for cut in than]))
    _, group, counts = np.unique(
        np.concatenate([cut.log_size for cut in cuts]), return_inverse=True, return_counts=True
    )
    gains = np.bincount(group, others - errors) / counts
    certain = float(gains.mean()) > 2.0 * float(gains.std()) / len(gains) ** 0.5
    return certain and float(errors.mean()) < WORTH * float(others.mean())


def _cut(runs: Runs, inside: float, calibrated: intervals.Intervals, share: float, belief: float) -> _Cut | None:
    table, log_cost = runs.table, runs.log_cost
    edge = float(np.quantile(table.log_size, share))
    small, large = np.flatnonzero(table.log_size <= edge), np.flatnonzero(table.log_size > edge + SMALLEST_STEP)
    if len(small) < 4 or len(large) < 2:
        return None
    base, held = runs.fit_base(small, belief), table.take(large)
    mixtures = (0.0,) if base.trend.direction < 0 else MIXTURES
    seen = {mixture: base.mixed(inside, mixture).predict(held.log_size, held.stated) for mixture in mixtures}
    return _Cut(
        log_size=held.log_size,
        errors={mixture: log_cost[large] - estimate for mixture, (estimate, _) in seen.items()},
        spread=seen[mixtures[0]][1],
        distance=held.log_size - base.log_range[1],
        scale=calibrated.scale(np.minimum(held.log_size, edge), np.zeros(len(large))),
    )
