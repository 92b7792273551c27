"""One model being served: its files, its process, and the connections to it."""

import contextlib
import http.client
import logging
import shutil
import threading
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from cloud.sagemaker.artefacts import ArtefactError, Artefacts
from cloud.sagemaker.runner import Container, Order, Runner

INVOCATION_SECONDS = 60  # How long SageMaker waits for a container's answer.
PING_SECONDS = 2  # The time that SageMaker gives one answer to GET /ping.
EXIT_SECONDS = 2  # Enough for an engine to tell that a container ended.
RESTARTS = 3
RESTART_WINDOW_SECONDS = 60
_logger = logging.getLogger(__name__)


class DeploymentError(Exception):
    """The model could not be brought into service. The message becomes the endpoint's FailureReason."""


class NoAnswerError(Exception):
    """The container gave no answer to an invocation: it took too long, or went away."""


@dataclass(frozen=True)
class Plan:
    """What to serve."""

    id: str
    image: str
    model_data_url: str | None
    environment: dict[str, str]
    variant: str


@dataclass(frozen=True)
class Answer:
    """What a container answered."""

    status: int
    body: bytes
    content_type: str
    custom_attributes: str | None


@dataclass
class Deployment:
    """Starts, checks, restarts and stops the process that serves one model.

    `ping_timeout` is how long the container may take to answer GET /ping with 200, in seconds.
    """

    plan: Plan
    directory: Path
    artefacts: Artefacts
    runner: Runner
    ping_timeout: float = 240
    _container: Container | None = None
    _starting: threading.Lock = field(default_factory=threading.Lock)
    _state: threading.Condition = field(default_factory=threading.Condition)
    _idle: deque[http.client.HTTPConnection] = field(default_factory=deque)
    _in_flight: int = 0
    _retired: bool = False
    _starts: deque[float] = field(default_factory=lambda: deque(maxlen=RESTARTS + 1))

    @property
    def log(self) -> Path:
        """The container's output."""
        return self.directory / "log.txt"

    def ensure_running(self) -> None:
        """Start the container unless it runs; return once it answers its ping. DeploymentError when it does not."""
        if self._runs():
            return
        with self._starting:
            if not self._runs():
                self._start()

    def invoke(self, body: bytes, headers: dict[str, str], timeout: float = INVOCATION_SECONDS) -> Answer:
        """POST /invocations, on a kept-alive connection. NoAnswerError when the container gives none.

        RetiredError when another deployment has taken over.
        """
        with self._counted():
            self.ensure_running()
            return self._post(body, headers, timeout)

    def retire(self, grace: float) -> None:
        """Take no more invocations, let those in flight end, stop the container and remove its files."""
        with self._state:
            self._retired = True
            self._state.wait_for(lambda: self._in_flight == 0, INVOCATION_SECONDS)
        with self._starting:
            self.stop(grace)
        shutil.rmtree(self.directory / "ml", ignore_errors=True)

    def stop(self, grace: float) -> None:
        """Stop the container; its files stay, so that it can start again."""
        if self._container is not None:
            self._container.stop(grace)
        while self._idle:
            self._idle.pop().close()

    def _runs(self, patience: float = 0) -> bool:
        return self._container is not None and self._container.wait(patience) is None

    @contextlib.contextmanager
    def _counted(self) -> Iterator[None]:
        with self._state:
            if self._retired:
                raise RetiredError(self.plan.id)
            self._in_flight += 1
        try:
            yield
        finally:
            with self._state:
                self._in_flight -= 1
                self._state.notify_all()

    def _start(self) -> None:
        if len(self._starts) > RESTARTS and time.monotonic() - self._starts[0] < RESTART_WINDOW_SECONDS:
            raise DeploymentError(f"The container of variant {self.plan.variant} keeps exiting: see {self.log}.")
        self._starts.append(time.monotonic())
        self.stop(0)
        root = self.directory / "ml"
        (root / "output").mkdir(parents=True, exist_ok=True)
        model = root / "model"
        try:
            if self.plan.model_data_url is None:
                model.mkdir(exist_ok=True)
            elif not model.exists():
                self.artefacts.download_model(self.plan.model_data_url, model)
            order = Order("serve", self.plan.image, root, self.log, self.plan.environment)
            earlier = self.runner.adopt(order) if self._container is None else None
            container = earlier or self.runner.start(order)
        except (ArtefactError, OSError) as error:
            raise DeploymentError(str(error)) from error
        try:
            self._wait_for_ping(container)
        except DeploymentError:
            container.stop(0)
            raise
        self._container = container  # Not before: who finds it there sends invocations to it.

    def _wait_for_ping(self, container: Container) -> None:
        deadline = time.monotonic() + self.ping_timeout
        while time.monotonic() < deadline:
            if self._ping(container.port):
                return
            if container.wait(0.05) is not None:  # Also the pause between two pings.
                break
        raise DeploymentError(
            f"The primary container for production variant {self.plan.variant} did not pass the ping health check."
            " Please check CloudWatch logs for this endpoint."
        )

    def _ping(self, port: int) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PING_SECONDS)
        try:
            connection.request("GET", "/ping")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def _post(self, body: bytes, headers: dict[str, str], timeout: float) -> Answer:
        while True:
            connection, reused = self._connection(timeout)
            try:
                connection.request("POST", "/invocations", body, headers)
                response = connection.getresponse()
                content = response.read()
            except TimeoutError as error:
                connection.close()
                raise NoAnswerError(
                    "Your invocation timed out while waiting for a response from container primary. Review the latency"
                    " metrics for each container in Amazon CloudWatch, resolve the issue, and try again."
                ) from error
            except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError) as error:
                connection.close()
                # Servers close idle connections; only on a fresh one does it mean that the container went away.
                if reused:
                    continue
                # An engine tells a moment later that a container ended, and until then its port takes invocations.
                self._runs(EXIT_SECONDS)
                raise NoAnswerError("The container closed the connection without an answer.") from error
            except (OSError, http.client.HTTPException) as error:
                connection.close()
                raise NoAnswerError(f"The container gave no valid answer: {error}") from error
            if response.will_close:
                connection.close()
            else:
                self._idle.append(connection)
            return Answer(
                response.status,
                content,
                response.headers.get("Content-Type", "application/octet-stream"),
                response.headers.get("X-Amzn-SageMaker-Custom-Attributes"),
            )

    def _connection(self, timeout: float) -> tuple[http.client.HTTPConnection, bool]:
        assert self._container is not None, "ensure_running comes first"  # noqa: S101 - an invariant, not a check of input
        try:
            connection = self._idle.pop()
        except IndexError:
            return http.client.HTTPConnection("127.0.0.1", self._container.port, timeout=timeout), False
        if connection.port != self._container.port:
            connection.close()
            return self._connection(timeout)
        if connection.sock is not None:
            connection.sock.settimeout(timeout)
        return connection, True


class RetiredError(Exception):
    """Another deployment has taken over."""
