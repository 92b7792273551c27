"""Builds the model's image and pushes it to the deployment's ECR repository: `make push TAG=0.1.0`."""

import argparse
import base64
import os
import subprocess
import sys
from collections.abc import Sequence

from cloud.engine import EngineError
from cloud.settings import REPOSITORY
from tools.image import build, require_engine, show

SAGEMAKER_PLATFORM = "linux/amd64"
"""Of the instances that terraform/variables.tf names by default, and of serverless inference."""


def push(tag: str, platform: str) -> str:
    """Build the image and push it to the deployment's ECR repository; return its address there. EngineError."""
    require_engine()
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
    show("push", address)
    return address


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


def main(arguments: Sequence[str] | None = None) -> None:
    """The command line. Errors are one line on standard error and exit status 1."""
    parser = argparse.ArgumentParser(prog="python -m tools.aws.push", description=__doc__)
    parser.add_argument("--tag", required=True, help="tags in the repository are immutable: take a new one")
    parser.add_argument("--platform", default=SAGEMAKER_PLATFORM)
    options = parser.parse_args(arguments)
    try:
        print(push(options.tag, options.platform))
    except (EngineError, subprocess.CalledProcessError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
