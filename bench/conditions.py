"""`python -m bench.conditions`: how much conditions learned from all runs flatter the errors of cross-validation.

What lasting conditions did to runs is taken out before folds are drawn anew, so training parts carry a little of what
was learned from the runs left out. Here it is learned of each training part alone, and both errors are told. Histories
are those of `RUNQUOTE_BENCHMARK`.
"""

import sys
from dataclasses import replace

import numpy as np
import pandas as pd

from bench import accuracy, histories
from model.data.features import Encoder
from model.data.history import Floats, from_rows
from model.data.table import Table
from model.left_out import cleaning, inside, intervals, selection
from model.left_out.runs import Runs, folds

MOST_RUNS = 200


def report() -> int:
    """Print a line for each history with conditions that last, and the mean ratio of both; return the exit code."""
    ratios = []
    for history in histories.public():
        some = history if len(history) <= MOST_RUNS else history.sample(MOST_RUNS, random_state=0)
        found = _compare(some.reset_index(drop=True))
        if found is None:
            continue
        shipped, apart = found
        ratios.append(np.divide(apart, shipped))
        print(
            f"{history.workflow_name.iloc[0]:<36} mean error of log cost {shipped[0]:.3f}, apart {apart[0]:.3f};"
            f" tail of 90 % {shipped[1]:.3f}, apart {apart[1]:.3f}",
            flush=True,
        )
    if not ratios:
        print("RUNQUOTE_BENCHMARK names no histories with conditions that last.", file=sys.stderr)
        return 1
    error, tail = np.exp(np.mean(np.log(ratios), axis=0))
    print(f"learned apart over shipped, geometric mean of {len(ratios)}: error {error:.3f}, tail {tail:.3f}")
    return 0


def _compare(history: pd.DataFrame) -> tuple[tuple[float, float], tuple[float, float]] | None:
    kept, _ = cleaning.set_outliers_aside(from_rows(accuracy.rows(history))[0])
    table, log_cost = Table.of_history(Encoder.fit(kept), kept), np.log(kept.cost_usd)
    runs = Runs(table, log_cost, log_cost, together=False)
    found = inside.learn(runs)
    if found.drift is None or not found.drift.kernels:
        return None
    shipped = selection.apart_from_conditions(runs, found)
    errors = np.zeros((2, len(table)))
    for fold in folds(len(table)):
        rest = np.setdiff1d(np.arange(len(table)), fold)
        part = Runs(table.take(rest), log_cost[rest], log_cost[rest], together=False)
        adjusted = log_cost.copy()
        adjusted[rest] = selection.apart_from_conditions(part, inside.learn(part)).adjusted
        for row, learned in enumerate((shipped, replace(shipped, adjusted=adjusted))):
            fitted = learned.fit_core(rest, found.mixture, found.strength)
            errors[row, fold] = log_cost[fold] - fitted.predict(table.take(fold))[0]
    return _figures(table, errors[0]), _figures(table, errors[1])


def _figures(table: Table, errors: Floats) -> tuple[float, float]:
    """Return the mean error, and the half width of typical 90 % intervals, both of log cost."""
    calibrated = intervals.fit_inside(table.log_size, errors)
    scale = calibrated.scale(table.log_size, np.zeros(len(table)))
    return float(np.abs(errors).mean()), float(calibrated.tail * np.median(scale))


if __name__ == "__main__":
    sys.exit(report())
