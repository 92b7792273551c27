"""The Docker engine: whether there is one, and the containers of a local cloud on it.

A container carries the state directory of its cloud as a label, so that those of two checkouts are told apart and what
a killed server left can be found.
"""

import contextlib
import shutil
import subprocess
from pathlib import Path

LABEL = "runquote.state"
_USED = "engine-used"
"""Exists in the state directory of a cloud that ever started a container: the others need not ask the engine."""


class EngineError(Exception):
    """The engine is missing or refuses. The message is one line for a person."""


def engine_problem() -> str | None:
    """Why no container can be run, in one line, or None."""
    if not shutil.which("docker"):
        return "Docker is not installed: see https://docs.docker.com/engine/install/"
    try:
        docker("version", "--format", "{{.Server.Version}}")
    except EngineError as error:
        return f"Docker is installed, but no engine answers: {error}"
    return None


def docker(*arguments: str, timeout: float = 60) -> str:
    """Run a docker command and return its output without the last line's end. EngineError says what it said."""
    try:
        answer = subprocess.run(
            ["docker", *arguments],  # noqa: S607 - wherever the person has it
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise EngineError(f"docker {arguments[0]}: {error}") from error
    if answer.returncode:
        lines = answer.stderr.strip().splitlines() or ["no reason given"]
        raise EngineError(f"docker {arguments[0]}: {lines[-1]}")
    return answer.stdout.strip()


def note_use(state_directory: Path) -> None:
    """Say that this cloud starts containers. Call it before the first."""
    state_directory.mkdir(parents=True, exist_ok=True)
    (state_directory / _USED).touch()


def containers_of(state_directory: Path) -> list[str]:
    """The ids of the containers, running or not, of the cloud with this state directory. EngineError."""
    if not (state_directory / _USED).exists():
        return []
    found = docker("ps", "--all", "--quiet", "--no-trunc", "--filter", f"label={LABEL}={state_directory}")
    return found.splitlines()


def remove_containers_of(state_directory: Path) -> None:
    """End and remove them. An engine that does not answer has none that run."""
    with contextlib.suppress(EngineError):
        for container in containers_of(state_directory):
            with contextlib.suppress(EngineError):  # It removed itself meanwhile.
                docker("rm", "--force", container)
