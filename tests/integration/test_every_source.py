"""From each source to a prediction, through the running system: ingest, retrain all, predict."""

import csv
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from typer.testing import CliRunner

from runquote.cli import app
from runquote.client import Client
from tests.system import System
from tests.unit.runquote import cost_reports
from tests.unit.runquote.cost_reports import Line

RUNS = 12
GB = 10**9
START = datetime(2026, 3, 1, 8, tzinfo=UTC)


def hours(number: int) -> float:
    """How long run `number` took; its input was `number + 1` GB."""
    return 0.5 + 0.25 * number


def usd(number: int) -> float:
    return 0.4 * hours(number)


def ended(number: int) -> datetime:
    return START + timedelta(hours=hours(number))


def milliseconds(time: datetime) -> int:
    return round(time.timestamp() * 1000)


def table(name: str) -> list[dict[str, Any]]:
    return [
        {
            "workflow_name": name,
            "run_id": f"run-{number}",
            "status": "SUCCEEDED",
            "started_at": START.isoformat(),
            "completed_at": ended(number).isoformat(),
            "input_bytes": (number + 1) * GB,
            "cost_usd": usd(number),
            "cost_source": "estimated",
        }
        for number in range(RUNS)
    ]


def _csv(folder: Path, name: str) -> list[str]:
    rows = table(name)
    with (folder / "runs.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return ["csv", "runs.csv"]


def _json(folder: Path, name: str) -> list[str]:
    (folder / "runs.jsonl").write_text("".join(json.dumps(row) + "\n" for row in table(name)))
    return ["json", "runs.jsonl"]


def _parquet(folder: Path, name: str) -> list[str]:
    _json(folder, name)
    with duckdb.connect() as connection:
        connection.execute(f"COPY (FROM '{folder}/runs.jsonl') TO '{folder}/runs.parquet' (FORMAT parquet)")
    return ["parquet", "runs.parquet"]


def _nextflow(folder: Path, name: str) -> list[str]:
    fields = ["task_id", "hash", "name", "status", "exit", "submit", "start", "duration", "realtime", "cpus", "memory"]
    for number in range(RUNS):
        milli = round(hours(number) * 3_600_000)
        start = milliseconds(START)
        task = [1, f"ab/{number:06d}", f"ALIGN (s{number})", "COMPLETED", 0, start, start, milli, milli, 4, 16 * 2**30]
        lines = [fields, [*map(str, task)]]
        (folder / f"trace-{number}.txt").write_text("".join("\t".join(line) + "\n" for line in lines))
    return ["nextflow", ".", "--workflow", name]


def _snakemake(folder: Path, name: str) -> list[str]:
    for number in range(RUNS):
        run = folder / f"run-{number}"
        run.mkdir()
        header = "s\th:m:s\tmax_rss\tmean_load\tthreads\n"
        (run / "align.tsv").write_text(f"{header}{hours(number) * 3600}\t-\t4096\t380\t4\n")
    return ["snakemake", ".", "--per-folder", "--workflow", name]


def _cromwell(folder: Path, name: str) -> list[str]:
    for number in range(RUNS):
        times = {"start": START.isoformat(), "end": ended(number).isoformat()}
        call = {**times, "runtimeAttributes": {"cpu": "4", "memory": "16 GB"}, "executionStatus": "Done"}
        calls = {f"{name}.align": [call]}
        metadata = {"id": f"run-{number}", "workflowName": name, "status": "Succeeded", "calls": calls, **times}
        (folder / f"metadata-{number}.json").write_text(json.dumps(metadata))
    return ["cromwell", "."]


def _healthomics(folder: Path, name: str) -> list[str]:
    for number in range(RUNS):
        times = {
            "creationTime": START.isoformat(),
            "startTime": START.isoformat(),
            "stopTime": ended(number).isoformat(),
        }
        arn = f"arn:aws:omics:us-east-1:123456789012:run/{number}"
        run = {"arn": arn, "name": "n", "status": "COMPLETED", "storageType": "DYNAMIC", **times}
        task = {"arn": f"arn:aws:omics:us-east-1:123456789012:task/{number}", "instanceType": "omics.m.xlarge", **times}
        (folder / f"{number}.json").write_text(json.dumps([run, {**task, "name": "align", "status": "COMPLETED"}]))
    return ["healthomics", ".", "--workflow", name]


def _batch(folder: Path, name: str) -> list[str]:
    container = {"resourceRequirements": [{"type": "VCPU", "value": "4"}, {"type": "MEMORY", "value": "16384"}]}
    jobs = [
        {
            "jobId": f"job-{number}",
            "jobName": "align",
            "status": "SUCCEEDED",
            "container": container,
            "tags": {"run_id": f"run-{number}"},
            "startedAt": milliseconds(START),
            "stoppedAt": milliseconds(ended(number)),
        }
        for number in range(RUNS)
    ]
    (folder / "jobs.json").write_text(json.dumps({"jobs": jobs}))
    return ["batch", "jobs.json", "--by-tag", "run_id", "--workflow", name]


SOURCES: dict[str, Callable[[Path, str], list[str]]] = {
    "csv": _csv,
    "json": _json,
    "parquet": _parquet,
    "nextflow": _nextflow,
    "snakemake": _snakemake,
    "cromwell": _cromwell,
    "healthomics": _healthomics,
    "batch": _batch,
}


@pytest.fixture(scope="module")
def ingested(system: System, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, list[str]]]:
    """Every source ingested as a workflow of its own, one of them billed afterwards, and all of them trained."""
    summaries = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RUNQUOTE_API_URL", system.outputs["api_url"])
        patch.setenv("RUNQUOTE_API_KEY", system.outputs["api_key"])
        for source, make in SOURCES.items():
            folder = tmp_path_factory.mktemp(source)
            patch.chdir(folder)
            command = make(folder, f"from-{source}")
            if source not in {"csv", "json", "parquet"}:
                command += ["--sizes", _sizes(folder, command)]
            summaries[source] = [_ingest(command), _ingest(command)]
        patch.chdir(tmp_path_factory.mktemp("cur"))
        _ingest(["csv", *_csv(Path(), "from-cur")[1:]])
        lines = [Line(str(3 * usd(number)), f"run-{number}") for number in range(RUNS)]
        cost_reports.write(Path("report.csv.gz"), cost_reports.cur2([*lines, Line("1", hour=99)]))
        command = ["cur", "report.csv.gz", "--tag", "run_id", "--workflow", "from-cur"]
        summaries["cur"] = [_ingest(command), _ingest(command)]
        states = system.client("stepfunctions")
        arn = system.outputs["retrain_all_state_machine_arn"]
        assert (
            system.wait(states.start_execution(stateMachineArn=arn, input="{}")["executionArn"])["status"]
            == "SUCCEEDED"
        )
        yield summaries


def _ingest(command: list[str]) -> str:
    result = CliRunner().invoke(app, ["ingest", *command])
    assert result.exit_code == 0, result.output
    return result.stdout


def _sizes(folder: Path, command: list[str]) -> str:
    """Write the sizes that the engine did not write down, by the run ids that a dry run shows."""
    unsized, sizes = (folder.with_name(f"{folder.name}-{name}") for name in ("unsized.jsonl", "sizes.csv"))
    CliRunner().invoke(app, ["ingest", *command, "--dry-run", "--rejected", str(unsized)])
    rows = [json.loads(line) for line in unsized.read_text().splitlines()]
    assert len(rows) == RUNS
    by_number = sorted(rows, key=lambda row: _number(row["place"], row["run_id"]))
    lines = [f"{row['run_id']},{number + 1} GB\n" for number, row in enumerate(by_number)]
    sizes.write_text("run_id,input_size\n" + "".join(lines))
    return str(sizes)


def _number(place: str, run_id: str) -> int:
    """Return which run it is: the last number in its id, where that names it, or in its place."""
    named = run_id if run_id.startswith(("run-", "healthomics-")) else place
    return int("".join(character if character.isdigit() else " " for character in named).split()[-1])


@pytest.mark.parametrize("source", [*SOURCES, "cur"])
def test_from_source_to_prediction(system: System, ingested: dict[str, list[str]], source: str) -> None:
    first, again = ingested[source]
    assert first == f"{RUNS} read: {RUNS} recorded, 0 already there, 0 too old, 0 rejected\n"
    assert again == f"{RUNS} read: 0 recorded, {RUNS} already there, 0 too old, 0 rejected\n"
    with Client(system.outputs["api_url"], system.outputs["api_key"], patience=60) as client:
        runs = list(client.runs(f"from-{source}"))
        prediction = client.predict(f"from-{source}", input_size=6 * GB + 1)
    assert len(runs) == RUNS
    assert prediction.model.runs == RUNS
    (typical,) = [run for run in runs if run.input_bytes == 6 * GB]
    assert prediction.cost_usd == pytest.approx(typical.cost_usd, rel=0.2)
    assert {run.engine for run in runs} == {None if source in {"csv", "json", "parquet", "cur"} else source}
    billed = source == "cur"
    assert {run.cost_source for run in runs} == {"billed" if billed else "estimated"}
    assert {run.estimated_cost_usd is not None for run in runs} == {billed}
    assert ("estimated_costs" in {warning.code for warning in prediction.warnings}) != billed
