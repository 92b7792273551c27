"""Runs `train` and `serve` in containers of a Docker engine, confined as far as they allow."""

import contextlib
import functools
import hashlib
import os
import subprocess
import threading
from pathlib import Path
from typing import Literal

from cloud.engine import EngineError, docker
from cloud.sagemaker.runner import Order

CONFINED = ("--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges")
"""Options of `docker run`: less than SageMaker gives."""
_STATE, _ROOT = "local-sagemaker.state", "local-sagemaker.root"
USES_DOCKER = "uses-docker"
"""A file of this name in a local cloud's directory says that there may be containers of it."""
_PORT = 8080
_KILLED = 128 + 9
_MARGIN_SECONDS = 30


class DockerContainer:
    """A container, watched until it ends."""

    def __init__(self, name: str, port: int, log: Path, mode: Literal["ab", "wb"]) -> None:
        self.port = port
        self._name = name
        self._code = _KILLED
        self._ended = threading.Event()
        threading.Thread(target=self._watch, args=(log, mode), daemon=True, name=name).start()

    def wait(self, timeout: float | None = None) -> int | None:
        """See Container. Its log is complete before it counts as ended."""
        return self._code if self._ended.wait(timeout) else None

    def stop(self, grace: float) -> None:
        """See Container. The container is removed."""
        with contextlib.suppress(EngineError):  # It is gone already.
            docker("stop", f"--time={round(grace)}", self._name, timeout=grace + _MARGIN_SECONDS)
        self._ended.wait(_MARGIN_SECONDS)  # Its exit code is read before it goes.
        _remove(self._name)

    def _watch(self, log: Path, mode: Literal["ab", "wb"]) -> None:
        with contextlib.suppress(EngineError, OSError):  # Removed by somebody else: as good as killed.
            with log.open(mode) as output:
                command = ["docker", "logs", "--follow", self._name]
                subprocess.run(command, stdout=output, stderr=subprocess.STDOUT, check=False)
            self._code = int(docker("wait", self._name, timeout=None))
        self._ended.set()


class DockerRunner:
    """Runs one image, whatever image is asked for: the registry of the local cloud holds none.

    Containers outlive a server that is killed. The next one finds them by their names, which follow from `state` (the
    directory of this local cloud) and the order's root.
    """

    def __init__(self, image: str, state: Path) -> None:
        self._image = image
        self._state = state
        (state / USES_DOCKER).touch()

    def start(self, order: Order) -> DockerContainer:
        """See Runner."""
        name = self._name(order.root)
        order.log.parent.mkdir(parents=True, exist_ok=True)
        options = [
            f"--name={name}",
            f"--label={_STATE}={self._state}",
            f"--label={_ROOT}={order.root}",
            "--pull=never",
            *CONFINED,
            *_user(),
            *(f"--env={variable}={value}" for variable, value in order.environment.items()),
            *(["--network=none"] if order.isolated else []),
        ]
        if order.program == "serve":
            options += [_mount(order.root / "model", "/opt/ml/model,readonly"), f"--publish=127.0.0.1::{_PORT}"]
        else:
            options += [_mount(order.root, "/opt/ml")]
        try:
            _remove(name)
            docker("run", "--detach", *options, self._image, order.program)
            return DockerContainer(name, _port(name) if order.program == "serve" else 0, order.log, "ab")
        except EngineError as error:
            raise OSError(f"The container could not be started: {error}") from error

    def adopt(self, order: Order) -> DockerContainer | None:
        """See Runner. The container's whole output replaces the log, since nobody knows how much of it was read."""
        name = self._name(order.root)
        try:
            status = docker("container", "inspect", "--format={{.State.Status}}", name)
            if order.program == "train" and status in {"running", "exited"}:
                return DockerContainer(name, 0, order.log, "wb")
            if order.program == "serve" and status == "running":
                return DockerContainer(name, _port(name), order.log, "wb")
        except EngineError:
            return None
        _remove(name)  # Made, but never started: the server was killed in between.
        return None

    def keep(self, roots: set[Path]) -> None:
        """See Runner."""
        kept = {str(root) for root in roots}
        for container, root in containers_of(self._state).items():
            if root not in kept:
                _remove(container)

    def _name(self, root: Path) -> str:
        """One for each root, that tells a reader of `docker ps` of which cloud and for what it is."""
        cloud = hashlib.sha256(str(self._state).encode()).hexdigest()[:8]
        own = hashlib.sha256(str(root).encode()).hexdigest()[:8]
        parts = root.parent.relative_to(self._state).parts if root.is_relative_to(self._state) else root.parts[-2:-1]
        return "-".join(["sagemaker", cloud, own, *parts[-2:]])


def containers_of(state: Path) -> dict[str, str]:
    """Return the root of each container of this local cloud by the container's id, ended ones included. EngineError."""
    line = f'{{{{.ID}}}} {{{{.Label "{_ROOT}"}}}}'
    listed = docker("ps", "--all", "--no-trunc", f"--filter=label={_STATE}={state}", f"--format={line}")
    found = (each.partition(" ") for each in listed.splitlines())
    return {container: root for container, _, root in found}


def remove_containers_of(state: Path) -> bool:
    """Remove every container of this local cloud; whether there was one. EngineError."""
    found = containers_of(state)
    for container in found:
        _remove(container)
    return bool(found)


def _remove(name: str) -> None:
    with contextlib.suppress(EngineError):  # There is none.
        docker("rm", "--force", "--volumes", name)


def _port(name: str) -> int:
    """Where the engine published the container's port on 127.0.0.1."""
    return int(docker("port", name, f"{_PORT}/tcp").splitlines()[0].rpartition(":")[2])


def _mount(source: Path, target: str) -> str:
    return f"--mount=type=bind,source={source},target={target}"


@functools.cache
def _user() -> list[str]:
    """Whoever runs the server owns the mounted files. A rootless engine maps its root to that person already."""
    rootless = "name=rootless" in docker("info", "--format={{.SecurityOptions}}")
    return [] if rootless else [f"--user={os.getuid()}:{os.getgid()}"]
