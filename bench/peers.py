"""Simple predictors to compare with: each is `fit(history) -> predict`, as the accuracy harness calls them.

`history` and the requests are pandas DataFrames with the columns run_id, started_at, input_bytes, output_bytes, params
and (history only) cost_usd; `predict` returns a DataFrame whose column `point` holds the estimates in USD.
"""

from collections.abc import Callable

import numpy as np
import pandas as pd
import xgboost

Predict = Callable[[pd.DataFrame], pd.DataFrame]


def _points(values: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame({"point": np.maximum(values, 1e-12)})


def median(history: pd.DataFrame) -> Predict:
    """Predict the median cost, whatever is asked."""
    cost = float(history.cost_usd.median())
    return lambda requests: _points(np.full(len(requests), cost))


def power_law(history: pd.DataFrame) -> Predict:
    """Fit cost = c * size^b by least squares on logarithms."""
    size = np.log(history.input_bytes)
    slope, level = np.polyfit(size, np.log(history.cost_usd), 1) if size.nunique() > 1 else (0.0, np.nan)
    level = float(np.log(history.cost_usd).mean()) if np.isnan(level) else level
    return lambda requests: _points(np.exp(level + slope * np.log(requests.input_bytes.to_numpy())))


def linear(history: pd.DataFrame) -> Predict:
    """Fit cost = a + c * size by least squares."""
    if history.input_bytes.nunique() < 2:
        return median(history)
    slope, level = np.polyfit(history.input_bytes, history.cost_usd, 1)
    return lambda requests: _points(level + slope * requests.input_bytes.to_numpy())


def _table(runs: pd.DataFrame, names: list[str], levels: dict[str, list[str]]) -> np.ndarray:
    columns = [runs.input_bytes.to_numpy(float), runs.output_bytes.to_numpy(float)]
    for name in names:
        values = [parameters.get(name) for parameters in runs.params]
        if name in levels:
            columns += [np.array([str(value) == level for value in values], float) for level in levels[name]]
        else:
            columns.append(np.array([np.nan if value is None else value for value in values], float))
    return np.column_stack(columns)


def _xgboost(history: pd.DataFrame, *, on_logarithms: bool) -> Predict:
    names = sorted({name for parameters in history.params for name in parameters})
    levels = {
        name: sorted({str(parameters.get(name)) for parameters in history.params})
        for name in names
        if any(isinstance(parameters.get(name), str | bool) for parameters in history.params)
    }
    target = history.cost_usd.to_numpy(float)
    model = xgboost.XGBRegressor(n_estimators=200, max_depth=4, learning_rate=0.1, n_jobs=1, random_state=0)
    model.fit(_table(history, names, levels), np.log(target) if on_logarithms else target)

    def predict(requests: pd.DataFrame) -> pd.DataFrame:
        estimates = model.predict(_table(requests, names, levels)).astype(float)
        return _points(np.exp(estimates) if on_logarithms else estimates)

    return predict


def xgboost_raw(history: pd.DataFrame) -> Predict:
    """Boost trees on the cost itself: what a first attempt at this problem usually is."""
    return _xgboost(history, on_logarithms=False)


def xgboost_log(history: pd.DataFrame) -> Predict:
    """Boost trees on the logarithm of the cost."""
    return _xgboost(history, on_logarithms=True)
