"""Runs that cannot be right are set aside before training, each with its reason."""

import numpy as np

from contract.container import SetAside
from model import trend
from model.base import sample
from model.core import Table
from model.features import Encoder
from model.history import Floats, History

SMALLEST_FACTOR = 20.0
LARGEST_FACTOR = 300.0
DEVIATIONS = 7.0
MOST_SET_ASIDE = 0.12
"""If more of the runs than this look wrong, they are not mistakes but another kind of run."""


def outliers(log_cost: Floats, expected: Floats) -> tuple[np.ndarray, float]:
    """Mark costs that lie too far from what is expected, and return the factor that is too far."""
    away = log_cost - expected
    limit = float(np.clip(DEVIATIONS * trend.robust_scale(away), np.log(SMALLEST_FACTOR), np.log(LARGEST_FACTOR)))
    return np.abs(away) > limit, limit


def set_outliers_aside(history: History) -> tuple[History, list[SetAside]]:
    """Return the runs to learn from, and those whose cost is impossible for their size and parameters."""
    if len(history) < 8:
        return history, []
    table = Table.of_history(Encoder.fit(history), history)
    log_cost = np.log(history.cost_usd)
    rows = sample(len(table))
    line = trend.fit(table.log_size[rows], table.columns[rows], log_cost[rows])
    expected = line.predict(table.log_size, table.columns)
    wrong, _ = outliers(log_cost, expected)
    if not 0 < wrong.mean() <= MOST_SET_ASIDE:
        return history, []
    factors = np.exp(log_cost - expected)
    return history.take(np.flatnonzero(~wrong)), [
        SetAside(run_id=history.run_ids[row], reason=_reason(float(factors[row]))) for row in np.flatnonzero(wrong)
    ]


def _reason(factor: float) -> str:
    share = f"{factor:,.0f} times" if factor > 1 else f"1/{1 / factor:,.0f} of"
    return f"cost is {share} what runs like this one cost"
