"""Histories of which nothing foretells the cost: the median answers, as sure as those costs are alike."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from contract.container import Evaluation, InvocationRow
from contract.judgement import is_beyond_evidence
from model import guess
from model.container import answers, artifact
from model.cost_model import CostModel
from model.data.history import from_rows
from model.train import train
from tests.unit.model.histories import make_row, make_rows
from tests.unit.model.test_container import make_tree, packed_model

COSTS = (0.31, 1.9, 0.42, 0.97, 0.36, 1.4, 0.55)


def equal_inputs(costs: tuple[float, ...] = COSTS) -> list[dict[str, Any]]:
    return [make_row(900 + number, 1e10, cost, output_bytes=None) for number, cost in enumerate(costs)]


def trained(tmp_path: Path, rows: list[dict[str, Any]], champion: bytes | None = None) -> tuple[Evaluation, CostModel]:
    result = train(make_tree(tmp_path, rows, champion))
    return result, artifact.read_folder(tmp_path / "model").served


def test_where_no_model_beats_a_guess_the_median_answers_with_an_honest_interval(tmp_path: Path) -> None:
    result, model = trained(tmp_path, equal_inputs())
    assert (result.kind, model.kind) == ("guess", "guess")
    (answer,) = answers.predict(model, [InvocationRow(input_bytes=10**10)], explain=True, similar_runs=2)
    assert answer.cost_usd == pytest.approx(0.55)
    interval = next(each for each in answer.intervals if each.coverage == 0.8)
    assert sum(interval.low_usd <= cost <= interval.high_usd for cost in COSTS) == len(COSTS)
    assert interval.high_usd < 30 * interval.low_usd
    assert sum(effect.effect_usd for effect in answer.explanation) == pytest.approx(answer.cost_usd)
    assert len(answer.similar_runs) == 2


def test_a_guess_is_the_same_whatever_is_asked_and_less_sure_beyond_the_past_sizes(tmp_path: Path) -> None:
    _, model = trained(tmp_path, equal_inputs())
    rows = [InvocationRow(input_bytes=size, output_bytes=5) for size in (10**10, 2 * 10**10, 10**13)]
    inside, near, far = answers.predict(model, rows, explain=False, similar_runs=0)
    assert inside.cost_usd == near.cost_usd == far.cost_usd
    assert near.intervals[-1].high_usd > inside.intervals[-1].high_usd
    assert is_beyond_evidence(far.extrapolation_factor, far.intervals)


@pytest.mark.parametrize("count", [40, 200])
def test_the_interval_of_a_guess_covers_what_it_promises(count: int) -> None:
    dice = np.random.default_rng(count)
    rows = make_rows(count)
    for row in rows:
        row["cost_usd"] = float(np.exp(dice.normal(0, 1)))
    model = guess.fit(from_rows(rows)[0])
    (answer,) = answers.predict(model, [InvocationRow(input_bytes=10**9)], explain=False, similar_runs=0)
    new = np.exp(np.random.default_rng(1).normal(0, 1, 2000))
    interval = next(each for each in answer.intervals if each.coverage == 0.8)
    covered = float(np.mean((new >= interval.low_usd) & (new <= interval.high_usd)))
    assert 0.7 < covered < 0.97


def test_a_constant_cost_is_no_guess_but_right(tmp_path: Path) -> None:
    assert trained(tmp_path, equal_inputs((0.5,) * 7))[0].kind == "trend"


def test_the_first_model_that_beats_the_guess_is_judged_as_that(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    trained(first, equal_inputs())
    result, model = trained(second, [*equal_inputs(), *make_rows(60)], packed_model(first))
    assert model.kind != "guess"
    assert result.champion_learned_from is not None
    assert result.champion_learned_from.kind == "guess"
