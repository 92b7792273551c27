"""What the base leaves: boosted trees on the residual, smooth and bounded to the training range in size.

Trees are steps and know nothing beyond the data. So their answer is read at fixed sizes inside the training range and
carried from one to the next along the base (`core`), which makes the whole rise with size where the base does.
"""

import importlib
import os
import sys
from functools import cache
from typing import Any

import numpy as np

from contract import trees
from model.data.history import Floats
from model.data.outputs import ESTIMATE_NOISE, RECORD_SHARE

FEWEST_FOR_TREES = 15
"""Fewer runs than this get no trees."""
KNOTS = 17
"""Sizes at which the trees are read."""
ESTIMATES = 2
"""Copies of every run with a recorded output size, each with an estimate in place of it."""
UNSTATED_SHARE = 1 / 3
"""Weight of a run without its output size; its copies with the record and with estimates share the rest."""
ROWS_PER_THREAD = 5000
ROUNDS = 150
PARAMETERS: dict[str, Any] = {
    "objective": trees.OBJECTIVE,
    "tree_method": "hist",
    "max_depth": 5,
    "eta": 0.1,
    "lambda": 4.0,
    "subsample": 0.8,
    "base_score": 0.0,
    "min_child_weight": 3.0,
    "seed": 0,
    "verbosity": 0,
}


@cache
def xgboost() -> Any:  # noqa: ANN401 - XGBoost publishes no types
    """Import XGBoost when first needed, and without scikit-learn, which costs seconds and is never used here."""
    absent = "sklearn" not in sys.modules
    if absent:
        blocked: dict[str, Any] = sys.modules
        blocked["sklearn"] = None  # which makes `import sklearn` fail
    try:
        return importlib.import_module("xgboost")
    finally:
        if absent:
            del sys.modules["sklearn"]


def threads(rows: int) -> int:
    """Return as many threads as there are processors for this process, one when there is little to do.

    More threads than processors make XGBoost slower by two orders of magnitude.
    """
    return max(1, min(len(os.sched_getaffinity(0)), rows // ROWS_PER_THREAD))


def features(log_size: Floats, surplus: Floats, parameters: Floats) -> Floats:
    """Return the trees' columns: log size, output surplus (NaN where unknown), parameters."""
    return np.column_stack([log_size, surplus, parameters])


def fit(log_size: Floats, surplus: Floats, parameters: Floats, residuals: Floats) -> Any:  # noqa: ANN401
    """Boost trees on residuals of log cost, given in robust standard deviations.

    Every run is there once without its output size and, where that is known, with that and with estimates of it: so the
    trees serve requests without output size, and learn where to take a stated one for a record.
    """
    module = xgboost()
    known = np.flatnonzero(np.isfinite(surplus))
    blank = np.full_like(surplus, np.nan)
    generator = np.random.default_rng(0)
    recorded = surplus[known]
    estimates = [recorded + generator.normal(0.0, ESTIMATE_NOISE, len(known)) for _ in range(ESTIMATES)]
    copies = np.concatenate([np.arange(len(surplus)), *([known] * (1 + ESTIMATES))])
    table = features(log_size[copies], np.concatenate([blank, recorded, *estimates]), parameters[copies])
    stated = 1.0 - UNSTATED_SHARE
    shares = [stated * RECORD_SHARE, *([stated * (1.0 - RECORD_SHARE) / ESTIMATES] * ESTIMATES)]
    weights = np.concatenate([np.where(np.isfinite(surplus), UNSTATED_SHARE, 1.0), np.repeat(shares, len(known))])
    data = module.DMatrix(table, label=residuals[copies], weight=weights, nthread=threads(len(copies)))
    return module.train({**PARAMETERS, "nthread": threads(len(copies))}, data, num_boost_round=ROUNDS)


def size_knots(log_size: Floats) -> Floats:
    """Return the sizes at which trees fitted to these runs are read: quantiles of the training sizes."""
    return np.unique(np.quantile(log_size, np.linspace(0.0, 1.0, KNOTS)))


def at_knots(booster: Any, knots: Floats, surplus: Floats, parameters: Floats) -> Floats:  # noqa: ANN401
    """Return the trees' answer at every knot (columns) for runs (rows) that differ in all but size."""
    count = len(knots)
    table = features(np.tile(knots, len(surplus)), np.repeat(surplus, count), np.repeat(parameters, count, axis=0))
    return predict(booster, table).reshape(len(surplus), count)


def load(content: bytes, features: int) -> Any:  # noqa: ANN401
    """Load trees over so many columns from XGBoost's own UBJSON; raises ValueError when it is anything else."""
    trees.check(content, features)
    module = xgboost()
    booster = module.Booster({"nthread": 1})
    try:
        booster.load_model(bytearray(content))
    except module.core.XGBoostError as error:
        raise ValueError("the booster is not readable") from error
    return booster


def save(booster: Any) -> bytes:  # noqa: ANN401
    """Write trees as UBJSON."""
    return bytes(booster.save_raw("ubj"))


def predict(booster: Any, table: Floats) -> Floats:  # noqa: ANN401
    """Return the trees' answer for rows of `features`, in units of the scale they were fitted with."""
    if len(table) > ROWS_PER_THREAD:
        booster.set_param({"nthread": threads(len(table))})
    return np.asarray(booster.inplace_predict(table, validate_features=False), dtype=float)
