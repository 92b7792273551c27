"""The figures that the web app's own total is held to are those of `contract.total` (batch.test.ts holds it to them).

After a deliberate change: `python -m tests.web.test_totals` writes them anew.
"""

import json
import math
import random
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from contract.predictions import BeyondEvidence, Interval, ModelSummary, Prediction
from contract.total import total

FILE = Path(__file__).with_name("totals.json")
CASES: dict[str, tuple[int, float, bool, int]] = {
    "independent runs": (30, 0.6, False, 0),
    "runs beyond their models": (12, 0.9, True, 0),
    "runs of which some cannot be told": (12, 0.6, False, 2),
    "one run of two": (2, 0.6, False, 1),
}
"""Name → runs, spread of their outcomes, whether they share the trend's error, of how many nobody can tell the cost."""
UNTOLD = BeyondEvidence(message="Past runs cannot tell.", advice="Run a nearer one.", edge=None)


def predictions(runs: int, spread: float, extrapolated: bool, untold: int) -> list[Prediction]:
    dice = random.Random(f"{runs} {spread}")
    made = []
    for index in range(runs):
        middle = dice.uniform(1, 20)
        outcomes = sorted(float(f"{middle * math.exp(dice.gauss(0, spread)):.4g}") for _ in range(20))
        made.append(
            Prediction(
                prediction_id=str(index),
                workflow_name=f"workflow-{index % 2}",
                cost_usd=outcomes[10],
                intervals=[
                    Interval(coverage=0.8, low_usd=outcomes[2], high_usd=outcomes[17]),
                    Interval(coverage=0.9, low_usd=outcomes[1], high_usd=outcomes[18]),
                ],
                outcomes_usd=outcomes,
                extrapolated=extrapolated,
                beyond_evidence=UNTOLD if index < untold else None,
                warnings=[],
                model=ModelSummary(
                    version=1,
                    trained_at=datetime(2026, 1, 1, tzinfo=UTC),
                    runs=9,
                    median_ape=0.1,
                    input_bytes_range=(1, 2),
                ),
                explanation=[],
                similar_runs=[],
            )
        )
    return made


def case(name: str) -> dict[str, Any]:
    given = predictions(*CASES[name])
    members = {"beyond_evidence", "workflow_name", "extrapolated", "outcomes_usd", "intervals", "cost_usd"}
    return {
        "name": name,
        "predictions": [prediction.model_dump(include=members) for prediction in given],
        "total": total(given, "web").model_dump(),
    }


@pytest.mark.parametrize("name", CASES)
def test_the_web_app_is_held_to_the_contracts_total(name: str) -> None:
    recorded = {each["name"]: each for each in json.loads(FILE.read_text())}
    assert recorded[name] == case(name)


def test_runs_that_nobody_can_tell_the_cost_of_are_counted_and_not_summed() -> None:
    given = predictions(12, 0.6, False, 2)
    poisoned = [each.model_copy(update={"outcomes_usd": [1e9] * 20}) if each.beyond_evidence else each for each in given]
    assert total(poisoned, "web") == total(given, "web")
    assert (total(given, "web").left_out, total(given[:2], "web").outcomes_usd) == (2, [])


if __name__ == "__main__":
    FILE.write_text(json.dumps([case(name) for name in CASES], separators=(",", ":")) + "\n")
