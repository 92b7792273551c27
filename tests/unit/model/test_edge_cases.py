"""Whatever a history looks like, it makes a sensible model: positive, finite, nested, monotone, explained."""

import math
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contract.base import MAX_BYTES
from contract.container import InvocationRow, RowPrediction
from model.container import answers
from model.cost_model import CostModel
from model.data.history import History
from model.left_out import cleaning
from tests.unit.model.histories import make_history, make_row, make_rows

SLOW = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
PARAMETER_VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from([0, 1, 4, -3, 10**15, 0.5, -1e15]),
    st.sampled_from(["star", "salmon", "", "4", "true", "x" * 256, "日本"]),
)
UNKNOWN = {"never_seen": "x"}


def fit(history: History) -> CostModel:
    return CostModel.fit(cleaning.set_outliers_aside(history)[0])


def ask(model: CostModel, *rows: InvocationRow) -> list[RowPrediction]:
    return answers.predict(model, rows, explain=True, similar_runs=5)


def check_sane(prediction: RowPrediction) -> None:
    assert 0 < prediction.cost_usd < math.inf
    low = high = prediction.cost_usd
    for interval in prediction.intervals:
        assert 0 < interval.low_usd <= low <= high <= interval.high_usd < math.inf
        low, high = interval.low_usd, interval.high_usd
    explained = sum(effect.effect_usd for effect in prediction.explanation)
    assert explained == pytest.approx(prediction.cost_usd, rel=1e-6)


def check_model(model: CostModel, history: History) -> None:
    """Ask from a byte to the largest size there may be, with and without parameters that runs have."""
    sizes = np.unique(np.geomspace(1, MAX_BYTES, 60).round())
    plain = ask(model, *(InvocationRow(input_bytes=int(size)) for size in sizes))
    costs = [prediction.cost_usd for prediction in plain]
    if model.base.trend.direction < 0:
        costs.reverse()
    assert all(later >= earlier * (1 - 1e-9) for earlier, later in pairwise(costs))
    known = [
        InvocationRow(input_bytes=int(size), parameters=parameters | UNKNOWN, output_bytes=0)
        for size, parameters in zip(history.input_bytes[:20], history.parameters[:20], strict=True)
    ]
    inside = ask(model, *known, *(InvocationRow(input_bytes=int(size)) for size in history.input_bytes[:20]))
    for prediction in (*plain, *inside):
        check_sane(prediction)
    least, most = float(history.cost_usd.min()), float(history.cost_usd.max())
    for prediction in inside:
        assert least / 30 < prediction.cost_usd < most * 30


@st.composite
def histories(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Draw runs that cost about a power of their size, of any magnitude, with gaps and oddities in all else."""
    count = draw(st.sampled_from([3, 4, 5, 8, 14, 15, 40]))
    low = draw(st.sampled_from([1e3, 1e6, 1e9, 1e12]))
    spread = draw(st.sampled_from([1.0, 1.001, 2.0, 1e2, 1e4]))
    level = draw(st.sampled_from([1e-4, 0.01, 1.0, 100.0, 1e4]))
    exponent = draw(st.sampled_from([0.0, 0.5, 1.0, 1.5]))
    noise = draw(st.sampled_from([0.0, 0.1, 1.0]))
    generator = np.random.default_rng(draw(st.integers(0, 1000)))
    names = draw(st.lists(st.sampled_from(["aligner", "threads", "mode", "constructor"]), max_size=3, unique=True))
    times = draw(st.sampled_from(["ordered", "same", "shuffled"]))
    days = {"ordered": np.arange(count), "same": np.zeros(count), "shuffled": generator.permutation(count)}[times]
    outputs = draw(st.lists(st.sampled_from([None, 0, 0.5, 1e3]), min_size=1, max_size=4))
    rows = []
    for number, day in enumerate(days.tolist()):
        size = low * spread ** generator.uniform()
        output = outputs[number % len(outputs)]
        parameters = {name: draw(PARAMETER_VALUES) for name in names}
        rows.append(
            make_row(
                number,
                size,
                min(level * (size / low) ** exponent * math.exp(generator.normal(0, noise)), 1e6),
                started_at=f"2026-{1 + int(day) // 28:02d}-{1 + int(day) % 28:02d}T00:00:00Z",
                output_bytes=None if output is None else int(output * size),
                parameters={name: value for name, value in parameters.items() if value is not None},
            )
        )
    return rows


@SLOW
@given(histories())
def test_any_history_makes_a_sensible_model(rows: list[dict[str, Any]]) -> None:
    history = make_history(rows)
    check_model(fit(history), history)


def with_parameters(rows: list[dict[str, Any]], *parameters: Mapping[str, object]) -> list[dict[str, Any]]:
    return [row | {"parameters": parameters[number % len(parameters)]} for number, row in enumerate(rows)]


EXAMPLES = {
    "a category of 500 values": [
        row | {"parameters": {"sample": f"sample-{number}"}} for number, row in enumerate(make_rows(1000, noise=0.05))
    ][::2],
    "a category of 500 values seen twice": [
        row | {"parameters": {"sample": f"sample-{number // 2}"}} for number, row in enumerate(make_rows(1000))
    ],
    "values of mixed types": with_parameters(make_rows(60), {"k": 4}, {"k": "4"}, {"k": True}, {"k": 0.5}, {}),
    "a name for each run": [row | {"parameters": {f"p{n}": n}} for n, row in enumerate(make_rows(300))],
    "many parameters": with_parameters(
        make_rows(60), *({f"p{name}": name * number % 7 for name in range(49)} for number in range(7))
    ),
    "a parameter that comes late": [
        row | {"parameters": {"aligner": "star" if number % 2 else "salmon"} if number > 50 else {}}
        for number, row in enumerate(make_rows(80))
    ],
    "all at the same time": [row | {"started_at": "2026-01-01T00:00:00Z"} for row in make_rows(60)],
    "from a kilobyte to ten petabytes": make_rows(60, low=1e3, high=1e16, overhead=1e-4, per_byte=1e-10),
    "a tenth of a thousandth of a dollar": make_rows(40, low=1e3, high=1e6, overhead=1e-4, per_byte=1e-12),
    "a million dollars": make_rows(40, low=1e15, high=1e16, overhead=1e3, per_byte=1e-10),
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_odd_histories_make_sensible_models(name: str) -> None:
    history = make_history(EXAMPLES[name])
    check_model(fit(history), history)


def test_a_parameter_that_comes_late_counts_once_it_is_there() -> None:
    rows = EXAMPLES["a parameter that comes late"]
    factors = {"star": 2.0, "salmon": 0.5, None: 1.0}
    rows = [row | {"cost_usd": row["cost_usd"] * factors[row["parameters"].get("aligner")]} for row in rows]
    asked = [InvocationRow(input_bytes=10**10, parameters={"aligner": name}) for name in ("star", "salmon")]
    star, salmon = ask(fit(make_history(rows)), *asked)
    assert star.cost_usd > 2 * salmon.cost_usd
    assert star.unknown_parameters == []
