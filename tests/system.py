"""The whole system, brought up as `make up` does it, for tests that use it from outside."""

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from cloud.settings import CloudSettings, runner_from
from runquote.client import Client
from tests.clouds import LocalCloud, free_port
from tests.localstack.host import HostBackend, HostLocalStack
from tools import webserver
from tools.programs import ToolMissingError
from tools.up import up

RETRAIN_SECONDS = 180


@dataclass
class System:
    """A running Runquote: its local cloud and the outputs of `make up`."""

    cloud: LocalCloud
    outputs: dict[str, Any]

    def client(self, service: str) -> Any:  # noqa: ANN401 - boto3 types clients by literal names
        """A boto3 client of the local cloud."""
        return self.cloud.client(service)

    def request(self, method: str, path: str, body: object = None, **options: Any) -> httpx.Response:  # noqa: ANN401 - httpx's options
        """Call the API with its key; `body` is sent as JSON unless `content` is given."""
        headers = {"x-api-key": self.outputs["api_key"], "content-type": "application/json"} | options.pop(
            "headers", {}
        )
        content = options.pop("content", None if body is None else json.dumps(body))
        headers = {name: value for name, value in headers.items() if value is not None}
        url = f"{self.outputs['api_url']}/{path}"
        return httpx.request(method, url, headers=headers, content=content, timeout=40, trust_env=False, **options)

    def api(self) -> Client:
        """The API's Python client."""
        return Client(self.outputs["api_url"], self.outputs["api_key"])

    def retrain(self, workflow_name: str, **more: object) -> dict[str, Any]:
        """Run the state machine for one workflow to its end; the description of the execution."""
        return self.wait(self.start_retraining(workflow_name, **more))

    def start_retraining(self, workflow_name: str, **more: object) -> str:
        """Start the state machine; the execution's ARN."""
        states = self.client("stepfunctions")
        started = states.start_execution(
            stateMachineArn=self.outputs["retrain_state_machine_arn"],
            name=f"test-{uuid4().hex[:12]}",
            input=json.dumps({"workflow_name": workflow_name, **more}),
        )
        return str(started["executionArn"])

    def wait(self, execution_arn: str) -> dict[str, Any]:
        """Wait for the end of an execution."""
        states = self.client("stepfunctions")
        deadline = time.monotonic() + RETRAIN_SECONDS
        while (description := states.describe_execution(executionArn=execution_arn))["status"] == "RUNNING":
            assert time.monotonic() < deadline, f"{execution_arn} did not end"
            time.sleep(0.2)
        return dict(description)


@contextmanager
def running_system(state_directory: Path) -> Iterator[System]:
    """Bring everything up on free ports, and stop it at the end. With RUNQUOTE_BACKEND=localstack, on LocalStack."""
    settings = CloudSettings(state_directory.resolve(), free_port(), runner_from())
    os.environ["RUNQUOTE_WEB_PORT"] = str(free_port())
    cloud, backend = LocalCloud(settings), None
    if os.environ.get("RUNQUOTE_BACKEND") == "localstack":
        cloud = HostLocalStack(settings)
        backend = HostBackend(cloud)
    try:
        yield System(cloud, up(settings, backend))
    except ToolMissingError as error:
        if backend is None:
            raise
        pytest.skip(f"LocalStack cannot be installed here: {error}")
    finally:
        webserver.stop(webserver.WebSettings.from_environment(settings.state_directory))
        cloud.stop()
        del os.environ["RUNQUOTE_WEB_PORT"]
