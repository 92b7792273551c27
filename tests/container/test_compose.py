"""docker-compose.yml: the local system in containers, reachable from this machine alone, and its data kept."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from cloud import lifecycle
from cloud.engine import docker, engine_problem
from cloud.settings import REPOSITORY, CloudSettings
from tests.clouds import client_of, free_port
from tools import backends
from tools.up import step
from tools.webserver import WebSettings


@dataclass
class System:
    """The containers, in a project of their own."""

    settings: CloudSettings
    web: WebSettings
    backend: backends.Compose


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    problem = engine_problem()
    if problem:
        pytest.skip(problem)
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("COMPOSE_PROJECT_NAME", f"{REPOSITORY.name.lower()}-test")
        state = tmp_path_factory.mktemp("compose")
        settings, web = CloudSettings(state, free_port()), WebSettings(state, free_port())
        made = System(settings, web, backends.Compose(settings, web))
        try:
            made.backend.start(step)
            yield made
        finally:
            made.backend.forget()


def get(url: str) -> tuple[int, bytes]:
    try:
        with urllib.request.urlopen(url, timeout=20) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def test_it_is_healthy_confined_and_listens_on_this_machine_alone(system: System) -> None:
    for name in ("cloud", "web"):
        (container,) = docker("compose", f"--project-directory={REPOSITORY}", "ps", "--quiet", name).splitlines()
        (found,) = json.loads(docker("inspect", container))
        assert found["State"]["Health"]["Status"] == "healthy"
        assert found["HostConfig"]["ReadonlyRootfs"]
        assert found["Config"]["User"] == "1000:1000"
        published = [each for ports in found["NetworkSettings"]["Ports"].values() for each in ports or []]
        assert [each["HostIp"] for each in published] == ["127.0.0.1"]


def test_the_web_app_is_served_and_takes_its_configuration(system: System) -> None:
    assert get(f"{system.web.url}/config.json")[0] == 503
    config = {"apiUrl": system.settings.endpoint_url, "apiKey": 'it\'s a "key"'}
    system.backend.serve_web(config)
    assert json.loads(get(f"{system.web.url}/config.json")[1]) == config
    assert b"<title>" in get(f"{system.web.url}/")[1]


def test_down_and_up_keeps_what_was_stored(system: System) -> None:
    client_of(system.settings, "s3").create_bucket(Bucket="kept")
    assert system.backend.stop()
    assert not system.backend.stop()
    system.backend.start(step)
    buckets = client_of(system.settings, "s3").list_buckets()["Buckets"]
    assert [bucket["Name"] for bucket in buckets] == ["kept"]
    assert get(f"{system.web.url}/config.json")[0] == 200


def test_a_port_that_is_taken_is_named(system: System, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMPOSE_PROJECT_NAME", f"{REPOSITORY.name.lower()}-other")
    other = CloudSettings(tmp_path, system.settings.port)
    with pytest.raises(lifecycle.CloudError, match=f"Port {system.settings.port} is taken by another process"):
        backends.Compose(other, WebSettings(tmp_path, free_port())).start(step)
