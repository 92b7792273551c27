"""Whatever a file is made to hold, reading it ends in bounded time and memory, with one line for a person."""

import gzip
import io
import json
import os
import resource
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from runquote.datasets import DatasetError, measure
from runquote.ingestion import Ingestion
from runquote.readers import batch, bounds, cromwell, cur, healthomics, nextflow, parquet, snakemake, tables
from runquote.readers import csv as csv_reader
from runquote.readers import json as json_reader
from runquote.readers.base import Known, ReaderError, Rejected, Row
from runquote.readers.files import files_below
from tests.unit.runquote.conftest import Command

KNOWN = Known(workflow_name="w", input_bytes=10**9)
RUNS = b"workflow_name,run_id,status,started_at,completed_at,input_bytes,cost_usd,cost_source\n"
TRACE = b"task_id\tname\tstatus\tstart\trealtime\tcpus\tmemory\n1\t"
BILL = b"line_item_line_item_type,line_item_usage_start_date,line_item_usage_end_date,line_item_unblended_cost\n"
type Reader = Callable[[Path], Iterable[Row | Rejected]]
ENGINES: dict[str, Reader] = {
    "nextflow": lambda path: nextflow.read(path, KNOWN),
    "snakemake": lambda path: snakemake.read(path, KNOWN),
    "cromwell": lambda path: cromwell.read(path, KNOWN),
    "healthomics": lambda path: healthomics.read(path, KNOWN),
    "batch": lambda path: batch.read(path, KNOWN),
    "csv": csv_reader.read,
    "json": json_reader.read,
    "parquet": parquet.read,
    "cur": lambda path: [Row("", {}) for _ in [cur.read(path, "run_id")]],
}


@contextmanager
def soon(seconds: float = 10.0) -> Iterator[None]:
    """Hold what is done to a time that any machine keeps, unless the time grows with what is claimed."""
    began = time.monotonic()
    yield
    assert time.monotonic() - began < seconds


def problem(read: Reader, path: Path) -> str:
    with soon(), pytest.raises(ReaderError) as caught:
        list(read(path))
    message = str(caught.value)
    assert "\n" not in message
    assert len(message) < 1000 + len(str(path))
    return message


def packed(path: Path, head: bytes, repeated: bytes, size: int) -> Path:
    """Write an archive that unpacks to about so many bytes."""
    block = repeated * (2**16 // len(repeated))
    with gzip.open(path, "wb") as file:
        file.write(head)
        for _ in range(size // len(block)):
            file.write(block)
    return path


@pytest.mark.parametrize(
    ("name", "head", "repeated", "readers"),
    [
        ("line.csv.gz", RUNS, b"a", ["csv"]),
        ("line.jsonl.gz", b'{"a": "', b"a", ["json", "healthomics"]),
        ("line.txt.gz", TRACE, b"a", ["nextflow"]),
        ("header.csv.gz", b"", b"a,", ["csv", "healthomics", "nextflow", "cur"]),
        ("row.csv.gz", RUNS, b'"a\n",', ["csv"]),
        ("bill.csv.gz", BILL, b"a", ["cur"]),
    ],
)
def test_an_archive_of_one_line_ends_at_the_longest_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, head: bytes, repeated: bytes, readers: list[str]
) -> None:
    monkeypatch.setattr(bounds, "LONGEST_LINE", 2**20)
    path = packed(tmp_path / name, head, repeated, 2**23)
    for reader in readers:
        assert "than 1 MiB" in problem(ENGINES[reader], path)


@pytest.mark.parametrize(
    ("name", "head", "repeated", "readers"),
    [
        ("rows.csv.gz", RUNS, b"a,b" + b" " * 1000 + b"\n", ["csv"]),
        ("rows.jsonl.gz", b"", b'{"a": 1}' + b" " * 1000 + b"\n", ["json"]),
        ("bill.csv.gz", BILL, b"Usage,,,1\n", ["cur"]),
        ("document.json.gz", b'{"a": "', b"a", ["json", "cromwell", "healthomics", "batch"]),
    ],
)
def test_an_archive_that_unpacks_to_far_more_than_itself_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, head: bytes, repeated: bytes, readers: list[str]
) -> None:
    monkeypatch.setattr(bounds, "ALLOWANCE", 2**20)
    monkeypatch.setattr(bounds, "HIGHEST_RATIO", 20)
    path = packed(tmp_path / name, head, repeated, 2**24)
    for reader in readers:
        assert "unpacks to more than 20 times its size" in problem(ENGINES[reader], path)
        assert "gunzip" in problem(ENGINES[reader], path)


def test_memory_does_not_grow_with_what_an_archive_holds(tmp_path: Path) -> None:
    path = packed(tmp_path / "a.json.gz", b'{"a": "', b"a", 400 * 2**20)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert "unpacks to more than" in problem(ENGINES["json"], path)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200 * 1024  # KiB


def test_real_histories_stay_below_the_bounds(tmp_path: Path) -> None:
    header = "task_id\thash\tname\tstatus\tstart\tcomplete\trealtime\tcpus\tmemory\n"
    task = "{0}\tab/{0:06x}\tALIGN ({0})\tCOMPLETED\t1767225600000\t1767225700000\t100000\t1\t1073741824\n"
    with gzip.open(tmp_path / "trace.txt.gz", "wt") as file:
        file.write(header + "".join(task.format(number) for number in range(20_000)))
    (row,) = nextflow.read(tmp_path / "trace.txt.gz", KNOWN)
    assert isinstance(row, Row)
    columns = ["workflow_name", *(f"resource_tags_user_{number}" for number in range(2_000))]
    (tmp_path / "wide.csv").write_text(RUNS.decode().strip() + "," + ",".join(columns[1:]) + "\n")
    assert list(csv_reader.read(tmp_path / "wide.csv")) == []


def test_a_table_has_at_most_so_many_columns(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(RUNS.strip() + b",a" * 20_000 + b"\n")
    assert "has 20,0" in problem(csv_reader.read, path)
    path.write_bytes(BILL.strip() + b",a" * 20_000 + b"\n")
    assert "has 20,0" in problem(ENGINES["cur"], path)
    trace = tmp_path / "a.txt"
    trace.write_bytes(TRACE.split(b"\n", maxsplit=1)[0] + b"\ta" * 20_000 + b"\n")
    assert "columns" in problem(ENGINES["nextflow"], trace)


@pytest.mark.parametrize("reader", ["json", "cromwell", "healthomics", "batch"])
def test_a_json_document_has_bounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reader: str) -> None:
    path = tmp_path / "a.json"
    for text, message in (
        ("[" * 100_000, "nested too deep"),
        ('{"a": ' * 100_000, "nested too deep"),
        ('{"a": ' + "9" * 5000 + "}", "a number of thousands of digits"),
    ):
        path.write_text(text)
        assert message in problem(ENGINES[reader], path)
    monkeypatch.setattr(bounds, "MOST_VALUES", 1000)
    path.write_text(json.dumps([{}] * 2000))
    assert "holds more than" in problem(ENGINES[reader], path)
    monkeypatch.setattr(bounds, "LARGEST_DOCUMENT", 100)
    path.write_text('"' + "a" * 200 + '"')
    assert "holds more than" in problem(ENGINES[reader], path)


def test_metadata_nested_deep_is_one_short_line(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    begin = '{"id":"a","status":"Succeeded","calls":{"c":['
    for depth in (300, 3000):
        path.write_text(begin + ('{"subWorkflowMetadata":' + begin) * depth + "]}}" * depth + "]}}")
        assert problem(ENGINES["cromwell"], path)


def test_json_lines_that_cannot_be_read_reject_themselves(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text("[" * 100_000 + '\n{"a": ' + "9" * 5000 + "}\n{}\n")
    deep, long, row = json_reader.read(path)
    assert isinstance(deep, Rejected)
    assert isinstance(long, Rejected)
    assert (deep.reason, long.reason) == (
        "not JSON: it is nested too deep",
        "not JSON: it holds a number of thousands of digits",
    )
    assert isinstance(row, Row)


def test_an_ingestion_of_nothing_but_rejected_rows_stops(
    command: Command, nowhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runquote.ingestion.MOST_REJECTED", 1000)
    (nowhere / "a.csv").write_bytes(RUNS + b"a,b\n" * 5000)
    result = command("ingest", "csv", "a.csv", "--dry-run")
    assert result.exit_code == 1
    assert "Error: Stopped after 1,000 rejected rows: mend what they say first" in result.stderr
    assert len((nowhere / "rejected.jsonl").read_text().splitlines()) == 1000


# What is no file ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("reader", ENGINES)
def test_a_pipe_or_a_device_is_no_file(tmp_path: Path, reader: str) -> None:
    pipe = tmp_path / "a.json"
    os.mkfifo(pipe)
    for path in (pipe, Path("/dev/zero")):
        assert "is a pipe or a device" in problem(ENGINES[reader], path)


def test_what_stands_beside_files_in_a_folder_holds_nothing_up(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.json")
    (tmp_path / "b.json").symlink_to("/dev/zero")
    (tmp_path / "c.json").symlink_to("c.json")
    (tmp_path / "d.json").symlink_to("nowhere")
    (tmp_path / "e").mkdir()
    (tmp_path / "e" / "up").symlink_to(tmp_path)
    (tmp_path / "e" / "runs.json").write_text("[{}]")
    with soon():
        (row,) = json_reader.read(tmp_path)
    assert row.place == f"{tmp_path}/e/runs.json: run 1"


def test_linked_folders_are_read_once(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a.json").write_text("[]")
    (tmp_path / "history").mkdir()
    (tmp_path / "history" / "one").symlink_to(tmp_path / "data")
    (tmp_path / "history" / "two").symlink_to(tmp_path / "data")
    assert len(list(files_below(tmp_path / "history"))) == 1


def test_a_folder_of_too_many_files_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "MOST_FILES", 3)
    for number in range(5):
        (tmp_path / f"{number}.json").write_text("[]")
    assert "holds more than 3 files" in problem(ENGINES["json"], tmp_path)


# Numbers, arrays and names --------------------------------------------------------------------------------------

HUGE = "9" * 400


def rejected(read: Reader, path: Path) -> str:
    """Return why what is in a file is no run; it may be refused as a whole."""
    with soon():
        try:
            rows = list(Ingestion(None).run(read(path)))
        except ReaderError as error:
            return str(error)
    assert rows
    return rows[0][0].reason


@pytest.mark.parametrize("column", ["realtime", "cpus", "memory", "disk", "%cpu", "start"])
def test_numbers_of_a_trace_have_bounds(tmp_path: Path, column: str) -> None:
    cells = {"name": "a", "status": "COMPLETED", "start": "1767225600000", "realtime": "1000", "cpus": "1"}
    cells |= {"memory": "1 GB", "disk": "1 GB", "%cpu": "1", column: HUGE}
    if column == "%cpu":
        cells["cpus"] = "-"
    (tmp_path / "a.txt").write_text("\t".join(cells) + "\n" + "\t".join(cells.values()) + "\n")
    reason = rejected(ENGINES["nextflow"], tmp_path / "a.txt")
    assert f"column {column}: cannot read" in reason
    assert len(reason) < 300 + len(str(tmp_path))


@pytest.mark.parametrize("column", ["s", "max_rss", "threads"])
@pytest.mark.parametrize("huge", [HUGE, "1e300", "inf", "nan"])
def test_numbers_of_a_benchmark_have_bounds(tmp_path: Path, column: str, huge: str) -> None:
    cells = {"s": "1", "h:m:s": "0:00:01", "max_rss": "1", "threads": "1", column: huge}
    (tmp_path / "a.tsv").write_text("\t".join(cells) + "\n" + "\t".join(cells.values()) + "\n")
    assert f"column {column}: " in rejected(ENGINES["snakemake"], tmp_path)
    (tmp_path / "a.tsv").unlink()
    numbers = {name: float(cell) if name == column else cell for name, cell in cells.items()}
    if huge == HUGE:
        numbers[column] = int(HUGE)
    (tmp_path / "a.jsonl").write_text(json.dumps(numbers) + "\n")
    assert f"column {column}: " in rejected(ENGINES["snakemake"], tmp_path)


def job(**members: object) -> dict[str, Any]:
    needs = [{"type": "VCPU", "value": "1"}, {"type": "MEMORY", "value": "1024"}]
    return {
        "jobId": "j1",
        "jobName": "n",
        "status": "SUCCEEDED",
        "startedAt": 1767225600000,
        "stoppedAt": 1767225700000,
        "container": {"resourceRequirements": needs},
        **members,
    }


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({"arrayProperties": {"size": 10**15}}, "0 of the 1,000,000,000,000,000 jobs of array job j1 are there"),
        ({"container": {"vcpus": 10**400, "memory": 1}}, "vcpus"),
        ({"container": {"vcpus": 1, "memory": 10**400}}, "memory"),
        ({"container": {"resourceRequirements": [{"type": "VCPU", "value": HUGE}]}}, "VCPU: cannot read"),
        (
            {"container": {"vcpus": 1, "resourceRequirements": [{"type": "MEMORY", "value": "9" * 5000}]}},
            "MEMORY: cannot read",
        ),
        ({"startedAt": 10**400}, "startedAt"),
        ({"nodeProperties": {"numNodes": 10**15}}, "numNodes"),
        ({"nodeProperties": {"numNodes": 2, "nodeRangeProperties": [{"targetNodes": "0:" + HUGE}]}}, "says nothing"),
        ({"nodeProperties": {"numNodes": 2, "nodeRangeProperties": [{"targetNodes": "9" * 9999}]}}, "cannot read"),
    ],
)
def test_numbers_of_batch_jobs_have_bounds(tmp_path: Path, members: dict[str, object], reason: str) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"jobs": [job(**members)]}))
    found = rejected(ENGINES["batch"], path)
    assert reason in found
    assert len(found) < 300 + len(str(path))


def metadata(**attributes: object) -> dict[str, Any]:
    times = {"start": "2026-01-01T00:00:00Z", "end": "2026-01-01T01:00:00Z"}
    call = {"executionStatus": "Done", "backend": "AWSBatch", **times, "runtimeAttributes": attributes}
    return {"id": "a", "status": "Succeeded", "workflowName": "w", **times, "calls": {"w.a": [call]}}


@pytest.mark.parametrize(
    "attributes",
    [
        {"cpu": 10**400},
        {"cpu": "9" * 400},
        {"memory": f"{HUGE} GB"},
        {"memory": "9" * 5000},
        {"disks": f"local-disk {HUGE} SSD"},
        {"disks": "9" * 100_000},
        {"memory": "1 GB" + " " * 100_000 + "x"},
    ],
)
def test_numbers_of_cromwell_have_bounds(tmp_path: Path, attributes: dict[str, object]) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps(metadata(**attributes)))
    assert len(rejected(ENGINES["cromwell"], path)) < 500 + len(str(path))


@pytest.mark.parametrize(
    "members",
    [
        {"instanceType": "omics.m." + HUGE + "xlarge"},
        {"instanceType": "omics.m." + "9" * 5000 + "xlarge"},
        {"stopTime": "9999-12-31T23:59:59Z", "instanceType": "omics.m.999xlarge"},
    ],
)
def test_numbers_of_healthomics_have_bounds(tmp_path: Path, members: dict[str, object]) -> None:
    times = {"creationTime": "2026-01-01T00:00:00Z", "startTime": "2026-01-01T00:00:00Z"}
    ends = {"stopTime": "2026-01-01T01:00:00Z", "status": "COMPLETED"}
    run = {"arn": "arn:aws:omics:us-east-1:1:run/1", "uuid": "u", **times, **ends}
    task = {"arn": "arn:aws:omics:us-east-1:1:task/1", "instanceType": "omics.m.large", **times, **ends, **members}
    (tmp_path / "a.json").write_text(json.dumps([run, task]))
    assert len(rejected(ENGINES["healthomics"], tmp_path / "a.json")) < 300


@pytest.mark.parametrize("name", ["(" * 60_000 + " " * 60_000 + "x", "(" * 120_000, ")" * 120_000, " (" * 60_000])
def test_no_name_of_a_task_takes_long(tmp_path: Path, name: str) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(TRACE + name.encode() + b"\tCOMPLETED\t1767225600000\t1000\t1\t1 GB\n")
    with soon(2):
        list(nextflow.read(path, KNOWN))
        list(nextflow.read(path, KNOWN, per_tag=True))


# Parquet --------------------------------------------------------------------------------------------------------


def test_parquet_may_not_say_that_it_holds_more_rows_than_its_bytes_allow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with tables.database() as connection:
        connection.execute(f"COPY (SELECT 'w' AS workflow_name FROM range(3000000)) TO '{tmp_path}/a.parquet'")
        (tmp_path / "b.parquet").write_bytes((tmp_path / "a.parquet").read_bytes())
    monkeypatch.setattr(tables, "ROWS_PER_BYTE", 1)
    assert "3,000,000 rows, which is more than its size allows" in problem(ENGINES["parquet"], tmp_path / "a.parquet")
    assert "3,000,000 rows" in problem(ENGINES["cur"], tmp_path / "b.parquet")


def test_cells_of_parquet_have_bounds(tmp_path: Path) -> None:
    columns = "'w' AS workflow_name, 'r' AS run_id, 'SUCCEEDED' AS status, now() AS started_at, now() AS completed_at"
    long = "repeat('x', 60000) AS cost_source, 1 AS input_bytes, 1.5 AS cost_usd"
    for name, select in (("a", long), ("b", long.replace("repeat('x', 60000)", "range(60000)"))):
        with tables.database() as connection:
            connection.execute(f"COPY (SELECT {columns}, {select}) TO '{tmp_path}/{name}.parquet'")
        message = problem(parquet.read, tmp_path / f"{name}.parquet")
        assert "column cost_source holds more than 50,000 characters" in message


# What a person sees ---------------------------------------------------------------------------------------------


def test_no_escape_of_a_file_reaches_the_terminal(command: Command, nowhere: Path) -> None:
    hostile = "\x1b]0;t\x07\x1b[31m\x9b2J\u202e\u200b\u2066"
    (nowhere / "a.txt").write_text(
        f"name\tstatus\tstart\trealtime\tcpus\tmemory\n{hostile}a\tCOMPLETED\t{hostile}\t1\t1\t1 GB\n"
    )
    (nowhere / "a.csv").write_text(RUNS.decode() + f"w,{hostile},SUCCEEDED,{hostile},x,1,1,billed\n")
    (nowhere / "b.json").write_text(json.dumps(metadata() | {"id": hostile, "status": hostile}))
    known = ("--workflow", f"w{hostile}", "--input", "1GB", "--dry-run")
    for arguments in (
        ("nextflow", "a.txt", *known, "--explain-cost"),
        ("csv", "a.csv", "--dry-run"),
        ("cromwell", "b.json", *known),
        ("nextflow", f"no{hostile}", *known),
    ):
        result = command("ingest", *arguments)
        assert result.output.strip()
        assert not {each for each in result.output if not each.isprintable()} - {"\n"}


def test_a_batch_of_one_endless_line_is_refused(
    command: Command, nowhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for path, message in (("/dev/zero", "is a pipe or a device"), ("a.csv", "holds a line of more than 1 MiB")):
        monkeypatch.setattr(bounds, "LONGEST_LINE", 2**20)
        (nowhere / "a.csv").write_text("workflow,input_size\n" + "a" * 2**22)
        with soon():
            result = command("batch", path)
        assert result.exit_code == 1
        assert message in result.stderr
    with pytest.raises(ReaderError, match="-: holds a line of more than 1 MiB"):
        list(bounds.lines_of(io.StringIO("a,b\n" + "a" * 2**22), "-"))


def test_blank_lines_without_end_are_a_gap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "LONGEST_LINE", 2**16)
    (tmp_path / "a.csv").write_bytes(RUNS + b"\n" * 2**20)
    assert "a row or a gap of more than" in problem(csv_reader.read, tmp_path / "a.csv")


def test_a_sheet_of_one_endless_line_is_refused_soon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "LONGEST_LINE", 2**20)
    (tmp_path / "a.txt").write_text("a" * 2**22)
    with soon(), pytest.raises(DatasetError, match="--as-files"):
        measure(str(tmp_path / "a.txt"))
    assert measure(str(tmp_path / "a.txt"), as_files=True).bytes == 2**22
