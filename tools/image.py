"""Builds the model's image: `make image`.

The build needs PyPI. It uses the network of the machine where containers of the engine have no way out of it;
RUNQUOTE_BUILD_NETWORK (host, default) decides instead.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from contextlib import nullcontext
from pathlib import Path

from cloud.engine import EngineError, docker, engine_problem
from cloud.settings import REPOSITORY

IMAGE = os.environ.get("RUNQUOTE_IMAGE") or "runquote-model"
"""The image's name on this machine."""
FOR_THE_CLOUD: Mapping[str, str] = {
    "CLOUD_IMAGE": IMAGE,
    **{
        f"CLOUD_{program.upper()}_COMMAND": json.dumps([sys.executable, "-m", f"model.{program}"])
        for program in ("train", "serve")
    },
}
"""Variables by which a local cloud runs the model: in containers of its image, or its programs as processes."""


def build(tag: str = IMAGE, platform: str | None = None, *, cache: bool = True, log: Path | None = None) -> str:
    """Build the image, for this machine's platform unless one is given; return its id. A log hides the output.

    It has no attestations: they make an index of an image, which SageMaker does not take. Raises EngineError.
    """
    require_engine()
    options = [
        f"--network={build_network()}",
        *([f"--platform={platform}"] if platform else []),
        *([] if cache else ["--no-cache"]),
    ]
    show(
        "buildx",
        "build",
        "--load",
        "--provenance=false",
        *options,
        "--file=model/Dockerfile",
        f"--tag={tag}",
        ".",
        log=log,
    )
    return docker("image", "inspect", "--format", "{{.Id}}", tag)


def build_network() -> str:
    """The network to build on: RUNQUOTE_BUILD_NETWORK, or the machine's where the engine gives containers no way out.

    An engine started with --ip-masq=false says so in the options of its bridge
    (https://docs.docker.com/engine/network/drivers/bridge/).
    """
    if chosen := os.environ.get("RUNQUOTE_BUILD_NETWORK"):
        return chosen
    masquerades = '{{index .Options "com.docker.network.bridge.enable_ip_masquerade"}}'
    try:
        return "host" if docker("network", "inspect", "bridge", "--format", masquerades) == "false" else "default"
    except EngineError:
        return "default"  # an engine with other networks


def require_engine() -> None:
    """Raise EngineError where no container can be run."""
    problem = engine_problem()
    if problem:
        raise EngineError(problem)


def show(*arguments: str, log: Path | None = None) -> None:
    """Run a docker command whose output a person watches, or finds in the log."""
    with log.open("w") if log else nullcontext() as output:
        command = ["docker", *arguments]
        ended = subprocess.run(command, cwd=REPOSITORY, check=False, stdout=output, stderr=output)
    if ended.returncode:
        raise EngineError(f"docker {arguments[0]} failed{f': see {log}' if log else ''}")


if __name__ == "__main__":
    try:
        print(f"{IMAGE} {build()}")
    except EngineError as error:
        sys.exit(str(error))
