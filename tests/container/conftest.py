"""The image, built from this tree, and containers of it run as SageMaker runs them."""

import contextlib
import http.client
import os
import subprocess
import threading
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from cloud.engine import EngineError, docker, engine_problem
from cloud.sagemaker import docker_runner
from tests.clouds import free_port
from tests.integration.cloud.conftest import build_stand_in
from tests.unit.model.histories import make_rows
from tests.unit.model.test_container import make_tree
from tools import image

# As strict as it goes: if it works so, it works under anything looser.
CONFINED = (*docker_runner.CONFINED, f"--user={os.getuid() or 1000}:{os.getgid() or 1000}")
SECONDS = 60


@dataclass
class Running:
    """A container that was started."""

    id: str
    port: int = 0

    def wait(self, seconds: float = SECONDS) -> int:
        """Wait for its end; the exit code."""
        return int(docker("wait", self.id, timeout=seconds))

    @property
    def log(self) -> str:
        """What it wrote to both of its outputs."""
        command = ["docker", "logs", self.id]
        return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=True).stdout

    def inspect(self, template: str) -> str:
        return docker("inspect", "--format", template, self.id)

    def request(self, method: str, path: str, body: bytes | None = None) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        with contextlib.closing(connection):
            connection.request(method, path, body, {"content-type": "application/json"})
            response = connection.getresponse()
            return response.status, response.read()

    def until_logged(self, text: str) -> None:
        """Wait until it has written this."""
        pause = threading.Event()
        for _ in range(SECONDS * 20):
            if text in self.log:
                return
            pause.wait(0.05)
        raise TimeoutError(self.log)

    def until_healthy(self) -> "Running":
        """Ping it as SageMaker does, until it answers 200."""
        pause = threading.Event()
        for _ in range(SECONDS * 20):
            with contextlib.suppress(OSError, http.client.HTTPException):
                if self.request("GET", "/ping")[0] == 200:
                    return self
            assert self.inspect("{{.State.Running}}") == "true", self.log
            pause.wait(0.05)
        raise TimeoutError(self.log)


@dataclass
class Engine:
    """Starts containers, and removes them at the end."""

    image: str
    started: list[str] = field(default_factory=list)

    def run(self, *command: str, options: Sequence[str] = CONFINED, port: int = 0) -> Running:
        name = f"runquote-test-{uuid.uuid4().hex[:12]}"
        self.started.append(name)
        docker("run", "--detach", f"--name={name}", *options, self.image, *command)
        return Running(name, port)

    def train(self, root: Path, *options: str) -> Running:
        """`train` without a network, over this tree."""
        return self.run("train", options=[*CONFINED, "--network=none", f"--volume={root}:/opt/ml", *options])

    def serve(self, model: Path, *options: str, inside: int = 8080) -> Running:
        """`serve` with this folder as its model, which it can only read."""
        port = free_port()
        mounts = [f"--volume={model}:/opt/ml/model:ro", f"--publish=127.0.0.1:{port}:{inside}"]
        return self.run("serve", options=[*CONFINED, *mounts, *options], port=port)


@pytest.fixture(scope="session")
def built() -> str:
    """The image's name; the whole tier is skipped, with the reason, where no engine answers."""
    problem = engine_problem()
    if problem:
        pytest.skip(problem)
    image.build()
    return image.IMAGE


@pytest.fixture(scope="session")
def stand_in() -> str:
    """An image with the small programs that stand for the model's; skipped like `built`."""
    problem = engine_problem()
    if problem:
        pytest.skip(problem)
    return build_stand_in()


@pytest.fixture
def engine(built: str) -> Iterator[Engine]:
    made = Engine(built)
    yield made
    for name in made.started:
        with contextlib.suppress(EngineError):
            docker("rm", "--force", name)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """An /opt/ml with 60 runs, as SageMaker prepares it, that the container's user may write to."""
    return writable(make_tree(tmp_path / "ml", make_rows(60, parameters=True)))


@pytest.fixture(scope="session")
def model(built: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a container trained: the content of /opt/ml/model."""
    root = writable(make_tree(tmp_path_factory.mktemp("trained") / "ml", make_rows(60, parameters=True)))
    made = Engine(built)
    try:
        container = made.train(root)
        assert container.wait() == 0, container.log
    finally:
        docker("rm", "--force", *made.started)
    return root / "model"


def writable(root: Path) -> Path:
    """Let any user in: the tests may run as root, and the container does not."""
    for folder in ("model", "output/data"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    for path in (root, *root.rglob("*")):
        path.chmod(0o777 if path.is_dir() else 0o666)
    return root
