"""The Docker engine: whether there is one, and commands to it."""

import shutil
import subprocess

LAMBDA_IMAGE = "public.ecr.aws/lambda/python:3.13"
"""Lambda's Python, in which SAM and LocalStack run functions."""
_PULL_SECONDS = 600


class EngineError(Exception):
    """The engine is missing or refuses. The message is one line for a person."""


def engine_problem() -> str | None:
    """Why no container can be run, in one line, or None."""
    if not shutil.which("docker"):
        return "Docker is not installed: see https://docs.docker.com/engine/install/"
    try:
        docker("version", "--format", "{{.Server.Version}}", timeout=15)
    except EngineError as error:
        return f"Docker is installed, but no engine answers: {error}"
    return None


def require_image(name: str) -> None:
    """Pull an image unless the engine has it. EngineError where neither works."""
    try:
        docker("image", "inspect", name)
    except EngineError:
        docker("pull", "--quiet", name, timeout=_PULL_SECONDS)


def docker(*arguments: str, timeout: float | None = 60) -> str:
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
        lines = [line for line in answer.stderr.splitlines() if line.strip() and "--help" not in line]
        raise EngineError(f"docker {arguments[0]}: {lines[-1] if lines else 'no reason given'}")
    return answer.stdout.strip()
