"""A SageMaker whose containers and whose S3 are made of Python objects."""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cloud.sagemaker.artefacts import ArtefactError, Artefacts, extract, pack, relative_key
from cloud.sagemaker.context import Context, Limits
from cloud.sagemaker.core import SageMaker
from cloud.sagemaker.runner import Container, Order
from cloud.sagemaker.store import Store

QUICK = Limits(ping_timeout=0.5, hosting_stop_grace=0, training_stop_grace=7)
ROLE = "arn:aws:iam::000000000000:role/sagemaker"


class MemoryArtefacts(Artefacts):
    """S3 as a dictionary from URI to bytes."""

    def __init__(self) -> None:
        super().__init__()
        self.objects: dict[str, bytes] = {}

    def exists(self, uri: str) -> bool:
        return uri in self.objects

    def download_prefix(self, uri: str, target: Path) -> int:
        target.mkdir(parents=True)
        found = {key: body for key, body in self.objects.items() if key.startswith(uri)}
        for key, body in found.items():
            file = target / relative_key(key, uri)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(body)
        return len(found)

    def download_model(self, uri: str, target: Path) -> None:
        if uri not in self.objects:
            raise ArtefactError(f"Failed to download model data from {uri}")
        archive = target.with_suffix(".tar.gz")
        archive.write_bytes(self.objects[uri])
        extract(archive, target)

    def upload_directory(self, directory: Path, uri: str) -> None:
        archive = directory.with_suffix(".tar.gz")
        pack(directory, archive)
        self.objects[uri] = archive.read_bytes()


class FakeTraining:
    """A `train` that ends when the test says so, or as soon as it is started."""

    port = 0

    def __init__(self, code: int | None) -> None:
        self._code = code
        self._ended = threading.Event()
        self.stopped_with_grace: float | None = None
        if code is not None:
            self._ended.set()

    def end(self, code: int) -> None:
        self._code = code
        self._ended.set()

    def wait(self, timeout: float | None = None) -> int | None:
        return self._code if self._ended.wait(timeout) else None

    def stop(self, grace: float) -> None:
        if not self._ended.is_set():
            self.stopped_with_grace = grace
            self.end(143)


class FakeServing:
    """A `serve` as a thread of the test: it answers what its model's file says."""

    def __init__(self, model: Path) -> None:
        container = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def log_message(self, *arguments: object) -> None:
                pass

            def answer(self, status: int, body: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_GET(self) -> None:
                self.answer(200 if container.healthy else 500, b"")
                container.pinged.set()

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                container.received.set()
                container.may_answer.wait(10)
                status = json.loads(body).get("status", 200) if container.healthy else 503
                self.answer(status, (model / "model.json").read_bytes() if status == 200 else b"broken")

        self.healthy = (model / "model.json").read_bytes() != b"sick"
        self.received = threading.Event()
        self.pinged = threading.Event()
        self.may_answer = threading.Event()
        self.may_answer.set()
        self._gone = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def running(self) -> bool:
        return not self._gone.is_set()

    def wait(self, timeout: float | None = None) -> int | None:
        return 0 if self._gone.wait(timeout) else None

    def stop(self, grace: float) -> None:
        if not self._gone.is_set():
            self._gone.set()
            self._server.shutdown()
            self._server.server_close()


def write_a_model(root: Path) -> int:
    (root / "model/model.json").write_text("{}")
    return 0


@dataclass
class FakeRunner:
    """Notes what was started. `train` decides what a training program does with its directory."""

    train: Callable[[Path], int | None] = write_a_model
    healthy_at_once: bool = True
    orders: list[Order] = field(default_factory=list)
    trainings: list[FakeTraining] = field(default_factory=list)
    servings: list[FakeServing] = field(default_factory=list)
    outlived: dict[Path, Container] = field(default_factory=dict)
    kept: set[Path] = field(default_factory=set)

    def start(self, order: Order) -> Container:
        self.orders.append(order)
        order.log.parent.mkdir(parents=True, exist_ok=True)
        order.log.touch()
        if order.program == "train":
            self.trainings.append(FakeTraining(self.train(order.root)))
            return self.trainings[-1]
        self.servings.append(FakeServing(order.root / "model"))
        self.servings[-1].healthy &= self.healthy_at_once
        return self.servings[-1]

    def adopt(self, order: Order) -> Container | None:
        return self.outlived.get(order.root)

    def keep(self, roots: set[Path]) -> None:
        self.kept = roots


@dataclass
class Bench:
    """A SageMaker and what it stands on."""

    directory: Path
    runner: FakeRunner = field(default_factory=FakeRunner)
    s3: MemoryArtefacts = field(default_factory=MemoryArtefacts)
    limits: Limits = field(
        default_factory=lambda: Limits(ping_timeout=0.5, hosting_stop_grace=0, training_stop_grace=7)
    )

    def __post_init__(self) -> None:
        self.sagemaker = self.new_server()

    def new_server(self) -> SageMaker:
        """Another server on the same state, as after a crash of the one before."""
        store = Store(self.directory / "state.db")
        self.sagemaker = SageMaker(Context(self.directory, self.runner, store, artefacts=self.s3, limits=self.limits))
        return self.sagemaker

    def call(self, action: str, **request: object) -> dict[str, Any]:
        return self.sagemaker.call(action, request)

    def put_model(self, name: str, content: bytes = b"{}") -> str:
        """An archive with this model.json; its URI."""
        folder = self.directory / f"making-{name}"
        folder.mkdir()
        (folder / "model.json").write_bytes(content)
        self.s3.upload_directory(folder, f"s3://bucket/{name}.tar.gz")
        return f"s3://bucket/{name}.tar.gz"

    def make_config(self, name: str, content: bytes = b"{}", **variant: object) -> None:
        """A model and an endpoint configuration, both with this name."""
        self.call(
            "CreateModel",
            ModelName=name,
            PrimaryContainer={"Image": "i", "ModelDataUrl": self.put_model(name, content)},
        )
        shape = variant or {"ServerlessConfig": {"MemorySizeInMB": 1024, "MaxConcurrency": 2}}
        self.call(
            "CreateEndpointConfig",
            EndpointConfigName=name,
            ProductionVariants=[{"VariantName": "AllTraffic", "ModelName": name, **shape}],
        )

    def settled_endpoint(self, name: str) -> dict[str, Any]:
        """The endpoint once it is no longer being created or updated."""
        pause = threading.Event()
        for _ in range(1000):
            endpoint = self.call("DescribeEndpoint", EndpointName=name)
            if endpoint["EndpointStatus"] not in {"Creating", "Updating"}:
                return endpoint
            pause.wait(0.01)
        raise TimeoutError(name)

    def job_request(self, name: str = "job", **changes: object) -> dict[str, Any]:
        """A valid CreateTrainingJob request."""
        request: dict[str, Any] = {
            "TrainingJobName": name,
            "RoleArn": ROLE,
            "AlgorithmSpecification": {"TrainingImage": "image", "TrainingInputMode": "File"},
            "InputDataConfig": [
                {
                    "ChannelName": "train",
                    "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://bucket/data/"}},
                }
            ],
            "OutputDataConfig": {"S3OutputPath": "s3://bucket/out"},
            "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
            "StoppingCondition": {"MaxRuntimeInSeconds": 60},
        }
        return request | changes

    def train(self, name: str = "job", **changes: object) -> dict[str, Any]:
        """Create a job and wait for its end."""
        self.call("CreateTrainingJob", **self.job_request(name, **changes))
        return self.ended_job(name)

    def ended_job(self, name: str = "job") -> dict[str, Any]:
        assert self.sagemaker.training.wait_until_ended(name, 10) is not None
        return self.call("DescribeTrainingJob", TrainingJobName=name)
