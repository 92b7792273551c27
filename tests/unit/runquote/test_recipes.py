"""The scripts in docs/recipes.md, as they are written there, against the fake API and stubs of the engines."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fakes.api import API_KEY
from tests.recipes import SCRIPTS
from tests.unit.runquote.fake_api import FakeApi

REPOSITORY = Path(__file__).parents[3]
FIXTURES = Path(__file__).parent / "fixtures"
ENGINES = {
    "nextflow": f'while [ "$1" != -with-trace ]; do shift; done; cp "{FIXTURES}/nextflow/human.txt" "$2"',
    "snakemake": f'mkdir -p results; echo done > results/a.txt; cp -r "{FIXTURES}/snakemake/extended" benchmarks',
    "runquote": f'exec "{sys.executable}" -m runquote "$@"',
}


@pytest.fixture
def workplace(tmp_path: Path) -> Path:
    """A folder with every recipe, and a bin/ with stubs of the engines that note their call."""
    (tmp_path / "bin").mkdir()
    for name, action in ENGINES.items():
        stub = tmp_path / "bin" / name
        stub.write_text(f'#!/bin/sh\necho {name} >> "{tmp_path}/calls"\n{action}\n')
        stub.chmod(0o755)
    for name, script in SCRIPTS.items():
        (tmp_path / name).write_text(script)
    (tmp_path / "reads.bam").write_bytes(b"x" * 1000)
    return tmp_path


def launch(workplace: Path, api: FakeApi, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {
        "PATH": f"{workplace / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(REPOSITORY),
        "HOME": str(workplace),
        "RUNQUOTE_API_URL": api.url,
        "RUNQUOTE_API_KEY": API_KEY,
        **variables,
    }
    return subprocess.run(
        ["/bin/sh", *arguments], cwd=workplace, env=environment, capture_output=True, text=True, check=False
    )


def engines_called(workplace: Path) -> set[str]:
    return set((workplace / "calls").read_text().split()) - {"runquote"}


def test_all_recipes_are_tested() -> None:
    assert set(SCRIPTS) == {"launch-nextflow.sh", "launch-snakemake.sh", "gate.sh", "learn.sh", "decide.sh"}


def test_nextflow_is_launched_within_budget_and_its_run_recorded(workplace: Path, api: FakeApi) -> None:
    (workplace / "sheet.csv").write_text("sample,bam\na,reads.bam\n")
    result = launch(workplace, api, "launch-nextflow.sh", "sheet.csv", "5")
    assert result.returncode == 0, result.stderr
    assert engines_called(workplace) == {"nextflow"}
    assert [run["input_bytes"] for run in api.runs.values()] == [1000]


def test_nextflow_is_not_launched_over_budget(workplace: Path, api: FakeApi) -> None:
    (workplace / "sheet.csv").write_text("sample,bam\na,reads.bam\n")
    result = launch(workplace, api, "launch-nextflow.sh", "sheet.csv", "0.00000001")
    assert result.returncode == 3
    assert engines_called(workplace) == set()


def test_snakemake_is_launched_within_budget_and_its_run_recorded(workplace: Path, api: FakeApi) -> None:
    script = workplace / "launch-snakemake.sh"
    script.write_text(script.read_text().replace("germline-variants", "rnaseq"))  # the one that the fake API knows
    result = launch(workplace, api, "launch-snakemake.sh", "reads.bam", "5")
    assert result.returncode == 0, result.stderr
    assert engines_called(workplace) == {"snakemake"}
    assert [(run["input_bytes"], run["output_bytes"]) for run in api.runs.values()] == [(1000, 5)]


@pytest.mark.parametrize(("budget", "code"), [("30", 0), ("10", 3)])
def test_the_gate_in_ci_judges_the_total(workplace: Path, api: FakeApi, budget: str, code: int) -> None:
    (workplace / "planned-runs.csv").write_text(
        "label,workflow,input_size,output_size\na,rnaseq,120 GB,\nb,rnaseq,80 GB,3 GB\n"
    )
    assert launch(workplace, api, "gate.sh", BUDGET_USD=budget).returncode == code
    assert (workplace / "costs.csv").read_text().count("\n") == 3


def test_a_script_can_learn_from_a_trace_at_once(workplace: Path, api: FakeApi) -> None:
    result = launch(workplace, api, "learn.sh", f"{FIXTURES}/nextflow/human.txt", "rnaseq", "3GB")
    assert result.returncode == 0, result.stderr
    assert [run["input_bytes"] for run in api.runs.values()] == [3 * 10**9]
    assert "promoted" in result.stdout


def test_a_script_can_decide_by_the_numbers(workplace: Path, api: FakeApi) -> None:
    assert "cost less than 14.40 USD" in launch(workplace, api, "decide.sh", "rnaseq", "120GB").stdout
