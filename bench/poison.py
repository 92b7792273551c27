"""`python -m bench.poison`: how much wrong costs among the runs spoil the estimates of clean ones.

Each history is learned from as it is, and with wrong costs in it: one of a billion dollars, or every twentieth times or
over 1000. All models, cleaning included, are asked about the same clean runs; so is one that never had the wrong runs,
which no cleaning can do better than. Histories are made up, and those of `RUNQUOTE_BENCHMARK` where that is set.
"""

from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd

from bench import accuracy, histories, made_up

COUNTS = (5, 6, 7, 10, 20, 50, 200)
REPETITIONS = 2
MOST_ASKED = 60
FEWEST_ASKED = 20
SMALLEST_ERROR = 0.01
"""Errors below this are all the same to whoever asks, so no ratio is taken of them."""
A_BILLION = 1e9
"""The largest cost that the API takes."""

Poison = Callable[[np.ndarray, np.random.Generator], np.ndarray]


def _one_of_a_billion(cost: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Return costs of which one is wrong."""
    wrong = cost.copy()
    wrong[generator.integers(len(cost))] = A_BILLION
    return wrong


def _every_twentieth(factor: float) -> Poison:
    def poison(cost: np.ndarray, generator: np.random.Generator) -> np.ndarray:
        wrong = cost.copy()
        wrong[generator.choice(len(cost), len(cost) // 20, replace=False)] *= factor
        return wrong

    return poison


POISONS = {"one of $1e9": _one_of_a_billion, "5 % x 1000": _every_twentieth(1e3), "5 % / 1000": _every_twentieth(1e-3)}


def report() -> None:
    """Print a table: a line for each number of runs and poison."""
    known = [*_made_up(), *histories.public()]
    print("error: median over histories of the median relative error; ratio: poisoned over clean, history by history")
    print(" runs  histories      poison  error: clean  poisoned  ratio: median  9th decile  without them: 9th decile")
    for count in COUNTS:
        errors = [_errors(history, count) for history in known if len(history) >= count + FEWEST_ASKED]
        clean, *rest = np.maximum(errors, SMALLEST_ERROR).T
        for name, spoilt, without in zip(_poisons(count), rest[::2], rest[1::2], strict=True):
            ratio = spoilt / clean
            print(
                f"{count:>5}  {len(errors):>9}  {name:>10}  {np.median(clean):>12.3f}  {np.median(spoilt):>8.3f}"
                f"  {np.median(ratio):>13.2f}  {np.quantile(ratio, 0.9):>10.2f}"
                f"  {np.quantile(without / clean, 0.9):>24.2f}",
                flush=True,
            )


def _poisons(count: int) -> dict[str, Poison]:
    """Return those that make at least one of so many runs wrong."""
    return POISONS if count >= 20 else {name: poison for name, poison in POISONS.items() if poison is _one_of_a_billion}


def _made_up() -> Iterator[pd.DataFrame]:
    for noise in (0.05, 0.2, 0.6):
        runs = pd.DataFrame(made_up.rows(300, noise=noise))
        yield runs.assign(workflow_name=f"noise of {noise}").rename(columns={"parameters": "params"})


def _errors(history: pd.DataFrame, count: int) -> list[float]:
    """Return the mean over repetitions of the median relative error.

    Learned from clean runs; then, for each poison, from the runs with it and from those that it left as they were.
    """
    found = []
    for repetition in range(REPETITIONS):
        generator = np.random.default_rng(repetition)
        order = generator.permutation(len(history))
        runs = history.iloc[order[:count]].reset_index(drop=True)
        asked = history.iloc[order[count : count + MOST_ASKED]].reset_index(drop=True)
        cost, learned = runs.cost_usd.to_numpy(float), [runs]
        for poison in _poisons(count).values():
            wrong = poison(cost, generator)
            learned += [runs.assign(cost_usd=wrong), runs[wrong == cost].reset_index(drop=True)]
        found.append([_error(some, asked) for some in learned])
    return [float(error) for error in np.mean(found, axis=0)]


def _error(history: pd.DataFrame, asked: pd.DataFrame) -> float:
    estimates = accuracy.fit(history)(asked).point
    return float((estimates / asked.cost_usd - 1).abs().median())


if __name__ == "__main__":
    report()
