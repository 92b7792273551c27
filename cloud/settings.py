"""Where the local cloud lives, and the environment in which everything talks to it and to nothing else."""

import configparser
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple, get_args

from cloud.private import drawn_once, new_secret

REPOSITORY = Path(__file__).resolve().parent.parent
ACCOUNT_ID = "000000000000"
REGION = "us-east-1"
HOST = "127.0.0.1"
DEFAULT_PORT = 4566
DEFAULT_WEB_PORT = 8080

Runner = Literal["process", "docker"]
"""How the local SageMaker runs `train` and `serve`: as processes of this machine, or in the model's image."""

STATE_MARKER = "LOCAL_CLOUD_STATE"
"""Every process of a local cloud has its state directory in this variable: that is how leftovers are found."""


IDENTITY_PATH = "/_runquote/cloud"
"""On a local cloud's port, GET answers whose cloud it is: {"state_directory": its path, "pid": its server's,
"runner": which, "gate": whether it lets in only who may call}."""


class Credentials(NamedTuple):
    """What requests to the local cloud are signed with."""

    access_key_id: str
    secret_access_key: str


class SettingsError(Exception):
    """A setting that cannot be used. The message is one line for a person."""


@dataclass(frozen=True)
class CloudSettings:
    """One local cloud. Two with different ports and directories run side by side."""

    state_directory: Path = REPOSITORY / "build" / "local"
    port: int = DEFAULT_PORT
    runner: Runner = "process"
    bind_host: str = HOST
    """Where the port is bound. Another address only makes sense inside a container."""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "CloudSettings":
        """RUNQUOTE_STATE_DIR, RUNQUOTE_CLOUD_PORT, RUNQUOTE_RUNNER and RUNQUOTE_BIND_HOST, or their defaults.

        SettingsError for a port or a runner that is none.
        """
        port = port_from(environment, "RUNQUOTE_CLOUD_PORT", DEFAULT_PORT)
        directory = Path(environment.get("RUNQUOTE_STATE_DIR") or cls.state_directory)
        bind_host = environment.get("RUNQUOTE_BIND_HOST") or cls.bind_host
        return cls(directory.resolve(), port, runner_from(environment), bind_host)

    @property
    def endpoint_url(self) -> str:
        """What AWS_ENDPOINT_URL must be. An IP address makes SDKs use path-style S3 addresses."""
        return f"http://{HOST}:{self.port}"

    @property
    def credentials_file(self) -> Path:
        """What AWS_SHARED_CREDENTIALS_FILE must be for a program that is to use this cloud."""
        return self.state_directory / "credentials"

    @property
    def credentials(self) -> Credentials:
        """Drawn at random where there are none. Whoever knows them can run code as the person who runs the cloud.

        Several containers that must know the same have the secret in RUNQUOTE_CLOUD_SECRET.
        """
        drawn = os.environ.get("RUNQUOTE_CLOUD_SECRET") or new_secret()
        text = drawn_once(self.credentials_file, credentials_text(drawn))
        parser = configparser.RawConfigParser()
        try:
            parser.read_string(text)
            return Credentials(parser["default"]["aws_access_key_id"], parser["default"]["aws_secret_access_key"])
        except (configparser.Error, KeyError):
            raise SettingsError(f"{self.credentials_file} holds no credentials: remove it, and run `make up`") from None


def credentials_text(secret: str) -> str:
    """Write credentials as the AWS SDKs read them.

    The access key ID is the account, since ministack and LocalStack take the account from it; the secret is the secret.
    """
    return f"[default]\naws_access_key_id = {ACCOUNT_ID}\naws_secret_access_key = {secret}\n"


def port_from(environment: Mapping[str, str], variable: str, default: int) -> int:
    """Return the port that a variable chooses. SettingsError for one that is none."""
    text = environment.get(variable) or str(default)
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise SettingsError(f"{variable} must be a port number from 1 to 65535, not {text!r}.")
    return int(text)


def runner_from(environment: Mapping[str, str] = os.environ) -> Runner:
    """RUNQUOTE_RUNNER (`make … RUNNER=docker`). SettingsError for one that there is not."""
    wanted = environment.get("RUNQUOTE_RUNNER") or "process"
    runners: dict[str, Runner] = {runner: runner for runner in get_args(Runner)}
    if wanted not in runners:
        raise SettingsError(f"RUNNER must be {' or '.join(runners)}, not {wanted!r}.")
    return runners[wanted]


def cloud_environment(settings: CloudSettings, base: Mapping[str, str] = os.environ) -> dict[str, str]:
    """`base` changed so that AWS SDKs, the AWS CLI and Terraform reach this local cloud and cannot reach AWS.

    No AWS variable of the caller is kept: no profile, credentials, certificate bundle or service endpoint.
    """
    kept = {name: value for name, value in base.items() if not name.startswith("AWS_")}
    credentials = settings.credentials
    own_address = ",".join(filter(None, [base.get("NO_PROXY") or base.get("no_proxy"), HOST, "localhost"]))
    return kept | {
        "AWS_ACCESS_KEY_ID": credentials.access_key_id,
        "AWS_SECRET_ACCESS_KEY": credentials.secret_access_key,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ENDPOINT_URL": settings.endpoint_url,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "RUNQUOTE_CLOUD_PORT": str(settings.port),
        "RUNQUOTE_STATE_DIR": str(settings.state_directory),
        "RUNQUOTE_RUNNER": settings.runner,
        "RUNQUOTE_BIND_HOST": settings.bind_host,
        "NO_PROXY": own_address,
        "no_proxy": own_address,
    }
