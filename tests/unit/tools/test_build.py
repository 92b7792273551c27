"""The zips: the same bytes every time, and all that a function imports is in its own."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tools import build

START = """
import sys
folder, slug = sys.argv[1:]
sys.path.insert(0, folder)
module = __import__(f"functions.{slug}.handler", fromlist=["handler"])
assert callable(module.handler)
for name in ("functions", "contract", "pydantic", "pydantic_core", "aws_lambda_powertools"):
    assert sys.modules[name].__file__.startswith(folder), (name, sys.modules[name].__file__)
for name in ("boto3", "aws_xray_sdk", "numpy", "model", "cloud", "tools"):
    assert name not in sys.modules, name
"""


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of its own: the one of `make build` may be cleaned or rebuilt meanwhile."""
    return tmp_path_factory.mktemp("zips")


@pytest.fixture(scope="module")
def zips(output: Path) -> dict[str, Path]:
    return {slug: output / f"{slug}.zip" for slug in build.build(output)}


def test_every_function_starts_from_its_zip_alone(zips: dict[str, Path], output: Path, tmp_path: Path) -> None:
    vendored = set(zipfile.ZipFile(output / "packages.zip").namelist())
    zipfile.ZipFile(output / "packages.zip").extractall(tmp_path)
    for slug, path in zips.items():
        with zipfile.ZipFile(path) as archive:
            assert vendored < set(archive.namelist())
            for own in ("functions", "contract"):
                shutil.rmtree(tmp_path / own, ignore_errors=True)
            archive.extractall(tmp_path, set(archive.namelist()) - vendored)
        started = subprocess.run(
            [sys.executable, "-I", "-B", "-c", START, str(tmp_path), slug], capture_output=True, text=True, check=False
        )
        assert started.returncode == 0, f"{slug}: {started.stderr}"


def test_a_zip_holds_its_function_and_no_other(zips: dict[str, Path]) -> None:
    for slug, path in zips.items():
        names = zipfile.ZipFile(path).namelist()
        folders = {name.split("/")[1] for name in names if name.startswith("functions/") and name.count("/") > 1}
        assert folders == {"shared", slug, "__pycache__"}
        assert not [name for name in names if "generated" in name or name.endswith(".dist-info") or "boto" in name]
        assert path.stat().st_size < 6_000_000


def test_every_module_has_bytecode_that_no_clock_can_outdate(zips: dict[str, Path]) -> None:
    archive = zipfile.ZipFile(zips["predict"])
    names = set(archive.namelist())
    modules = [name for name in names if name.endswith(".py")]
    assert len(modules) > 100
    for name in modules:
        folder, _, file = name.rpartition("/")
        compiled = f"{folder}/__pycache__/{file[:-3]}.cpython-313.pyc".removeprefix("/")
        assert compiled in names
        assert archive.read(compiled)[4:8] == b"\x01\0\0\0", "hash-based and unchecked (PEP 552)"
    assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_the_same_sources_give_the_same_bytes(zips: dict[str, Path], output: Path, tmp_path: Path) -> None:
    build._build_one("promote", output / "packages.zip", tmp_path)
    assert (tmp_path / "promote.zip").read_bytes() == zips["promote"].read_bytes()


def test_nothing_is_built_twice_and_a_change_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packages = tmp_path / "packages.zip"
    zipfile.ZipFile(packages, "w").close()
    source = tmp_path / "module.py"
    source.write_text("one = 1\n")
    monkeypatch.setattr(build, "_sources", lambda _slug: iter([("functions/module.py", source)]))
    build._build_one("promote", packages, tmp_path)
    first = (tmp_path / "promote.zip").stat().st_mtime_ns
    build._build_one("promote", packages, tmp_path)
    assert (tmp_path / "promote.zip").stat().st_mtime_ns == first
    source.write_text("one = 2\n")
    build._build_one("promote", packages, tmp_path)
    assert zipfile.ZipFile(tmp_path / "promote.zip").read("functions/module.py") == b"one = 2\n"
