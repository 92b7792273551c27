"""A fake API, and the command as a person in an empty folder would run it."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from runquote.cli import app
from tests.fakes.api import API_KEY
from tests.unit.runquote.fake_api import FakeApi, fake_api

Command = Callable[..., Result]


@pytest.fixture(scope="session")
def _api() -> Iterator[FakeApi]:
    with fake_api() as api:
        yield api


@pytest.fixture
def api(_api: FakeApi) -> FakeApi:
    _api.runs.clear()
    _api.requests.clear()
    _api.headers.clear()
    _api.failures.clear()
    _api.outcome = "promoted"
    return _api


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, and a person who configured nothing."""
    for variable in ("RUNQUOTE_API_URL", "RUNQUOTE_API_KEY", "RUNQUOTE_TOKEN", "RUNQUOTE_PROFILE"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home" / ".config"))
    folder = tmp_path / "folder"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def checkout(folder: Path, url: str, api_key: str | None = API_KEY) -> Path:
    """Make a folder look like a checkout in which `make up` has run; return the file that says where."""
    (folder / "contract").mkdir()
    (folder / "pyproject.toml").write_text('[project]\nname = "runquote"\n')
    outputs = folder / "build" / "local" / "outputs.json"
    outputs.parent.mkdir(parents=True)
    outputs.write_text(json.dumps({"api_url": url} | ({"api_key": api_key} if api_key else {})))
    return outputs


@pytest.fixture
def command() -> Command:
    """Runs `runquote` with these arguments."""

    def run(*arguments: object, stdin: str | None = None) -> Result:
        return CliRunner().invoke(app, [str(argument) for argument in arguments], input=stdin)

    return run


@pytest.fixture
def runquote(api: FakeApi, nowhere: Path, monkeypatch: pytest.MonkeyPatch, command: Command) -> Command:
    """As `command`, with the fake API configured in the environment."""
    monkeypatch.setenv("RUNQUOTE_API_URL", api.url)
    monkeypatch.setenv("RUNQUOTE_API_KEY", API_KEY)
    return command
