"""The web app against the running system, in a real browser."""

import os
from pathlib import Path

import pytest

from tests.browser import run_scenario

SCENARIOS = Path(__file__).parent
WORKFLOW = os.environ.get("RUNQUOTE_E2E_WORKFLOW", "rnaseq-quant")


@pytest.mark.parametrize("scenario", ["estimate", "keyboard", "batch", "retrain", "first_model"])
def test_a_visit(scenario: str, outputs: dict[str, str]) -> None:
    assert "ok" in run_scenario(SCENARIOS / f"{scenario}.mjs", outputs["web_url"], WORKFLOW)
