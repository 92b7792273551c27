"""How a model is judged on its latest runs: as it is used, from what was known when they started."""

import math
import random
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from contract.container import LaterRuns, Shift
from model.container import evaluation
from model.container.evaluation import judge_later, score
from model.container.shift import shifts
from model.cost_model import CostModel
from tests.unit.model.histories import make_artifact, make_history, make_rows

Rows = list[dict[str, Any]]
START = datetime(2025, 1, 1, tzinfo=UTC)


def drifting(count: int, hours: float = 1.0, noise: float = 0.05) -> Rows:
    """Runs a few hours apart whose cost wanders, each of a length of `hours`."""
    generator, rows, level = random.Random(0), make_rows(count, noise=noise), 0.0
    for number, row in enumerate(rows):
        level = 0.9 * level + generator.gauss(0.0, 0.2)
        started = START + timedelta(hours=6 * number)
        row["cost_usd"] *= math.exp(level)
        row["started_at"], row["completed_at"] = started.isoformat(), (started + timedelta(hours=hours)).isoformat()
    return rows


def judged(rows: Rows) -> LaterRuns:
    found = judge_later(make_history(rows))
    assert found is not None
    return found


def test_the_latest_fifth_is_predicted_from_all_before_with_its_start_times() -> None:
    rows = drifting(100)
    found = judged(rows)
    assert (found.runs, found.learned_from) == (20, 80)
    assert found.since == START + timedelta(hours=6 * 80)
    past, later = make_history(rows[:80]), make_history(rows[80:])
    model = CostModel.fit(past)
    assert found.metrics == score(model, later, started=True).metrics()
    assert found.metrics != score(model, later).metrics()


def test_what_came_later_changes_nothing_of_what_was_known() -> None:
    rows = drifting(100)
    before = judged(rows)
    for row in rows[81:]:
        row["cost_usd"] *= 2.0
    after = judged(rows)
    # The one later run that is as it was is predicted as it was, so all errors follow from the others' costs alone.
    past, later = make_history(rows[:80]), make_history(rows[80:])
    assert after.metrics == score(CostModel.fit(past), later, started=True).metrics()
    assert after.metrics.median_ape != before.metrics.median_ape


def test_runs_that_had_not_completed_are_not_known() -> None:
    # Each takes 25 hours: of those that started before, the last four were still under way.
    found = judged(drifting(100, hours=25))
    assert (found.runs, found.learned_from) == (20, 76)


@pytest.mark.parametrize("count", [3, 20, 39])
def test_too_few_later_runs_tell_nothing(count: int) -> None:
    assert judge_later(make_history(drifting(count))) is None


def test_runs_without_an_order_in_time_tell_nothing() -> None:
    rows = [row | {"started_at": START.isoformat(), "completed_at": START.isoformat()} for row in make_rows(60)]
    assert judge_later(make_history(rows)) is None


def test_very_many_runs_are_judged_by_some(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluation, "MOST_JUDGED", 50)
    found = judged(drifting(400))
    assert (found.runs, found.learned_from) == (50, 50)


def test_three_runs_are_said_to_be_judged_on_what_they_taught() -> None:
    for count, method in ((3, "training_runs"), (4, "cross_validation")):
        runs = make_history(make_rows(count))
        trained = make_artifact(CostModel.fit(runs))
        told = evaluation.evaluate(trained, runs, runs.take(np.arange(0)), None, [])
        assert (told.evaluated_on, told.evaluated_runs, told.later) == (method, count, None)


def shifted(factor: float, last: int = 100) -> list[Shift]:
    """What a model that learned the first 80 runs and one that learned all say, the latest of which cost more."""
    rows = make_rows(100, noise=0.05)
    for number, row in enumerate(rows):
        started = START + timedelta(hours=6 * number)
        row["started_at"], row["completed_at"] = started.isoformat(), (started + timedelta(hours=1)).isoformat()
        row["cost_usd"] *= factor if number >= last else 1.0
    before, everything = make_history(rows[:80]), make_history(rows)
    return shifts(CostModel.fit(before), CostModel.fit(everything), everything, START + timedelta(hours=6 * 101))


def test_more_of_the_same_shifts_nothing() -> None:
    found = shifted(1.0)
    assert [each.questions for each in found] == [20, 20, 20, 20], "the runs that the first model knew, by size"
    assert all(0.9 < each.factor < 1.1 for each in found)


def test_all_later_runs_at_five_times_the_cost_shift_what_is_asked_now() -> None:
    assert any(each.factor > 1.5 and each.outside_80 > 0.5 for each in shifted(5.0, last=80))


def test_a_model_that_knew_none_of_the_runs_cannot_be_asked_the_same() -> None:
    rows = make_rows(20)
    old = CostModel.fit(make_history(rows))
    later = make_history([row | {"completed_at": "2090-01-01T00:00:00Z"} for row in rows])
    assert shifts(old, old, later, START) == []
