"""Containers as the local SageMaker runs them with RUNNER=docker: they outlive a killed server and leave nothing."""

import http.client
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from cloud.engine import docker
from cloud.sagemaker.docker_runner import DockerRunner, containers_of, remove_containers_of
from cloud.sagemaker.runner import Order
from tests.container.conftest import Running

TERMINATED = 128 + 15


@pytest.fixture
def runner(stand_in: str, tmp_path: Path) -> Iterator[DockerRunner]:
    yield DockerRunner(stand_in, tmp_path)
    remove_containers_of(tmp_path)


def order(state: Path, program: str, *, name: str = "it", **hyperparameters: str) -> Order:
    """An order for the stand-in, with its tree."""
    root = state / "sagemaker" / name / "ml"
    for folder in ("model", "output/data", "input/config", "input/data/train"):
        (root / folder).mkdir(parents=True)
    (root / "input/config/hyperparameters.json").write_text(json.dumps(hyperparameters))
    (root / "input/data/train/a.csv").write_text("1,2\n")
    (root / "model/model.json").write_text('{"slope": 3, "version": "1"}')
    log = root.parent / "log.txt"
    environment = {"COLOUR": "red, and blue"}
    return Order("train" if program == "train" else "serve", "any", root, log, environment, program == "train")


def container_of(state: Path) -> Running:
    (container,) = containers_of(state)
    return Running(container)


def test_train_runs_to_its_end_confined(runner: DockerRunner, tmp_path: Path) -> None:
    asked = order(tmp_path, "train")
    container = runner.start(asked)
    assert container.wait(60) == 0
    assert "slope=2.000;" in asked.log.read_text()
    assert json.loads((asked.root / "model/model.json").read_text())["slope"] == 2
    started = container_of(tmp_path)
    assert started.inspect("{{.HostConfig.NetworkMode}} {{.HostConfig.ReadonlyRootfs}}") == "none true"
    assert "COLOUR=red, and blue" in started.inspect("{{json .Config.Env}}")
    container.stop(0)
    assert containers_of(tmp_path) == {}


def test_a_failure_has_its_exit_code(runner: DockerRunner, tmp_path: Path) -> None:
    assert runner.start(order(tmp_path, "train", fail="Too few.")).wait(60) == 3


def test_stop_asks_first(runner: DockerRunner, tmp_path: Path) -> None:
    asked = order(tmp_path, "train", hang="yes")
    container = runner.start(asked)
    container_of(tmp_path).until_logged("hanging")
    container.stop(60)
    assert container.wait(0) == TERMINATED
    container.stop(0)  # Twice does no harm.


def test_what_outlives_a_server_is_adopted_and_the_rest_ended(runner: DockerRunner, tmp_path: Path) -> None:
    serving, training = order(tmp_path, "serve", name="serves"), order(tmp_path, "train", name="hangs", hang="yes")
    ended, unwanted = order(tmp_path, "train", name="ended", fail="x"), order(tmp_path, "serve", name="unwanted")
    port = runner.start(serving).port
    for each in (training, unwanted):
        runner.start(each)
    assert runner.start(ended).wait(60) == 3

    next_server = DockerRunner("no-such-image", tmp_path)
    next_server.keep({serving.root, training.root, ended.root})
    assert set(containers_of(tmp_path).values()) == {str(each.root) for each in (serving, training, ended)}
    adopted = next_server.adopt(serving)
    assert adopted is not None
    assert adopted.port == port
    Running(next(iter(containers_of(tmp_path))), port).until_healthy()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("POST", "/invocations", b'{"x": 2}')
    assert json.load(connection.getresponse())["y"] == 6
    connection.close()
    still_training, done = next_server.adopt(training), next_server.adopt(ended)
    assert still_training is not None
    assert still_training.wait(0) is None
    assert done is not None
    assert done.wait(60) == 3
    assert ended.log.read_text() == "Giving up: x\n", "its log is there once"
    assert next_server.adopt(unwanted) is None


def test_what_was_made_but_never_started_is_not_adopted(runner: DockerRunner, tmp_path: Path) -> None:
    asked = order(tmp_path, "train", hang="yes")
    runner.start(asked)
    started = container_of(tmp_path)
    name = started.inspect("{{.Name}}").lstrip("/")
    docker("rm", "--force", started.id)
    docker("create", f"--name={name}", f"--label=runquote.state={tmp_path}", "python:3.13-slim", "true")
    assert runner.adopt(asked) is None
    assert docker("ps", "--all", "--quiet", f"--filter=label=runquote.state={tmp_path}") == ""


def test_an_image_that_is_not_there_is_named(stand_in: str, tmp_path: Path) -> None:
    with pytest.raises(OSError, match="no-such-image"):
        DockerRunner("no-such-image", tmp_path).start(order(tmp_path, "train"))
    assert docker("ps", "--all", "--quiet", f"--filter=label=runquote.state={tmp_path}") == ""
