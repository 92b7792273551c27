"""What answers where no model is better than a guess: the median of past costs, and how much those varied.

It is an ordinary `CostModel` whose base is flat, so that everything that reads models reads it, too.
"""

from datetime import datetime

import numpy as np

from model.cost_model import CostModel, references
from model.data.features import Encoder
from model.data.history import Floats, History, sample
from model.data.table import Table
from model.growth.base import Base
from model.growth.trend import Trend
from model.growth.two_part import TwoPart
from model.left_out import intervals

MOST_LEFT_OUT = 2000
"""Runs whose distance from the median of all others is measured, at most."""


def fit(history: History) -> CostModel:
    """Learn the median cost, whatever is asked, and intervals from runs against the median of the others.

    Raises:
        InsufficientData: under three runs.
    """
    history.require()
    encoder = Encoder.fit(history)
    table, log_cost = Table.of_history(encoder, history), np.log(history.cost_usd)
    rows = sample(len(log_cost), MOST_LEFT_OUT)
    model = CostModel(
        runs=len(history),
        input_bytes_range=(int(history.input_bytes.min()), int(history.input_bytes.max())),
        latest_run_at=max(datetime.fromisoformat(time) for time in history.completed_at),
        encoder=encoder,
        base=_flat(table, float(np.median(log_cost)), 1 + encoder.width),
        knots=(float(np.median(table.log_size)),),
        strength=0.0,
        intervals=intervals.fit_inside(table.log_size[rows], _left_out_errors(log_cost[rows])),
        drift=None,
        references=references(history, table),
    )
    return model.with_booster(None)


def _flat(table: Table, level: float, columns: int) -> Base:
    low, high = float(table.log_size.min()), float(table.log_size.max())
    return Base(
        trend=Trend.flat(float(np.median(table.log_size)), level, columns),
        two_part=TwoPart(centre=low, coefficients=(0.0,) * (3 + 2 * columns)),
        inside=0.0,
        beyond=0.0,
        log_range=(low, high),
    )


def _left_out_errors(log_cost: Floats) -> Floats:
    """Return how far each run lies from the median of all others."""
    order = np.argsort(log_cost, kind="stable")
    errors = np.empty(len(order))
    for position, row in enumerate(order):
        errors[row] = log_cost[row] - np.median(np.delete(log_cost[order], position))
    return errors
