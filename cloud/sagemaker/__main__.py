"""`python -m cloud.sagemaker --port 9601`: the local SageMaker beside another cloud, which AWS_ENDPOINT_URL names.

It takes only what is signed with the credentials in its environment, by which it also talks to that cloud.
"""

import argparse
import os
import signal
import sys
from pathlib import Path

from cloud.gate import Rules
from cloud.hosts import loopback_hosts
from cloud.private import UMASK
from cloud.processes import end_processes_of, sole_owner, start_watcher
from cloud.sagemaker.http_front import make_server
from cloud.server import make_sagemaker
from cloud.settings import HOST, STATE_MARKER, CloudSettings, Credentials, runner_from


def main() -> None:
    """Serve until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(prog="python -m cloud.sagemaker", description=__doc__)
    parser.add_argument("--host", default=HOST)
    parser.add_argument("--port", type=int, default=9601)
    parser.add_argument("--state", type=Path, default=CloudSettings.state_directory / "sagemaker-alone")
    options = parser.parse_args()
    if not os.environ.get("AWS_ENDPOINT_URL"):
        sys.exit("Set AWS_ENDPOINT_URL to the cloud whose S3 it is to use: it never talks to AWS.")
    credentials = Credentials(*(os.environ.get(name, "") for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")))
    if not all(credentials):
        sys.exit("Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY to what requests are to be signed with.")
    rules = Rules(credentials, own_hosts=loopback_hosts([options.port]))
    os.umask(UMASK)
    state: Path = options.state.resolve()
    state.mkdir(parents=True, exist_ok=True)
    settings = CloudSettings(state, options.port, runner_from())
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    with sole_owner(state) as lock:
        end_processes_of(state)
        os.environ[STATE_MARKER] = str(state)
        start_watcher(state, lock)
        sagemaker = make_sagemaker(state, settings)
        sagemaker.adopt()
        with make_server(sagemaker, options.host, options.port, rules) as server:
            sagemaker.resume()
            try:
                server.serve_forever()
            except (KeyboardInterrupt, SystemExit):
                sagemaker.close()


if __name__ == "__main__":
    main()
