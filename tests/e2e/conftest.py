"""What the tests of this folder visit."""

import json

import httpx
import pytest

from cloud.settings import CloudSettings


@pytest.fixture(scope="session")
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
