"""A system that the version before made goes on under this one: `make up` of both, on one and the same directory."""

import hashlib
import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cloud.settings import REPOSITORY, CloudSettings
from tests.clouds import LocalCloud, free_port
from tests.system import System
from tools import backends
from tools.packages import make_environment
from tools.up import up

BEFORE = "94ce386e03bae95815846b62c9353bafc70b5af4"
"""The version before. After a release, that one."""
WORKFLOW = "germline-variants"
QUESTIONS = [(name, size) for name in (WORKFLOW, "gwas-assoc", "rnaseq-quant") for size in (2_000_000, 10_000_000)]
_UP = """
from local import backends
from local.settings import CloudSettings
from local.up import up
backends.build_web_app = lambda: None
backends.Embedded.serve_web = lambda *_: None
up(CloudSettings.from_environment())
"""
"""`make up` of the version before, without the web app."""
_ENDS_SECONDS = 60


@dataclass
class Known:
    """What the version before answered, and the execution that it left under way."""

    figures: dict[str, Any]
    runs: tuple[int, str]
    execution: str
    queue: str


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of the version before, with the packages that it names."""
    found = subprocess.run(["git", "cat-file", "-e", BEFORE], cwd=REPOSITORY, capture_output=True, check=False)
    if found.returncode:
        pytest.skip(f"this clone has no history back to {BEFORE[:7]}: git fetch --unshallow")
    folder = tmp_path_factory.mktemp("before")
    archive = subprocess.run(["git", "archive", BEFORE], cwd=REPOSITORY, stdout=subprocess.PIPE, check=True)
    subprocess.run(["tar", "-x", "-C", folder], input=archive.stdout, check=True)
    lock = Path("requirements", "dev.txt")
    if (folder / lock).read_bytes() == (REPOSITORY / lock).read_bytes():
        (folder / ".venv").symlink_to(REPOSITORY / ".venv")
    else:
        make_environment(folder / ".venv", folder / lock)
    (folder / "build").mkdir()
    (folder / "build" / "tools").symlink_to(REPOSITORY / "build" / "tools")
    return folder


@pytest.fixture(scope="module")
def upgraded(before: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[System, Known]]:
    """A system that the version before made, brought up by this one; and what was known of it."""
    directory = tmp_path_factory.mktemp("state")
    settings = CloudSettings(directory, free_port())
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RUNQUOTE_DEMO", "0")
        patch.setenv("RUNQUOTE_STATE_DIR", str(directory))
        patch.setenv("RUNQUOTE_CLOUD_PORT", str(settings.port))
        patch.setenv("RUNQUOTE_WEB_PORT", str(free_port()))
        old = {**os.environ, "PYTHONPATH": str(before)}
        python = before / ".venv" / "bin" / "python"
        cloud = LocalCloud(settings)
        try:
            subprocess.run([python, "-c", _UP], cwd=before, env=old, check=True)
            known = _left_under_way(System(cloud, json.loads((directory / "outputs.json").read_text())))
            subprocess.run([python, "-m", "local.down"], cwd=before, env=old, check=True)
            shutil.rmtree(before)  # nothing of it is used any more
            patch.setattr(backends, "build_web_app", lambda: None)
            patch.setattr(backends.Embedded, "serve_web", lambda *_: None)
            yield System(cloud, up(settings)), known
        finally:
            cloud.stop()


def _left_under_way(system: System) -> Known:
    """Give it a budget, spend and a run of its own, and leave a retraining under way."""
    ended = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=1)
    run = {
        "workflow_name": "new-here",
        "run_id": "r-1",
        "status": "SUCCEEDED",
        "started_at": (ended - timedelta(hours=1)).isoformat(),
        "completed_at": ended.isoformat(),
        "input_bytes": 10**9,
        "cost_usd": 12.5,
        "cost_source": "billed",
        "tags": {"team": "genomics"},
    }
    assert system.request("POST", "runs", run).status_code == 201
    assert system.request("PUT", "budgets/genomics", {"limit_usd": 50}).status_code == 200
    figures, runs = _figures(system), _runs(system)
    sqs = system.client("sqs")
    queue = sqs.create_queue(QueueName="upgrade")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    topic = system.outputs["model_updates_topic_arn"]
    raw = {"RawMessageDelivery": "true"}
    system.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes=raw)
    return Known(figures, runs, system.start_retraining(WORKFLOW), queue)


def _figures(system: System) -> dict[str, Any]:
    """What people see of it: estimates, the versions of models, what was spent."""
    with system.api() as client:
        estimates = {(name, size): client.predict(name, size) for name, size in QUESTIONS}
        versions = {each.workflow_name: (each.model_version, each.runs) for each in client.workflows()}
        spent = {each.team: (each.spent_usd, each.limit_usd, each.runs) for each in client.budgets().budgets}
    amounts = {f"{name} {size}": each.cost_usd for (name, size), each in estimates.items()}
    ends = {
        f"{name} {size} {place}": usd
        for (name, size), each in estimates.items()
        for interval in each.intervals
        for place, usd in (
            (f"{interval.coverage} low", interval.low_usd),
            (f"{interval.coverage} high", interval.high_usd),
        )
    }
    return {"amounts": amounts | ends, "versions": versions, "spent": spent}


def _runs(system: System) -> tuple[int, str]:
    """Count and checksum of all that is kept of runs."""
    pages = system.client("dynamodb").get_paginator("scan").paginate(TableName=system.outputs["workflow_runs_table"])
    items = sorted(json.dumps(item, sort_keys=True) for page in pages for item in page["Items"])
    return len(items), hashlib.sha256("\n".join(items).encode()).hexdigest()


def _told(system: System, queue: str) -> list[dict[str, Any]]:
    found = []
    while messages := system.client("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages"):
        for message in messages:
            found.append(json.loads(message["Body"]))
            system.client("sqs").delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
    return found


@pytest.mark.timeout(1800)
def test_models_runs_and_budgets_answer_as_before(upgraded: tuple[System, Known]) -> None:
    system, known = upgraded
    assert _runs(system) == known.runs
    now = _figures(system)
    assert now["versions"] == known.figures["versions"]
    assert now["spent"] == known.figures["spent"]
    assert now["spent"]["genomics"] == (12.5, 50, 1)
    # An estimate is for a run that starts now, which is a little later.
    assert now["amounts"] == pytest.approx(known.figures["amounts"], rel=1e-4)


def test_a_retraining_that_was_under_way_ends_and_is_told_once(upgraded: tuple[System, Known]) -> None:
    system, known = upgraded
    assert system.wait(known.execution)["status"] == "ABORTED"
    told: list[dict[str, Any]] = []
    deadline = time.monotonic() + _ENDS_SECONDS
    while not told and time.monotonic() < deadline:
        told += _told(system, known.queue)
        time.sleep(0.5)
    time.sleep(2)
    told += _told(system, known.queue)
    name = known.execution.rpartition(":")[2]
    ours = [each for each in told if name in json.dumps(each)]
    assert len(ours) == 1, told


def test_the_next_retraining_goes_its_way(upgraded: tuple[System, Known]) -> None:
    system, _ = upgraded
    ended = system.retrain(WORKFLOW)
    assert ended["status"] == "SUCCEEDED", ended
