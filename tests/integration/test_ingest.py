"""`runquote ingest` against the running system: rows arrive once, whichever engine wrote them."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from runquote.cli import app
from runquote.client import Client
from tests.system import System

FIXTURES = Path(__file__).parents[1] / "unit" / "runquote" / "fixtures"


@pytest.mark.parametrize(
    ("source", "arguments"),
    [
        ("nextflow", ("nextflow/human.txt",)),
        ("snakemake", ("snakemake/extended",)),
        ("cromwell", ("cromwell/metadata.json",)),
        ("healthomics", ("healthomics/manifest.json",)),
    ],
)
def test_runs_of_each_engine_are_recorded_once(
    system: System, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, source: str, arguments: tuple[str, ...]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RUNQUOTE_API_URL", system.outputs["api_url"])
    monkeypatch.setenv("RUNQUOTE_API_KEY", system.outputs["api_key"])
    name = f"ingest-test-{source}"
    command = ["ingest", source, *(str(FIXTURES / each) for each in arguments), "--workflow", name, "--input", "3 GB"]
    first = CliRunner().invoke(app, command)
    assert (first.exit_code, first.stdout) == (0, "1 read: 1 recorded, 0 already there, 0 too old, 0 rejected\n")
    second = CliRunner().invoke(app, command)
    assert (second.exit_code, second.stdout) == (0, "1 read: 0 recorded, 1 already there, 0 too old, 0 rejected\n")
    with Client(system.outputs["api_url"], system.outputs["api_key"]) as client:
        (run,) = client.workflow(name).recent_runs
    assert (run.engine, run.input_bytes, run.cost_source) == (source, 3 * 10**9, "estimated")
