"""How much of the trees to use, and how large errors are, learned by predicting runs that were left out.

Twice: with random folds for runs inside the training range, and with the largest runs left out for those beyond.
"""

from dataclasses import dataclass

import numpy as np

from model import core, drift, intervals, repeats
from model.base import Base, sample
from model.core import Table
from model.history import Floats, Indices

FOLDS = 5
STRENGTHS = (0.0, 0.5, 1.0)
"""Shares of the trees' answer to choose from."""
INSIDE_MIXTURES = (1.0, 0.5, 0.0)
BEYOND_MIXTURES = (0.5, 1.0, 0.0)
"""Shares of the two-part base to choose from, the preferred one first. Two opinions of how cost grows err less."""
BELIEFS = (1.0, 0.1)
"""Weights of the prior of how cost grows to choose from: larger runs may disprove it."""
SIZE_CUTS = (0.5, 0.65, 0.8)
"""Shares of the runs, by size, that predict the larger rest."""
TIME_CUTS = (0.4, 0.6, 0.8)
"""Shares of the runs, by start, that predict those after them, up to `TIME_STEP` of all runs."""
TIME_STEP = 0.2
LATER_SHARES = (0.5, 1.0, 0.0)
"""Shares of the last conditions to choose from for runs that start later."""
MOST_WIDENING = 3.0
FEW_LATER = 20.0
"""Runs whose weight no widening has."""
WORTH = 0.97
"""A choice must bring the error under this share of the preferred one's to be made at all."""
SMALLEST_STEP = 0.02
"""Log sizes closer than this to the edge are not beyond it."""


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


@dataclass(frozen=True)
class _Runs:
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


def select(table: Table, log_cost: Floats) -> Selection:
    """Make every choice that needs runs left out."""
    rows, everything = sample(len(table)), len(table)
    table, log_cost = table.take(rows), log_cost[rows]
    runs = _Runs(table, log_cost, log_cost, together=False)
    inside, strength, errors = _inside(runs)
    calibrated, again, found = _calibrate(table, errors)
    if again is not None or (found is not None and found.terms):
        # Without what conditions did to them, the same runs say more about size and parameters.
        shift = np.zeros(len(rows))
        if found is not None:
            kept = drift.latest(table.started_at)
            shift[kept] = _apart_from(table.log_size[kept], found.shift_of_own())
        runs = _Runs(table, log_cost, log_cost - shift, together=again is not None)
        inside, strength, errors = _inside(runs)
        calibrated, again, found = _calibrate(table, errors)
    beyond, belief, calibrated = _beyond(runs, inside, calibrated)
    if found is not None:
        found = _later(runs, inside, _Known(errors, again, calibrated), found)
    conditions = np.zeros(everything)
    conditions[rows] = log_cost - runs.adjusted
    return Selection(inside, beyond, belief, runs.together, strength, calibrated, again, found, conditions)


def _apart_from(log_size: Floats, shift: Floats) -> Floats:
    """Return what a straight line in size does not explain: how cost grows is not for conditions to say."""
    design = np.column_stack([np.ones_like(log_size), log_size - log_size.mean()])
    return np.asarray(shift - design @ np.linalg.lstsq(design, shift, rcond=None)[0])


def _calibrate(table: Table, errors: Floats) -> tuple[intervals.Intervals, repeats.Repeats | None, drift.Drift | None]:
    again, shift, factor = repeats.fit(table.log_size, errors)
    calibrated = intervals.fit_inside(table.log_size, (errors - shift) / factor)
    scales = calibrated.scale(table.log_size, np.zeros(len(table))) * factor
    found = drift.fit(table.started_at, table.log_size, errors - shift, scales, calibrated.tail)
    return calibrated, again, found


def _choose(losses: dict[float, float]) -> float:
    """Return the choice with the smallest loss, unless the first is about as good."""
    first = next(iter(losses))
    best = min(losses, key=losses.__getitem__)
    return best if losses[best] < WORTH * losses[first] else first


def _mean_error(errors: Floats) -> float:
    return float(np.mean(np.abs(errors)))


def _folds(count: int) -> list[Indices]:
    order = np.random.default_rng(0).permutation(count)
    return [np.sort(fold) for fold in np.array_split(order, FOLDS if count >= 2 * FOLDS else count)]


def _inside(runs: _Runs) -> tuple[float, float, Floats]:
    """Choose mixture and trees for runs inside the range; return both, and the errors on runs left out."""
    table, log_cost, adjusted = runs.table, runs.log_cost, runs.adjusted
    folds = [(np.setdiff1d(np.arange(len(table)), fold), fold) for fold in _folds(len(table))]
    fitted = [runs.fit_base(rest) for rest, _ in folds]
    levels = {mixture: np.zeros(len(table)) for mixture in INSIDE_MIXTURES}
    for base, (_, fold) in zip(fitted, folds, strict=True):
        held = table.take(fold)
        for mixture, level in levels.items():
            level[fold] = base.mixed(mixture, mixture).predict(held.log_size, held.columns)[0]
    if any(base.trend.direction < 0 for base in fitted):
        levels = {0.0: levels[0.0]}
    inside = _choose({mixture: _mean_error(log_cost - level) for mixture, level in levels.items()})
    plain = log_cost - levels[inside]
    errors = {strength: plain.copy() for strength in STRENGTHS}
    for base, (rest, fold) in zip(fitted, folds, strict=True):
        boosted = core.add_trees(base.mixed(inside, inside), table.take(rest), adjusted[rest])
        for strength in STRENGTHS[1:] if boosted.booster is not None else ():
            errors[strength][fold] = log_cost[fold] - boosted.with_strength(strength).predict(table.take(fold))[0]
    # What runs of the very same size tell needs no trees.
    strength = _choose(
        {choice: _mean_error(error - repeats.fit(table.log_size, error)[1]) for choice, error in errors.items()}
    )
    return inside, strength, errors[strength]


@dataclass(frozen=True)
class _Cut:
    """The larger runs as the smaller ones saw them."""

    log_size: Floats
    errors: dict[float, Floats]
    spread: Floats
    distance: Floats
    scale: Floats


def _beyond(runs: _Runs, inside: float, calibrated: intervals.Intervals) -> tuple[float, float, intervals.Intervals]:
    """Choose the mixture and the weight of the prior for larger runs, and learn how errors grow with distance."""
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
        inside=np.concatenate([cut.scale for cut in usable]),
        spread=np.concatenate([cut.spread for cut in usable]),
        distance=np.concatenate([cut.distance for cut in usable]),
        tail=calibrated.tail,
    )
    return beyond, belief, calibrated.model_copy(update={"growth": growth})


def _cuts(runs: _Runs, inside: float, calibrated: intervals.Intervals, belief: float) -> tuple[float, list[_Cut]]:
    """Return the best mixture for larger runs, and what the cuts showed."""
    found = [_cut(runs, inside, calibrated, share, belief) for share in SIZE_CUTS]
    usable = [cut for cut in found if cut is not None]
    if not usable:
        return inside, usable
    # Where cost falls with size among some of the smaller runs, that cut has judged the trend alone.
    judged = [mixture for mixture in BEYOND_MIXTURES if all(mixture in cut.errors for cut in usable)]
    return _choose(
        {mixture: float(np.mean([_mean_error(cut.errors[mixture]) for cut in usable])) for mixture in judged}
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


def _cut(runs: _Runs, inside: float, calibrated: intervals.Intervals, share: float, belief: float) -> _Cut | None:
    table, log_cost = runs.table, runs.log_cost
    edge = float(np.quantile(table.log_size, share))
    small, large = np.flatnonzero(table.log_size <= edge), np.flatnonzero(table.log_size > edge + SMALLEST_STEP)
    if len(small) < 4 or len(large) < 2:
        return None
    base, held = runs.fit_base(small, belief), table.take(large)
    mixtures = (0.0,) if base.trend.direction < 0 else BEYOND_MIXTURES
    seen = {mixture: base.mixed(inside, mixture).predict(held.log_size, held.columns) for mixture in mixtures}
    return _Cut(
        log_size=held.log_size,
        errors={mixture: log_cost[large] - estimate for mixture, (estimate, _) in seen.items()},
        spread=seen[mixtures[0]][1],
        distance=held.log_size - base.log_range[1],
        scale=calibrated.scale(np.minimum(held.log_size, edge), np.zeros(len(large))),
    )


@dataclass(frozen=True)
class _Known:
    """What random folds taught: the errors on runs left out, what repeats tell, and intervals."""

    errors: Floats
    repeats: repeats.Repeats | None
    intervals: intervals.Intervals


def _later(runs: _Runs, inside: float, inner: _Known, found: drift.Drift) -> drift.Drift:
    """Learn from predicting later runs by earlier ones how far the last conditions go on, and how errors grow."""
    order = drift.latest(runs.table.started_at)
    table, log_cost, errors_inside = runs.table.take(order), runs.log_cost[order], inner.errors[order]
    errors: dict[float, list[Floats]] = {share: [] for share in LATER_SHARES}
    scales: list[Floats] = []
    for cut in TIME_CUTS:
        first, last = int(cut * len(order)), int((cut + TIME_STEP) * len(order))
        past, later = np.arange(first), np.arange(first, last)
        held = table.take(later)
        base = core.fit_base(table.take(past), log_cost[past], together=runs.together).mixed(inside, inside)
        level, _ = base.predict(held.log_size, held.columns)
        factor = np.ones(len(held))
        if inner.repeats is not None:
            again = repeats.learn(table.log_size[past], errors_inside[past], inner.repeats.shrinkage)
            level, factor = level + again.shift(held.log_size), again.scale(held.log_size)
        known = found.before(first)
        shift = known.shift(held.started_at, held.log_size)
        for share, kept in errors.items():
            kept.append(log_cost[later] - level - share * shift)
        scales.append(
            inner.intervals.scale(held.log_size, np.zeros(len(held)))
            * factor
            * known.scale(held.started_at, held.log_size)
        )
    share = _choose({share: float(np.mean([_mean_error(error) for error in kept])) for share, kept in errors.items()})
    # The next runs are one more such block, so the worst block seen is what to expect with some caution.
    needed = [
        float(np.quantile(np.abs(error) / scale, 0.9)) for error, scale in zip(errors[share], scales, strict=True)
    ]
    widening = min(max(1.0, max(needed) / inner.intervals.tail), MOST_WIDENING)
    weight = len(order) / (len(order) + FEW_LATER)
    return found.model_copy(update={"later": share, "widening": 1.0 + weight * (widening - 1.0)})
