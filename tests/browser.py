"""Runs a scenario written for node and playwright-core in headless Chromium."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tools.programs import REPOSITORY, ToolMissingError, chromium, node_environment

SCENARIO_SECONDS = 240


def run_scenario(script: Path, *arguments: str) -> str:
    """Run `node script arguments` and return what it printed; skips, with the reason, where no browser is."""
    try:
        browser = chromium()
    except ToolMissingError as missing:
        pytest.skip(str(missing))
    environment = node_environment()
    node = shutil.which("node", path=environment["PATH"])
    if node is None or not (REPOSITORY / "web" / "node_modules" / "playwright-core").is_dir():
        pytest.skip("the web app's packages are not installed: make build")
    done = subprocess.run(
        [node, str(script), *arguments],
        env={**environment, "RUNQUOTE_CHROMIUM": browser},
        capture_output=True,
        text=True,
        timeout=SCENARIO_SECONDS,
        check=False,
    )
    assert done.returncode == 0, f"{script.name}:\n{done.stdout}\n{done.stderr}"
    return done.stdout
