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
from urllib.parse import urlsplit

from localstack_client.session import Session as LocalStackSession

from cloud import lifecycle
from cloud.processes import processes_of
from cloud.settings import HOST, IDENTITY_PATH, REGION, CloudSettings, cloud_environment, runner_from
from tools.image import FOR_THE_CLOUD

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
        return client_of(self.settings, service, **options)

    @property
    def sagemaker_directory(self) -> Path:
        """Where our SageMaker keeps its state."""
        return self.settings.state_directory / "sagemaker"

    def start(self) -> None:
        """Start it again after `kill` or `stop`."""
        lifecycle.start(self.settings, {**FOR_THE_CLOUD, **os.environ, **self.variables})

    def stop(self) -> None:
        """Stop it, keeping its state."""
        lifecycle.stop(self.settings)

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
        with urllib.request.urlopen(self.settings.endpoint_url + IDENTITY_PATH, timeout=10) as answer:
            pid: int = json.load(answer)["pid"]
            return pid


def client_of(settings: CloudSettings, service: str, **options: Any) -> Any:  # noqa: ANN401 - boto3 types clients by literal names
    """A boto3 client of a cloud, whichever it is: localstack-client finds every service there."""
    key, secret = settings.credentials
    session: Any = LocalStackSession(
        key, secret, region_name=REGION, localstack_host=urlsplit(settings.endpoint_url).netloc
    )
    client = session.client(service, **options)
    if client.meta.endpoint_url != settings.endpoint_url:
        raise RuntimeError("Unset AWS_ENDPOINT_URL: localstack-client would follow it instead.")
    return client


@contextlib.contextmanager
def running_cloud(state_directory: Path, variables: Mapping[str, str] | None = None) -> Iterator[LocalCloud]:
    """A cloud that keeps its state in this directory, on a free port; stopped at the end."""
    for attempt in range(1, _ATTEMPTS + 1):
        running = LocalCloud(
            CloudSettings(state_directory.resolve(), free_port(), runner_from(variables or {})), variables or {}
        )
        try:
            running.start()
            break
        except lifecycle.CloudError:
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
