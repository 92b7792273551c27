"""`runquote ingest` against the fake API: what is sent, what is left out, and that every row is accounted for."""

import csv
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from contract.runs import RunsResponse
from runquote.client import Client
from runquote.errors import UnreachableError
from runquote.readers.costs import MOST_PARTS
from tests.unit.runquote.conftest import Command
from tests.unit.runquote.fake_api import FakeApi, run

FIXTURES = Path(__file__).parent / "fixtures"
NEXTFLOW = ("ingest", "nextflow", FIXTURES / "nextflow/human.txt", "--workflow", "rnaseq")


def write(path: Path, rows: list[dict[str, object]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_every_row_is_accounted_for_and_the_second_time_nothing_is_new(
    runquote: Command, nowhere: Path, api: FakeApi
) -> None:
    rows = [run(run_id=f"r-{number}") for number in range(1200)]
    rows[3]["cost_usd"] = -1
    rows[700]["completed_at"] = "2025-12-31T23:59:59Z"
    rows[700]["started_at"] = "2025-12-31T23:00:00Z"
    rows[1100]["run_id"] = "r-0"
    rows[1100]["cost_usd"] = 99
    source = write(nowhere / "runs.jsonl", rows)
    ingest = ("ingest", "json", source, "--since", "2026-01-01", "--format", "json")
    result = runquote(*ingest)
    assert result.exit_code == 1
    counts = {"read": 1200, "accepted": 1197, "unchanged": 0, "too_old": 1, "rejected": 2}
    assert json.loads(result.stdout) == {"version": 1, "currency": "USD", "dry_run": False, **counts}
    assert [path for _, path in api.requests] == ["runs"] * 3
    rejected = [json.loads(line) for line in (nowhere / "rejected.jsonl").read_text().splitlines()]
    assert [line["place"] for line in rejected] == [f"{source}: line 4", f"{source}: line 1101"]
    assert rejected[0]["reason"] == "The cost must be at least 0."
    assert rejected[1]["reason"] == "run_conflict: The run was recorded with other values"
    assert rejected[1]["run"]["cost_usd"] == 99
    again = json.loads(runquote(*ingest).stdout)
    assert (again["accepted"], again["unchanged"]) == (0, 1197)


@pytest.mark.parametrize("interruption", [KeyboardInterrupt(), UnreachableError("unreachable", "No answer")])
def test_what_was_recorded_is_told_when_an_ingestion_is_cut_short(
    runquote: Command, nowhere: Path, monkeypatch: pytest.MonkeyPatch, interruption: BaseException
) -> None:
    source = write(nowhere / "runs.jsonl", [run(run_id=f"r-{number}") for number in range(600)])
    record_runs = Client.record_runs

    def cut_short(client: Client, runs: Iterable[dict[str, Any]]) -> Iterator[RunsResponse]:
        yield next(record_runs(client, runs))
        raise interruption

    with monkeypatch.context() as patched:
        patched.setattr(Client, "record_runs", cut_short)
        result = runquote("ingest", "json", source)
    assert result.exit_code != 0
    assert result.stdout.endswith(" read: 500 recorded, 0 already there, 0 too old, 0 rejected\n")
    assert runquote("ingest", "json", source).stdout.startswith("600 read: 100 recorded, 500 already there")


def test_a_dry_run_needs_no_api_and_sends_nothing(command: Command, nowhere: Path, api: FakeApi) -> None:
    result = command(*NEXTFLOW, "--input", "120 GB", "--dry-run")
    assert result.exit_code == 0, result.output
    assert result.stdout.endswith("1 read: 1 valid (dry run), 0 too old, 0 rejected\n")
    assert api.requests == []
    assert not (nowhere / "rejected.jsonl").exists()


def test_a_dry_run_shows_what_each_run_costs_and_held(command: Command, nowhere: Path) -> None:
    dry_run = (*NEXTFLOW, "--input", "120 GB", "--dry-run")
    line = command(*dry_run).stdout.splitlines()[0]
    (run,) = json.loads(command(*dry_run, "--format", "json").stdout)["runs"]
    (cells,) = csv.DictReader(command(*dry_run, "--format", "csv").stdout.splitlines())
    assert run["run_id"] == cells["run_id"]
    assert f"rnaseq {run['run_id']} SUCCEEDED: 120 GB, ${run['cost_usd']:.2f}: 4 tasks" in line
    assert line.endswith(f"({run['vcpu_hours']:.4f} vCPU h, {run['gib_hours']:.4f} GiB h) at fargate")
    assert float(cells["vcpu_hours"]) == run["vcpu_hours"] == pytest.approx(4 * run["task_hours"], rel=1e-4)


def test_a_cost_is_explained_task_by_task_and_adds_up(command: Command, nowhere: Path) -> None:
    explained = (*NEXTFLOW, "--input", "120 GB", "--dry-run", "--explain-cost")
    (run,) = json.loads(command(*explained, "--format", "json").stdout)["runs"]
    rows = list(csv.DictReader(command(*explained, "--format", "csv").stdout.splitlines()))
    assert [part["name"] for part in run["parts"]] == [row["name"] for row in rows]
    for parts in (run["parts"], rows):
        assert sum(float(part["usd"]) for part in parts) == pytest.approx(run["cost_usd"], abs=1e-8)
    lines = command(*explained).stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["rnaseq", "task", *(part["name"].split()[0] for part in rows), "1"]
    each = run["parts"][0]
    assert f"{each['vcpu']:g} " in lines[2]
    assert f"{each['memory_bytes'] / 2**30:.2f} " in lines[2]
    assert f"{each['usd']:.8f}" in lines[2]


@pytest.mark.parametrize("format", ["table", "json", "csv"])
def test_any_number_of_tasks_is_explained(command: Command, nowhere: Path, format: str) -> None:
    header = "task_id\thash\tname\tstatus\tstart\tcomplete\trealtime\tcpus\tmemory\n"
    task = "{0}\taa/{0}\tALIGN ({0})\tCOMPLETED\t1700000000000\t1700003600000\t3600000\t1\t1 GB\n"
    count = MOST_PARTS + 500
    (nowhere / "trace.txt").write_text(header + "".join(task.format(number) for number in range(count)))
    options = ("--workflow", "w", "--input", "1GB", "--dry-run", "--explain-cost", "--format", format)
    result = command("ingest", "nextflow", "trace.txt", *options)
    assert result.exit_code == 0
    assert "500 more" in result.stdout
    if format == "json":
        (run,) = json.loads(result.stdout)["runs"]
        assert (run["tasks"], len(run["parts"])) == (count, MOST_PARTS + 1)
        assert sum(part["usd"] for part in run["parts"]) == pytest.approx(run["cost_usd"], abs=1e-7)


def test_many_runs_are_counted_and_not_all_shown_to_a_person(command: Command, nowhere: Path) -> None:
    source = write(nowhere / "runs.jsonl", [run(run_id=f"r-{number}") for number in range(60)])
    assert len(command("ingest", "json", source, "--dry-run").stdout.splitlines()) == 52
    assert len(json.loads(command("ingest", "json", source, "--dry-run", "--format", "json").stdout)["runs"]) == 60
    source.write_text("{}\n")
    answer = json.loads(command("ingest", "json", source, "--dry-run", "--format", "json").stdout)
    assert (answer["runs"], answer["rejected"]) == ([], 1)


def test_what_a_file_holds_cannot_steer_a_terminal(command: Command, nowhere: Path) -> None:
    (nowhere / "trace.txt").write_text(
        "task_id\tname\tstatus\tstart\trealtime\tcpus\tmemory\n"
        "1\ta (\x1b[2J\x1b]0;t\x07evil \u202e)\tCOMPLETED\t1700000000000\t1000\t1\t1 GB\n"
    )
    options = ("--workflow", "w", "--input", "1GB", "--dry-run", "--explain-cost")
    for arguments in (options, (*options, "--per-tag"), (*options, "--format", "csv")):
        result = command("ingest", "nextflow", "trace.txt", *arguments)
        assert r"\x1b[2J" in result.output
        assert not set("\x1b\x07\u202e") & set(result.output)


def test_a_dry_run_refuses_what_the_api_would(command: Command, nowhere: Path) -> None:
    source = write(nowhere / "runs.jsonl", [run(), run(run_id="r-2", completed_at="2099-01-01T00:00:00Z")])
    result = command("ingest", "json", source, "--dry-run")
    assert (result.exit_code, result.stdout) == (
        1,
        "rnaseq r-1 SUCCEEDED: 120 GB, $12.50 (billed)\n2 read: 1 valid (dry run), 0 too old, 1 rejected\n",
    )
    assert "First rejected: " + f"{source}: line 2: completed_at: lies in the future" in result.stderr


def test_rejected_rows_never_overwrite_what_is_being_read(runquote: Command, nowhere: Path) -> None:
    rows = [run(run_id=f"r-{number}", cost_usd=-1) for number in range(500)]
    source = write(nowhere / "rejected.jsonl", rows)
    before = source.read_text()
    refused = runquote("ingest", "json", "./rejected.jsonl")
    assert (refused.exit_code, source.read_text() == before) == (2, True)
    assert runquote("ingest", "json", ".").stdout.startswith("500 read:")  # the folder that it is in
    assert len(source.read_text().splitlines()) == 500


def test_options_complete_what_the_engine_did_not_write(runquote: Command, api: FakeApi) -> None:
    options = ("--input", "120 GB", "--output", "3 GB", "--param", "paired=true", "--tag", "team=a=b", "--rate", "m5")
    assert runquote(*NEXTFLOW, *options).exit_code == 0
    (recorded,) = api.runs.values()
    assert recorded["input_bytes"] == 120 * 10**9
    assert recorded["parameters"] == {"paired": True}
    assert recorded["tags"] == {"team": "a=b"}
    assert runquote(*NEXTFLOW, *options).stdout == "1 read: 0 recorded, 1 already there, 0 too old, 0 rejected\n"


def test_sizes_come_from_a_file_by_what_was_read(runquote: Command, nowhere: Path, api: FakeApi) -> None:
    for number, name in enumerate(("human.txt", "default_fields.txt")):
        folder = nowhere / "results" / f"run{number}"
        folder.mkdir(parents=True)
        (folder / "trace.txt").write_text((FIXTURES / "nextflow" / name).read_text())
    (nowhere / "sizes.csv").write_text("file,input_size\nresults/run0/trace.txt,7 GB\n./results/run1/trace.txt,8 GB\n")
    ingest = ("ingest", "nextflow", "results/", "--workflow", "rnaseq", "--sizes", "sizes.csv")
    assert runquote(*ingest).exit_code == 0
    assert sorted(run["input_bytes"] for run in api.runs.values()) == [7 * 10**9, 8 * 10**9]
    assert "results/run0/trace.txt: tag s1: the input size" in runquote(*ingest, "--per-tag").stderr  # not all of it


def test_sizes_come_from_a_file_by_run_id(runquote: Command, nowhere: Path, api: FakeApi) -> None:
    assert runquote(*NEXTFLOW).exit_code == 1
    identifier = json.loads((nowhere / "rejected.jsonl").read_text())["run_id"]
    (nowhere / "sizes.csv").write_text(f"run_id,input_size,output_size\n{identifier},7 GB,\n")
    assert runquote(*NEXTFLOW, "--sizes", "sizes.csv").exit_code == 0
    assert next(iter(api.runs.values()))["input_bytes"] == 7 * 10**9
    (nowhere / "sizes.csv").write_text('run_id,input_size\na,1 GB\nb,"1,5 GB"\n')
    result = runquote(*NEXTFLOW, "--sizes", "sizes.csv")
    assert (result.exit_code, "sizes.csv: line 3: “1,5 GB” is not a size" in result.stderr) == (1, True)


@pytest.mark.parametrize(
    ("arguments", "count"),
    [
        (("snakemake", FIXTURES / "snakemake", "--per-folder", "--workflow", "w"), 3),
        (("cromwell", FIXTURES / "cromwell"), 1),
        (("healthomics", FIXTURES / "healthomics/manifest.jsonl"), 1),
        (("batch", FIXTURES / "batch", "--workflow", "w", "--by-tag", "run_id"), 3),
    ],
)
def test_each_engine_has_its_command(runquote: Command, arguments: tuple[object, ...], count: int) -> None:
    result = runquote("ingest", *arguments, "--input", "1GB")
    assert (result.exit_code, f"{count} recorded" in result.stdout) == (0, True), result.output


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("csv", "gone.csv"), 1, "gone.csv"),
        (("nextflow", "gone.txt"), 1, "Error: gone.txt: there is no such file or folder"),
        (("nextflow", FIXTURES / "README.md"), 1, "README.md: line 1: no column status: trace.fields must have it"),
        (("nextflow", FIXTURES, "--rate", "m4"), 2, "--rate must be one of"),
        (("nextflow", FIXTURES, "--timezone", "Mars"), 2, "no time zone"),
        (("nextflow", FIXTURES, "--input", "5"), 2, "is not a size"),
        (("nextflow", FIXTURES, "--prices", "gone.json"), 1, "gone.json: cannot be read"),
        (("csv", FIXTURES, "--since", "yesterday"), 2, "is no date"),
        (("batch", FIXTURES, "--by-tag", "a", "--per-job"), 2, "exclude each other"),
        (("batch", FIXTURES / "cromwell/metadata.json"), 1, "not from AWS Batch"),
    ],
)
def test_what_is_wrong_is_said(runquote: Command, arguments: tuple[object, ...], code: int, message: str) -> None:
    result = runquote("ingest", *arguments)
    assert result.exit_code == code
    assert message in " ".join(result.stderr.replace("│", " ").split())
    assert "Traceback" not in result.output
