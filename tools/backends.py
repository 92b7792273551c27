"""Where the system runs locally: what `make up BACKEND=…` starts and `make down` stops."""

import json
import os
import re
import subprocess
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from cloud import lifecycle
from cloud.engine import LAMBDA_IMAGE, EngineError, docker, engine_problem, require_image
from cloud.ministack_adapter.journal_files import JOURNAL, set_aside
from cloud.private import open_private, write_private
from cloud.settings import REPOSITORY, CloudSettings, SettingsError
from tools import image, webserver
from tools.apply import forget
from tools.npm import build_web_app
from tools.webserver import WebSettings

Step = Callable[[str], AbstractContextManager[None]]
"""Says what is being done and how long it took."""


class Backend(Protocol):
    """A local cloud and a web server, and how to start and stop them."""

    directory: Path
    """Where Terraform keeps what it knows of this cloud."""
    log: str
    """Where a person reads what went wrong."""
    keeps_data: bool
    """Whether `stop` leaves the data."""

    def start(self, step: Step) -> None:
        """Start the cloud, unless it runs; return once it answers."""

    def serve_web(self, config: Mapping[str, object]) -> None:
        """Serve the web app with this configuration."""

    def stop(self) -> bool:
        """Stop all of it; data stays. Whether anything was running."""

    def forget(self) -> None:
        """Remove its data, except for what is in the state directory."""


class Embedded:
    """Processes of this machine."""

    keeps_data = True

    def __init__(self, settings: CloudSettings, web: WebSettings) -> None:
        self._settings = settings
        self._web = web
        self._web_app: Future[None] | None = None
        self.directory = settings.state_directory
        self.log = str(settings.state_directory / "cloud.log")

    def start(self, step: Step) -> None:
        """See Backend. The web app is built meanwhile: npm and Terraform wait on different things."""
        self._web_app = ThreadPoolExecutor(1).submit(build_web_app)
        environment = {**image.FOR_THE_CLOUD, **os.environ}
        if self._settings.runner == "docker":
            with step("Model image"):
                environment["CLOUD_IMAGE"] = image.build(log=self._settings.state_directory / "image.log")
        with step(f"Local cloud on {self._settings.endpoint_url}"):
            self._heal()
            lifecycle.start(self._settings, environment)
        if self._web_app.done():
            self._web_app.result()  # packages that cannot be had are known by now

    def _heal(self) -> None:
        """Go on without what cannot be read of the latest writes, and say so: this is what a person asked for."""
        if not lifecycle.is_running(self._settings):
            for copy in set_aside(self._settings.state_directory / "ministack" / JOURNAL):
                print(
                    f"\n  Some of the latest writes could not be read and are left out: {copy} holds them", flush=True
                )

    def serve_web(self, config: Mapping[str, object]) -> None:
        """See Backend."""
        if self._web_app is not None:
            self._web_app.result()
        webserver.start(self._web, config)

    def stop(self) -> bool:
        """See Backend."""
        web = webserver.stop(self._web)
        return lifecycle.stop(self._settings) or web

    def forget(self) -> None:
        """See Backend. All of its data is in the state directory."""


class Compose:
    """Containers, as docker-compose.yml says."""

    keeps_data = True
    _name = "compose"
    _options: tuple[str, ...] = (f"--project-directory={REPOSITORY}",)
    _if_not_built = ""

    def __init__(self, settings: CloudSettings, web: WebSettings) -> None:
        self._settings = settings
        self._ports = {"RUNQUOTE_CLOUD_PORT": str(settings.port), "RUNQUOTE_WEB_PORT": str(web.port)}
        self.directory = settings.state_directory / self._name
        self.log = "`docker compose logs cloud`"

    def start(self, step: Step) -> None:
        """See Backend."""
        if problem := engine_problem():
            raise EngineError(problem)
        self.directory.mkdir(mode=0o700, exist_ok=True)
        if not self._containers():
            for variable, port in self._ports.items():
                lifecycle.require_free(int(port), variable)
        with step("Images"):
            self._run("build", advice=self._if_not_built)
        with step("Containers"):
            self._run("up", "--detach", "--wait", "--remove-orphans")
        self._share_credentials()

    def _share_credentials(self) -> None:
        """Take over what the container drew, which its volume keeps: `docker compose up` alone must find it again."""
        read = ("compose", *self._options, "exec", "--no-TTY", "cloud", "cat", "/var/lib/runquote/credentials")
        write_private(self._settings.credentials_file, f"{docker(*read)}\n")

    def serve_web(self, config: Mapping[str, object]) -> None:
        """See Backend."""
        write = [
            "docker",
            "compose",
            *self._options,
            "exec",
            "--no-TTY",
            "web",
            "sh",
            "-c",
            "umask 077; cat >/etc/runquote/config.json",
        ]
        content = json.dumps(config).encode()
        if subprocess.run(write, env=self._environment(), input=content, check=False).returncode:
            raise EngineError("The web app's container does not take its configuration: see `docker compose logs web`")

    def stop(self) -> bool:
        """See Backend."""
        if not self.directory.exists():
            return False
        running = bool(self._containers())
        if running:
            self._down()
        return running

    def forget(self) -> None:
        """See Backend."""
        if self.directory.exists():
            self._down("--volumes")

    def _down(self, *options: str) -> None:
        self._run("down", *options)

    def _containers(self) -> str:
        return docker("compose", *self._options, "ps", "--quiet")

    def _run(self, *arguments: str, advice: str = "") -> None:
        """A compose command whose output is kept in a file. EngineError, with the advice, where it fails."""
        log = self.directory / f"{arguments[0]}.log"
        with open_private(log, "wb") as output:
            command = ["docker", "compose", *self._options, "--progress=plain", *arguments]
            ended = subprocess.run(command, env=self._environment(), stdout=output, stderr=output, check=False)
        if ended.returncode:
            raise EngineError(f"docker compose {arguments[0]} failed: {_last_line(log)} ({log})\n{advice}".rstrip())

    def _environment(self) -> dict[str, str]:
        return {**os.environ, **self._ports, "RUNQUOTE_BUILD_NETWORK": image.build_network()}


class LocalStack(Compose):
    """LocalStack and what joins it, as docker-compose.localstack.yml says. It keeps nothing when it is stopped."""

    keeps_data = False
    _name = "localstack"
    _files: tuple[str, ...] = ("docker-compose.localstack.yml",)
    _if_not_built = "BACKEND=localstack-pypi makes LocalStack's image from PyPI where it cannot be pulled."

    def __init__(self, settings: CloudSettings, web: WebSettings) -> None:
        super().__init__(settings, web)
        checkout = os.environ.get("COMPOSE_PROJECT_NAME") or re.sub(r"[^a-z0-9_-]", "", REPOSITORY.name.lower())
        self._project = f"{checkout}-{self._name}"  # its containers are not those of docker-compose.yml
        self._options = (
            *super()._options,
            f"--project-name={self._project}",
            *(f"--file={REPOSITORY / file}" for file in self._files),
        )
        self.log = f"`docker compose --project-name={self._project} logs localstack`"

    def start(self, step: Step) -> None:
        """See Backend."""
        if not engine_problem() and not self._containers():
            forget(self.directory)
        super().start(step)

    def _share_credentials(self) -> None:
        """Nothing to take over: the containers got those of this checkout."""

    def _down(self, *_options: str) -> None:
        """LocalStack may leave containers of functions, which would keep the network."""
        self._run("stop", "localstack")
        functions = f"--filter=name={self._project}-localstack-1-lambda-"
        for container in docker("ps", "--all", "--quiet", functions).splitlines():
            docker("rm", "--force", container)
        super()._down("--volumes")

    def _environment(self) -> dict[str, str]:
        socket = os.environ.get("DOCKER_HOST", "")
        own = {"RUNQUOTE_DOCKER_SOCKET": socket.removeprefix("unix://")} if socket.startswith("unix://") else {}
        secret = {"RUNQUOTE_CLOUD_SECRET": self._settings.credentials.secret_access_key}
        return {**own, **secret, **super()._environment()}


class LocalStackFromPyPI(LocalStack):
    """The same LocalStack with stand-ins, as tools/localstack-from-pypi.yml says, where its image cannot be had."""

    _name = "localstack-pypi"
    _files = (*LocalStack._files, "tools/localstack-from-pypi.yml")
    _if_not_built = ""

    def start(self, step: Step) -> None:
        """See Backend."""
        if not engine_problem():
            require_image(LAMBDA_IMAGE)
        super().start(step)


_BACKENDS: Mapping[str, type[Embedded] | type[Compose]] = {
    "embedded": Embedded,
    "compose": Compose,
    "localstack": LocalStack,
    "localstack-pypi": LocalStackFromPyPI,
}


def backend_from(settings: CloudSettings, environment: Mapping[str, str] = os.environ) -> Backend:
    """RUNQUOTE_BACKEND (`make up BACKEND=compose`). SettingsError for one that there is not."""
    wanted = environment.get("RUNQUOTE_BACKEND") or "embedded"
    if wanted not in _BACKENDS:
        raise SettingsError(f"BACKEND must be {' or '.join(_BACKENDS)}, not {wanted!r}.")
    return _make(wanted, settings)


def others(chosen: Backend, settings: CloudSettings) -> list[Backend]:
    """Every other backend of this checkout: they want the same ports."""
    return [_make(name, settings) for name, kind in _BACKENDS.items() if type(chosen) is not kind]


def forget_all(settings: CloudSettings) -> None:
    """Remove what the backends of this checkout keep elsewhere than in the state directory."""
    for name in _BACKENDS:
        _make(name, settings).forget()


def stop_all(settings: CloudSettings) -> list[str]:
    """Stop every backend of this checkout; the names of those that ran."""
    return [name for name in _BACKENDS if _make(name, settings).stop()]


def _make(name: str, settings: CloudSettings) -> Backend:
    return _BACKENDS[name](settings, WebSettings.from_environment(settings.state_directory))


def _last_line(log: Path) -> str:
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    return lines[-1] if lines else "no output"
