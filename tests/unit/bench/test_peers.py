"""Each predictor that Runquote is compared with answers as the accuracy harness expects."""

import numpy as np
import pandas as pd
import pytest

from bench import peers
from bench import undated as undated_predictors
from bench.__main__ import PEERS

LEARNERS = [name for name in PEERS if name not in {"mean", "median"}]


def history(count: int) -> pd.DataFrame:
    random = np.random.default_rng(1)
    size = np.exp(random.uniform(np.log(1e9), np.log(1e11), count))
    aligner = random.choice(["bwa", "star"], count)
    cost = 1e-10 * size * np.where(aligner == "bwa", 1.0, 1.5) * np.exp(random.normal(0, 0.05, count))
    return pd.DataFrame(
        {
            "run_id": [str(number) for number in range(count)],
            "started_at": None,
            "input_bytes": size,
            "output_bytes": np.where(random.random(count) < 0.2, np.nan, size / 2),
            "params": [{"aligner": value} for value in aligner],
            "cost_usd": cost,
        }
    )


@pytest.mark.parametrize("name", LEARNERS)
def test_a_peer_learns_how_cost_follows_size(name: str) -> None:
    runs = history(120)
    answer = getattr(peers, name)(runs[:100])(runs[100:].drop(columns="cost_usd"))
    error = np.abs(answer.point.to_numpy() / runs.cost_usd[100:].to_numpy() - 1)
    assert float(np.median(error)) < 0.3


@pytest.mark.parametrize("name", PEERS)
def test_a_peer_answers_from_five_runs_of_one_size(name: str) -> None:
    runs = history(6).assign(input_bytes=1e9, output_bytes=np.nan)
    answer = getattr(peers, name)(runs[:5])(runs[5:].drop(columns="cost_usd"))
    assert np.isfinite(answer.point).all()
    assert (answer.point > 0).all()


def test_the_intervals_of_quantile_xgboost_cover() -> None:
    runs = history(400)
    answer = peers.quantile_xgboost(runs[:300])(runs[300:].drop(columns="cost_usd"))
    cost = runs.cost_usd[300:].to_numpy()
    for percent, least in ((80, 0.7), (90, 0.8)):
        assert least <= float(np.mean((answer[f"lo{percent}"] <= cost) & (cost <= answer[f"hi{percent}"])))
    assert (answer.lo90 <= answer.hi90).all()


@pytest.mark.parametrize("name", [name for name in LEARNERS if name not in {"power_law", "linear", "ernest"}])
def test_a_peer_that_takes_columns_learns_from_start_times_unless_it_is_shown_none(name: str) -> None:
    runs = history(120)
    started = pd.Timestamp("2025-01-01", tz="UTC") + pd.to_timedelta(np.arange(120) % 2 * 100, "D")
    runs = runs.assign(started_at=[when.isoformat() for when in started])
    runs["cost_usd"] *= np.where(np.arange(120) % 2 == 0, 1.0, 5.0)
    asked = runs[100:].drop(columns="cost_usd")
    dated, undated = (getattr(where, name)(runs[:100])(asked).point for where in (peers, undated_predictors))
    error, other = (np.abs(np.log(point.to_numpy() / runs.cost_usd[100:])).mean() for point in (dated, undated))
    assert error < 0.6 * other
