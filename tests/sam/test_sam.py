"""Every function in SAM's container of Lambda's runtime answers what it answers in the local cloud."""

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from cloud.clients import client_for
from cloud.engine import engine_problem
from cloud.settings import HOST, REPOSITORY
from tests.clouds import free_port
from tests.fakes import events
from tests.system import System
from tools import sam

type Containers = Any  # a Lambda client: boto3 types clients by literal names
START_SECONDS = 120
SAMPLES = sorted(path.stem for path in events.DIRECTORY.glob("*.json"))
WRITES = {"record_runs", "correct_run", "start_retraining", "set_budget", "delete_budget", "retire_workflow"}
READS = [name for name in SAMPLES if name not in WRITES]


@pytest.fixture(scope="session", autouse=True)
def engine() -> None:
    """The whole tier is skipped, with the reason, where no engine answers."""
    if problem := engine_problem():
        pytest.skip(problem)


@contextlib.contextmanager
def _served(system: System, command: str, directory: Path) -> Iterator[int]:
    """`sam local <command>` on a free port, once it listens there."""
    port, log = free_port(), directory / f"{command}.log"
    with (
        log.open("wb") as output,
        sam.started(system.cloud.settings, command, f"--port={port}", stdout=output, stderr=output) as process,
    ):
        deadline = time.monotonic() + START_SECONDS
        while f"Running on http://{HOST}:{port}" not in log.read_text():
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.1)
        yield port


@pytest.fixture(scope="module")
def containers(system: System, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Containers]:
    """A Lambda client whose functions run in SAM's containers."""
    with _served(system, "start-lambda", tmp_path_factory.mktemp("sam")) as port:
        yield client_for("lambda", replace(system.cloud.settings, port=port))


@pytest.fixture(scope="module")
def api_url(system: System, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The API as SAM serves it."""
    with _served(system, "start-api", tmp_path_factory.mktemp("sam")) as port:
        yield f"http://{HOST}:{port}"


def _invoke(client: Containers, name: str, event: object) -> Any:  # noqa: ANN401 - a JSON value
    """The function's answer; the body of an HTTP answer is parsed, and what each answer draws anew is left out."""
    response = client.invoke(FunctionName=name, Payload=json.dumps(event))
    answer = json.load(response["Payload"])
    if "body" in answer:
        answer["body"] = _comparable(json.loads(answer["body"]))
    answer.pop("requestId", None)
    answer.pop("stackTrace", None)
    return answer


def _comparable(body: Any) -> Any:  # noqa: ANN401 - a JSON value
    if isinstance(body, list):
        return [_comparable(each) for each in body]
    if isinstance(body, dict):
        return {name: _comparable(value) for name, value in body.items() if name != "prediction_id"}
    return body


def _both(system: System, containers: Containers, slug: str, event: object) -> tuple[Any, Any]:
    """What the container and the local cloud answer."""
    alias = f"runquote-{slug.replace('_', '-')}:live"
    return (
        _invoke(containers, sam.function_address(slug), event),
        _invoke(system.client("lambda"), alias, event),
    )


@pytest.mark.parametrize("name", READS)
def test_a_container_answers_as_the_local_cloud_does(system: System, containers: Containers, name: str) -> None:
    event = json.loads(sam.filled_in((events.DIRECTORY / f"{name}.json").read_text(), system.cloud.settings))
    in_container, in_cloud = _both(system, containers, events.function_of(name), event)
    assert in_container == in_cloud
    assert "errorType" not in in_container
    assert in_container.get("statusCode", 200) == 200


def test_what_a_container_records_is_there_for_all(system: System, containers: Containers) -> None:
    event = events.load("record_runs")
    other = {**event, "body": event["body"].replace("run-1", "run-2")}
    in_container = _invoke(containers, sam.function_address("record_runs"), event)
    in_cloud = _invoke(system.client("lambda"), "runquote-record-runs:live", other)
    assert in_container == in_cloud
    assert in_container["body"] == {"accepted": 1, "unchanged": 0, "rejected": []}
    for again in (event, other):
        first, second = _both(system, containers, "record_runs", again)
        assert first == second
        assert first["body"] == {"accepted": 0, "unchanged": 1, "rejected": []}


def test_a_budget_that_a_container_sets_is_there_for_all(system: System, containers: Containers) -> None:
    made = _invoke(containers, sam.function_address("budgets"), events.load("set_budget"))
    listed = _invoke(system.client("lambda"), "runquote-budgets:live", events.load("list_budgets"))
    (found,) = (each for each in listed["body"]["budgets"] if each["team"] == made["body"]["team"])
    assert found["limit_usd"] == made["body"]["limit_usd"] == 250
    gone = _invoke(system.client("lambda"), "runquote-budgets:live", events.load("delete_budget"))
    assert gone["body"] == made["body"]
    assert _invoke(containers, sam.function_address("budgets"), events.load("delete_budget"))["statusCode"] == 404


def test_a_container_retires_no_workflow_that_nobody_has(system: System, containers: Containers) -> None:
    event = {**events.load("retire_workflow"), "pathParameters": {"workflow_name": "nobody"}}
    in_container, in_cloud = _both(system, containers, "retire_workflow", event)
    assert (in_container, in_container["statusCode"]) == (in_cloud, 404)


def test_a_retraining_that_a_container_starts_is_followed_by_all(system: System, containers: Containers) -> None:
    started = _invoke(containers, sam.function_address("retrainings"), events.load("start_retraining"))
    assert started["statusCode"] == 202
    machine = system.outputs["retrain_state_machine_arn"].replace(":stateMachine:", ":execution:")
    execution = system.wait(f"{machine}:{started['body']['retraining_id']}")
    assert json.loads(execution["output"])["outcome"] == "no_update"
    event = json.loads(json.dumps(events.load("retraining")).replace("${retraining_id}", execution["name"]))
    in_container, in_cloud = _both(system, containers, "retrainings", event)
    assert in_container == in_cloud
    assert in_container["body"]["status"] == "no_update"


@pytest.mark.parametrize("slug", ["prepare_dataset", "verify_artifact", "compare_models", "promote"])
def test_a_container_names_an_error_as_the_local_cloud_does(system: System, containers: Containers, slug: str) -> None:
    in_container, in_cloud = _both(system, containers, slug, {"workflow_name": "rnaseq-quant"})
    assert in_container == in_cloud
    assert in_container["errorType"] == "InvalidInput"


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "predictions", {"workflow_name": "rnaseq-quant", "input_bytes": 30_000_000}),
        ("POST", "predictions", {"workflow_name": "rnaseq-qant", "input_bytes": 30_000_000}),
        ("POST", "predictions/batch", {"requests": [{"workflow_name": "gwas-assoc", "input_bytes": 1_000_000}]}),
        ("POST", "runs", {"workflow_name": "sample", "run_id": "x", "cost_usd": "much"}),
        ("GET", "workflows", None),
        ("GET", "workflows/rnaseq-quant", None),
        ("GET", "workflows/none", None),
    ],
)
def test_sams_api_answers_as_api_gateway_does(
    system: System, api_url: str, method: str, path: str, body: object
) -> None:
    through_sam = httpx.request(method, f"{api_url}/{path}", json=body, timeout=60, trust_env=False)
    through_gateway = system.request(method, path, body)
    assert through_sam.status_code == through_gateway.status_code
    first, second = (_comparable(answer.json()) for answer in (through_sam, through_gateway))
    for answer in (first, second):
        answer.pop("request_id", None)
        answer.pop("total", None)  # simulated from the ids of its predictions
    assert first == second


def test_one_command_runs_a_function_with_an_event(system: System) -> None:
    settings = system.cloud.settings
    environment = os.environ | {
        "RUNQUOTE_CLOUD_PORT": str(settings.port),
        "RUNQUOTE_STATE_DIR": str(settings.state_directory),
    }
    command = [sys.executable, "-m", "tools.sam", "invoke", "compare_models", "tests/events/compare_models.json"]
    answer = subprocess.run(command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr
    assert json.loads(answer.stdout)["is_better"]
