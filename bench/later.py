"""`python -m bench.later`: later runs predicted from earlier ones, at five times in each history.

One cut in time asks about some hundred runs of a few workflows, and which predictor comes out best is chance; five tell
more. Histories are those of `RUNQUOTE_BENCHMARK`.
"""

import sys
from collections.abc import Iterator

import numpy as np
import pandas as pd

from bench import accuracy, histories, peers, undated

CUTS = (0.4, 0.5, 0.6, 0.7, 0.8)
"""Shares of the runs that are learned from; asked about are those that follow, up to `STEP` of all runs."""
STEP = 0.2
FEWEST_RUNS = 39
MOST_RUNS = 500
OUTPUT_NOISE = 0.3
"""Standard deviation of the error in log of a person's estimate of the output size."""
PEERS = ("random_forest", "nearest_neighbours", "xgboost_log", "lightgbm_log", "quantile_xgboost", "power_law")


def report() -> int:
    """Print a line for each predictor; return the exit code."""
    found = [errors for history in histories.public() if _is_dated(history) for errors in _errors(history)]
    if not found:
        print("RUNQUOTE_BENCHMARK names no histories with start times.", file=sys.stderr)
        return 1
    print(f"geometric means over {len(found)} pairs of workflow and cut")
    means = np.exp(np.log([list(errors.values()) for errors in found]).mean(axis=0))
    columns = ["mean error of log cost", "median relative error"]
    print(pd.DataFrame(means, index=list(found[0]), columns=columns).round(3).to_string())
    return 0


def _is_dated(history: pd.DataFrame) -> bool:
    dated = len(history) >= FEWEST_RUNS and history.started_at.notna().all()
    return bool(dated and history.started_at.nunique() >= 0.3 * len(history))


def _errors(history: pd.DataFrame) -> Iterator[dict[str, tuple[float, float]]]:
    """Return for every cut what each predictor errs by."""
    if len(history) > MOST_RUNS:
        history = history.sample(MOST_RUNS, random_state=0)
    started = pd.to_datetime(history.started_at, utc=True, format="mixed")
    history = history.iloc[np.argsort(started.to_numpy(), kind="stable")]
    for cut in CUTS:
        first, last = int(cut * len(history)), int((cut + STEP) * len(history))
        past, asked = (part.reset_index(drop=True) for part in (history[:first], history[first:last]))
        noise = np.random.default_rng(0).normal(0.0, OUTPUT_NOISE, len(asked))
        model = accuracy.fit(past)
        points = {
            "this model": model(asked).point,
            "asked without output size": model(asked.assign(output_bytes=np.nan)).point,
            "asked with estimated output size": model(
                asked.assign(output_bytes=asked.output_bytes * np.exp(noise))
            ).point,
            **{name: getattr(peers, name)(past)(asked).point for name in PEERS},
            "this model, no start times": undated.without_start_times(accuracy.fit)(past)(asked).point,
            **{
                f"{name}, no start times": undated.without_start_times(getattr(peers, name))(past)(asked).point
                for name in PEERS
            },
        }
        yield {name: _error(point.to_numpy(), asked.cost_usd.to_numpy()) for name, point in points.items()}


def _error(estimates: np.ndarray, costs: np.ndarray) -> tuple[float, float]:
    return float(np.abs(np.log(estimates / costs)).mean()), float(np.median(np.abs(estimates / costs - 1)))


if __name__ == "__main__":
    sys.exit(report())
