"""A secret goes only to the address that it belongs to, and no planted file decides where requests go."""

import os
from pathlib import Path

import pytest

from runquote import Client, RunquoteError
from runquote.cli.session import workflow_names
from tests.fakes.api import API_KEY
from tests.unit.runquote.conftest import Command, checkout
from tests.unit.runquote.fake_api import TOKEN, FakeApi, fake_api

PREDICT = ("predict", "rnaseq", "--input", "120GB")


@pytest.fixture
def secrets(monkeypatch: pytest.MonkeyPatch, nowhere: Path) -> None:
    """What a person has in the environment for an API that is configured elsewhere."""
    monkeypatch.setenv("RUNQUOTE_API_KEY", API_KEY)
    monkeypatch.setenv("RUNQUOTE_TOKEN", TOKEN)


@pytest.mark.usefixtures("secrets")
@pytest.mark.parametrize("api_key", [None, "planted"])
def test_no_secret_of_the_environment_goes_to_a_local_system(
    command: Command, nowhere: Path, api: FakeApi, api_key: str | None
) -> None:
    checkout(nowhere, api.url, api_key)
    assert command(*PREDICT).exit_code == 1
    assert workflow_names("") == []
    assert {name for headers in api.headers for name in headers} & {"authorization"} == set()
    assert {headers.get("x-api-key") for headers in api.headers} <= {"planted"}


def _plant(nowhere: Path, url: str, how: str) -> None:
    outputs = checkout(nowhere, url)
    if how == "no checkout":
        (nowhere / "pyproject.toml").write_text('[project]\nname = "other"\n')
    if how == "a file that others write":
        outputs.chmod(0o666)
    if how == "a folder that others write":
        outputs.parent.chmod(0o777)
    if how == "a working folder that others write":
        nowhere.chmod(0o777)
    if how == "a link":
        outputs.rename(nowhere / "elsewhere.json")
        outputs.symlink_to(nowhere / "elsewhere.json")
    if how == "a folder that is a link":
        (nowhere / "build").rename(nowhere / "other")
        (nowhere / "build").symlink_to(nowhere / "other")
    if how == "somebody else's":
        os.chown(outputs, 12345, 12345)


@pytest.mark.parametrize(
    "how",
    [
        "no checkout",
        "a file that others write",
        "a folder that others write",
        "a working folder that others write",
        "a link",
        "a folder that is a link",
        pytest.param(
            "somebody else's", marks=pytest.mark.skipif(os.getuid() != 0, reason="only root gives files away")
        ),
    ],
)
def test_a_planted_file_decides_nothing(command: Command, nowhere: Path, api: FakeApi, how: str) -> None:
    _plant(nowhere, api.url, how)
    result = command(*PREDICT)
    assert result.exit_code == 1
    assert "build/local/outputs.json is left aside" in " ".join(result.stderr.split())
    assert workflow_names("") == []
    assert api.requests == []


@pytest.mark.parametrize("url", ["http://192.0.2.1/v1", "https://example.org/v1", "http://127.0.0.1.example.org/v1"])
def test_a_local_system_is_on_this_machine(command: Command, nowhere: Path, url: str) -> None:
    checkout(nowhere, url)
    result = command(*PREDICT)
    assert "no address of this machine" in " ".join(result.stderr.split())


@pytest.mark.usefixtures("secrets")
def test_what_the_environment_holds_for_one_address_is_not_sent_to_another(
    command: Command, monkeypatch: pytest.MonkeyPatch, api: FakeApi
) -> None:
    monkeypatch.setenv("RUNQUOTE_API_URL", "https://runquote.example.org/v1")
    result = command("--api-url", api.url, *PREDICT)
    assert (result.exit_code, f"No key for {api.url}" in " ".join(result.stderr.split())) == (1, True)
    assert api.requests == []
    monkeypatch.setenv("RUNQUOTE_API_URL", api.url + "/")
    assert command("--api-url", api.url, *PREDICT).exit_code == 0


def test_a_profile_is_asked_with_its_own_key(
    command: Command, nowhere: Path, monkeypatch: pytest.MonkeyPatch, api: FakeApi
) -> None:
    assert command("--api-url", api.url, "--profile", "team", "login", stdin=API_KEY + "\n").exit_code == 0
    monkeypatch.setenv("RUNQUOTE_API_URL", "https://runquote.example.org/v1")
    monkeypatch.setenv("RUNQUOTE_API_KEY", "of that address")
    monkeypatch.setenv("RUNQUOTE_TOKEN", "of that address, too")
    assert command("--profile", "team", *PREDICT).exit_code == 0, "a flag goes before the environment"


def test_a_redirection_takes_no_key_along(api: FakeApi) -> None:
    with fake_api() as other:
        api.redirect_to = other.url
        try:
            with Client(api.url, API_KEY) as client, pytest.raises(RunquoteError):
                client.workflows()
        finally:
            api.redirect_to = None
        assert other.requests == []


def test_whoever_gets_no_answer_learns_where_the_address_came_from(command: Command, nowhere: Path) -> None:
    command("--api-url", "http://127.0.0.1:9/v1", "--api-key", "k", "--profile", "old", "login", "--no-check")
    result = command("--profile", "old", *PREDICT)
    assert "No answer from http://127.0.0.1:9/v1/ (from profile old in" in " ".join(result.stderr.split())


def test_an_address_that_is_not_encrypted_is_said(command: Command, nowhere: Path) -> None:
    result = command("--api-url", "http://runquote.invalid/v1", "--api-key", "k", *PREDICT)
    assert "is not encrypted" in " ".join(result.stderr.split())
