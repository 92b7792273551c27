"""The committed OpenAPI document is the one served, and good enough for a generator to make a working client of it."""

import json
import subprocess
from pathlib import Path

import pytest

from contract.generate import GENERATED
from tests.environments import environment
from tests.system import System
from tools.programs import REPOSITORY

FOLDER = Path(__file__).parent / "generated_client"
DOCUMENT = GENERATED / "openapi.json"


@pytest.fixture(scope="module")
def generator() -> Path:
    """The folder of programs of an environment that holds openapi-python-client and nothing of ours."""
    return environment(REPOSITORY / "build" / "generated-client", FOLDER / "requirements.txt")


def test_the_document_is_served_without_a_key(system: System) -> None:
    answer = system.request("GET", "openapi.json", headers={"x-api-key": None})
    assert answer.status_code == 200
    assert answer.json() == json.loads(DOCUMENT.read_text())


def test_a_generated_client_calls_the_operations(system: System, generator: Path, tmp_path: Path) -> None:
    generate = [str(generator / "openapi-python-client"), "generate", "--fail-on-warning", "--meta=none"]
    config = tmp_path / "config.json"
    config.write_text('{"post_hooks": []}')  # nobody reads what is generated here, so nothing formats it
    made = subprocess.run(
        [*generate, f"--path={DOCUMENT}", f"--config={config}", f"--output-path={tmp_path / 'runquote_client'}"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stdout + made.stderr
    arguments = [system.outputs["api_url"], system.outputs["api_key"], "germline-variants"]
    called = subprocess.run(
        [generator / "python", FOLDER / "caller.py", *arguments],
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path), "NO_PROXY": "127.0.0.1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert called.returncode == 0, called.stderr
    answers = json.loads(called.stdout)
    assert answers["cost_usd"] > 0
    assert answers["outcomes"] == 20
    assert answers["trained_at"].endswith("+00:00")
    assert answers["batch"] == ["Prediction", "ErrorBody"]
    assert answers["total_usd"] > 0
    assert answers["recorded"] == [201, 1]
    assert {"germline-variants", "generated-client"} <= set(answers["workflows"])
    assert answers["recent_runs"] == ["run-1"]
    assert answers["page"] == ["run-1"]
    assert answers["evaluated_runs"] > 0
    assert answers["retraining"] == "generated-client"
    assert answers["limit_usd"] == 12.5
    assert "generated" in answers["teams"]
    assert answers["kept_usd"] == answers["cost_usd"]
    assert any(answers["found"])
    assert answers["withdrawn"] == [True, ["It was made up"]]
    assert answers["retired"] in {"RetiredWorkflow", "ErrorBody"}  # the latter while the retraining is under way
    assert answers["refused"] == "workflow_not_found"
    assert answers["described"] == "Runquote"
