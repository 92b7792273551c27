"""`python -m bench.layers`: what each layer of the model is worth: the same histories learned from with it and without.

Each layer is taken out where it should matter (made-up histories of its own, and those of `RUNQUOTE_BENCHMARK` where
that is set) and on public histories at large. A line tells, with and without: the mean error of log cost (the
geometric mean over histories), how many 90 % intervals hold and how wide they are (relative to the cost, the median),
CPU seconds of a training; and the lines of code that the layer takes.
"""

import argparse
import inspect
import itertools
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from functools import cache
from typing import Any
from unittest.mock import patch

import numpy as np
import pandas as pd

from bench import accuracy, asked
from model.data import outputs, table
from model.growth import residual, two_part
from model.left_out import beyond, drift, inside, kernels, later, repeats

PUBLIC = ("public, inside", "public, beyond", "public, far beyond", "public, later")


@dataclass(frozen=True)
class Layer:
    """What to replace so that the layer is gone, the code that is its own, and where it should matter."""

    gone: tuple[tuple[Any, str, Any], ...]
    code: tuple[Any, ...]
    where: tuple[str, ...]

    def taken_out(self) -> AbstractContextManager[object]:
        """Be without the layer inside the context."""
        stack = ExitStack()
        for owner, name, value in self.gone:
            stack.enter_context(patch.object(owner, name, value))
        return stack

    @property
    def lines(self) -> int:
        """The lines of its code."""
        return sum(len(inspect.getsource(part).splitlines()) for part in self.code)


NEVER = 10**9
LAYERS = {
    "trees": Layer(
        ((residual, "FEWEST_FOR_TREES", NEVER), (inside, "STRENGTHS", (0.0,))),
        (residual,),
        ("interactions, 60 runs", "interactions, 150 runs", "interactions, 400 runs"),
    ),
    "two-part base": Layer(
        ((inside, "MIXTURES", (0.0,)), (beyond, "MIXTURES", (0.0,))),
        (two_part,),
        ("parameters act on growth alone", "parameters act on growth alone, beyond"),
    ),
    "conditions of time": Layer(
        ((drift, "FEWEST_RUNS", NEVER),),
        (drift, kernels, later),
        ("load that lasts, inside", "load that lasts, later"),
    ),
    "changes for good": Layer(
        ((kernels, "_with_changes", lambda start, _runs, _errors: start),),
        (kernels.Change, kernels._with_changes, kernels._likeliest_change),
        ("changes for good, later", "load that lasts, later"),
    ),
    "doubt about stated outputs": Layer(
        tuple((module, "ESTIMATE_NOISE", 0.0) for module in (outputs, residual, table)),
        (outputs.expected_surplus, outputs._density, table.Table.with_estimates),
        ("output decides, estimated", "public, estimated outputs"),
    ),
    "weaker prior of growth": Layer(
        ((beyond, "BELIEFS", (1.0,)),),
        (beyond._better,),
        ("flat or steep growth, far beyond", "public, far beyond"),
    ),
    "repeats": Layer(
        ((repeats, "FEWEST_RUNS", NEVER),),
        (repeats, inside.with_unseen),
        ("the same data again, inside", "the same data again, new sizes", "public, repeated sizes"),
    ),
}


@dataclass(frozen=True)
class Figures:
    """What one model did on one history: mean error of log cost, share of 90 % intervals that hold, width, CPU time."""

    error: float
    covered: float
    width: float
    seconds: float


def figures(fit: Callable[[pd.DataFrame], accuracy.Predict], case: asked.Case) -> Figures:
    """Learn from the past and ask about the rest."""
    start = time.process_time()
    predict = fit(case.past)
    seconds = time.process_time() - start
    found, costs = predict(case.asked), case.asked.cost_usd
    error = float(np.log(found.point / costs).abs().mean())
    if "lo90" not in found:
        return Figures(error, np.nan, np.nan, seconds)
    held = float(((costs >= found.lo90) & (costs <= found.hi90)).mean())
    return Figures(error, held, float(((found.hi90 - found.lo90) / costs).median()), seconds)


def summary(found: list[Figures]) -> Figures:
    """Sum histories up."""
    return Figures(
        float(np.exp(np.mean([np.log(each.error) for each in found]))),
        float(np.mean([each.covered for each in found])),
        float(np.median([each.width for each in found])),
        float(np.mean([each.seconds for each in found])),
    )


@cache
def _cases(where: str, most: int) -> tuple[asked.Case, ...]:
    return tuple(itertools.islice(asked.SETS[where](), most))


@cache
def with_all(where: str, most: int) -> Figures | None:
    """Return what the whole model does; None where there are no such histories."""
    found = [figures(accuracy.fit, case) for case in _cases(where, most)]
    return summary(found) if found else None


def without(layer: Layer, where: str, most: int) -> Figures:
    """Return what the model does without a layer."""
    with layer.taken_out():
        return summary([figures(accuracy.fit, case) for case in _cases(where, most)])


def lines(names: list[str], most: int) -> Iterator[str]:
    """Yield a line for each layer and set of histories."""
    for name in names:
        layer = LAYERS[name]
        for where in dict.fromkeys((*layer.where, *PUBLIC)):
            whole = with_all(where, most)
            if whole is None:
                continue
            less = without(layer, where, most)
            yield (
                f"{name:<27} {where:<38} {whole.error:.3f} {less.error:.3f}   {whole.covered:.2f} {less.covered:.2f}"
                f"   {whole.width:5.2f} {less.width:5.2f}   {whole.seconds:4.1f} {less.seconds:4.1f}  {layer.lines:>5}"
            )


def main() -> None:
    """Read the command line and print a table."""
    parser = argparse.ArgumentParser(prog="python -m bench.layers", description=__doc__)
    parser.add_argument("--layers", nargs="+", choices=LAYERS, default=list(LAYERS))
    parser.add_argument("--histories", type=int, default=NEVER, help="at most so many of a kind")
    options = parser.parse_args()
    head = ("layer", "histories", "error", "covered", "width", "CPU s", "lines")
    print("{:<27} {:<38} {:<13} {:<11} {:<13} {:<9} {}".format(*head))
    for line in lines(options.layers, options.histories):
        print(line, flush=True)


if __name__ == "__main__":
    main()
