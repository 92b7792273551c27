"""LocalStack on this machine with our SageMaker joined to it: a second opinion on what we deploy."""

import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.localstack import host
from local.settings import HOST, REPOSITORY, CloudSettings, cloud_environment
from local.testing import client_of, free_port, running_cloud


@dataclass
class JoinedLocalStack:
    """A running LocalStack. What it cannot have here, another local cloud answers (docs/backends.md)."""

    url: str
    sagemaker_directory: Path
    """Where our SageMaker keeps its state."""

    def client(self, service: str) -> Any:  # noqa: ANN401 - boto3 types clients by literal names
        """A boto3 client of it."""
        return client_of(self.url, service)


@contextmanager
def running_localstack(directory: Path, variables: Mapping[str, str]) -> Iterator[JoinedLocalStack]:
    """LocalStack, our SageMaker with these variables beside it, and a cloud for its Lambda and DynamoDB."""
    port, sagemaker_port = free_port(), free_port()
    sagemaker_url, state = f"http://{HOST}:{sagemaker_port}", directory / "sagemaker"
    with ExitStack() as stack:
        rest = stack.enter_context(running_cloud(directory / "rest"))
        forward = dict.fromkeys(("lambda", "dynamodb"), rest.settings.endpoint_url)
        url = stack.enter_context(host.running(port, directory / "localstack", sagemaker_url, forward))
        stack.enter_context(
            _running_sagemaker(sagemaker_port, state, cloud_environment(CloudSettings(state, port)), variables)
        )
        yield JoinedLocalStack(url, state)


@contextmanager
def _running_sagemaker(
    port: int, state: Path, environment: Mapping[str, str], variables: Mapping[str, str]
) -> Iterator[None]:
    """Our SageMaker as a program of its own, whose S3 is the cloud of this environment."""
    state.mkdir(parents=True)
    command = [sys.executable, "-m", "local.sagemaker", f"--port={port}", f"--state={state}"]
    with (state / "server.log").open("ab") as log:
        server = subprocess.Popen(
            command, cwd=REPOSITORY, env={**environment, **variables}, stdout=log, stderr=log, start_new_session=True
        )
    try:
        deadline = time.monotonic() + 60
        while not _answers(f"http://{HOST}:{port}/ping"):
            assert server.poll() is None, (state / "server.log").read_text()
            assert time.monotonic() < deadline, "Our SageMaker does not answer."
            time.sleep(0.1)
        yield
    finally:
        os.kill(server.pid, signal.SIGTERM)
        server.wait(30)


def _answers(url: str) -> bool:
    with suppress(OSError), urllib.request.urlopen(url, timeout=5) as answer:
        return bool(answer.status == 200)
    return False
