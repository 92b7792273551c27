"""Nothing of the caller's AWS settings reaches the local cloud's clients."""

from pathlib import Path

import pytest

from local import cloud
from local.ministack_adapter.patching import MovedNameError, existing, wrap
from local.settings import CloudSettings, SettingsError, cloud_environment


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


def test_environment_leads_nowhere_else() -> None:
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
    environment = cloud_environment(CloudSettings(Path("/tmp/x"), 4600), base)
    assert environment["PATH"] == "/bin"
    assert environment["AWS_ENDPOINT_URL"] == "http://127.0.0.1:4600"
    assert environment["AWS_ACCESS_KEY_ID"] == "test"
    assert environment["NO_PROXY"] == "intranet,127.0.0.1,localhost"
    gone = {"AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_CA_BUNDLE", "AWS_ENDPOINT_URL_S3", "AWS_ROLE_ARN"}
    assert not gone & environment.keys()


def test_command_line_reports_a_bad_setting_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNQUOTE_CLOUD_PORT", "x")
    with pytest.raises(SystemExit, match=r"^RUNQUOTE_CLOUD_PORT must be"):
        cloud.main(["status"])


def test_a_moved_name_is_named() -> None:
    with pytest.raises(MovedNameError, match=r"local\.cloud\.no_such_name is gone: .*ministack 1\.5\.33"):
        existing(cloud, "no_such_name")


def test_wrapping_twice_changes_once() -> None:
    class Owner:
        @staticmethod
        def value() -> int:
            return 1

    for _ in range(2):
        wrap(Owner, "value", lambda original: lambda: original() + 1)
    assert Owner.value() == 2
