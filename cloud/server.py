"""The process of the local cloud: ministack with our SageMaker in it, on one port."""

import asyncio
import json
import os
import shutil
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from cloud import whole_answers
from cloud.gate import Gate, Message, Receive, Rules, Send
from cloud.hosts import loopback_hosts
from cloud.ministack_adapter.journal_files import JOURNAL, BrokenStateError, check_snapshots, mend
from cloud.private import UMASK
from cloud.processes import end_processes_of, sole_owner, start_watcher
from cloud.relay import is_relayed
from cloud.sagemaker.context import Context, Limits
from cloud.sagemaker.core import SageMaker
from cloud.sagemaker.docker_runner import DockerRunner
from cloud.sagemaker.logs import CloudWatchLogs
from cloud.sagemaker.resources import Account
from cloud.sagemaker.runner import ProcessRunner, Runner
from cloud.sagemaker.store import Store
from cloud.settings import (
    ACCOUNT_ID,
    IDENTITY_PATH,
    REGION,
    REPOSITORY,
    STATE_MARKER,
    CloudSettings,
    cloud_environment,
)

if TYPE_CHECKING:
    from cloud.ministack_adapter.adapter import Ministack


def run(settings: CloudSettings) -> None:
    """Serve until SIGTERM or SIGINT. Exits with one line on standard error when the directory is in use or cannot be
    read."""
    os.umask(UMASK)
    settings.state_directory.mkdir(parents=True, exist_ok=True)
    with sole_owner(settings.state_directory) as lock:
        end_processes_of(settings.state_directory)  # What a killed server and its watcher may have left.
        shutil.rmtree(_temporary(settings), ignore_errors=True)
        _temporary(settings).mkdir()
        environment = _server_environment(settings, cloud_environment(settings))
        os.environ.clear()
        os.environ.update(environment)
        start_watcher(settings.state_directory, lock)
        try:
            _serve(settings)
        finally:
            shutil.rmtree(_temporary(settings), ignore_errors=True)


def _temporary(settings: CloudSettings) -> Path:
    """Where Lambda workers unpack their zips (15 MB each), which nobody else tidies up."""
    return settings.state_directory / "tmp"


def _server_environment(settings: CloudSettings, clients: dict[str, str]) -> dict[str, str]:
    """What ministack reads from its environment, on top of what its Lambdas inherit."""
    state = settings.state_directory
    defaults = {"LOG_LEVEL": "INFO", "LAMBDA_WARM_TTL_SECONDS": "1800"}
    return (
        defaults
        | clients
        | {
            STATE_MARKER: str(state),
            "GATEWAY_PORT": str(settings.port),
            "BIND_HOST": settings.bind_host,
            "MINISTACK_ACCOUNT_ID": ACCOUNT_ID,
            "MINISTACK_REGION": REGION,
            "PERSIST_STATE": "1",
            "STATE_DIR": str(state / "ministack"),
            "S3_PERSIST": "1",
            "S3_DATA_DIR": str(state / "s3"),
            "LAMBDA_EXECUTOR": "local",
            "SFTP_ENABLED": "0",
            "TMPDIR": str(_temporary(settings)),
            "IOT_MTLS_ENABLED": "0",
        }
    )


def _serve(settings: CloudSettings) -> None:
    # ministack reads its settings when it is imported, so not before the environment is right.
    from hypercorn.asyncio import serve
    from hypercorn.config import Config

    from cloud.ministack_adapter import adapter

    state = settings.state_directory / "ministack"
    try:
        check_snapshots(state)
        mend(state / JOURNAL)
    except BrokenStateError as error:
        sys.exit(str(error))
    sagemaker = _sagemaker(settings.state_directory / "sagemaker", settings)
    ministack = adapter.install(sagemaker, state)
    whole_answers.install()
    config = Config()
    config.bind = [f"{settings.bind_host}:{settings.port}"]
    config.keep_alive_timeout = 75
    config.graceful_timeout = 1
    config.loglevel = "WARNING"
    asyncio.run(serve(Cloud(ministack, sagemaker, settings), config))  # type: ignore[arg-type]  # an ASGI callable


def _rules(settings: CloudSettings) -> Rules:
    from cloud.ministack_adapter.cognito import page_origins

    return Rules(
        credentials=settings.credentials,
        own_hosts=loopback_hosts([settings.port]),
        sign_in_origins=page_origins,
        other_hosts=lambda host: is_relayed(settings.state_directory, host),
    )


def _sagemaker(directory: Path, settings: CloudSettings) -> SageMaker:
    """Our SageMaker as the environment configures it; CLOUD_TRAINING_SLOTS is how many jobs run at once."""
    limits = Limits(training_slots=int(os.environ.get("CLOUD_TRAINING_SLOTS") or Limits.training_slots))
    return SageMaker(
        Context(
            directory,
            _runner(settings),
            Store(directory / "state.db"),
            account=Account(ACCOUNT_ID, REGION),
            limits=limits,
            publish_log=CloudWatchLogs().publish,
        )
    )


def _runner(settings: CloudSettings) -> Runner:
    """Containers of CLOUD_IMAGE, or processes of CLOUD_TRAIN_COMMAND and CLOUD_SERVE_COMMAND (JSON lists)."""
    if settings.runner == "docker":
        return DockerRunner(os.environ.get("CLOUD_IMAGE", ""), settings.state_directory)
    commands = {
        name: json.loads(os.environ[variable])
        for name, variable in (("train", "CLOUD_TRAIN_COMMAND"), ("serve", "CLOUD_SERVE_COMMAND"))
        if os.environ.get(variable)
    }
    return ProcessRunner(REPOSITORY, marker={STATE_MARKER: str(settings.state_directory)}, **commands)


class Cloud:
    """The ASGI application: a gate, and behind it ministack's and the identity of this cloud."""

    def __init__(self, ministack: "Ministack", sagemaker: SageMaker, settings: CloudSettings) -> None:
        self._ministack = ministack
        self._sagemaker = sagemaker
        self._gate = Gate(self._answer, _rules(settings))
        self._identity = {
            "state_directory": str(settings.state_directory),
            "pid": os.getpid(),
            "runner": settings.runner,
            "gate": True,
        }

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request, or live through start and stop."""
        if scope["type"] == "lifespan":
            await self._ministack.application(scope, self._pausing(receive), self._through_start_and_stop(send))
        else:
            # The gate must read the path that ministack will.
            await self._gate(_with_path_as_sent(scope), receive, send)

    async def _answer(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["path"] == IDENTITY_PATH:
            await self._identify(send)
        else:
            await self._ministack.application(scope, receive, send)

    def _pausing(self, receive: Receive) -> Receive:
        async def received() -> Message:
            message = await receive()
            if message["type"] == "lifespan.shutdown":
                self._ministack.pause()
            return message

        return received

    def _through_start_and_stop(self, send: Send) -> Send:
        async def forward(message: Message) -> None:
            if message["type"] == "lifespan.startup.complete":
                self._sagemaker.adopt()
            if message["type"] == "lifespan.shutdown.complete":
                await asyncio.to_thread(self._sagemaker.close)
            await send(message)
            if message["type"] == "lifespan.startup.complete":
                # The port is bound by now but not served: what needs S3 waits for it in its own thread.
                threading.Thread(target=self._resume, daemon=True).start()

        return forward

    def _resume(self) -> None:
        self._sagemaker.resume()
        self._ministack.resume()

    async def _identify(self, send: Send) -> None:
        body = json.dumps(self._identity).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})


def _with_path_as_sent(scope: Message) -> Message:
    """Leave the path of a request to a REST API as it was sent, percent-encoded.

    AWS matches and passes it on undecoded (https://github.com/aws/aws-sam-cli/issues/771); servers decode it before
    ministack looks for the resource, and then nobody can tell lab%252Fwgs from lab%2Fwgs.
    """
    raw = scope.get("raw_path") or b""
    if scope["type"] != "http" or not raw.startswith(b"/restapis/") or b"/_user_request_" not in raw:
        return scope
    return {**scope, "path": raw.decode("ascii", "replace")}
