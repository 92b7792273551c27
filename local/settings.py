"""Where the local cloud lives, and the environment in which everything talks to it and to nothing else."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
ACCOUNT_ID = "000000000000"
REGION = "us-east-1"
HOST = "127.0.0.1"
DEFAULT_PORT = 4566

STATE_MARKER = "RUNQUOTE_CLOUD_STATE"
"""Every process of a local cloud has its state directory in this variable: that is how leftovers are found."""


IDENTITY_PATH = "/_runquote/cloud"
"""On a local cloud's port, GET answers whose cloud it is: {"state_directory": its path, "pid": its server's}."""


class SettingsError(Exception):
    """A setting that cannot be used. The message is one line for a person."""


@dataclass(frozen=True)
class CloudSettings:
    """One local cloud. Two with different ports and directories run side by side."""

    state_directory: Path = REPOSITORY / "build" / "local"
    port: int = DEFAULT_PORT

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "CloudSettings":
        """RUNQUOTE_STATE_DIR and RUNQUOTE_CLOUD_PORT, or their defaults. SettingsError for a port that is none."""
        text = environment.get("RUNQUOTE_CLOUD_PORT") or str(DEFAULT_PORT)
        if not text.isdecimal() or not 0 < int(text) < 65536:
            raise SettingsError(f"RUNQUOTE_CLOUD_PORT must be a port number from 1 to 65535, not {text!r}.")
        directory = Path(environment.get("RUNQUOTE_STATE_DIR") or cls.state_directory)
        return cls(directory.resolve(), int(text))

    @property
    def endpoint_url(self) -> str:
        """What AWS_ENDPOINT_URL must be. An IP address makes SDKs use path-style S3 addresses."""
        return f"http://{HOST}:{self.port}"


def cloud_environment(settings: CloudSettings, base: Mapping[str, str] = os.environ) -> dict[str, str]:
    """`base` changed so that AWS SDKs, the AWS CLI and Terraform reach this local cloud and cannot reach AWS.

    No AWS variable of the caller is kept: no profile, credentials, certificate bundle or service endpoint.
    """
    kept = {name: value for name, value in base.items() if not name.startswith("AWS_")}
    own_address = ",".join(filter(None, [base.get("NO_PROXY") or base.get("no_proxy"), HOST, "localhost"]))
    return kept | {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ENDPOINT_URL": settings.endpoint_url,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "RUNQUOTE_CLOUD_PORT": str(settings.port),
        "RUNQUOTE_STATE_DIR": str(settings.state_directory),
        "NO_PROXY": own_address,
        "no_proxy": own_address,
    }
