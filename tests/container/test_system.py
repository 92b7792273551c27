"""`make up RUNNER=docker`: the whole system, with every training job and every endpoint in a container of the image."""

from pathlib import Path

import pytest

from cloud.engine import docker
from cloud.sagemaker.docker_runner import containers_of
from tests.system import System, running_system
from tools.up import EXAMPLE


def serving(state: Path) -> dict[str, str]:
    """The command of each container of this local cloud by its id."""
    found = {
        container: docker("inspect", '--format={{join .Config.Cmd " "}}', container)
        for container in containers_of(state)
    }
    return dict(sorted(found.items()))


def predicts(system: System) -> bool:
    return system.request("POST", "predictions", EXAMPLE.model_dump(exclude_none=True)).status_code == 200


def test_the_loop_runs_in_containers_that_outlive_a_crash(
    built: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUNQUOTE_RUNNER", "docker")
    monkeypatch.setenv("RUNQUOTE_BACKEND", "embedded")
    with running_system(tmp_path) as system:
        endpoints = system.client("sagemaker").list_endpoints(StatusEquals="InService")["Endpoints"]
        before = serving(tmp_path)
        assert list(before.values()) == ["serve"] * len(endpoints)
        assert len(before) == 4, "one for each example workflow, and none of the training jobs"
        assert predicts(system)
        system.cloud.kill()
        assert serving(tmp_path) == before
        system.cloud.start()
        assert predicts(system)
        assert serving(tmp_path) == before
    assert containers_of(tmp_path) == {}
