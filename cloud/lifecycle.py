"""Starts and stops a local cloud in the background."""

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from typing import Any

from cloud.engine import EngineError
from cloud.private import make_private, open_private
from cloud.processes import end_processes_of, owner_of, processes_of
from cloud.sagemaker.docker_runner import USES_DOCKER, remove_containers_of
from cloud.settings import HOST, IDENTITY_PATH, REPOSITORY, CloudSettings, cloud_environment

START_SECONDS = 60
STOP_SECONDS = 20


class CloudError(Exception):
    """The cloud cannot be started or stopped. The message is one line for a person."""


def start(settings: CloudSettings, environment: Mapping[str, str] = os.environ) -> bool:
    """Start the cloud in the background unless it runs; return once it answers. Whether it had to be started.

    One that runs with another runner, or is of a version that let everybody in, is stopped first.
    `environment` is the server's, except for the AWS variables in it, which are ours.
    Raises CloudError when another process has the port, or when the server ends or does not answer in time.
    """
    if _is_ours(settings):
        running = _identity(settings.port)
        if running.get("runner") == settings.runner and running.get("gate"):
            return False
        stop(settings)
    require_free(settings.port, "RUNQUOTE_CLOUD_PORT")
    make_private(settings.state_directory)
    log = settings.state_directory / "cloud.log"
    with open_private(log, "ab") as output:
        server = subprocess.Popen(
            [sys.executable, "-m", "cloud", "run"],
            cwd=REPOSITORY,
            env=cloud_environment(settings, environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if _is_ours(settings):
            return True
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(0.05)
            raise CloudError(f"The local cloud ended while starting: {_last_line(log)} ({log})")
    server.kill()
    raise CloudError(f"The local cloud did not answer within {START_SECONDS} seconds: see {log}.")


def stop(settings: CloudSettings) -> bool:
    """Stop the cloud and everything it started; its data stays. Whether it was running."""
    server = owner_of(settings.state_directory)
    if server is not None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(server, signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        while _exists(server) and time.monotonic() < deadline:
            time.sleep(0.05)
        with contextlib.suppress(ProcessLookupError):
            os.kill(server, signal.SIGKILL)
    left = bool(processes_of(settings.state_directory))
    end_processes_of(settings.state_directory)
    return _remove_containers(settings) or server is not None or left


def _remove_containers(settings: CloudSettings) -> bool:
    """Remove what a server that was killed left in an engine; whether there was anything."""
    if not (settings.state_directory / USES_DOCKER).exists():
        return False
    try:
        return remove_containers_of(settings.state_directory)
    except EngineError as error:
        raise CloudError(f"Containers of this local cloud may go on: {error}") from error


def is_running(settings: CloudSettings) -> bool:
    """Whether this cloud, and not another one, answers on its port."""
    return _is_ours(settings)


def _is_ours(settings: CloudSettings) -> bool:
    return _identity(settings.port).get("state_directory") == str(settings.state_directory)


def _identity(port: int) -> dict[str, Any]:
    """What the process on this port says it is; nothing when none of ours is there."""
    connection = http.client.HTTPConnection(HOST, port, timeout=5)
    try:
        connection.request("GET", IDENTITY_PATH)
        answer = json.loads(connection.getresponse().read())
    except (OSError, http.client.HTTPException, ValueError):
        return {}
    finally:
        connection.close()
    return answer if isinstance(answer, dict) else {}


def require_free(port: int, variable: str) -> None:
    """Raise CloudError when another process has the port that this variable chooses."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise CloudError(
                f"Port {port} is taken by another process: stop it, or set {variable} to a free port."
            ) from error


def _exists(pid: int) -> bool:
    """Whether the process is there and not just waiting for its parent to notice its end."""
    with contextlib.suppress(ChildProcessError, OSError):
        os.waitpid(pid, os.WNOHANG)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _last_line(log: os.PathLike[str]) -> str:
    with open(log, errors="replace") as lines:  # noqa: PTH123 - any path will do
        return next((line.strip() for line in reversed(lines.readlines()) if line.strip()), "no output")
