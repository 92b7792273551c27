"""What cleaning promises: wrong costs are set aside with their reason, and right ones, however few, are not."""

from typing import Any

import numpy as np
import pytest

from model.container import evaluation
from model.cost_model import CostModel
from model.left_out import cleaning
from tests.unit.model.histories import make_history, make_row, make_rows


def set_aside(rows: list[dict[str, Any]]) -> set[str]:
    return {entry.run_id for entry in cleaning.set_outliers_aside(make_history(rows))[1]}


def fit(rows: list[dict[str, Any]]) -> CostModel:
    return CostModel.fit(cleaning.set_outliers_aside(make_history(rows))[0])


def error_on_clean_runs(rows: list[dict[str, Any]]) -> float:
    clean = make_history(make_rows(300, seed=9, parameters=True))
    return float(evaluation.score(fit(rows), clean).metrics().median_ape)


@pytest.mark.parametrize("poison", ["every twentieth times 1000", "one of a billion", "every twentieth over 1000"])
@pytest.mark.parametrize("count", [40, 200])
def test_poison_is_set_aside(poison: str, count: int) -> None:
    clean = make_rows(count, seed=3, parameters=True)
    factor = {"every twentieth times 1000": 1000.0, "every twentieth over 1000": 1e-3}
    poisoned = [
        row | {"cost_usd": row["cost_usd"] * factor[poison] if poison in factor else 1e9}
        if (number % 20 == 7 if poison in factor else number == 7)
        else row
        for number, row in enumerate(clean)
    ]
    _, entries = cleaning.set_outliers_aside(make_history(poisoned))
    changed = {bad["run_id"] for bad, good in zip(poisoned, clean, strict=True) if bad != good}
    assert {entry.run_id for entry in entries} == changed
    assert all("what runs like this one cost" in entry.reason for entry in entries)
    assert error_on_clean_runs(poisoned) <= 1.25 * error_on_clean_runs(clean)


def test_a_costly_kind_of_run_is_no_poison() -> None:
    rows = make_rows(100, parameters=True)
    for number, row in enumerate(rows):
        if number % 20 == 0:
            row["parameters"] = {"aligner": "de_novo", "threads": 4}
            row["cost_usd"] *= 60
    assert set_aside(rows) == set()


@pytest.mark.parametrize("count", range(5, 20))
@pytest.mark.parametrize("wrong", [0, 2, 4])
def test_one_wrong_cost_among_few_runs_is_set_aside(count: int, wrong: int) -> None:
    clean = make_rows(count, seed=count, parameters=True)
    poisoned = [row | {"cost_usd": 1e9} if number == wrong else row for number, row in enumerate(clean)]
    assert set_aside(clean) == set()
    assert set_aside(poisoned) == {clean[wrong]["run_id"]}


def test_one_wrong_cost_among_few_runs_spoils_the_estimates_little() -> None:
    errors = []
    for seed in range(9):
        count = 5 + seed % 3
        clean = make_rows(count, seed=seed, parameters=True)
        poisoned = [row | {"cost_usd": 1e9} if number == seed % count else row for number, row in enumerate(clean)]
        errors.append([error_on_clean_runs(rows) for rows in (clean, poisoned)])
    clean_error, poisoned_error = np.mean(errors, axis=0)
    assert poisoned_error <= 1.25 * clean_error


@pytest.mark.parametrize("size", ["smallest", "largest"])
def test_a_wrong_cost_at_either_end_of_the_sizes_is_set_aside(size: str) -> None:
    rows = make_rows(6, seed=1)
    wrong = sorted(rows, key=lambda row: row["input_bytes"])[0 if size == "smallest" else -1]
    wrong["cost_usd"] = 1e9
    assert set_aside(rows) == {wrong["run_id"]}


def test_among_four_runs_nobody_can_tell() -> None:
    rows = make_rows(4)
    rows[1]["cost_usd"] = 1e9
    assert set_aside(rows) == set()


def test_a_run_far_larger_than_all_others_may_cost_what_their_sizes_cannot_foretell() -> None:
    rows = [make_row(number, size, 1e-18 * size**2) for number, size in enumerate([1e9, 1.1e9, 1.2e9, 1.3e9, 1e12])]
    assert set_aside(rows) == set()


@pytest.mark.parametrize("count", [6, 12, 19, 40])
def test_two_costly_runs_of_a_kind_among_few_are_kept(count: int) -> None:
    rows = [row | {"parameters": {"aligner": "star"}} for row in make_rows(count, seed=2)]
    for number in (1, count - 2):
        rows[number] |= {"parameters": {"aligner": "de_novo"}, "cost_usd": 60 * rows[number]["cost_usd"]}
    assert set_aside(rows) == set()


def test_a_wrong_cost_stands_out_even_where_some_runs_are_of_another_kind() -> None:
    rows = make_rows(12, seed=5, noise=0.05)
    rows[3]["cost_usd"] = 1e9
    rows[8]["cost_usd"] /= 50
    assert set_aside(rows) == {rows[3]["run_id"]}
