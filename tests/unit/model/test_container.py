"""`train` and `serve` as SageMaker starts them: processes over a tree of files."""

import gzip
import http.client
import json
import os
import socket
import statistics
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from contract.container import METRIC_DEFINITIONS, Evaluation, InvocationResponse
from contract.names import is_holdout
from model.container import artifact
from tests.unit.model.histories import make_row, make_rows

REPOSITORY = Path(__file__).parents[3]
Rows = list[dict[str, Any]]


def write_channel(root: Path, name: str, rows: Rows, parts: int = 1) -> None:
    folder = root / "input" / "data" / name
    folder.mkdir(parents=True)
    for part in range(parts):
        with gzip.open(folder / f"part-{part:05d}.jsonl.gz", "wt") as lines:
            lines.writelines(json.dumps(row) + "\n" for row in rows[part::parts])


def make_tree(root: Path, rows: Rows, champion: bytes | None = None) -> Path:
    held = [is_holdout("rnaseq-quant", row["run_id"]) for row in rows]
    write_channel(root, "train", [row for row, out in zip(rows, held, strict=True) if not out], parts=2)
    write_channel(root, "holdout", [row for row, out in zip(rows, held, strict=True) if out])
    config = root / "input" / "config"
    config.mkdir(parents=True)
    (config / "hyperparameters.json").write_text('{"workflow_name": "rnaseq-quant"}')
    if champion is not None:
        (root / "input" / "data" / "champion").mkdir()
        (root / "input" / "data" / "champion" / "model.tar.gz").write_bytes(champion)
    return root


def environment(root: Path, **changes: str) -> dict[str, str]:
    return os.environ | {"SAGEMAKER_BASE_DIR": str(root), "SAGEMAKER_BIND_TO_HOST": "127.0.0.1"} | changes


def run_train(root: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "model.train"]
    return subprocess.run(
        command, env=environment(root), cwd=REPOSITORY, capture_output=True, text=True, check=False, timeout=120
    )


def read_evaluation(root: Path) -> Evaluation:
    return Evaluation.model_validate_json((root / "output" / "data" / "evaluation.json").read_text())


def packed_model(root: Path) -> bytes:
    return artifact.pack({path.name: path.read_bytes() for path in sorted((root / "model").iterdir(), reverse=True)})


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    root = make_tree(tmp_path_factory.mktemp("first"), make_rows(80, parameters=True))
    finished = run_train(root)
    assert finished.returncode == 0, finished.stderr
    return root, finished.stdout


def test_training_writes_artifact_and_evaluation(trained: tuple[Path, str]) -> None:
    root, _ = trained
    result = read_evaluation(root)
    assert result.evaluated_on == "holdout"
    assert result.evaluated_runs == sum(is_holdout("rnaseq-quant", f"run-{number:05d}") for number in range(80))
    assert result.profile.runs == 80
    assert result.champion is None
    assert result.champion_problem is None
    assert result.baseline_difference.pinball < -3 * result.baseline_difference.standard_error
    assert sum(part.runs for part in result.slices) == result.evaluated_runs
    loaded = artifact.read_folder(root / "model")
    assert loaded.served.runs == 80
    assert loaded.twin is not None
    assert loaded.twin.runs == 80 - result.evaluated_runs
    assert not (root / "output" / "failure").exists()


def check_points(result: Evaluation, rows: Rows) -> None:
    """Figures made from the listed runs are those that the evaluation states."""
    costs = {row["run_id"]: row["cost_usd"] for row in rows}
    assert len({point.run_id for point in result.points}) == len(result.points) == result.evaluated_runs
    assert all(point.cost_usd == costs[point.run_id] for point in result.points)
    times = [point.completed_at for point in result.points]
    assert times == sorted(times)
    errors = [abs(point.predicted_usd / point.cost_usd - 1) for point in result.points]
    assert statistics.median(errors) == pytest.approx(result.challenger.median_ape)
    for position, coverage in ((0, 0.8), (1, 0.9)):
        bounds = [point.intervals[position] for point in result.points]
        assert {interval.coverage for interval in bounds} == {coverage}
        covered = [
            interval.low_usd <= point.cost_usd <= interval.high_usd
            for interval, point in zip(bounds, result.points, strict=True)
        ]
        assert statistics.mean(covered) == pytest.approx(
            getattr(result.challenger, f"coverage_{round(100 * coverage)}")
        )


def test_single_evaluated_runs_are_listed(trained: tuple[Path, str]) -> None:
    check_points(read_evaluation(trained[0]), make_rows(80, parameters=True))


def test_sagemaker_finds_the_metrics_in_the_log(trained: tuple[Path, str]) -> None:
    import re

    root, log = trained
    challenger = read_evaluation(root).challenger
    for definition in METRIC_DEFINITIONS:
        found = re.search(definition["Regex"], log, re.MULTILINE)
        assert found is not None
        assert float(found[1]) == pytest.approx(getattr(challenger, definition["Name"]), rel=1e-5)


def test_champion_and_challenger_are_judged_on_the_same_runs(trained: tuple[Path, str], tmp_path: Path) -> None:
    rows = make_rows(160, parameters=True)
    root = make_tree(tmp_path, rows, champion=packed_model(trained[0]))
    assert run_train(root).returncode == 0
    result = read_evaluation(root)
    assert result.champion is not None
    assert result.difference is not None
    assert result.difference.pinball == pytest.approx(result.challenger.pinball - result.champion.pinball)
    assert result.difference.standard_error > 0
    assert result.challenger_beside_champion == result.challenger
    assert result.champion_learned_from is not None
    assert result.champion_learned_from.runs == 80
    for part in result.slices:
        assert part.difference is not None
        assert part.champion_pinball is not None
        assert part.difference.runs == part.runs
    total = sum(part.difference.pinball * part.runs for part in result.slices if part.difference is not None)
    assert total / result.evaluated_runs == pytest.approx(result.difference.pinball)


def test_a_bad_champion_is_reported_and_does_not_stop_training(tmp_path: Path) -> None:
    root = make_tree(tmp_path, make_rows(60), champion=b"not an archive")
    assert run_train(root).returncode == 0
    result = read_evaluation(root)
    assert result.champion is None
    assert result.difference is None
    assert result.champion_problem is not None
    assert "model.tar.gz is not readable" in result.champion_problem


def test_few_runs_are_cross_validated(trained: tuple[Path, str], tmp_path: Path) -> None:
    root = make_tree(tmp_path, make_rows(12), champion=packed_model(trained[0]))
    assert run_train(root).returncode == 0
    result = read_evaluation(root)
    assert (result.evaluated_on, result.evaluated_runs) == ("cross_validation", 12)
    assert result.champion is None
    check_points(result, make_rows(12))
    assert result.champion_problem == "only 0 runs are new to the champion, too few to judge it on"


def test_a_champion_is_judged_on_runs_new_to_it_when_there_is_no_holdout(
    trained: tuple[Path, str], tmp_path: Path
) -> None:
    # However old they are: the champion names what it learned from.
    rows = [row | {"run_id": f"{'other' if n < 6 else ''}{row['run_id']}"} for n, row in enumerate(make_rows(12))]
    root = make_tree(tmp_path, rows, champion=packed_model(trained[0]))
    assert run_train(root).returncode == 0
    result = read_evaluation(root)
    assert result.difference is not None
    assert (result.difference.runs, result.evaluated_runs) == (6, 12)
    assert result.challenger_beside_champion != result.challenger


def test_poison_is_listed_in_the_evaluation(tmp_path: Path) -> None:
    rows = make_rows(60)
    rows[7]["cost_usd"] = 1e9
    root = make_tree(tmp_path, [*rows, make_row(999, 1e9, 0.0, status="FAILED")])
    assert run_train(root).returncode == 0
    result = read_evaluation(root)
    assert {entry.run_id for entry in result.set_aside} == {"run-00007", "run-00999"}
    assert result.set_aside_runs == 2


@pytest.mark.parametrize(
    ("prepare", "reason"),
    [
        (lambda root: make_tree(root, make_rows(2)), "InsufficientData: 2 usable runs; a model needs at least 3"),
        (lambda root: make_tree(root, []), "InsufficientData: 0 usable runs; a model needs at least 3"),
        (lambda root: root, "FileNotFoundError"),
    ],
)
def test_failure_is_told_to_sagemaker(tmp_path: Path, prepare: Callable[[Path], Path], reason: str) -> None:
    finished = run_train(prepare(tmp_path))
    assert finished.returncode == 1
    assert (tmp_path / "output" / "failure").read_text().startswith(reason)
    assert not (tmp_path / "model").exists()


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(root: Path) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    port = free_port()
    changes = {"SAGEMAKER_BIND_TO_PORT": str(port), "MODEL_VERSION": "7"}
    process = subprocess.Popen([sys.executable, "-m", "model.serve"], env=environment(root, **changes), cwd=REPOSITORY)
    try:
        wait_for_ping(process, port)
        yield process, port
    finally:
        process.terminate()
        process.wait(30)


def wait_for_ping(process: subprocess.Popen[bytes], port: int) -> None:
    pause = threading.Event()
    while process.poll() is None:
        try:
            if call(port, "GET", "/ping")[0] == 200:
                return
        except ConnectionError:
            pause.wait(0.02)
    raise AssertionError("the server ended")


def call(
    port: int, method: str, path: str, body: bytes | None = None, content_type: str = "application/json"
) -> tuple[int, bytes]:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        connection.request(method, path, body, {"content-type": content_type})
        response = connection.getresponse()
        return response.status, response.read()


@pytest.fixture(scope="module")
def port(trained: tuple[Path, str]) -> Iterator[int]:
    with serving(trained[0]) as (_, bound):
        yield bound


def invoke(port: int, request: object) -> tuple[int, bytes]:
    return call(port, "POST", "/invocations", json.dumps(request).encode())


@pytest.mark.parametrize("header", ["origin", "sec-fetch-site"])
def test_a_page_is_refused(port: int, header: str) -> None:
    """As a process of a person's machine it is within reach of every page in their browser."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        connection.request("POST", "/invocations", b"{}", {"content-type": "application/json", header: "same-site"})
        assert connection.getresponse().status == 403


def test_one_row_is_answered(port: int) -> None:
    status, body = invoke(port, {"rows": [{"input_bytes": 10**10, "parameters": {"aligner": "star"}}]})
    assert status == 200
    response = InvocationResponse.model_validate_json(body)
    assert response.model_version == 7
    (prediction,) = response.predictions
    assert 0.1 < prediction.cost_usd < 1
    assert len(prediction.similar_runs) == 5
    assert sum(effect.effect_usd for effect in prediction.explanation) == pytest.approx(prediction.cost_usd)


def test_five_hundred_rows_are_answered_in_order(port: int) -> None:
    sizes = [10**9 + 10**8 * number for number in range(500)]
    rows = [{"input_bytes": size} for size in sizes]
    status, body = invoke(port, {"rows": rows, "explain": False, "similar_runs": 0})
    assert status == 200
    predictions = InvocationResponse.model_validate_json(body).predictions
    assert len(predictions) == 500
    assert predictions[0].explanation == []
    costs = [prediction.cost_usd for prediction in predictions]
    assert costs == sorted(costs)
    assert costs[-1] > 2 * costs[0]


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        (b"", 400, "body:"),
        (b"{", 400, "body:"),
        (b"[]", 400, "body:"),
        (b'{"rows": []}', 400, "rows:"),
        (b'{"rows": [{"input_bytes": 0}]}', 400, "rows.0.input_bytes:"),
        (b'{"rows": [{"input_bytes": 1e400}]}', 400, "rows.0.input_bytes:"),
        (b'{"rows": [{"input_bytes": NaN}]}', 400, "rows.0.input_bytes:"),
        (b'{"rows": [{"input_bytes": 1, "size": 2}]}', 400, "rows.0.size:"),
        (b'{"rows": [' + b'{"input_bytes": 1},' * 500 + b'{"input_bytes": 1}]}', 400, "rows:"),
        (b" " * (1024 * 1024 + 1), 413, "1048576"),
    ],
    ids=["empty", "cut", "array", "no rows", "zero", "infinite", "nan", "unknown key", "501 rows", "large"],
)
def test_bad_input_is_refused(port: int, body: bytes, status: int, message: str) -> None:
    answered, content = call(port, "POST", "/invocations", body)
    assert answered == status
    assert message in json.loads(content)["message"]


def test_other_types_methods_and_paths_are_refused(port: int) -> None:
    assert call(port, "POST", "/invocations", b"1,2", "text/csv")[0] == 415
    assert call(port, "GET", "/invocations")[0] == 405
    assert call(port, "GET", "/elsewhere")[0] == 404


def test_serve_ends_on_sigterm(trained: tuple[Path, str]) -> None:
    with serving(trained[0]) as (process, port):
        process.terminate()
        assert process.wait(30) == 0
        with pytest.raises(ConnectionError):
            call(port, "GET", "/ping")


def test_serve_refuses_what_train_did_not_write(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "model.json").write_text("{}")
    command = [sys.executable, "-m", "model.serve"]
    finished = subprocess.run(
        command,
        env=environment(tmp_path, SAGEMAKER_BIND_TO_PORT=str(free_port())),
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert finished.returncode != 0
    assert "BadArtifact" in finished.stderr
