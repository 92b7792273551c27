"""The image under SageMaker's contract, on a real engine: confined, and made to fail in the ways that SageMaker knows.

Sources: https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-algo.html and
https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html
"""

import gzip
import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from cloud.engine import docker
from cloud.settings import REPOSITORY
from contract.container import ARTIFACT_MEMBERS, METRICS, Evaluation, InvocationResponse
from tests.container.conftest import Engine
from tools import image
from tools.programs import uv

INVOCATION = json.dumps({"rows": [{"input_bytes": 1_000_000}, {"input_bytes": 5_000_000}]}).encode()
TERMINATED = 128 + 15
KILLED = 128 + 9


def test_train_writes_the_artefact_the_evaluation_and_the_metrics(engine: Engine, root: Path) -> None:
    container = engine.train(root)
    assert container.wait() == 0, container.log
    assert {path.name for path in (root / "model").iterdir()} == set(ARTIFACT_MEMBERS)
    Evaluation.model_validate_json((root / "output/data/evaluation.json").read_text())
    assert [line.partition("=")[0] for line in container.log.splitlines()] == list(METRICS)
    assert not (root / "output/failure").exists()


def test_the_same_history_gives_the_same_booster_in_every_container(engine: Engine, root: Path, model: Path) -> None:
    assert engine.train(root).wait() == 0
    assert (root / "model/booster.ubj").read_bytes() == (model / "booster.ubj").read_bytes()


def test_train_runs_as_root_too_as_on_sagemaker(engine: Engine, root: Path) -> None:
    options = ["--read-only", "--network=none", f"--volume={root}:/opt/ml"]
    container = engine.run("train", options=options)
    assert container.wait() == 0, container.log
    assert (root / "model/model.json").exists()


def _no_channel(root: Path) -> None:
    shutil.rmtree(root / "input/data/train")
    shutil.rmtree(root / "input/data/holdout")


def _first_part(root: Path) -> Path:
    return root / "input/data/train/part-00000.jsonl.gz"


def _not_gzip(root: Path) -> None:
    _first_part(root).write_bytes(b"not gzip")


def _not_json(root: Path) -> None:
    _first_part(root).write_bytes(gzip.compress(b"{not json}\n"))


def _no_hyperparameters(root: Path) -> None:
    (root / "input/config/hyperparameters.json").unlink()


def _hyperparameters_without_a_workflow(root: Path) -> None:
    (root / "input/config/hyperparameters.json").write_text('{"colour": "blue"}')


def _hyperparameters_that_are_a_list(root: Path) -> None:
    (root / "input/config/hyperparameters.json").write_text("[]")


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (_no_channel, "InsufficientData: "),
        (_not_gzip, "ValueError: train/part-00000.jsonl.gz cannot be read: "),
        (_not_json, "ValueError: train/part-00000.jsonl.gz cannot be read: "),
        (_no_hyperparameters, "hyperparameters.json"),
        (_hyperparameters_without_a_workflow, "ValueError: hyperparameters.json must be an object with workflow_name"),
        (_hyperparameters_that_are_a_list, "ValueError: hyperparameters.json must be an object with workflow_name"),
    ],
)
def test_train_says_why_it_failed(engine: Engine, root: Path, damage: Callable[[Path], None], reason: str) -> None:
    damage(root)
    assert engine.train(root).wait() == 1
    failure = (root / "output/failure").read_text()
    assert reason in failure
    assert "\n" not in failure
    assert not list((root / "model").iterdir())


def test_train_without_enough_memory_is_killed_and_leaves_no_artefact(engine: Engine, root: Path) -> None:
    container = engine.train(root, "--memory=24m", "--memory-swap=24m")
    assert container.wait() == KILLED
    assert container.inspect("{{.State.OOMKilled}}") == "true"
    assert not list((root / "model").iterdir())


def test_train_ends_at_once_when_told_to(engine: Engine, root: Path) -> None:
    part = _first_part(root)
    part.unlink()
    os.mkfifo(part)
    part.chmod(0o666)
    container = engine.train(root)
    with part.open("wb"):  # Opens when `train` opens it, and holds it at reading for as long as we like.
        docker("kill", "--signal=TERM", container.id)
        assert container.wait() == TERMINATED
    assert not list((root / "model").iterdir())


def test_serve_answers_pings_and_invocations_as_an_unprivileged_user(engine: Engine, model: Path) -> None:
    container = engine.serve(model, "--env=MODEL_VERSION=7").until_healthy()
    status, body = container.request("POST", "/invocations", INVOCATION)
    assert status == 200
    response = InvocationResponse.model_validate_json(body)
    assert response.model_version == 7
    assert [prediction.cost_usd > 0 for prediction in response.predictions] == [True, True]
    assert container.request("POST", "/invocations", b"{}")[0] == 400
    assert container.request("GET", "/nowhere")[0] == 404
    uids = docker("exec", container.id, "sh", "-c", "cat /proc/[0-9]*/status | grep ^Uid:").splitlines()
    assert uids
    assert all("0" not in line.split()[1:] for line in uids)


def test_serve_listens_where_sagemaker_says(engine: Engine, model: Path) -> None:
    container = engine.serve(model, "--env=SAGEMAKER_BIND_TO_PORT=9123", inside=9123).until_healthy()
    assert container.request("POST", "/invocations", INVOCATION)[0] == 200


def test_serve_ends_of_itself_when_told_to(engine: Engine, model: Path) -> None:
    container = engine.serve(model).until_healthy()
    docker("stop", "--time=30", container.id)  # SageMaker kills after 30 seconds; that would show as 137.
    assert container.inspect("{{.State.ExitCode}}") in {"0", str(TERMINATED)}
    with pytest.raises(ConnectionError):
        container.request("GET", "/ping")


@pytest.mark.parametrize("content", [None, b"{}"])
def test_serve_without_a_good_model_ends_and_says_so(engine: Engine, tmp_path: Path, content: bytes | None) -> None:
    tmp_path.chmod(0o755)
    if content is not None:
        (tmp_path / "model.json").write_bytes(content)
    container = engine.serve(tmp_path)
    assert container.wait() != 0
    assert "BadArtifact" in container.log


def test_the_image_holds_what_it_needs_and_nothing_to_build_with(engine: Engine) -> None:
    script = (
        "for tool in gcc cc make git curl; do command -v $tool && exit 1; done; command -v train && command -v serve"
    )
    container = engine.run("sh", "-c", script)
    assert container.wait() == 0, container.log
    assert container.log.splitlines() == ["/usr/local/bin/train", "/usr/local/bin/serve"]


def test_every_pinned_package_is_there_for_arm64_too(tmp_path: Path) -> None:
    options = ("--dry-run", f"--target={tmp_path}", "--python-version=3.13", "--only-binary=:all:", "--require-hashes")
    command = [uv(), "pip", "install", *options, "--python-platform=aarch64-manylinux_2_28"]
    lock = REPOSITORY / "requirements" / "model.txt"
    answer = subprocess.run([*command, f"--requirement={lock}"], capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr
    assert " + xgboost-cpu==" in answer.stderr


def test_a_second_build_makes_the_same_layers(built: str) -> None:
    layers = "{{json .RootFS.Layers}}"
    image.build(f"{built}:again", cache=False)
    assert docker("image", "inspect", f"--format={layers}", f"{built}:again") == docker(
        "image", "inspect", f"--format={layers}", built
    )
