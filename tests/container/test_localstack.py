"""docker-compose.localstack.yml: the whole system on LocalStack in containers, its functions too.

LocalStack's image is a stand-in (tests/localstack), and so is its DynamoDB: see docs/backends.md.
"""

import json
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from local import backends, image
from local.engine import EngineError, docker, engine_problem
from local.sam import IMAGE
from local.settings import REPOSITORY, CloudSettings
from local.testing import client_of, free_port
from local.up import EXAMPLE, up
from local.webserver import WebSettings
from runquote.client import Client

STAND_IN = REPOSITORY / "tests" / "localstack"
PROJECT = f"{REPOSITORY.name.lower()}-test"

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
        docker("image", "inspect", IMAGE)
    except EngineError as error:
        pytest.skip(f"Functions run in {IMAGE}, which the engine does not have: {error}")
    _build_stand_in()
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("COMPOSE_PROJECT_NAME", PROJECT)
        environment.setenv("RUNQUOTE_WEB_PORT", str(free_port()))
        settings = CloudSettings(tmp_path_factory.mktemp("localstack"), free_port())
        web = WebSettings.from_environment(settings.state_directory)
        backend = backends.LocalStack(settings, web, STAND_IN / "stand-in.yml")
        try:
            yield System(settings, backend, up(settings, backend))
        finally:
            backend.forget()


def _build_stand_in() -> None:
    docker(
        *("buildx", "build", "--load", "--provenance=false", f"--network={image.build_network()}"),
        *(f"--file={STAND_IN / 'Dockerfile'}", "--tag=runquote-localstack-stand-in", str(REPOSITORY)),
        timeout=900,
    )


def test_it_learned_from_the_examples_and_predicts(system: System) -> None:
    with Client(system.outputs["api_url"], system.outputs["api_key"]) as client:
        prediction = client.predict(EXAMPLE.workflow_name, EXAMPLE.input_bytes)
        assert {each.workflow_name for each in client.workflows()} == {
            "germline-variants",
            "gwas-assoc",
            "rnaseq-quant",
        }
    assert prediction.model.version == 1
    endpoints = client_of(system.settings.endpoint_url, "sagemaker").list_endpoints()["Endpoints"]
    assert [each["EndpointStatus"] for each in endpoints] == ["InService"] * 3


def test_functions_run_in_containers_of_lambdas_image(system: System) -> None:
    names = docker("ps", f"--filter=ancestor={IMAGE}", "--format={{.Names}}").splitlines()
    assert any(name.startswith(f"{PROJECT}-localstack-localstack-1-lambda-runquote-predict-") for name in names), names


def test_the_web_app_has_its_configuration(system: System) -> None:
    with urllib.request.urlopen(f"{system.outputs['web_url']}/config.json", timeout=20) as answer:
        assert json.load(answer) == {"apiUrl": system.outputs["api_url"], "apiKey": system.outputs["api_key"]}


def test_down_leaves_no_container_and_no_network(system: System) -> None:
    assert system.backend.stop()
    assert docker("ps", "--all", "--quiet", f"--filter=name={PROJECT}-localstack") == ""
    assert docker("network", "ls", "--quiet", f"--filter=name={PROJECT}-localstack") == ""
