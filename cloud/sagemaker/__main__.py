"""`python -m cloud.sagemaker --train COMMAND --serve COMMAND`: a SageMaker on a port of this machine (README.md here).

AWS_ENDPOINT_URL names the S3 that it uses. It takes only what is signed with the credentials in its environment, by
which it also talks to that S3.
"""

import argparse
import os
import shlex
import signal
import sys
from pathlib import Path

from cloud.gate import Rules
from cloud.hosts import loopback_hosts
from cloud.private import UMASK
from cloud.processes import end_processes_of, sole_owner, start_watcher
from cloud.sagemaker.context import Context, Limits
from cloud.sagemaker.core import SageMaker
from cloud.sagemaker.docker_runner import DockerRunner
from cloud.sagemaker.http_front import make_server
from cloud.sagemaker.logs import CloudWatchLogs
from cloud.sagemaker.runner import ProcessRunner, Runner
from cloud.sagemaker.store import Store
from cloud.settings import HOST, STATE_MARKER, Credentials


def options(arguments: list[str] | None = None) -> argparse.Namespace:
    """What the command line asks for. Exits with one line where it asks for neither an image nor both programs."""
    parser = argparse.ArgumentParser(prog="python -m cloud.sagemaker", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--host", default=HOST)
    parser.add_argument("--port", type=int, default=9601)
    parser.add_argument("--state", type=Path, default=Path(".sagemaker"), help="the folder that keeps everything")
    parser.add_argument("--image", help="an image of a Docker engine here, whose `train` and `serve` are run")
    parser.add_argument("--train", type=shlex.split, default=[], help="the command that trains, without an image")
    parser.add_argument("--serve", type=shlex.split, default=[], help="the command that serves, without an image")
    parser.add_argument("--training-slots", type=int, default=Limits.training_slots, help="jobs that run at once")
    asked = parser.parse_args(arguments)
    if bool(asked.image) == bool(asked.train and asked.serve):
        parser.error("give either --image, or both --train and --serve")
    return asked


def main() -> None:
    """Serve until SIGTERM or SIGINT."""
    asked = options()
    if not os.environ.get("AWS_ENDPOINT_URL"):
        sys.exit("Set AWS_ENDPOINT_URL to the cloud whose S3 it is to use: it never talks to AWS.")
    credentials = Credentials(*(os.environ.get(name, "") for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")))
    if not all(credentials):
        sys.exit("Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY to what requests are to be signed with.")
    rules = Rules(credentials, own_hosts=loopback_hosts([asked.port]))
    os.umask(UMASK)
    state: Path = asked.state.resolve()
    state.mkdir(parents=True, exist_ok=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    with sole_owner(state) as lock:
        end_processes_of(state)
        os.environ[STATE_MARKER] = str(state)
        start_watcher(state, lock)
        sagemaker = SageMaker(
            Context(
                state,
                _runner(asked, state),
                Store(state / "state.db"),
                limits=Limits(training_slots=asked.training_slots),
                publish_log=CloudWatchLogs().publish,
            )
        )
        sagemaker.adopt()
        with make_server(sagemaker, asked.host, asked.port, rules) as server:
            sagemaker.resume()
            try:
                server.serve_forever()
            except (KeyboardInterrupt, SystemExit):
                sagemaker.close()


def _runner(asked: argparse.Namespace, state: Path) -> Runner:
    """Containers, or processes that start in the folder in which this one was started."""
    if asked.image:
        return DockerRunner(asked.image, state)
    return ProcessRunner(Path.cwd(), train=asked.train, serve=asked.serve, marker={STATE_MARKER: str(state)})


if __name__ == "__main__":
    main()
