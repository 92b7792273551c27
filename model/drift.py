"""Conditions that last: runs close in time share a cluster's load, a download's speed, a price.

The errors of past runs are a Gaussian process over start time, alone and together with size (a slow disk delays
large runs most), so those near a request correct its estimate (kriging: Rasmussen & Williams 2006, chapters 2 and 5).
Far from all past runs nothing is left of it. A term enters only where leaving each run out in turn shows that it helps.
After the last run the correction and its certainty count as far as earlier runs foretold later ones.
"""

from functools import cached_property
from typing import Annotated, Self

import numpy as np
from pydantic import Field, model_validator

from contract.base import Shape, Share
from model.history import Floats, Indices

MOST_RUNS = 500
"""Latest runs that are kept."""
MOST_LEARNED_FROM = 300
"""Latest runs that terms are chosen by."""
FEWEST_RUNS = 20
REACHES = (0.3, 1.0, 3.0, 10.0, 30.0, 100.0)
"""Candidates for a term's reach in time, in mean times between starts."""
SIZE_REACHES = (None, 1.0, 0.3)
"""Candidates for its reach in log size, in standard deviations; None reaches all sizes."""
VARIANCES = (0.1, 0.3, 1.0, 3.0)
"""Candidates for its variance, in variances of what no neighbour shares."""
MOST_TERMS = 3
CLIP = 0.95
"""Errors count up to this quantile of their size."""
WORTH = 0.98
"""A first term must bring the mean error under this share of what it was, beside being certain."""
CERTAINTIES = tuple(round(0.1 * step, 1) for step in range(21))
"""Candidates for the power to which the process's own certainty is believed."""


class Term(Shape):
    """One kernel: variance * exp(-|time apart| / reach - |log size apart| / size_reach)."""

    reach: float = Field(gt=0)
    size_reach: float | None = Field(gt=0)
    variance: float = Field(gt=0)

    def covariance(self, these: tuple[Floats, Floats], those: tuple[Floats, Floats]) -> Floats:
        """Return the covariances of runs (rows) with runs (columns), each given by start times and log sizes."""
        away = np.abs(these[0][:, None] - those[0]) / self.reach
        if self.size_reach is not None:
            away = away + np.abs(these[1][:, None] - those[1]) / self.size_reach
        return self.variance * np.exp(-away)


class Drift(Shape):
    """Errors of past runs by start time (seconds since 1970) and log size.

    `later` is the share of the shift that counts after the last run, `widening` the factor on the scale there.
    """

    times: Annotated[tuple[float, ...], Field(min_length=1, max_length=MOST_RUNS)]
    log_sizes: tuple[float, ...]
    errors: tuple[float, ...]
    terms: Annotated[tuple[Term, ...], Field(max_length=MOST_TERMS)]
    certainty: float = Field(ge=0)
    later: Share
    widening: float = Field(ge=1)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if not len(self.times) == len(self.log_sizes) == len(self.errors):
            raise ValueError("the columns of drift differ in length")
        return self

    @cached_property
    def _runs(self) -> tuple[Floats, Floats]:
        return np.array(self.times), np.array(self.log_sizes)

    @cached_property
    def _inverse(self) -> Floats:
        return np.linalg.inv(_covariance(self.terms, self._runs, self._runs) + np.eye(len(self.times)))

    @cached_property
    def _duals(self) -> Floats:
        return np.asarray(self._inverse @ np.array(self.errors))

    def shift(self, started_at: Floats, log_size: Floats) -> Floats:
        """Return the shift of log cost at start times (NaN: none) and log sizes."""
        if not self.terms or not np.isfinite(started_at).any():
            return np.zeros(len(started_at))
        shift = self._covariances(started_at, log_size) @ self._duals
        return np.where(started_at > max(self.times), self.later, 1.0) * shift

    def scale(self, started_at: Floats, log_size: Floats) -> Floats:
        """Return the factor on the scale of log cost at start times (NaN: 1) and log sizes."""
        factor = np.where(started_at > max(self.times), self.widening, 1.0)
        if not self.terms or not np.isfinite(started_at).any():
            return factor
        known = self._covariances(started_at, log_size)
        total = 1.0 + sum(term.variance for term in self.terms)
        left = np.maximum(total - ((known @ self._inverse) * known).sum(axis=1), 1.0) / total
        return np.asarray(factor * left ** (self.certainty / 2))

    def shift_of_own(self) -> Floats:
        """Return the shift of every kept run by all the others (Rasmussen & Williams 2006, equation 5.12)."""
        if not self.terms:
            return np.zeros(len(self.times))
        return np.array(self.errors) - self._duals / np.diag(self._inverse)

    def before(self, count: int) -> "Drift":
        """Return what was known after the first `count` of the kept runs."""
        first = {"times": self.times[:count], "log_sizes": self.log_sizes[:count], "errors": self.errors[:count]}
        return Drift.model_validate({**self.model_dump(), **first})

    def _covariances(self, started_at: Floats, log_size: Floats) -> Floats:
        return _covariance(self.terms, (np.nan_to_num(started_at, nan=np.inf), log_size), self._runs)


def _covariance(terms: tuple[Term, ...], these: tuple[Floats, Floats], those: tuple[Floats, Floats]) -> Floats:
    return np.asarray(sum(term.covariance(these, those) for term in terms))


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
    terms, shift, left = _choose_terms((runs[0][recent], runs[1][recent]), clipped[recent])
    certainty = 0.0
    if terms:
        standard = np.abs(errors[rows][recent] - shift) / (tail * scales[rows][recent])
        share = min(0.9, float(np.mean(np.abs(errors[rows][recent]) <= tail * scales[rows][recent])))
        certainty = max(
            (power for power in CERTAINTIES if float(np.mean(standard <= left ** (power / 2))) >= share), default=0.0
        )
    return Drift(
        times=tuple(runs[0].tolist()),
        log_sizes=tuple(runs[1].tolist()),
        errors=tuple(clipped.tolist()),
        terms=terms,
        certainty=certainty,
        later=1.0,
        widening=1.0,
    )


def _choose_terms(runs: tuple[Floats, Floats], errors: Floats) -> tuple[tuple[Term, ...], Floats, Floats]:
    """Add the term that helps most until none does; return them, each run's shift by the others, and its variance left.

    Leaving a run out needs no refit (Rasmussen & Williams 2006, equations 5.10-5.12).
    """
    unit = float(np.ptp(runs[0])) / len(np.unique(runs[0]))
    deviation = max(float(runs[1].std()), 1e-9)
    candidates = [
        Term(reach=reach * unit, size_reach=None if size is None else size * deviation, variance=1.0)
        for reach in REACHES
        for size in (SIZE_REACHES if float(np.ptp(runs[1])) > 0 else (None,))
    ]
    kernels = [candidate.covariance(runs, runs) for candidate in candidates]
    plain, loss = np.abs(errors), float(np.abs(errors).mean())
    terms: tuple[Term, ...] = ()
    total, shift, left = np.eye(len(errors)), np.zeros_like(errors), np.ones_like(errors)
    for _ in range(MOST_TERMS):
        best = None
        for candidate, kernel in zip(candidates, kernels, strict=True):
            for variance in VARIANCES:
                inverse = np.linalg.inv(total + variance * kernel)
                unexplained = inverse @ errors / np.diag(inverse)
                better = plain - np.abs(unexplained)
                certain = float(better.mean()) > 2.0 * float(better.std()) / len(better) ** 0.5
                limit = WORTH * loss if best is None else best[0]
                if certain and float(np.abs(unexplained).mean()) < limit:
                    term = candidate.model_copy(update={"variance": variance})
                    spread = 1.0 + variance + sum(term.variance for term in terms)
                    variances = 1.0 / np.diag(inverse) / spread
                    best = (float(np.abs(unexplained).mean()), term, kernel, errors - unexplained, variances)
        if best is None:
            break
        loss, term, kernel, shift, left = best
        total, terms = total + term.variance * kernel, (*terms, term)
    return terms, shift, np.minimum(left, 1.0)
