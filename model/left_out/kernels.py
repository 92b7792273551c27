"""Covariances of errors over time: conditions that fade, changes that stay, and which of them runs left out prove.

Sources: Rasmussen & Williams 2006, Gaussian Processes for Machine Learning, chapters 2 and 5; for changes, Garnett,
Osborne, Reece, Rogers & Roberts 2010, Sequential Bayesian prediction in the presence of changepoints and faults; for
where they are, Hinkley 1970, Inference about the change-point in a sequence of random variables.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from pydantic import Field

from contract.base import Shape
from model.data.history import Floats

REACHES = (0.3, 1.0, 3.0, 10.0, 30.0, 100.0)
"""Candidates for a term's reach in time, in mean times between starts."""
SIZE_REACHES = (None, 1.0, 0.3)
"""Candidates for its reach in log size, in standard deviations; None reaches all sizes."""
VARIANCES = (0.1, 0.3, 1.0, 3.0)
"""Candidates for its variance, in variances of what no neighbour shares."""
CHANGE_VARIANCES = (1.0, 3.0, 10.0, 30.0)
"""The same for a change. It is sharp, so a large one shows only here."""
MOST_KERNELS = 3
WORTH = 0.98
"""A kernel must bring the mean error under this share of what it was, beside being certain."""
CERTAIN = 2.0
"""The mean error must fall by so many standard errors."""
CHANGE_WORTH = 0.9
"""The same as `WORTH` for a change, which never fades, so that a mistaken one is never forgotten."""
CHANGE_CERTAIN = 3.0
"""The same as `CERTAIN` for a change: its time is the best of as many as there are runs."""
FEWEST_BESIDE_CHANGE = 8
"""Runs there must be before a change, and after it."""

Points = tuple[Floats, Floats]
"""Start times (seconds since 1970) and log sizes of runs."""


class Term(Shape):
    """Conditions that fade: variance * exp(-|time apart| / reach - |log size apart| / size_reach)."""

    reach: float = Field(gt=0)
    size_reach: float | None = Field(gt=0)
    variance: float = Field(gt=0)

    def covariance(self, these: Points, those: Points) -> Floats:
        """Return the covariances of runs (rows) with runs (columns)."""
        away = np.abs(these[0][:, None] - those[0]) / self.reach
        if self.size_reach is not None:
            away = away + np.abs(these[1][:, None] - those[1]) / self.size_reach
        return self.variance * np.exp(-away)


class Change(Shape):
    """A change for good: variance for two runs on the same side of it, 0 for runs on different sides."""

    since: float
    variance: float = Field(gt=0)

    def covariance(self, these: Points, those: Points) -> Floats:
        """Return the covariances of runs (rows) with runs (columns)."""
        return np.where((these[0] >= self.since)[:, None] == (those[0] >= self.since), self.variance, 0.0)


Kernel = Term | Change


def covariance(kernels: Sequence[Kernel], these: Points, those: Points) -> Floats:
    """Return the sum of the kernels' covariances of runs (rows) with runs (columns)."""
    none = np.zeros((len(these[0]), len(those[0])))
    return np.asarray(sum((kernel.covariance(these, those) for kernel in kernels), none))


@dataclass(frozen=True)
class Choice:
    """Kernels, and what they make of runs that are predicted from all others.

    `total` is the covariance of the runs' errors, `unexplained` what is left of each, `left` its share of variance.
    """

    kernels: tuple[Kernel, ...]
    total: Floats
    unexplained: Floats
    left: Floats

    @property
    def loss(self) -> float:
        """The mean absolute error."""
        return float(np.abs(self.unexplained).mean())

    def plus(self, kernel: Kernel, shape: Floats, errors: Floats) -> "Choice":
        """Add a kernel of a shape; leaving a run out needs no refit (Rasmussen & Williams 2006, 5.10-5.12)."""
        kernels, total = (*self.kernels, kernel), self.total + kernel.variance * shape
        inverse = np.linalg.inv(total)
        known = np.diag(inverse)
        left = 1.0 / known / (1.0 + sum(each.variance for each in kernels))
        return Choice(kernels, total, inverse @ errors / known, np.minimum(left, 1.0))

    def surely_better_than(self, other: "Choice", deviations: float) -> bool:
        """Say whether the mean error is smaller by so many standard errors."""
        better = np.abs(other.unexplained) - np.abs(self.unexplained)
        return bool(better.mean() > deviations * better.std() / len(better) ** 0.5)


def choose(runs: Points, errors: Floats) -> Choice:
    """Return the kernels that foretell best the error of each run, in order of start, from those of all others.

    Conditions that come and go look like a change until they go again. So changes are believed only where they alone
    do as well as fading terms, or far better together with them than these without.
    """
    nothing = Choice((), np.eye(len(errors)), errors, np.ones_like(errors))
    fading = _with_terms(nothing, runs, errors)
    changed = _with_changes(nothing, runs, errors)
    if not changed.kernels:
        return fading
    both = _with_terms(changed, runs, errors)
    return both if WORTH * changed.loss < fading.loss or both.loss < CHANGE_WORTH * fading.loss else fading


def _with_terms(start: Choice, runs: Points, errors: Floats) -> Choice:
    """Add the term that helps most until none does."""
    unit = float(np.ptp(runs[0])) / len(np.unique(runs[0]))
    deviation = max(float(runs[1].std()), 1e-9)
    candidates = [
        Term(reach=reach * unit, size_reach=None if size is None else size * deviation, variance=1.0)
        for reach in REACHES
        for size in (SIZE_REACHES if float(np.ptp(runs[1])) > 0 else (None,))
    ]
    shapes = [candidate.covariance(runs, runs) for candidate in candidates]
    chosen = start
    while len(chosen.kernels) < MOST_KERNELS:
        best, limit = None, WORTH * chosen.loss
        for candidate, shape in zip(candidates, shapes, strict=True):
            for variance in VARIANCES:
                tried = chosen.plus(candidate.model_copy(update={"variance": variance}), shape, errors)
                if tried.loss < limit and tried.surely_better_than(start, CERTAIN):
                    best, limit = tried, tried.loss
        if best is None:
            break
        chosen = best
    return chosen


def _with_changes(start: Choice, runs: Points, errors: Floats) -> Choice:
    """Add the likeliest change until one does not help."""
    chosen = start
    while len(chosen.kernels) < MOST_KERNELS and (since := _likeliest_change(runs[0], chosen.unexplained)) is not None:
        shape = Change(since=since, variance=1.0).covariance(runs, runs)
        candidates = [Change(since=since, variance=variance) for variance in CHANGE_VARIANCES]
        best = min((chosen.plus(each, shape, errors) for each in candidates), key=lambda tried: tried.loss)
        if best.loss >= CHANGE_WORTH * chosen.loss or not best.surely_better_than(chosen, CHANGE_CERTAIN):
            break
        chosen = best
    return chosen


def _likeliest_change(times: Floats, errors: Floats) -> float | None:
    """Return the time since when errors differ most, in standard errors, from those before; None without candidates."""
    before = np.arange(1, len(times))
    after = len(times) - before
    possible = (np.diff(times) > 0) & (np.minimum(before, after) >= FEWEST_BESIDE_CHANGE)
    if not possible.any():
        return None
    apart = np.abs(np.cumsum(errors - errors.mean())[:-1]) / np.sqrt(before * after)
    last = int(np.argmax(np.where(possible, apart, -1.0)))
    return float(times[last] + times[last + 1]) / 2
