"""LocalStack from PyPI on this machine, for places where its image cannot be had: no token, no Docker.

It is joined to our SageMaker as in docker-compose.localstack.yml. What it would download has stand-ins: its functions
run as processes, and another local cloud's DynamoDB answers for its own (cloud/localstack/stand_ins, docs/backends.md).
"""

import json
import os
import shlex
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from cloud.private import drawn_once
from cloud.settings import HOST, REGION, REPOSITORY, CloudSettings, cloud_environment, credentials_text
from tests.clouds import LocalCloud, free_port, running_cloud
from tools.backends import Step
from tools.image import FOR_THE_CLOUD
from tools.packages import environment

PLUGINS = tuple(REPOSITORY / "cloud" / "localstack" / name for name in ("plugin", "stand_ins"))
START_SECONDS = 180


class HostLocalStack(LocalCloud):
    """LocalStack as a local cloud. It keeps nothing."""

    def __init__(
        self,
        settings: CloudSettings,
        variables: Mapping[str, str] | None = None,
        plugins: Sequence[Path] = PLUGINS,
    ) -> None:
        super().__init__(settings, variables or {})
        self._plugins = plugins
        self.directory = settings.state_directory / "localstack-host"
        self._running = ExitStack()

    def start(self) -> None:
        """Start it, our SageMaker with the variables beside it, and a cloud for its DynamoDB.

        ToolMissingError when LocalStack cannot be installed.
        """
        python = environment("localstack") / "python"
        self.directory.mkdir(parents=True)
        sagemaker = f"http://{HOST}:{free_port()}"
        same = credentials_text(self.settings.credentials.secret_access_key)
        drawn_once(self.directory / "dynamodb" / "credentials", same)
        dynamodb = self._running.enter_context(running_cloud(self.directory / "dynamodb")).settings.endpoint_url
        self._running.enter_context(
            _process(
                [str(python), "-m", "localstack.runtime.main"],
                self._environment(sagemaker, dynamodb),
                self.directory / "localstack.log",
                f"{self.settings.endpoint_url}/_localstack/health",
            )
        )
        self._running.enter_context(
            _process(
                [
                    *(sys.executable, "-m", "cloud.sagemaker"),
                    *(f"--port={sagemaker.rpartition(':')[2]}", f"--state={self.sagemaker_directory}"),
                    *(f"--{program}={shlex.join(command)}" for program, command in self._programs().items()),
                ],
                {**cloud_environment(self.settings), **self.variables},
                self.directory / "sagemaker.log",
                f"{sagemaker}/ping",
            )
        )

    def _programs(self) -> dict[str, list[str]]:
        """What trains and what serves: the model's, unless the variables name others."""
        variables = {**FOR_THE_CLOUD, **self.variables}
        return {name: json.loads(variables[f"CLOUD_{name.upper()}_COMMAND"]) for name in ("train", "serve")}

    def stop(self) -> None:
        """Stop it, whereupon all is gone."""
        self._running.close()

    def _environment(self, sagemaker: str, dynamodb: str) -> dict[str, str]:
        """All settings; nothing else of this machine reaches LocalStack."""
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.directory),
            "TMPDIR": str(self.directory),
            "PYTHONPATH": os.pathsep.join(map(str, self._plugins)),
            "GATEWAY_LISTEN": f"{HOST}:{self.settings.port}",
            "LOCALSTACK_HOST": f"{HOST}:{self.settings.port}",
            "AWS_DEFAULT_REGION": REGION,
            "DISABLE_EVENTS": "1",
            "DISABLE_CORS_HEADERS": "1",
            "SKIP_SSL_CERT_DOWNLOAD": "1",
            "RUNQUOTE_CLOUD_SECRET": self.settings.credentials.secret_access_key,
            "RUNQUOTE_WEB_PORT": os.environ.get("RUNQUOTE_WEB_PORT", ""),
            "RUNQUOTE_SAGEMAKER_URL": sagemaker,
            "RUNQUOTE_DYNAMODB_URL": dynamodb,
            "PROVIDER_OVERRIDE_DYNAMODB": "forwarded",
            "LAMBDA_RUNTIME_EXECUTOR": "process",
            "LAMBDA_RUNTIME_ENVIRONMENT_TIMEOUT": "120",
        }


class HostBackend:
    """It as a Backend of `up`, without a web app. See Backend for what each method does."""

    keeps_data = False

    def __init__(self, localstack: HostLocalStack) -> None:
        self._localstack = localstack
        self.directory = localstack.directory
        self.log = str(localstack.directory / "localstack.log")

    def start(self, step: Step) -> None:
        with step("LocalStack"):
            self._localstack.start()

    def serve_web(self, config: Mapping[str, object]) -> None:
        pass

    def stop(self) -> bool:
        self._localstack.stop()
        return True

    def forget(self) -> None:
        pass


@contextmanager
def running_localstack(
    directory: Path, variables: Mapping[str, str] | None = None, plugins: Sequence[Path] = PLUGINS
) -> Iterator[HostLocalStack]:
    """LocalStack on a free port, with these variables for our SageMaker; stopped at the end."""
    localstack = HostLocalStack(CloudSettings(directory.resolve(), free_port()), variables, plugins)
    try:
        localstack.start()
        yield localstack
    finally:
        localstack.stop()


@contextmanager
def _process(command: list[str], variables: Mapping[str, str], log: Path, health_url: str) -> Iterator[None]:
    """Run a program from when it answers until the end, when all that it started is killed."""
    with log.open("ab") as output:
        program = subprocess.Popen(
            command,
            cwd=REPOSITORY,
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        deadline = time.monotonic() + START_SECONDS
        while not _answers(health_url):
            assert program.poll() is None, log.read_text()
            assert time.monotonic() < deadline, f"{health_url} does not answer: {log.read_text()}"
            time.sleep(0.1)
        yield
    finally:
        os.killpg(program.pid, signal.SIGKILL)
        program.wait()


def _answers(url: str) -> bool:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with suppress(OSError), opener.open(url, timeout=5) as answer:
        return bool(answer.status == 200)
    return False
