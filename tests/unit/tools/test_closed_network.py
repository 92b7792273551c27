"""What set-up does where nothing beyond the machine answers: it says so within seconds, and how to go on."""

import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clouds import free_port
from tools import npm, packages
from tools.network import unreachable
from tools.programs import REPOSITORY, ToolMissingError, last_line


@pytest.fixture
def silent() -> Iterator[str]:
    """The address of a server that takes connections and never says a word, as firewalls make of others."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as server:
        yield f"127.0.0.1:{server.getsockname()[1]}"


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for stand-ins of programs, first on the PATH."""
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    return tmp_path


def write(program: Path, text: str) -> None:
    program.write_text(f"#!/bin/sh\n{text}\n")
    program.chmod(0o755)


def test_nobody_waits_for_an_address_that_is_silent(silent: str) -> None:
    started = time.monotonic()
    problem = unreachable(f"https://{silent}/", f"https://127.0.0.1:{free_port()}/", seconds=0.5)
    assert problem is not None
    assert silent in problem
    assert time.monotonic() - started < 3


def test_an_address_is_asked_through_the_proxy(silent: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{free_port()}")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    assert "refused" in str(unreachable("https://registry.invalid/", seconds=1))


def test_a_package_index_that_is_silent_costs_seconds(
    silent: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UV_DEFAULT_INDEX", f"http://{silent}/simple")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))
    started = time.monotonic()
    with pytest.raises(
        ToolMissingError, match=r"cannot be reached .* lacks packages of requirements/sam\.txt.*UV_DEFAULT_INDEX"
    ):
        packages.make_environment(tmp_path / "environment", REPOSITORY / "requirements" / "sam.txt")
    assert time.monotonic() - started < 20


@pytest.mark.parametrize(("held", "ends"), [(True, True), (False, False)])
def test_without_an_index_uvs_cache_may_have_all(program: Path, held: bool, ends: bool) -> None:
    write(
        program / "uv",
        'case "$*" in --version) ;; "pip compile"*) echo "error: x" >&2; echo "  cause: no such host" >&2; exit 2;;'
        f" *--offline*) exit {0 if held else 1};; *) exit 9;; esac",
    )
    lock = REPOSITORY / "requirements" / "model.txt"
    if ends:
        packages.sync(lock, program / "python")
    else:
        with pytest.raises(ToolMissingError, match=r"\(no such host\), and uv's cache lacks"):
            packages.sync(lock, program / "python")


@pytest.mark.parametrize("held", [True, False])
def test_without_a_registry_npms_cache_may_have_all(
    program: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, held: bool
) -> None:
    monkeypatch.setattr(npm, "REPOSITORY", tmp_path)
    monkeypatch.setattr(npm, "node_environment", lambda: dict(os.environ))
    (tmp_path / "web" / "node_modules").mkdir(parents=True)
    (tmp_path / "web" / "package-lock.json").write_text('{"packages": {"": {"devDependencies": {"vite": "1"}}}}')
    write(
        program / "npm",
        'case "$*" in "view vite"*) echo "npm error code ENOTFOUND" >&2; exit 1;;'
        f' "ci "*--offline) exit {0 if held else 1};; *) exit 9;; esac',
    )
    if held:
        npm.install(tmp_path / "web")
        assert npm.installed(tmp_path / "web")
    else:
        with pytest.raises(
            ToolMissingError, match=r"\(ENOTFOUND\), and npm's cache lacks packages of web/package-lock"
        ):
            npm.install(tmp_path / "web")
        assert not npm.installed(tmp_path / "web")


def test_the_cause_is_what_a_program_says_last() -> None:
    assert last_line("error: Failed to fetch\n  cause: client error\n  cause: dns error\n\n") == "dns error"
    assert last_line("") == "no reason given"
