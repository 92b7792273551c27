"""Nothing of the caller's AWS settings reaches the local cloud's clients."""

import re
from pathlib import Path

import boto3
import botocore.session
import pytest

from cloud import lifecycle
from cloud.__main__ import main
from cloud.ministack_adapter.patching import MovedNameError, existing, wrap
from cloud.settings import CloudSettings, SettingsError, cloud_environment


def test_defaults_and_overrides() -> None:
    assert CloudSettings.from_environment({}).port == 4566
    assert CloudSettings.from_environment({}).state_directory.parts[-2:] == ("build", "local")
    settings = CloudSettings.from_environment({"RUNQUOTE_CLOUD_PORT": "4600", "RUNQUOTE_STATE_DIR": "/tmp/x"})
    assert settings == CloudSettings(Path("/tmp/x").resolve(), 4600)


@pytest.mark.parametrize("port", ["0", "65536", "-1", "http", "4566.0"])
def test_bad_port(port: str) -> None:
    with pytest.raises(SettingsError, match="RUNQUOTE_CLOUD_PORT must be a port number"):
        CloudSettings.from_environment({"RUNQUOTE_CLOUD_PORT": port})


def test_runner() -> None:
    assert CloudSettings.from_environment({"RUNQUOTE_RUNNER": "docker"}).runner == "docker"
    with pytest.raises(SettingsError, match="RUNNER must be process or docker, not 'podman'"):
        CloudSettings.from_environment({"RUNQUOTE_RUNNER": "podman"})


def test_environment_leads_nowhere_else(tmp_path: Path) -> None:
    base = {
        "PATH": "/bin",
        "AWS_PROFILE": "production",
        "AWS_ACCESS_KEY_ID": "AKIAREAL",
        "AWS_SESSION_TOKEN": "real",
        "AWS_CA_BUNDLE": "/ca.pem",
        "AWS_ENDPOINT_URL_S3": "https://elsewhere",
        "AWS_ROLE_ARN": "arn:real",
        "no_proxy": "intranet",
    }
    environment = cloud_environment(CloudSettings(tmp_path, 4600), base)
    assert environment["PATH"] == "/bin"
    assert environment["AWS_ENDPOINT_URL"] == "http://127.0.0.1:4600"
    assert environment["AWS_ACCESS_KEY_ID"] == "000000000000"
    assert environment["AWS_SECRET_ACCESS_KEY"] in (tmp_path / "credentials").read_text()
    assert environment["NO_PROXY"] == "intranet,127.0.0.1,localhost"
    gone = {"AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_CA_BUNDLE", "AWS_ENDPOINT_URL_S3", "AWS_ROLE_ARN"}
    assert not gone & environment.keys()


def test_credentials_are_drawn_once_and_for_nobody_else(tmp_path: Path) -> None:
    settings = CloudSettings(tmp_path / "state")
    credentials = settings.credentials
    assert credentials == settings.credentials != CloudSettings(tmp_path / "other").credentials
    assert re.fullmatch("[0-9a-f]{40}", credentials.secret_access_key)
    assert settings.credentials_file.stat().st_mode & 0o777 == 0o600
    assert settings.state_directory.stat().st_mode & 0o777 == 0o700
    read = boto3.session.Session(botocore_session=session_with(settings.credentials_file)).get_credentials()
    assert read is not None
    assert (read.access_key, read.secret_key) == credentials


def session_with(file: Path) -> botocore.session.Session:
    session = botocore.session.Session()
    session.set_config_variable("credentials_file", str(file))
    return session


def test_a_file_without_credentials_is_named(tmp_path: Path) -> None:
    settings = CloudSettings(tmp_path)
    settings.credentials_file.write_text("nothing")
    with pytest.raises(SettingsError, match=r"credentials holds no credentials: remove it"):
        _ = settings.credentials


def test_command_line_reports_a_bad_setting_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNQUOTE_CLOUD_PORT", "x")
    with pytest.raises(SystemExit, match=r"^RUNQUOTE_CLOUD_PORT must be"):
        main(["status"])


def test_a_moved_name_is_named() -> None:
    with pytest.raises(MovedNameError, match=r"cloud\.lifecycle\.no_such_name is gone: .*ministack 1\.5\.33"):
        existing(lifecycle, "no_such_name")


def test_wrapping_twice_changes_once() -> None:
    class Owner:
        @staticmethod
        def value() -> int:
            return 1

    for _ in range(2):
        wrap(Owner, "value", lambda original: lambda: original() + 1)
    assert Owner.value() == 2
