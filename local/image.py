"""Builds the model's image, and pushes it to ECR: `make image`, `make push TAG=0.1.0`.

The build needs PyPI. It uses the network of the machine where containers of the engine have no way out of it;
RUNQUOTE_BUILD_NETWORK (host, default) decides instead.
"""

import argparse
import base64
import os
import subprocess
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path

from local.engine import EngineError, docker, engine_problem
from local.settings import REPOSITORY

IMAGE = os.environ.get("RUNQUOTE_IMAGE") or "runquote-model"
"""The image's name on this machine."""
SAGEMAKER_PLATFORM = "linux/amd64"
"""Of the instances that terraform/variables.tf names by default, and of serverless inference."""


def build(tag: str = IMAGE, platform: str | None = None, *, cache: bool = True, log: Path | None = None) -> str:
    """Build the image, for this machine's platform unless one is given; return its id. A log hides the output.

    It has no attestations: they make an index of an image, which SageMaker does not take. Raises EngineError.
    """
    _require_engine()
    options = [
        f"--network={build_network()}",
        *([f"--platform={platform}"] if platform else []),
        *([] if cache else ["--no-cache"]),
    ]
    _show(
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


def push(tag: str, platform: str) -> str:
    """Build the image and push it to the deployment's ECR repository; return its address there. EngineError."""
    _require_engine()
    repository = _repository()
    address = f"{repository}:{tag}"
    registry = repository.partition("/")[0]
    password = _password(registry)
    build(address, platform)
    subprocess.run(
        ["docker", "login", "--username=AWS", "--password-stdin", registry],  # noqa: S607 - wherever the person has it
        input=password,
        text=True,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    _show("push", address)
    return address


def _require_engine() -> None:
    problem = engine_problem()
    if problem:
        raise EngineError(problem)


def _repository() -> str:
    """RUNQUOTE_REPOSITORY, or what the applied Terraform says."""
    if given := os.environ.get("RUNQUOTE_REPOSITORY"):
        return given
    command = ["terraform", "-chdir=terraform", "output", "-raw", "model_repository_url"]
    try:
        answer = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    except OSError as error:
        raise EngineError(
            f"Terraform cannot be run ({error}): set RUNQUOTE_REPOSITORY to the ECR repository"
        ) from error
    if answer.returncode or ".dkr.ecr." not in answer.stdout:
        raise EngineError(
            "Terraform knows no ECR repository: apply terraform/ to AWS first (docs/operating.md), or set"
            " RUNQUOTE_REPOSITORY to 123456789012.dkr.ecr.REGION.amazonaws.com/NAME"
        )
    return answer.stdout.strip()


def _password(registry: str) -> str:
    """A password for `docker login`, good for 12 hours (botocore: ecr GetAuthorizationToken)."""
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    parts = registry.split(".")
    if len(parts) < 6 or parts[1:3] != ["dkr", "ecr"]:
        raise EngineError(f"{registry} is not an ECR registry (123456789012.dkr.ecr.REGION.amazonaws.com)")
    try:
        answer = boto3.client("ecr", region_name=parts[3]).get_authorization_token()
    except (BotoCoreError, ClientError) as error:
        raise EngineError(f"AWS gives no password for {registry}: {error}") from error
    token = answer["authorizationData"][0]["authorizationToken"]
    return base64.b64decode(token).decode().partition(":")[2]


def _show(*arguments: str, log: Path | None = None) -> None:
    """Run a docker command whose output a person watches, or finds in the log."""
    with log.open("w") if log else nullcontext() as output:
        command = ["docker", *arguments]
        ended = subprocess.run(command, cwd=REPOSITORY, check=False, stdout=output, stderr=output)
    if ended.returncode:
        raise EngineError(f"docker {arguments[0]} failed{f': see {log}' if log else ''}")


def main(arguments: Sequence[str] | None = None) -> None:
    """The command line. Errors are one line on standard error and exit status 1."""
    parser = argparse.ArgumentParser(prog="python -m local.image", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("build", help=f"build {IMAGE} for this machine")
    pushing = commands.add_parser("push", help="build and push to ECR")
    pushing.add_argument("--tag", required=True, help="tags in the repository are immutable: take a new one")
    pushing.add_argument("--platform", default=SAGEMAKER_PLATFORM)
    options = parser.parse_args(arguments)
    try:
        if options.command == "build":
            print(f"{IMAGE} {build()}")
        else:
            print(push(options.tag, options.platform))
    except (EngineError, subprocess.CalledProcessError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
