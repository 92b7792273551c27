"""`python -m cloud`: whose port it is, starting twice, side by side, and leaving nothing behind."""

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from cloud.processes import owner_of, processes_of
from cloud.settings import REPOSITORY, CloudSettings
from tests.clouds import LocalCloud, free_port, running_cloud


def run(settings: CloudSettings, command: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {
        "RUNQUOTE_CLOUD_PORT": str(settings.port),
        "RUNQUOTE_STATE_DIR": str(settings.state_directory),
        "AWS_PROFILE": "production",
        "AWS_CA_BUNDLE": "/nowhere.pem",
    }
    return subprocess.run(
        [sys.executable, "-m", "cloud", command],
        cwd=REPOSITORY,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[CloudSettings]:
    chosen = CloudSettings(tmp_path.resolve(), free_port())
    yield chosen
    run(chosen, "stop")


def test_start_status_stop(settings: CloudSettings) -> None:
    assert run(settings, "status").returncode == 3
    first = run(settings, "start")
    assert (first.returncode, first.stderr) == (0, "")
    assert "Local cloud started: http://127.0.0.1:" in first.stdout
    assert "was already running" in run(settings, "start").stdout
    assert "is running" in run(settings, "status").stdout
    assert run(settings, "stop").stdout == "Local cloud stopped.\n"
    assert processes_of(settings.state_directory) == []
    assert run(settings, "stop").stdout == "Local cloud was not running.\n"


def test_stop_finds_the_cloud_whatever_its_port_was(settings: CloudSettings) -> None:
    run(settings, "start")
    server = owner_of(settings.state_directory)
    assert server is not None
    other = CloudSettings(settings.state_directory, free_port())
    assert "Another local cloud is using" in run(other, "start").stderr
    assert run(other, "stop").stdout == "Local cloud stopped.\n"
    assert owner_of(settings.state_directory) is None
    assert "is not running" in run(settings, "status").stdout


def test_somebody_elses_port(settings: CloudSettings) -> None:
    with socket.create_server(("127.0.0.1", settings.port)) as listener:
        threading.Thread(target=greet, args=(listener,), daemon=True).start()
        refused = run(settings, "start")
    assert refused.returncode == 1
    assert refused.stderr == (
        f"Port {settings.port} is taken by another process: stop it, or set RUNQUOTE_CLOUD_PORT to a free port.\n"
    )


def greet(listener: socket.socket) -> None:
    """Answer as a web server would."""
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        with connection:
            connection.recv(1000)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")


def test_another_cloud_on_the_port_is_not_ours(cloud: LocalCloud, tmp_path: Path) -> None:
    other = CloudSettings(tmp_path.resolve(), cloud.settings.port)
    assert "is taken by another process" in run(other, "start").stderr
    assert "was not running" in run(other, "stop").stdout
    assert cloud.client("s3").list_buckets()["Buckets"]


def test_two_clouds_side_by_side(cloud: LocalCloud, tmp_path: Path) -> None:
    with running_cloud(tmp_path) as other:
        other.client("sqs").create_queue(QueueName="here")
        assert not cloud.client("sqs").list_queues(QueueNamePrefix="here").get("QueueUrls")
