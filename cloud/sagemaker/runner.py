"""Runs a container's `train` and `serve` programs."""

import contextlib
import os
import signal
import socket
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

Program = Literal["train", "serve"]

# What a program gets from the machine it runs on. A container would get as little.
_INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "VIRTUAL_ENV")


@dataclass(frozen=True)
class Order:
    """One program to run: what, where and with which environment."""

    program: Program
    image: str
    root: Path
    """The directory that stands for /opt/ml."""
    log: Path
    """Where its output goes, appended."""
    environment: dict[str, str] = field(default_factory=dict)
    isolated: bool = False
    """Without a network, as SageMaker's EnableNetworkIsolation asks for `train`."""


class Container(Protocol):
    """A program that was started."""

    @property
    def port(self) -> int:
        """Where `serve` listens on 127.0.0.1; 0 for `train`."""

    def wait(self, timeout: float | None = None) -> int | None:
        """The exit code, or None when it still runs after `timeout` seconds."""

    def stop(self, grace: float) -> None:
        """SIGTERM, then SIGKILL after `grace` seconds. Nothing of it runs afterwards."""


class Runner(Protocol):
    """A way to run containers: as processes of this machine, or with a container engine."""

    def start(self, order: Order) -> Container:
        """Start the program; OSError when that is not possible."""

    def adopt(self, order: Order) -> Container | None:
        """What an earlier server started for this order: running, or ended with an exit code that is still known."""

    def keep(self, roots: set[Path]) -> None:
        """End what earlier servers started, except for the orders with these roots."""


class ProcessContainer:
    """A program running as a process group of this machine."""

    def __init__(self, process: subprocess.Popen[bytes], port: int) -> None:
        self._process = process
        self.port = port

    def wait(self, timeout: float | None = None) -> int | None:
        """See Container. A signal gives a shell's exit code, 128 + its number, as in a container."""
        try:
            code = self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            return None
        return 128 - code if code < 0 else code

    def stop(self, grace: float) -> None:
        """See Container. SIGTERM goes to the main process, as an engine does; SIGKILL to all of the group."""
        if self._process.poll() is None:
            self._process.terminate()
        self.wait(grace)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()


class ProcessRunner:
    """Runs programs of this machine, whatever image is asked for.

    A process cannot have an /opt/ml of its own, so SAGEMAKER_BASE_DIR names the directory that stands for it, as AWS's
    training and inference toolkits read it. `serve` listens on SAGEMAKER_BIND_TO_HOST and SAGEMAKER_BIND_TO_PORT.
    `marker` is set in every program's environment, so that what outlives a killed server can be found.
    """

    def __init__(
        self,
        directory: Path,
        *,
        train: Sequence[str] = (),
        serve: Sequence[str] = (),
        marker: dict[str, str] | None = None,
    ) -> None:
        self._directory = directory
        self._commands: dict[Program, Sequence[str]] = {"train": train, "serve": serve}
        self._marker = marker or {}

    def start(self, order: Order) -> ProcessContainer:
        """See Runner."""
        command = self._commands[order.program]
        if not command:
            raise OSError(f"No command was given for `{order.program}`")
        inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
        environment = inherited | order.environment | self._marker | {"SAGEMAKER_BASE_DIR": str(order.root)}
        port = 0
        if order.program == "serve":
            port = _free_port()
            environment |= {"SAGEMAKER_BIND_TO_PORT": str(port), "SAGEMAKER_BIND_TO_HOST": "127.0.0.1"}
        order.log.parent.mkdir(parents=True, exist_ok=True)
        with order.log.open("ab") as log:
            process = subprocess.Popen(
                command,
                cwd=self._directory,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        return ProcessContainer(process, port)

    def adopt(self, order: Order) -> None:
        """See Runner. Processes end with the server that started them (cloud/processes.py)."""

    def keep(self, roots: set[Path]) -> None:
        """See Runner. There is nothing left to end."""


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
