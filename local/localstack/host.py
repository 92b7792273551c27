"""LocalStack from PyPI on this machine, for places where its image cannot be had.

It needs no token and no Docker. Its DynamoDB and its Lambdas cannot run this way (the first downloads a Java program,
the second wants Docker), so another cloud answers for them (docs/backends.md).
"""

import contextlib
import json
import os
import signal
import subprocess
import time
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path

from local.settings import HOST, REGION
from local.tools import environment

PLUGIN = Path(__file__).parent / "plugin"
START_SECONDS = 120


class LocalStackError(Exception):
    """LocalStack cannot be started; the message is one line for a person."""


@contextlib.contextmanager
def running(port: int, directory: Path, sagemaker_url: str, forward: Mapping[str, str]) -> Iterator[str]:
    """LocalStack on this port, with `forward` saying who answers for services that it cannot have; its URL.

    Its state and its log are in the directory. LocalStackError when it does not answer in time, ToolMissingError when
    it cannot be had.
    """
    python = environment("localstack") / "python"
    directory.mkdir(parents=True, exist_ok=True)
    url, log = f"http://{HOST}:{port}", directory / "localstack.log"
    with log.open("ab") as output:
        server = subprocess.Popen(
            [python, "-m", "localstack.runtime.main"],
            cwd=directory,
            env=_environment(port, directory, sagemaker_url, forward),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        deadline = time.monotonic() + START_SECONDS
        while not _answers(url):
            if server.poll() is not None or time.monotonic() > deadline:
                raise LocalStackError(f"LocalStack did not start: see {log}")
            time.sleep(0.2)
        yield url
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGTERM)
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(server.pid, signal.SIGKILL)
            server.wait()


def _environment(port: int, directory: Path, sagemaker_url: str, forward: Mapping[str, str]) -> dict[str, str]:
    """All settings; nothing else of this machine reaches it."""
    inherited = {name: os.environ[name] for name in ("PATH", "LANG", "DOCKER_HOST") if name in os.environ}
    return inherited | {
        "HOME": str(directory),
        "TMPDIR": str(directory),
        "PYTHONPATH": str(PLUGIN),
        "GATEWAY_LISTEN": f"{HOST}:{port}",
        "LOCALSTACK_HOST": f"{HOST}:{port}",
        "AWS_DEFAULT_REGION": REGION,
        "DISABLE_EVENTS": "1",
        "SKIP_SSL_CERT_DOWNLOAD": "1",
        "RUNQUOTE_SAGEMAKER_URL": sagemaker_url,
        "RUNQUOTE_FORWARD": json.dumps(dict(forward)),
        **{f"PROVIDER_OVERRIDE_{service.upper()}": "forwarded" for service in forward},
    }


def _answers(url: str) -> bool:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with contextlib.suppress(OSError), opener.open(f"{url}/_localstack/health", timeout=5) as answer:
        return bool(answer.status == 200)
    return False
