"""Runs that cannot be right are set aside before training, each with its reason."""

import numpy as np

from contract.container import SetAside
from model.data.features import Encoder
from model.data.history import Floats, History, Indices, sample
from model.data.table import Table
from model.growth import trend

FEWEST_RUNS = 5
"""Among fewer nobody can tell which one is wrong."""
VERY_FEW_RUNS = 8
"""Fewer than these hardly say how far is too far, so only the largest factor counts."""
FEW_RUNS = 20
"""Among fewer than these a wrong run bends the fit towards itself, so each is judged by a fit to all the others."""
SMALLEST_FACTOR = 20.0
LARGEST_FACTOR = 300.0
DEVIATIONS = 7.0
MOST_SET_ASIDE = 0.12
"""If more of the runs than this (and more than one) look wrong, they are not mistakes but another kind of run."""
SIZES = 500
STANDS_OUT = 2.0
"""... but for those that are so many times as far off, in log cost, as that kind."""


def set_outliers_aside(history: History) -> tuple[History, list[SetAside]]:
    """Return the runs to learn from, and those whose cost is impossible for their size and parameters."""
    if len(history) < FEWEST_RUNS:
        return history, []
    table = Table.of_history(Encoder.fit(history), history)
    log_cost = np.log(history.cost_usd)
    away = (_away_from_others if len(history) < FEW_RUNS else _away_from_all)(table, log_cost)
    wrong = _mistakes(away)
    if len(wrong) == 0:
        return history, []
    return history.take(np.setdiff1d(np.arange(len(history)), wrong)), [
        SetAside(run_id=history.run_ids[row], reason=_reason(float(np.exp(away[row])))) for row in wrong
    ]


def _mistakes(away: Floats) -> Indices:
    """Return those of the runs that are too far off which are no kind of their own."""
    far = np.flatnonzero(away)
    far = far[np.argsort(-np.abs(away[far]), kind="stable")]
    most = max(1, int(MOST_SET_ASIDE * len(away)))
    if len(far) > most:
        far = far[:most][np.abs(away[far[:most]]) > STANDS_OUT * abs(away[far[most]])]
    return np.sort(far)


def _away_from_all(table: Table, log_cost: Floats) -> Floats:
    """Return how far log costs are off a robust fit to all runs, 0 where that is not too far."""
    rows = sample(len(table))
    line = trend.fit(table.log_size[rows], table.recorded[rows], log_cost[rows])
    # Between so many sizes the curve is straight; a member of the line for every run would fill the memory.
    sizes = np.linspace(table.log_size.min(), table.log_size.max(), SIZES)
    expected = np.interp(table.log_size, sizes, line.size_part(sizes)[0]) + table.recorded @ line.effect_column
    away = log_cost - expected
    return np.where(np.abs(away) > _limit(trend.robust_scale(away), len(away)), away, 0.0)


def _away_from_others(table: Table, log_cost: Floats) -> Floats:
    """Do the same by fits that leave each run out in turn: the furthest run goes, and the rest are judged again."""
    away, kept = np.zeros(len(table)), np.arange(len(table))
    while len(kept) >= FEWEST_RUNS - 1:
        off = np.array([_left_out(table, log_cost, np.delete(kept, place), int(row)) for place, row in enumerate(kept)])
        furthest = int(np.argmax(np.abs(off[:, 0]) / off[:, 1]))
        if abs(off[furthest, 0]) <= off[furthest, 1]:
            break
        away[kept[furthest]] = off[furthest, 0]
        kept = np.delete(kept, furthest)
    return away


def _left_out(table: Table, log_cost: Floats, others: Indices, row: int) -> tuple[float, float]:
    """Return how far a log cost is off what other runs foretell, and how far is too far.

    That is further where the others hardly say how cost grows up to there.
    """
    line = trend.fit(table.log_size[others], table.recorded[others], log_cost[others])
    here = slice(row, row + 1)
    away = log_cost[row] - float(line.predict(table.log_size[here], table.recorded[here])[0])
    spread = float(line.size_part(table.log_size[here])[1][0])
    return away, _limit(line.noise, len(others) + 1) + DEVIATIONS * spread


def _limit(deviation: float, runs: int) -> float:
    smallest = SMALLEST_FACTOR if runs >= VERY_FEW_RUNS else LARGEST_FACTOR
    return float(np.clip(DEVIATIONS * deviation, np.log(smallest), np.log(LARGEST_FACTOR)))


def _reason(factor: float) -> str:
    share = f"{factor:,.0f} times" if factor > 1 else f"1/{1 / factor:,.0f} of"
    return f"cost is {share} what runs like this one cost"
