"""docker-compose.localstack.yml: the whole system on LocalStack in containers, its functions too.

LocalStack comes from PyPI, with stand-ins for what it would download: see docs/backends.md.
"""

import json
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from cloud.engine import LAMBDA_IMAGE, EngineError, docker, engine_problem, require_image
from cloud.settings import REPOSITORY, CloudSettings
from runquote.client import Client
from tests.clouds import client_of, free_port
from tools import backends
from tools.up import EXAMPLE, step, up
from tools.webserver import WebSettings

CHECKOUT = f"{REPOSITORY.name.lower()}-test"
PROJECT = f"{CHECKOUT}-localstack-pypi"

pytestmark = pytest.mark.timeout(1800)  # the first test builds images


@dataclass
class System:
    """The containers, in a compose project of their own, and the outputs of `make up`."""

    settings: CloudSettings
    backend: backends.LocalStack
    outputs: dict[str, Any]


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    if problem := engine_problem():
        pytest.skip(problem)
    try:
        require_image(LAMBDA_IMAGE)
    except EngineError as error:
        pytest.skip(f"Functions run in {LAMBDA_IMAGE}, which cannot be had: {error}")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("COMPOSE_PROJECT_NAME", CHECKOUT)
        environment.setenv("RUNQUOTE_WEB_PORT", str(free_port()))
        settings = CloudSettings(tmp_path_factory.mktemp("localstack"), free_port())
        web = WebSettings.from_environment(settings.state_directory)
        backend = backends.LocalStackFromPyPI(settings, web)
        try:
            yield System(settings, backend, up(settings, backend))
        finally:
            backend.forget()


def test_it_learned_from_the_examples_and_predicts(system: System) -> None:
    with Client(system.outputs["api_url"], system.outputs["api_key"]) as client:
        prediction = client.predict(EXAMPLE.workflow_name, EXAMPLE.input_bytes)
        assert {each.workflow_name for each in client.workflows()} == {
            "germline-variants",
            "gwas-assoc",
            "rnaseq-quant",
            "wgs-germline-demo",
        }
    assert prediction.model.version == 1
    endpoints = client_of(system.settings, "sagemaker").list_endpoints()["Endpoints"]
    assert [each["EndpointStatus"] for each in endpoints] == ["InService"] * 4


def test_functions_run_in_containers_of_lambdas_image(system: System) -> None:
    names = docker("ps", f"--filter=ancestor={LAMBDA_IMAGE}", "--format={{.Names}}").splitlines()
    assert any(name.startswith(f"{PROJECT}-localstack-1-lambda-runquote-predict-") for name in names), names


def test_the_web_app_has_its_configuration(system: System) -> None:
    with urllib.request.urlopen(f"{system.outputs['web_url']}/config.json", timeout=20) as answer:
        assert json.load(answer) == {"apiUrl": system.outputs["api_url"], "apiKey": system.outputs["api_key"]}


def test_down_leaves_no_container_and_no_network(system: System) -> None:
    assert system.backend.stop()
    assert docker("ps", "--all", "--quiet", f"--filter=name={PROJECT}") == ""
    assert docker("network", "ls", "--quiet", f"--filter=name={PROJECT}") == ""


def test_where_the_image_cannot_be_pulled_the_other_backend_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if problem := engine_problem():
        pytest.skip(problem)
    monkeypatch.setenv("COMPOSE_PROJECT_NAME", CHECKOUT)
    monkeypatch.setenv("RUNQUOTE_LOCALSTACK_IMAGE", "registry.invalid/localstack")
    backend = backends.LocalStack(CloudSettings(tmp_path, free_port()), WebSettings(tmp_path, free_port()))
    with pytest.raises(EngineError, match=r"docker compose build failed: .*\nBACKEND=localstack-pypi "):
        backend.start(step)
