"""The launch script of docs/recipes.md for Snakemake, with Snakemake itself, against the running system."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.environments import environment
from tests.recipes import SCRIPTS
from tests.system import System
from tools.programs import REPOSITORY

SNAKEFILE = """
rule all:
    input: "results/sorted.txt"

rule sort:
    input: config["data"]
    output: "results/sorted.txt"
    benchmark: "benchmarks/sort.tsv"
    threads: 1
    shell: "sleep 1; sort {input} > {output}"
"""


@pytest.fixture
def workplace(tmp_path: Path) -> Path:
    """A folder with a workflow, its data and the recipe, and the programs that the recipe calls in `bin`."""
    snakemake = environment(REPOSITORY / "build" / "examples" / "venv", REPOSITORY / "examples" / "requirements.txt")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "snakemake").symlink_to(snakemake / "snakemake")
    runquote = tmp_path / "bin" / "runquote"
    runquote.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m runquote "$@"\n')
    runquote.chmod(0o755)
    (tmp_path / "Snakefile").write_text(SNAKEFILE)
    (tmp_path / "launch-snakemake.sh").write_text(SCRIPTS["launch-snakemake.sh"])
    (tmp_path / "data.fastq").write_text("".join(f"read {number % 1009}\n" for number in range(100_000)))
    return tmp_path


def launch(workplace: Path, system: System, budget: str) -> subprocess.CompletedProcess[str]:
    environment = {
        "PATH": f"{workplace / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(REPOSITORY),
        "HOME": str(workplace),
        "RUNQUOTE_API_URL": system.outputs["api_url"],
        "RUNQUOTE_API_KEY": system.outputs["api_key"],
    }
    command = ["/bin/sh", "launch-snakemake.sh", "data.fastq", budget]
    return subprocess.run(command, cwd=workplace, env=environment, capture_output=True, text=True, check=False)


def test_a_run_over_budget_is_not_launched(system: System, workplace: Path) -> None:
    result = launch(workplace, system, "0.00000001")
    assert result.returncode == 3, result.stderr
    assert not (workplace / "results").exists()


def test_a_run_within_budget_is_launched_and_recorded_with_what_it_cost(system: System, workplace: Path) -> None:
    before = {run.run_id for run in system.api().runs("germline-variants")}
    result = launch(workplace, system, "5")
    assert result.returncode == 0, result.stderr
    assert (workplace / "results" / "sorted.txt").read_text().startswith("read 0\n")
    (run,) = (run for run in system.api().runs("germline-variants") if run.run_id not in before)
    assert (run.engine, run.status, run.cost_source) == ("snakemake", "SUCCEEDED", "estimated")
    assert run.input_bytes == run.output_bytes == (workplace / "data.fastq").stat().st_size
    assert 0 < run.cost_usd < 0.01
