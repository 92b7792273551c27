"""Local clouds for tests: each on a port and in a directory of its own."""

import contextlib
import json
import os
import signal
import socket
import time
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3

from local import cloud
from local.processes import processes_of
from local.settings import HOST, IDENTITY_PATH, REGION, CloudSettings, cloud_environment

_ATTEMPTS = 5  # A port that was free can be taken by the time the cloud binds it.


@dataclass
class LocalCloud:
    """A running cloud."""

    settings: CloudSettings
    variables: Mapping[str, str] = field(default_factory=dict)
    """Set for the server, on top of this process's environment."""

    @property
    def environment(self) -> dict[str, str]:
        """For programs that are to use it."""
        return cloud_environment(self.settings)

    def client(self, service: str, **options: Any) -> Any:  # noqa: ANN401 - boto3 types clients by literal names
        """A boto3 client of it."""
        session: Any = boto3.session.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name=REGION)  # noqa: S106 - not a secret
        return session.client(service, endpoint_url=self.settings.endpoint_url, **options)

    def start(self) -> None:
        """Start it again after `kill` or `stop`."""
        cloud.start(self.settings, {**os.environ, **self.variables})

    def stop(self) -> None:
        """Stop it, keeping its state."""
        cloud.stop(self.settings)

    def kill(self) -> None:
        """`kill -9` the server; return once nothing of it runs any more."""
        os.kill(self.pid, signal.SIGKILL)
        deadline = time.monotonic() + 10
        while processes_of(self.settings.state_directory):
            if time.monotonic() > deadline:
                raise TimeoutError("Processes of a killed local cloud go on.")
            time.sleep(0.02)

    @property
    def pid(self) -> int:
        """The server's process id."""
        with urllib.request.urlopen(self.settings.endpoint_url + IDENTITY_PATH, timeout=10) as answer:  # noqa: S310 - our own address
            pid: int = json.load(answer)["pid"]
            return pid


@contextlib.contextmanager
def running_cloud(state_directory: Path, variables: Mapping[str, str] | None = None) -> Iterator[LocalCloud]:
    """A cloud that keeps its state in this directory, on a free port; stopped at the end."""
    for attempt in range(1, _ATTEMPTS + 1):
        running = LocalCloud(CloudSettings(state_directory.resolve(), free_port()), variables or {})
        try:
            running.start()
            break
        except cloud.CloudError:
            if attempt == _ATTEMPTS:
                raise
    try:
        yield running
    finally:
        running.stop()


def free_port() -> int:
    """A port that nothing listens on at the moment."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port
