"""Simple predictors to compare with: each is `fit(history) -> predict`, as the accuracy harness calls them.

Whatever takes columns gets all that the model gets: sizes, start time, parameters. The rest know the input size alone.

`history` and the requests are pandas DataFrames with the columns run_id, started_at, input_bytes, output_bytes, params
and (history only) cost_usd; `predict` returns a DataFrame whose column `point` holds the estimates in USD, with the
bounds of intervals in lo80, hi80, lo90, hi90 where a peer has any.
"""

from collections.abc import Callable
from typing import Protocol

import lightgbm
import numpy as np
import pandas as pd
import xgboost
from scipy.optimize import nnls
from sklearn.ensemble import RandomForestRegressor
from sklearn.neighbors import KNeighborsRegressor

Predict = Callable[[pd.DataFrame], pd.DataFrame]
TREES = {"n_estimators": 200, "max_depth": 4, "learning_rate": 0.1, "n_jobs": 1, "random_state": 0}


def _points(values: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame({"point": np.maximum(values, 1e-12)})


def median(history: pd.DataFrame) -> Predict:
    """Predict the median cost, whatever is asked."""
    cost = float(history.cost_usd.median())
    return lambda requests: _points(np.full(len(requests), cost))


def mean(history: pd.DataFrame) -> Predict:
    """Predict the mean cost, whatever is asked."""
    cost = float(history.cost_usd.mean())
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


def ernest(history: pd.DataFrame) -> Predict:
    """Fit cost = a + b * size + c * log(size) + d * sqrt(size) with no term below zero, by relative error.

    The idea of Ernest (Venkataraman et al., NSDI 2016): non-negative least squares over terms of known scaling. Its
    terms in the number of machines have no counterpart here.
    """
    largest = float(history.input_bytes.max())

    def terms(runs: pd.DataFrame) -> np.ndarray:
        size = runs.input_bytes.to_numpy(float) / largest
        return np.column_stack([np.ones_like(size), size, np.log1p(size), np.sqrt(size)])

    cost = history.cost_usd.to_numpy(float)[:, None]
    weights, _ = nnls(terms(history) / cost, np.ones(len(history)))
    return lambda requests: _points(terms(requests) @ weights)


class _Columns:
    """Sizes, start time and parameters as numbers: text and switches as one column for each value."""

    def __init__(self, history: pd.DataFrame) -> None:
        self._names = sorted({name for parameters in history.params for name in parameters})
        self._levels = {
            name: sorted({str(parameters.get(name)) for parameters in history.params})
            for name in self._names
            if any(isinstance(parameters.get(name), str | bool) for parameters in history.params)
        }

    def of(self, runs: pd.DataFrame) -> np.ndarray:
        """Return a row for each run; what is missing is NaN."""
        started = pd.to_datetime(runs.started_at, utc=True, format="mixed")
        seconds = (started - pd.Timestamp(0, tz="UTC")).dt.total_seconds()
        columns = [runs.input_bytes.to_numpy(float), runs.output_bytes.to_numpy(float), seconds.to_numpy(float)]
        for name in self._names:
            values = [parameters.get(name) for parameters in runs.params]
            if name in self._levels:
                columns += [np.array([str(value) == level for value in values], float) for level in self._levels[name]]
            else:
                columns.append(np.array([np.nan if value is None else value for value in values], float))
        return np.column_stack(columns)


class _Regressor(Protocol):
    def fit(self, table: np.ndarray, target: np.ndarray, /) -> object: ...

    def predict(self, table: np.ndarray, /) -> np.ndarray: ...


def _regression(history: pd.DataFrame, model: _Regressor, *, on_logarithms: bool = True) -> Predict:
    columns = _Columns(history)
    target = history.cost_usd.to_numpy(float)
    model.fit(columns.of(history), np.log(target) if on_logarithms else target)

    def predict(requests: pd.DataFrame) -> pd.DataFrame:
        estimates = np.asarray(model.predict(columns.of(requests)), float)
        return _points(np.exp(estimates) if on_logarithms else estimates)

    return predict


def xgboost_raw(history: pd.DataFrame) -> Predict:
    """Boost trees on the cost itself: what a first attempt at this problem usually is."""
    return _regression(history, xgboost.XGBRegressor(**TREES), on_logarithms=False)


def xgboost_log(history: pd.DataFrame) -> Predict:
    """Boost trees on the logarithm of the cost."""
    return _regression(history, xgboost.XGBRegressor(**TREES))


def lightgbm_log(history: pd.DataFrame) -> Predict:
    """Boost leaf-wise trees on the logarithm of the cost, leaves as small as short histories need."""
    return _regression(history, lightgbm.LGBMRegressor(**TREES, num_leaves=15, min_child_samples=5, verbose=-1))


def random_forest(history: pd.DataFrame) -> Predict:
    """Average deep trees on the logarithm of the cost (Breiman 2001)."""
    return _regression(history, RandomForestRegressor(n_estimators=200, n_jobs=1, random_state=0))


def nearest_neighbours(history: pd.DataFrame) -> Predict:
    """Average the log cost of the five most similar runs, columns scaled to their spread and sizes in logarithms."""
    columns = _Columns(history)

    def plain(runs: pd.DataFrame) -> np.ndarray:
        values = columns.of(runs)
        values[:, :2] = np.log1p(values[:, :2])
        return values

    seen = plain(history)
    known = np.isfinite(seen)
    count = np.maximum(known.sum(axis=0), 1)
    centre = np.where(known, seen, 0.0).sum(axis=0) / count
    spread = np.sqrt((np.where(known, seen - centre, 0.0) ** 2).sum(axis=0) / count)
    spread[spread == 0] = 1.0

    def scaled(values: np.ndarray) -> np.ndarray:
        return np.asarray(np.nan_to_num((values - centre) / spread))

    model = KNeighborsRegressor(n_neighbors=min(5, len(history)), weights="distance")
    model.fit(scaled(seen), np.log(history.cost_usd.to_numpy(float)))
    return lambda requests: _points(np.exp(model.predict(scaled(plain(requests)))))


def quantile_xgboost(history: pd.DataFrame) -> Predict:
    """Boost quantiles of log cost and widen them by conformalised quantile regression (Romano et al. 2019).

    Every fourth run is kept for calibration. With too few of them for a level the widest miss is taken.
    """
    columns = _Columns(history)
    levels = np.array([0.05, 0.1, 0.5, 0.9, 0.95])
    order = np.random.default_rng(0).permutation(len(history))
    held, used = order[::4], np.array([index for step, index in enumerate(order) if step % 4])
    table, target = columns.of(history), np.log(history.cost_usd.to_numpy(float))
    model = xgboost.XGBRegressor(**TREES, objective="reg:quantileerror", quantile_alpha=levels)
    model.fit(table[used], target[used])

    def quantiles(rows: np.ndarray) -> np.ndarray:
        return np.sort(np.asarray(model.predict(rows), float), axis=1)

    seen = quantiles(table[held])
    bounds = {80: (1, 3), 90: (0, 4)}
    margins = {}
    for percent, (low, high) in bounds.items():
        misses = np.sort(np.maximum(seen[:, low] - target[held], target[held] - seen[:, high]))
        rank = int(np.ceil((len(held) + 1) * percent / 100)) - 1
        margins[percent] = float(misses[min(rank, len(held) - 1)])

    def predict(requests: pd.DataFrame) -> pd.DataFrame:
        found = quantiles(columns.of(requests))
        answer = _points(np.exp(found[:, 2]))
        for percent, (low, high) in bounds.items():
            answer[f"lo{percent}"] = np.exp(found[:, low] - margins[percent])
            answer[f"hi{percent}"] = np.exp(found[:, high] + margins[percent])
        return answer

    return predict
