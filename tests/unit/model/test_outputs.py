"""How far a stated output size is believed, and what counts as usual where none is stated."""

import math
import random
from typing import Any

import numpy as np
import pytest

from contract.container import InvocationRow
from model.container import answers
from model.cost_model import CostModel
from model.data import outputs
from model.data.history import Floats
from model.growth import trend
from tests.unit.model.histories import make_history, make_row


def runs(deviation: float, seed: int = 0) -> list[dict[str, Any]]:
    """Runs whose cost is in proportion to an output that differs from the usual one by `deviation` in log."""
    generator = random.Random(seed)
    made = []
    for number in range(150):
        size = math.exp(generator.uniform(math.log(1e8), math.log(1e11)))
        output = 0.5 * size * math.exp(generator.gauss(0.0, deviation))
        made.append(make_row(number, size, 1e-10 * output * math.exp(generator.gauss(0.0, 0.03)), output_bytes=output))
    return made


def costs(model: CostModel, asked: list[tuple[float, float | None]]) -> Floats:
    rows = [InvocationRow(input_bytes=int(size), output_bytes=None if out is None else int(out)) for size, out in asked]
    return np.array([answer.cost_usd for answer in answers.predict(model, rows, explain=False, similar_runs=0)])


def errors_of(deviation: float, estimate_noise: float) -> tuple[float, float]:
    """Return the mean error of log cost asked with stated output sizes, and without."""
    model, asked = CostModel.fit(make_history(runs(deviation))), runs(deviation, seed=1)
    generator = random.Random(2)
    stated = [
        (row["input_bytes"], row["output_bytes"] * math.exp(generator.gauss(0.0, estimate_noise))) for row in asked
    ]
    truth = np.array([row["cost_usd"] for row in asked])
    found = (costs(model, stated), costs(model, [(size, None) for size, _ in stated]))
    with_output, without = (float(np.abs(np.log(cost / truth)).mean()) for cost in found)
    return with_output, without


@pytest.mark.parametrize("deviation", [0.1, 0.3, 0.7])
def test_a_recorded_output_size_tells_most_of_what_it_can(deviation: float) -> None:
    with_output, without = errors_of(deviation, estimate_noise=0.0)
    assert with_output < 0.6 * without


@pytest.mark.parametrize("deviation", [0.05, 0.1, 0.2])
def test_an_estimated_output_size_does_little_harm(deviation: float) -> None:
    with_output, without = errors_of(deviation, estimate_noise=0.3)
    assert with_output < 1.5 * without


def test_where_outputs_are_alike_an_estimate_gives_itself_away() -> None:
    like, unlike = outputs.expected_surplus(np.array([0.02, 0.4]), 0.03)
    assert like == pytest.approx(0.02, abs=0.005)
    assert unlike < 0.05


def test_where_outputs_differ_much_every_stated_one_is_mostly_believed() -> None:
    assert outputs.expected_surplus(np.array([-1.0, 0.5, 1.5]), 1.2) == pytest.approx([-1.0, 0.5, 1.5], rel=0.1)


@pytest.mark.parametrize("spread", [1e-3, 0.05, 0.3, 2.0])
def test_a_larger_statement_never_counts_less_nor_more_than_it_says(spread: float) -> None:
    stated = np.linspace(0.0, 50.0, 2000)
    counted = outputs.expected_surplus(stated, spread)
    assert (np.diff(counted) >= 0.0).all()
    assert (counted <= stated).all()
    assert outputs.expected_surplus(-stated, spread) == pytest.approx(-counted)


def test_one_wrong_record_among_many_makes_no_other_size_believable() -> None:
    rows = runs(0.1)
    rows[7] |= {"output_bytes": 20 * rows[7]["output_bytes"]}
    plain, high = costs(CostModel.fit(make_history(rows)), [(10**10, None), (10**10, 6 * 0.5e10)])
    assert high < 1.5 * plain


def test_outputs_mostly_alike_with_many_apart_are_believed_where_they_lie() -> None:
    surplus = np.concatenate([np.zeros(60), np.linspace(-2.0, 2.0, 40)])
    spread = outputs.usual(np.zeros(100), np.zeros((100, 0)), surplus).spread
    assert outputs.expected_surplus(np.array([1.0]), spread) == pytest.approx([1.0], rel=0.15)


def test_columns_that_say_nothing_make_outputs_no_more_alike() -> None:
    generator = np.random.default_rng(0)
    surplus, columns = generator.normal(0.0, 0.3, 100), generator.normal(0.0, 1.0, (100, 60))
    assert 0.25 < outputs.usual(np.zeros(100), columns, surplus).spread < 0.405


@pytest.mark.parametrize("estimate_noise", [None, 0.0, 0.3])
@pytest.mark.parametrize("deviation", [0.1, 0.3, 0.7])
def test_intervals_hold_however_output_is_asked_with(deviation: float, estimate_noise: float | None) -> None:
    model, asked = CostModel.fit(make_history(runs(deviation))), runs(deviation, seed=1)
    generator = random.Random(2)
    rows = [
        InvocationRow(
            input_bytes=int(row["input_bytes"]),
            output_bytes=None
            if estimate_noise is None
            else int(row["output_bytes"] * math.exp(generator.gauss(0.0, estimate_noise))),
        )
        for row in asked
    ]
    widest = [answer.intervals[-1] for answer in answers.predict(model, rows, explain=False, similar_runs=0)]
    covered = [each.low_usd <= row["cost_usd"] <= each.high_usd for each, row in zip(widest, asked, strict=True)]
    assert np.mean(covered) >= (0.75 if estimate_noise else 0.84)


@pytest.mark.parametrize(("count", "low", "high"), [(4, 0.0, 0.5), (400, 0.95, 1.0)])
def test_few_runs_say_less_of_what_output_does_than_many(count: int, low: float, high: float) -> None:
    surplus = np.resize([0.2, -0.2, -0.2, 0.2], count)
    log_size = np.linspace(20.0, 25.0, count)
    fitted = trend.fit(log_size, surplus[:, None], log_size - 23.0 + surplus)
    assert low < fitted.effects[0] < high


def test_the_usual_output_is_that_of_the_parameters() -> None:
    generator = random.Random(0)
    rows = []
    for number in range(60):
        size, keep = math.exp(generator.uniform(math.log(1e9), math.log(1e10))), generator.random() < 0.5
        output = size * (4.0 if keep else 0.5) * math.exp(generator.gauss(0.0, 0.2))
        rows.append(make_row(number, size, 1e-10 * output, output_bytes=output, parameters={"keep_all": keep}))
    model = CostModel.fit(make_history(rows))
    asked = [InvocationRow(input_bytes=3 * 10**9, parameters={"keep_all": keep}) for keep in (True, False)]
    kept, dropped = (answer.cost_usd for answer in answers.predict(model, asked, explain=False, similar_runs=0))
    assert kept / dropped == pytest.approx(8.0, rel=0.2)
