import csv
import os
import shutil
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from examples import measure

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="examples are measured on Linux only")


def step(usage_file: Path, command: str) -> int:
    environment = {**os.environ, "STEP_USAGE": str(usage_file)}
    return subprocess.run([measure.EXAMPLES / "metered-shell", "-c", command], env=environment, check=False).returncode


@linux_only
def test_a_step_leaves_its_figures_whether_it_succeeds_or_not(tmp_path: Path) -> None:
    usage_file = tmp_path / "usage.txt"
    assert step(usage_file, "true") == 0
    assert step(usage_file, "exit 3") == 3
    assert step(usage_file, "false | true") == 1, "a failing program in a pipe fails the step"
    assert step(usage_file, "kill -TERM $$") == 128 + 15
    assert len(usage_file.read_text().splitlines()) == 4
    assert measure.read_usage(usage_file).wall_seconds > 0


@linux_only
def test_a_steps_processor_time_and_memory_include_its_children(tmp_path: Path) -> None:
    usage_file = tmp_path / "usage.txt"
    python = shutil.which("python3", path=str(Path(sys.executable).parent)) or sys.executable
    burn = "import time; held = bytearray(200_000_000)\nwhile time.process_time() < 0.3: pass"
    assert step(usage_file, f"{python} -c '{burn}' | cat") == 0
    usage = measure.read_usage(usage_file)
    assert usage.cpu_seconds >= Decimal("0.3")
    assert usage.peak_memory_bytes >= 200_000_000


def test_usage_sums_seconds_and_takes_the_largest_peak(tmp_path: Path) -> None:
    usage_file = tmp_path / "usage.txt"
    usage_file.write_text("1.250000 1.000000 0.125000 2048\n0.5004 0.25 0.125 1024\n")
    usage = measure.read_usage(usage_file)
    assert usage == measure.Usage(Decimal("1.750"), Decimal("1.500"), 2048 * 1024)


def test_a_run_without_a_measured_step_is_an_error(tmp_path: Path) -> None:
    usage_file = tmp_path / "usage.txt"
    usage_file.touch()
    with pytest.raises(ValueError, match="no step of the run was measured"):
        measure.read_usage(usage_file)


def test_a_measurement_goes_on_where_it_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "gwas-assoc").mkdir()
    measured: list[str] = []

    def fake_measure(name: str, run_id: str, seed: int, number: int) -> dict[str, object]:
        measured.append(run_id)
        return {"run_id": run_id, "status": "SUCCEEDED", "wall_seconds": 1}

    monkeypatch.setattr(measure, "EXAMPLES", tmp_path)
    monkeypatch.setattr(measure, "measure", fake_measure)
    for runs in ("2", "3"):
        monkeypatch.setattr(sys, "argv", ["measure", "--workflow", "gwas-assoc", "--runs", runs, "--seed", "7"])
        measure.main()
    names = ["gwas-assoc-7-001", "gwas-assoc-7-002", "gwas-assoc-7-003"]
    assert measured == names
    with (tmp_path / "gwas-assoc" / "runs.csv").open(newline="") as file:
        assert [row["run_id"] for row in csv.DictReader(file)] == names
