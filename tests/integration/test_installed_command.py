"""The command as a person has it: installed from the repository, with none of the packages that are extras."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.system import System
from tools.programs import REPOSITORY, uv


@pytest.fixture(scope="module")
def command(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`uv tool install .`, with the versions that this repository is tested with."""
    home = tmp_path_factory.mktemp("tools")
    places = {"UV_TOOL_DIR": str(home / "tools"), "UV_TOOL_BIN_DIR": str(home / "bin")}
    install = [
        uv(),
        "tool",
        "install",
        "--quiet",
        f"--python={sys.executable}",
        "--constraints",
        "requirements/dev.txt",
        ".",
    ]
    subprocess.run(install, cwd=REPOSITORY, env=os.environ | places, check=True)
    return home / "bin" / "runquote"


def test_it_takes_no_name_but_its_own(command: Path, tmp_path: Path) -> None:
    ask = """
import importlib.util, json, pkgutil, sys
from importlib.metadata import files
import runquote

imported = [name for _, name, _ in pkgutil.walk_packages(runquote.__path__, "runquote.") if "__main__" not in name]
for name in imported:
    try:
        __import__(name)
    except ModuleNotFoundError as missing:
        if missing.name not in {"numpy", "pandas"}:  # what extras bring
            raise
tops = sorted({file.parts[0] for file in files("runquote") if file.parts[0] != ".."})
print(json.dumps({"tops": tops, "contract": importlib.util.find_spec("contract") is not None, "modules": imported}))
"""
    python = command.resolve().parent / "python"
    done = subprocess.run([python, "-I", "-c", ask], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert [name for name in found["tops"] if not name.endswith(".dist-info")] == ["runquote"]
    assert not found["contract"]
    assert {"runquote.client", "runquote.contract.runs", "runquote.readers.cur"} <= set(found["modules"])


@pytest.fixture
def runquote(command: Path, system: System, tmp_path: Path) -> "Runquote":
    return Runquote(command, system, tmp_path)


class Runquote:
    """Runs the command in an empty folder, as somebody who set nothing but where the API is."""

    def __init__(self, command: Path, system: System, folder: Path) -> None:
        self._command = command
        self._folder = folder
        self._environment = {
            "RUNQUOTE_API_URL": system.outputs["api_url"],
            "RUNQUOTE_API_KEY": system.outputs["api_key"],
            "HOME": str(folder),
        }

    def __call__(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [str(self._command), *arguments]
        return subprocess.run(
            command, cwd=self._folder, env=self._environment, capture_output=True, text=True, check=False
        )


def test_it_asks_and_judges(runquote: Runquote) -> None:
    doctor = runquote("doctor")
    assert doctor.returncode == 0, doctor.stderr
    asked = runquote("predict", "germline-variants", "--input", "10MB", "--budget", "1", "--format", "json")
    assert asked.returncode == 0, asked.stderr
    assert json.loads(asked.stdout)["within_budget"]
    assert runquote("predict", "germline-variants", "--input", "10MB", "--budget", "0.00000001").returncode == 3


def test_it_retrains_and_follows(runquote: Runquote) -> None:
    trained = runquote("train", "gwas-assoc", "--format", "json")
    assert trained.returncode == 0, trained.stderr
    (retraining,) = json.loads(trained.stdout)["retrainings"]
    assert retraining["status"] in ("promoted", "no_update")
    assert "gwas-assoc: Train a new model" in trained.stderr


def test_it_brings_its_price_book(runquote: Runquote) -> None:
    assert "vCPU hour" in runquote("prices", "fargate").stdout


@pytest.mark.parametrize(
    ("arguments", "extra"),
    [
        (("curve", "germline-variants", "--plot", "curve.png"), "plot"),
        (("prices", "refresh"), "aws"),
        (("size", "s3://bucket/key"), "aws"),
    ],
)
def test_what_needs_an_extra_says_so_in_one_line(runquote: Runquote, arguments: tuple[str, ...], extra: str) -> None:
    refused = runquote(*arguments)
    assert (refused.returncode, refused.stdout, refused.stderr.count("\n")) == (1, "", 1)
    assert f"uv tool install '.[{extra}]'" in refused.stderr
