"""Starts and stops the static server of the web app in the background."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cloud.private import UMASK, open_private, write_private
from cloud.settings import DEFAULT_WEB_PORT, HOST, REPOSITORY, port_from

START_SECONDS = 15


class WebServerError(Exception):
    """The web app cannot be served; the message is one line for a person."""


@dataclass(frozen=True)
class WebSettings:
    """Where the web app is served."""

    state_directory: Path
    port: int = DEFAULT_WEB_PORT

    @classmethod
    def from_environment(cls, state_directory: Path, environment: Mapping[str, str] = os.environ) -> "WebSettings":
        """RUNQUOTE_WEB_PORT or its default. SettingsError for a port that is none."""
        return cls(state_directory, port_from(environment, "RUNQUOTE_WEB_PORT", DEFAULT_WEB_PORT))

    @property
    def url(self) -> str:
        """What a person opens."""
        return f"http://{HOST}:{self.port}"

    @property
    def config(self) -> Path:
        """What the app reads at start: the API's address and key."""
        return self.state_directory / "web-config.json"

    @property
    def process_file(self) -> Path:
        """Says which process serves, and on which port."""
        return self.state_directory / "web-process.json"


def start(settings: WebSettings, config: Mapping[str, object]) -> None:
    """Serve `web/dist` with this runtime configuration; a server of ours that runs already takes it over."""
    write_private(settings.config, json.dumps(config))  # it holds the API key
    if _serves(settings.port, config) and not _serves(settings.port, config, "another-name.invalid"):
        return  # one of an earlier version answers under every name
    stop(settings)
    log = settings.state_directory / "web.log"
    options = [f"--root={REPOSITORY / 'web' / 'dist'}", f"--port={settings.port}", f"--config={settings.config}"]
    with open_private(log, "ab") as output:
        server = subprocess.Popen(
            [sys.executable, "-m", "tools.web", *options],
            cwd=REPOSITORY,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            umask=UMASK,
        )
    write_private(settings.process_file, json.dumps({"process": server.pid, "port": settings.port}))
    deadline = time.monotonic() + START_SECONDS
    while not _serves(settings.port, config):
        if server.poll() is not None or time.monotonic() > deadline:
            server.kill()
            raise WebServerError(
                f"The web app is not served on port {settings.port}: stop what has the port, or set RUNQUOTE_WEB_PORT "
                f"to a free one ({log})"
            )
        time.sleep(0.05)


def stop(settings: WebSettings) -> bool:
    """Stop the server that `start` started, on whatever port. Whether there was one."""
    with contextlib.suppress(OSError, ValueError):
        started = json.loads(settings.process_file.read_text())
        settings.process_file.unlink()
        # The process number may be another's by now; an answer with our configuration can only be ours.
        if _serves(started["port"], json.loads(settings.config.read_text())):
            os.kill(started["process"], signal.SIGTERM)
            return True
    return False


def _serves(port: int, config: Mapping[str, object], name: str | None = None) -> bool:
    """Whether our server, and not another process, answers on the port: only ours knows our configuration."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    headers = {} if name is None else {"Host": name}
    request = urllib.request.Request(f"http://{HOST}:{port}/config.json", headers=headers)
    with contextlib.suppress(OSError, ValueError), opener.open(request, timeout=2) as body:
        return bool(json.load(body) == config)
    return False
