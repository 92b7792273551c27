"""Every predictor of `accuracy` and `peers` once more, neither learning from start times nor asked with any.

evaluate.py --predictor bench.undated:fit,bench.undated:random_forest
"""

from collections.abc import Callable

import pandas as pd

from bench import accuracy, peers

Fit = Callable[[pd.DataFrame], accuracy.Predict]


def __getattr__(name: str) -> Fit:
    fit: Fit = accuracy.fit if name == "fit" else getattr(peers, name)
    return without_start_times(fit)


def without_start_times(fit: Fit) -> Fit:
    """Return a predictor that sees no start times."""

    def undated(history: pd.DataFrame) -> accuracy.Predict:
        predict = fit(history.assign(started_at=None))
        return lambda requests: predict(requests.assign(started_at=None))

    return undated
