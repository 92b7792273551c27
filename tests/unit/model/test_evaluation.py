"""How a model is judged on its latest runs: as it is used, from what was known when they started."""

import math
import random
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from contract.container import LaterRuns
from model import evaluation
from model.cost_model import CostModel
from model.evaluation import judge_later, score
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
