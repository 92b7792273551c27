"""Every function has what belongs to one, and what waits for it waits longer than it may take."""

import json
import re
from pathlib import Path

from tests.fakes import events
from tools.build import slugs

REPOSITORY = Path(__file__).parents[2]
FUNCTIONS = (REPOSITORY / "terraform" / "functions.tf").read_text()
MODULE = re.compile(r'^module "(\w+)" {\n(.*?)^}', re.MULTILINE | re.DOTALL)


def test_there_is_a_sample_event_for_every_function() -> None:
    samples = {events.function_of(path.stem) for path in events.DIRECTORY.glob("*.json")}
    assert not set(slugs()) ^ samples, "functions without a sample event in tests/events/, or the other way round"


def test_the_readme_names_every_function() -> None:
    (line,) = re.findall(r"^\| \[functions/\].*$", (REPOSITORY / "README.md").read_text(), re.MULTILINE)
    assert not set(slugs()) ^ set(re.findall(r"`(\w+)`", line)), "README.md's list of functions is another one"


def seconds_of(function: str) -> int:
    """The longest that Lambda lets a function take."""
    (text,) = (text for name, text in MODULE.findall(FUNCTIONS) if name == function)
    (given,) = re.findall(r"timeout_seconds\s*= (\d+)", text)
    return int(given)


def test_a_state_waits_longer_than_its_function_may_take() -> None:
    waits = {}
    for machine in ("retrain", "retrain_all"):
        states = json.loads((REPOSITORY / "statemachine" / f"{machine}.asl.json").read_text())["States"]
        for name, state in states.items():
            if function := re.fullmatch(r"\$\{(\w+)_arn\}", state.get("Resource", "")):
                waits[f"{machine} {name}"] = state["TimeoutSeconds"] - seconds_of(function[1])
    assert len(waits) > 8
    assert not {name: margin for name, margin in waits.items() if margin <= 0}
