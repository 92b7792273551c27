"""Conditions that last: runs close in time share a cluster's load, a download's speed, a price.

The errors of past runs are a Gaussian process over start time, alone and together with size (a slow disk delays
large runs most), so those near a request correct its estimate (kriging: Rasmussen & Williams 2006, chapters 2 and 5).
Far from all past runs nothing is left of it, but for changes for good (`kernels`). A kernel enters only where leaving
each run out in turn shows that it helps. After the last run what fades counts as far as earlier runs foretold later
ones, and so does all certainty.
"""

from collections.abc import Sequence
from functools import cached_property
from typing import Annotated, Self

import numpy as np
from pydantic import Field, model_validator

from contract.base import Shape, Share
from model.data.history import Floats, Indices
from model.left_out import kernels
from model.left_out.intervals import LEVELS, quantiles_of
from model.left_out.kernels import MOST_KERNELS, Change, Kernel, Term

MOST_RUNS = 500
"""Latest runs that are kept."""
MOST_LEARNED_FROM = 300
"""Latest runs that kernels are chosen by."""
FEWEST_RUNS = 20
CLIP = 0.95
"""Errors count up to this quantile of their size."""
CERTAINTIES = tuple(round(0.1 * step, 1) for step in range(21))
"""Candidates for the power to which the process's own certainty is believed."""


class Drift(Shape):
    """Errors of past runs by start time (seconds since 1970) and log size.

    After the last run `later` is the share of the terms' shift that counts, `widening` the factor on the scale. Where
    there are changes, errors of runs whose start is known have `quantiles` of their own: without a start nobody knows
    the side of a change either, and errs around two values.
    """

    times: Annotated[tuple[float, ...], Field(min_length=1, max_length=MOST_RUNS)]
    log_sizes: tuple[float, ...]
    errors: tuple[float, ...]
    terms: Annotated[tuple[Term, ...], Field(max_length=MOST_KERNELS)]
    changes: Annotated[tuple[Change, ...], Field(max_length=MOST_KERNELS)] = ()
    certainty: float = Field(ge=0)
    quantiles: tuple[float, ...] = ()
    later: Share
    widening: float = Field(ge=1)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if not len(self.times) == len(self.log_sizes) == len(self.errors):
            raise ValueError("the columns of drift differ in length")
        if len(self.quantiles) not in (0, len(LEVELS)):
            raise ValueError("drift has quantiles at other levels")
        return self

    @property
    def kernels(self) -> tuple[Kernel, ...]:
        """All kernels."""
        return (*self.terms, *self.changes)

    @cached_property
    def _runs(self) -> tuple[Floats, Floats]:
        return np.array(self.times), np.array(self.log_sizes)

    @cached_property
    def _inverse(self) -> Floats:
        return np.linalg.inv(kernels.covariance(self.kernels, self._runs, self._runs) + np.eye(len(self.times)))

    @cached_property
    def _duals(self) -> Floats:
        return np.asarray(self._inverse @ np.array(self.errors))

    def shift(self, started_at: Floats, log_size: Floats) -> Floats:
        """Return the shift of log cost at start times (NaN: none) and log sizes."""
        fading, lasting = self.parts(started_at, log_size)
        return np.where(started_at > max(self.times), self.later, 1.0) * fading + lasting

    def parts(self, started_at: Floats, log_size: Floats) -> tuple[Floats, Floats]:
        """Return the shift of log cost at start times (NaN: none) and log sizes by terms, and that by changes."""
        if not self.kernels or not np.isfinite(started_at).any():
            return np.zeros(len(started_at)), np.zeros(len(started_at))
        fading = self._covariances(self.terms, started_at, log_size)
        return fading @ self._duals, self._covariances(self.changes, started_at, log_size) @ self._duals

    def scale(self, started_at: Floats, log_size: Floats) -> Floats:
        """Return the factor on the scale of log cost at start times (NaN: 1) and log sizes."""
        factor = np.where(started_at > max(self.times), self.widening, 1.0)
        if not self.kernels or not np.isfinite(started_at).any():
            return factor
        known = self._covariances(self.kernels, started_at, log_size)
        total = 1.0 + sum(kernel.variance for kernel in self.kernels)
        left = np.maximum(total - ((known @ self._inverse) * known).sum(axis=1), 1.0) / total
        return np.asarray(factor * left ** (self.certainty / 2))

    def shift_of_own(self) -> Floats:
        """Return the shift of every kept run by all the others (Rasmussen & Williams 2006, equation 5.12)."""
        if not self.kernels:
            return np.zeros(len(self.times))
        return np.array(self.errors) - self._duals / np.diag(self._inverse)

    def lasting_of_own(self) -> Floats:
        """Return what changes did to every kept run."""
        return self.parts(*self._runs)[1]

    def before(self, count: int) -> "Drift":
        """Return what was known after the first `count` of the kept runs."""
        first = {"times": self.times[:count], "log_sizes": self.log_sizes[:count], "errors": self.errors[:count]}
        return Drift.model_validate({**self.model_dump(), **first})

    def _covariances(self, of: Sequence[Kernel], started_at: Floats, log_size: Floats) -> Floats:
        known = np.isfinite(started_at)
        asked = np.where(known, started_at, np.inf), log_size
        return kernels.covariance(of, asked, self._runs) * known[:, None]


def latest(started_at: Floats) -> Indices:
    """Return the latest runs whose start is known, in order of start."""
    known = np.flatnonzero(np.isfinite(started_at))
    return known[np.argsort(started_at[known], kind="stable")][-MOST_RUNS:]


def fit(started_at: Floats, log_size: Floats, errors: Floats, scales: Floats, tail: float) -> Drift | None:
    """Learn shared conditions from errors on unseen runs; None where too few starts are known.

    `scales` are the runs' scales of log cost, and `tail` the standardised error that 90 % of runs stay under.
    """
    rows = latest(started_at)
    if len(rows) < FEWEST_RUNS or len(np.unique(started_at[rows])) < 4:
        return None
    limit = float(np.quantile(np.abs(errors[rows]), CLIP))
    clipped = np.clip(errors[rows], -limit, limit)
    runs = started_at[rows], log_size[rows]
    recent = slice(-MOST_LEARNED_FROM, None)
    chosen = kernels.choose((runs[0][recent], runs[1][recent]), clipped[recent])
    terms = tuple(kernel for kernel in chosen.kernels if isinstance(kernel, Term))
    changes = tuple(kernel for kernel in chosen.kernels if isinstance(kernel, Change))
    certainty, quantiles = 0.0, tuple[float, ...]()
    if chosen.kernels:
        known, scale = errors[rows][recent], scales[rows][recent]
        standard = (known - (clipped[recent] - chosen.unexplained)) / scale
        share = min(0.9, float(np.mean(np.abs(known) <= tail * scale)))
        certainty = max(
            (
                power
                for power in CERTAINTIES
                if float(np.mean(np.abs(standard) <= tail * chosen.left ** (power / 2))) >= share
            ),
            default=0.0,
        )
        if changes:
            quantiles = quantiles_of(standard / chosen.left ** (certainty / 2))
    return Drift(
        times=tuple(runs[0].tolist()),
        log_sizes=tuple(runs[1].tolist()),
        errors=tuple(clipped.tolist()),
        terms=terms,
        changes=changes,
        certainty=certainty,
        quantiles=quantiles,
        later=1.0,
        widening=1.0,
    )
