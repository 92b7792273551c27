"""The same input again: runs on exactly the same bytes err alike, because the data, not only their size, set the cost.

Pipelines are run on the same data over and over (a test set, a reference sample, a run with other parameters). The mean
error of the earlier runs of a size, shrunk as a random effect is (best linear unbiased prediction: Henderson 1975,
Robinson 1991), corrects the next one. It enters only where leaving each run out in turn proves it.

The other side of it: where most runs repeat a few sizes, errors on runs left out at random tell how well those sizes
are known, and nothing of a new one. What that needs is learned by leaving out all runs of a size at once.
"""

from functools import cached_property
from typing import Annotated, Any, Self

import numpy as np
from pydantic import Field, model_validator

from contract.base import Shape
from model.data.history import Floats

MOST_SIZES = 1000
"""Sizes that are kept, those with most runs first."""
SHRINKAGES = (3.0, 1.0, 0.3, 0.1)
"""Candidates for the variance among runs of one size, in variances between sizes: hardly alike to nearly the same. Few,
in steps of three: the loss changes little between them, and each more is one more chance to fit noise."""
FEWEST_RUNS = 10
"""Runs that share their size with another, before anything is learned from them."""
CLIP = 0.95
"""Errors count up to this quantile of their size, so that single wild ones do not move a mean. A convention."""
WORTH = 0.97
"""What is learned must bring the mean error of repeated runs (of log cost) under this share of what it was: as a choice
must in `runs`. It bars what is certain but too small to matter; the test of certainty beside it bars chance."""


class Repeats(Shape):
    """What past runs of a size cost more than expected (log), and how many there were of it; sizes rise.

    Without `shrinkage` that says nothing about the next one. `unseen` is the factor on the scale at any other size.
    """

    input_bytes: Annotated[tuple[int, ...], Field(min_length=1, max_length=MOST_SIZES)]
    means: tuple[float, ...]
    counts: tuple[int, ...]
    shrinkage: float | None = Field(gt=0)
    unseen: float = Field(default=1.0, ge=1)

    @model_validator(mode="before")
    @classmethod
    def _of_format_1(cls, members: Any) -> Any:  # noqa: ANN401 - whatever was read
        """Artefacts of format 1 name sizes by their logarithm."""
        if isinstance(members, dict) and isinstance(members.get("log_sizes"), list):
            members = dict(members)
            members["input_bytes"] = _bytes(np.array(members.pop("log_sizes"), dtype=float)).astype(int).tolist()
        return members

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if not len(self.input_bytes) == len(self.means) == len(self.counts):
            raise ValueError("the columns of repeats differ in length")
        return self

    @cached_property
    def _columns(self) -> tuple[Floats, Floats, Floats]:
        return np.array(self.input_bytes, dtype=float), np.array(self.means), np.array(self.counts, dtype=float)

    def shift(self, log_size: Floats) -> Floats:
        """Return the shift of log cost at these log sizes; 0 at a size without past runs."""
        means, counts = self._known(log_size)
        return np.zeros_like(means) if self.shrinkage is None else means * counts / (counts + self.shrinkage)

    def scale(self, log_size: Floats) -> Floats:
        """Return the factor on the scale of log cost at these log sizes; 1 at a size without past runs."""
        counts = self._known(log_size)[1]
        factor = np.where(counts > 0, 1.0, self.unseen)
        return factor if self.shrinkage is None else factor * _scale(counts, self.shrinkage)

    def _known(self, log_size: Floats) -> tuple[Floats, Floats]:
        sizes, means, counts = self._columns
        asked = _bytes(log_size)
        place = np.minimum(np.searchsorted(sizes, asked), len(sizes) - 1)
        same = sizes[place] == asked
        return np.where(same, means[place], 0.0), np.where(same, counts[place], 0.0)


def _bytes(log_size: Floats) -> Floats:
    """Return sizes in whole bytes: logarithms differ in the last digit from one processor to another, these do not."""
    return np.rint(np.exp(log_size))


def _scale(counts: Floats, shrinkage: float) -> Floats:
    """Standard deviation of a run's error given others of its size, against that of a run of a new size."""
    return np.asarray(np.sqrt((1.0 + 1.0 / (counts + shrinkage)) / (1.0 + 1.0 / shrinkage)))


def fit(log_size: Floats, errors: Floats) -> tuple[Repeats | None, Floats, Floats]:
    """Learn from errors on unseen runs.

    Returns what was learned (None where repeating tells nothing), and each run's shift and scale by the others of its
    size.
    """
    sizes, group, counts = np.unique(log_size, return_inverse=True, return_counts=True)
    nothing = None, np.zeros_like(errors), np.ones_like(errors)
    others = counts[group].astype(np.float64) - 1.0
    again = others > 0
    if len(sizes) == 1 or again.sum() < FEWEST_RUNS:
        return nothing
    limit = float(np.quantile(np.abs(errors), CLIP))
    clipped = np.clip(errors, -limit, limit)
    sums = np.bincount(group, clipped)
    best, least = None, WORTH * float(np.abs(errors[again]).mean())
    for shrinkage in SHRINKAGES:
        shift = (sums[group] - clipped) / (others + shrinkage)
        better = np.abs(errors[again]) - np.abs(errors[again] - shift[again])
        certain = float(better.mean()) > 2.0 * float(better.std()) / len(better) ** 0.5
        loss = float(np.abs(errors[again] - shift[again]).mean())
        if certain and loss < least:
            best, least = shrinkage, loss
    if best is None:
        return nothing
    return learn(log_size, errors, best), (sums[group] - clipped) / (others + best), _scale(others, best)


def fit_unseen(log_size: Floats, errors: Floats, scales: Floats, tail: float) -> float:
    """Return the factor on the scale that 90 % of sizes need when none of their runs are known; each size counts once.

    `errors` are those on runs whose whole size was left out. Few sizes say little about a tail, so they count as wider.
    """
    sizes, group, counts = np.unique(log_size, return_inverse=True, return_counts=True)
    standard = np.abs(errors) / (scales * tail)
    order = np.argsort(standard, kind="stable")
    reached = np.cumsum(1.0 / counts[group][order]) / len(sizes)
    needed = float(standard[order][np.searchsorted(reached, 0.9 - 1e-9)])
    return max(1.0, (1.0 + 2.0 / len(sizes)) * needed)


def are_most(log_size: Floats) -> bool:
    """Say whether most runs share their size with another."""
    _, group, counts = np.unique(log_size, return_inverse=True, return_counts=True)
    return len(counts) > 1 and int((counts[group] > 1).sum()) >= max(FEWEST_RUNS, len(log_size) / 2)


def learn(log_size: Floats, errors: Floats, shrinkage: float | None, unseen: float = 1.0) -> Repeats:
    """Keep the mean error of every size."""
    sizes, group, counts = np.unique(log_size, return_inverse=True, return_counts=True)
    limit = float(np.quantile(np.abs(errors), CLIP))
    means = np.bincount(group, np.clip(errors, -limit, limit)) / counts
    kept = np.sort(np.argsort(-counts, kind="stable")[:MOST_SIZES])
    return Repeats(
        input_bytes=tuple(_bytes(sizes[kept]).astype(int).tolist()),
        means=tuple(means[kept].tolist()),
        counts=tuple(counts[kept].tolist()),
        shrinkage=shrinkage,
        unseen=unseen,
    )
