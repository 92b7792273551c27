"""The shipped model as the accuracy harness calls it: `fit(history) -> predict` through rows, artefact and back.

Nothing is shorter than in production: the history becomes contract rows, is cleaned, trained on, packed into the
artefact's bytes, and those bytes, read again, make the predictions.
"""

import json
from collections.abc import Callable
from datetime import UTC, datetime

import numpy as np
import pandas as pd

from model.container import artifact
from model.cost_model import CostModel
from model.data.history import from_rows
from model.data.table import Table
from model.left_out import cleaning
from model.left_out.intervals import LEVELS

Predict = Callable[[pd.DataFrame], pd.DataFrame]
_UNDATED = "2000-01-01T00:00:00Z"


def rows(history: pd.DataFrame) -> list[dict[str, object]]:
    """Return a history as the training channel holds it."""
    return [
        {
            "run_id": str(run_id),
            "started_at": _UNDATED if pd.isna(started_at) else started_at,
            "completed_at": _UNDATED if pd.isna(started_at) else started_at,
            "input_bytes": input_bytes,
            "output_bytes": None if pd.isna(output_bytes) else output_bytes,
            "cost_usd": cost_usd,
            "parameters": json.loads(json.dumps(parameters)),
        }
        for run_id, started_at, input_bytes, output_bytes, cost_usd, parameters in zip(
            history.run_id,
            history.started_at,
            history.input_bytes,
            history.output_bytes,
            history.cost_usd,
            history.params,
            strict=True,
        )
    ]


def _seconds(started_at: object) -> float:
    return float("nan") if pd.isna(started_at) else datetime.fromisoformat(str(started_at)).timestamp()


def fit(history: pd.DataFrame) -> Predict:
    """Train, save, load and return a function that predicts."""
    runs, _ = from_rows(rows(history))
    kept, _ = cleaning.set_outliers_aside(runs)
    trained = artifact.Artifact(
        workflow_name=str(history.workflow_name.iloc[0]),
        trained_at=datetime.now(UTC),
        served=CostModel.fit(kept),
        twin=None,
    )
    loaded = artifact.from_members(artifact.unpack(artifact.pack(artifact.to_members(trained)))).served

    def predict(requests: pd.DataFrame) -> pd.DataFrame:
        table = Table.of(
            loaded.encoder,
            requests.input_bytes.to_numpy(float),
            requests.output_bytes.to_numpy(float),
            list(requests.params),
            np.array([_seconds(started_at) for started_at in requests.started_at]),
        )
        estimates, quantiles = loaded.log_quantiles(table)
        ends = {f"lo{share}": (1 - share / 100) / 2 for share in (80, 90)}
        ends |= {f"hi{share}": (1 + share / 100) / 2 for share in (80, 90)}
        bounds = {name: np.exp(quantiles[:, LEVELS.index(round(level, 3))]) for name, level in ends.items()}
        return pd.DataFrame({"point": np.exp(estimates), **bounds})

    return predict
