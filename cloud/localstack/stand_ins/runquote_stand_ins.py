"""A plug-in of LocalStack that stands for what LocalStack downloads, where it cannot (docs/backends.md).

PROVIDER_OVERRIDE_DYNAMODB=forwarded lets RUNQUOTE_DYNAMODB_URL answer for DynamoDB, which would be a Java program.
LAMBDA_RUNTIME_EXECUTOR=process runs functions as processes, where there is no Docker. RUNQUOTE_NO_PULL is an image that
the engine has, and that LocalStack is not to pull.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from localstack import config
from localstack.runtime import hooks
from localstack.services.lambda_.invocation import docker_runtime_executor
from localstack.services.lambda_.invocation.executor_endpoint import ExecutorEndpoint
from localstack.services.lambda_.invocation.lambda_models import FunctionVersion, InvocationResult
from localstack.services.lambda_.invocation.plugins import RuntimeExecutorPlugin
from localstack.services.lambda_.invocation.runtime_executor import RuntimeExecutor
from localstack.services.plugins import Service, aws_provider
from localstack.utils.container_utils.container_client import DockerPlatform
from localstack.utils.net import get_free_tcp_port
from runquote_localstack import forwarded


@aws_provider(api="dynamodb", name="forwarded")
def dynamodb() -> Service:
    """DynamoDB, with PROVIDER_OVERRIDE_DYNAMODB=forwarded."""
    return forwarded("dynamodb", os.environ["RUNQUOTE_DYNAMODB_URL"])


@hooks.on_infra_start()
def do_not_pull() -> None:
    """Let LocalStack take an image for pulled."""
    if image := os.environ.get("RUNQUOTE_NO_PULL"):
        docker_runtime_executor.PULLED_IMAGES.add((image, DockerPlatform.linux_amd64))


class ProcessExecutor(RuntimeExecutor):
    """Runs a function's environment as a process of this machine: AWS's runtime client over its unpacked zip."""

    def __init__(self, id: str, function_version: FunctionVersion) -> None:
        super().__init__(id, function_version)
        self._endpoint = ExecutorEndpoint(id, "127.0.0.1", get_free_tcp_port())
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, env_vars: dict[str, Any]) -> None:
        """See RuntimeExecutor. Returns once the function is loaded."""
        code = self.function_version.config.code.get_unzipped_code_location()
        environment = {name: str(value) for name, value in env_vars.items()} | {
            "PATH": os.environ.get("PATH", ""),
            "TMPDIR": tempfile.gettempdir(),
            "LAMBDA_TASK_ROOT": str(code),
            "RUNQUOTE_INVOCATION_HOST": "127.0.0.1",
            "RUNQUOTE_INVOCATION_PORT": str(self._endpoint.container_port),
        }
        init = Path(__file__).with_name("lambda_init.py")
        command = [sys.executable, str(init), sys.executable, "-m", "awslambdaric", environment["_HANDLER"]]
        self._endpoint.start()
        self._process = subprocess.Popen(command, cwd=code, env=environment)
        self._endpoint.wait_for_startup()

    def stop(self) -> None:
        """See RuntimeExecutor."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait()
        self._endpoint.shutdown()

    def get_address(self) -> str:
        """See RuntimeExecutor."""
        return "127.0.0.1"

    def get_endpoint_from_executor(self) -> str:
        """See RuntimeExecutor. An address, so that SDKs put a bucket's name into the path."""
        return "127.0.0.1"

    def get_runtime_endpoint(self) -> str:
        """See RuntimeExecutor."""
        return f"http://127.0.0.1:{config.GATEWAY_LISTEN[0].port}{self._endpoint.get_endpoint_prefix()}"

    def invoke(self, payload: dict[str, str]) -> InvocationResult:
        """See RuntimeExecutor."""
        return self._endpoint.invoke(payload)

    def get_logs(self) -> str:
        """See RuntimeExecutor. What an invocation prints comes with its answer."""
        return ""

    @classmethod
    def prepare_version(cls, function_version: FunctionVersion) -> None:
        """See RuntimeExecutor."""
        function_version.config.code.prepare_for_execution()

    @classmethod
    def cleanup_version(cls, function_version: FunctionVersion) -> None:
        """See RuntimeExecutor. The code is LocalStack's to remove."""


class ProcessExecutorPlugin(RuntimeExecutorPlugin):
    """Makes LAMBDA_RUNTIME_EXECUTOR=process known."""

    name = "process"

    def load(self, *_arguments: object, **_options: object) -> type[RuntimeExecutor]:
        """See Plugin."""
        return ProcessExecutor
