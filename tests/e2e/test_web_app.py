"""The web app against the running system, in a real browser."""

import json
import os
from pathlib import Path

import httpx
import pytest

from local.settings import CloudSettings
from tests.browser import run_scenario

SCENARIOS = Path(__file__).parent
WORKFLOW = os.environ.get("RUNQUOTE_E2E_WORKFLOW", "rnaseq-quant")


@pytest.fixture(scope="module")
def outputs(request: pytest.FixtureRequest) -> dict[str, str]:
    """The stack that `make up` left running, or else one of our own."""
    file = CloudSettings.from_environment().state_directory / "outputs.json"
    if file.exists():
        running: dict[str, str] = json.loads(file.read_text())
        try:
            httpx.get(f"{running['web_url']}/config.json", trust_env=False).raise_for_status()
        except httpx.HTTPError:
            pass
        else:
            return running
    started: dict[str, str] = request.getfixturevalue("system").outputs
    return started


@pytest.mark.parametrize("scenario", ["estimate", "keyboard", "batch", "retrain", "first_model"])
def test_a_visit(scenario: str, outputs: dict[str, str]) -> None:
    assert "ok" in run_scenario(SCENARIOS / f"{scenario}.mjs", outputs["web_url"], WORKFLOW)
