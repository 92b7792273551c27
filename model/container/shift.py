"""How far a new model's answers lie from those of the model in service, to the same questions, asked as of now."""

from datetime import datetime

import numpy as np

from contract.container import Shift
from model.cost_model import CostModel
from model.data.history import Floats, History, Indices, sample
from model.data.table import Table
from model.left_out.intervals import LEVELS

MOST_QUESTIONS = 2_000
MOST_SLICES = 4
SMALLEST_SLICE = 5
_EIGHTY = (LEVELS.index(0.1), LEVELS.index(0.9))


def shifts(champion: CostModel, challenger: CostModel, runs: History, now: datetime) -> list[Shift]:
    """Ask both models what each run that the champion knew would cost if it started now; compare them by size.

    Only those: later runs, whoever recorded them, cannot choose the questions. By size, so that what changes only where
    runs are large is not averaged away.
    """
    known = known_to(champion, runs)
    if len(known) == 0:
        return []
    asked = runs.take(known[sample(len(known), MOST_QUESTIONS)])
    before, quantiles = _answers(champion, asked, now)
    after, _ = _answers(challenger, asked, now)
    low, high = quantiles[:, _EIGHTY[0]], quantiles[:, _EIGHTY[1]]
    outside = (after < low) | (after > high)
    slices = np.array_split(
        np.argsort(asked.input_bytes, kind="stable"), min(MOST_SLICES, max(1, len(asked) // SMALLEST_SLICE))
    )
    return [
        Shift(
            questions=len(rows),
            factor=float(np.exp(np.median(after[rows] - before[rows]))),
            outside_80=float(outside[rows].mean()),
            input_bytes_range=(int(asked.input_bytes[rows].min()), int(asked.input_bytes[rows].max())),
        )
        for rows in slices
    ]


def known_to(model: CostModel, runs: History) -> Indices:
    """Return the runs that had completed when a model was trained."""
    return np.flatnonzero([datetime.fromisoformat(time) <= model.latest_run_at for time in runs.completed_at])


def _answers(model: CostModel, runs: History, now: datetime) -> tuple[Floats, Floats]:
    started_at = np.full(len(runs), now.timestamp())
    return model.log_quantiles(
        Table.of(model.encoder, runs.input_bytes, runs.output_bytes, runs.parameters, started_at)
    )
