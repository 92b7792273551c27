"""Each reader on files in its format; what they cost is computed here by hand, from Fargate's rates."""

import gzip
import json
import os
import shutil
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runquote.pricing import PriceError, price_book
from runquote.readers import batch, cromwell, healthomics, nextflow, snakemake
from runquote.readers.base import Known, ReaderError, Rejected, Row
from runquote.readers.cromwell_calls import Call
from tests.unit.runquote.rows import rejections, runs

FIXTURES = Path(__file__).parent / "fixtures"
GB = 10**9
KNOWN = Known(workflow_name="rnaseq", input_bytes=120 * GB)


def fargate(vcpu: float, gib: float, seconds: float) -> float:
    return (vcpu * 0.04048 + gib * 0.004445) * max(60.0, seconds) / 3600


INDEX = fargate(4, 16, 1800)
SAMPLE_1 = fargate(4, 8, 3600) + fargate(4, 16, 3600)
SAMPLE_2 = fargate(4, 8, 7263.85)


def notes(rows: Iterable[Row | Rejected]) -> str:
    return " ".join(note for row in rows if isinstance(row, Row) for note in row.notes)


def test_a_trace_costs_all_attempts_failed_ones_too() -> None:
    (run,) = runs(nextflow.read(FIXTURES / "nextflow/human.txt", KNOWN))
    assert run.cost_usd == pytest.approx(INDEX + SAMPLE_1 + SAMPLE_2, abs=1e-8)
    assert (run.status, run.cost_source, run.engine) == ("SUCCEEDED", "estimated", "nextflow")
    assert run.started_at == datetime(2026, 3, 1, 8, 1, tzinfo=UTC)
    assert run.completed_at == datetime(2026, 3, 1, 10, 33, 3, 850000, tzinfo=UTC)


def test_raw_and_human_readable_traces_are_one_and_the_same_run() -> None:
    human = runs(nextflow.read(FIXTURES / "nextflow/human.txt", KNOWN))
    assert runs(nextflow.read(FIXTURES / "nextflow/raw.txt", KNOWN)) == human


def test_times_without_a_zone_are_where_nextflow_ran() -> None:
    (run,) = runs(nextflow.read(FIXTURES / "nextflow/human.txt", KNOWN, zone=ZoneInfo("Europe/Zurich")))
    assert run.started_at == datetime(2026, 3, 1, 7, 1, tzinfo=UTC)


def test_cached_tasks_are_not_paid_for_twice() -> None:
    trace = FIXTURES / "nextflow/resumed.txt"
    paid = fargate(4, 16, 3600)
    (run,) = runs(nextflow.read(trace, KNOWN))
    assert run.cost_usd == pytest.approx(paid, abs=1e-8)
    assert run.tags == {"nextflow.cached_tasks": "2 of 3"}
    assert "tasks came from the cache" in notes(nextflow.read(trace, KNOWN))
    (full,) = runs(nextflow.read(trace, KNOWN, cached="full"))
    assert full.cost_usd == pytest.approx(paid + INDEX + SAMPLE_2, abs=1e-8)
    assert rejections(nextflow.read(trace, KNOWN, cached="skip")) == ["2 of 3 tasks came from the cache"]


def test_a_trace_of_cached_tasks_alone_is_no_run(tmp_path: Path) -> None:
    text = (FIXTURES / "nextflow/resumed.txt").read_text().replace("COMPLETED", "CACHED")
    (tmp_path / "trace.txt").write_text(text)
    assert rejections(nextflow.read(tmp_path / "trace.txt", KNOWN)) == [
        "all 3 tasks came from the cache: this execution cost nothing"
    ]


def test_the_default_fields_suffice_and_the_assumption_is_told() -> None:
    trace = FIXTURES / "nextflow/default_fields.txt"
    (run,) = runs(nextflow.read(trace, KNOWN))
    assert run.cost_usd == pytest.approx(fargate(2, 3, 600) + fargate(1, 2, 300), abs=1e-8)
    assert run.status == "FAILED"
    assert run.completed_at == datetime(2026, 3, 1, 8, 17, 40, tzinfo=UTC)
    assert "do not say what they requested" in notes(nextflow.read(trace, KNOWN))


def test_one_run_for_each_tag_shares_what_has_none() -> None:
    first, second = runs(nextflow.read(FIXTURES / "nextflow/human.txt", KNOWN, per_tag=True))
    assert first.cost_usd == pytest.approx(SAMPLE_1 + INDEX / 2, abs=1e-8)
    assert second.cost_usd == pytest.approx(SAMPLE_2 + INDEX / 2, abs=1e-8)
    assert first.run_id.endswith("-s1")
    assert first.run_id.removesuffix("s1") == second.run_id.removesuffix("s2")


def test_quotes_in_a_trace_are_part_of_a_value(tmp_path: Path) -> None:
    trace = (FIXTURES / "nextflow/human.txt").read_text()
    (tmp_path / "quoted.txt").write_text(trace.replace("\ts1\t", '\t"s1\t'))
    first, _ = runs(nextflow.read(tmp_path / "quoted.txt", KNOWN, per_tag=True))
    assert first.cost_usd == pytest.approx(SAMPLE_1 + INDEX / 2, abs=1e-8)
    assert first.run_id.endswith('-"s1')


def test_fields_that_break_lines_are_named(tmp_path: Path) -> None:
    (tmp_path / "trace.txt").write_text(
        "status\tstart\tduration\tscript\nCOMPLETED\t2026-03-01 08:00:00\t1s\tone\ntwo\n"
    )
    with pytest.raises(ReaderError, match="line 3: has 1 cells and not 4: script may hold"):
        list(nextflow.read(tmp_path / "trace.txt", KNOWN))


def test_a_bad_cell_is_named_by_file_line_and_column() -> None:
    (row,) = nextflow.read(FIXTURES / "nextflow/broken.txt", KNOWN)
    assert runs([row])[0].cost_usd == pytest.approx(
        INDEX + fargate(4, 8, 3600) + SAMPLE_2, abs=1e-8
    )  # by start and complete
    assert "broken.txt: line 4: column realtime: cannot read '2:01:03'" in notes([row])


def test_a_bad_file_of_a_folder_is_rejected_alone(tmp_path: Path) -> None:
    shutil.copy(FIXTURES / "nextflow" / "human.txt", tmp_path)
    (tmp_path / "broken.txt").write_text("status\tstart\tduration\tscript\nCOMPLETED\t2026-03-01\t1s\tone\ntwo\n")
    (tmp_path / "notes.txt").write_text("Remember the milk\n")  # no trace, and passed over as the next two
    (tmp_path / "bytes.txt").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "empty.tsv").write_text("")
    (tmp_path / "few.txt").write_text("task_id\tstatus\n1\tCOMPLETED\n")
    (tmp_path / "plain.txt.gz").write_text("status")
    rows = list(nextflow.read(tmp_path, KNOWN))
    assert [reason.partition(":")[0] for reason in rejections(rows)] == ["line 3", "line 1", "is not gzip"]
    assert len(rows) == 4
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "counts.tsv").write_text("gene\tcount\n")
    with pytest.raises(ReaderError, match="results: holds no trace"):
        list(nextflow.read(tmp_path / "results", KNOWN))


@pytest.mark.parametrize(
    ("text", "size"), [("1.2 GB", 1288490189), ("0", 0), ("512", 512), ("3 KB", 3072), ("1 TB", 2**40), ("7 B", 7)]
)
def test_sizes_of_a_trace_are_powers_of_1024(text: str, size: int) -> None:
    assert nextflow.parse_trace_size(text) == size


@given(st.integers(0, 2**60))
def test_raw_sizes_are_bytes(size: int) -> None:
    assert nextflow.parse_trace_size(str(size)) == size


def test_without_an_input_size_a_run_says_how_to_give_one() -> None:
    known = Known(workflow_name="rnaseq")
    (row,) = nextflow.read(FIXTURES / "nextflow/human.txt", known)
    assert isinstance(row, Rejected)
    assert "--sizes" in row.reason
    sized = Known(workflow_name="rnaseq", sizes={str(row.run_id): (7 * GB, GB)})
    (run,) = runs(nextflow.read(FIXTURES / "nextflow/human.txt", sized))
    assert (run.input_bytes, run.output_bytes) == (7 * GB, GB)


def test_disks_that_tasks_asked_for_cost_where_there_are_volumes(tmp_path: Path) -> None:
    trace = (FIXTURES / "nextflow/human.txt").read_text().splitlines()
    disks = ["disk", "100 GB", *["-"] * (len(trace) - 2)]
    with_disk = tmp_path / "trace.txt"
    with_disk.write_text("".join(f"{line}\t{disk}\n" for line, disk in zip(trace, disks, strict=True)))

    def cost(file: Path, rate: str, *, spot: bool = False) -> float:
        (run,) = runs(nextflow.read(file, replace(KNOWN, rate=rate, spot=spot)))
        return run.cost_usd

    half_an_hour = 100 * 0.08 / 30 / 24 / 2
    for spot in (False, True):
        without = cost(FIXTURES / "nextflow/human.txt", "m5", spot=spot)
        assert cost(with_disk, "m5", spot=spot) - without == pytest.approx(half_an_hour, abs=2e-8)
    assert cost(with_disk, "fargate") == cost(FIXTURES / "nextflow/human.txt", "fargate")


@pytest.mark.parametrize(
    ("disks", "gib"),
    [("local-disk 100 SSD", 100), ("local-disk 10 HDD, /mnt/data 500 SSD", 510), ("local-disk", 0), (None, 0)],
)
def test_disks_of_cromwell_add_up(disks: str | None, gib: int) -> None:
    assert Call.model_validate({"runtimeAttributes": {"disks": disks}}).disk_bytes() == gib * 2**30


def test_spot_costs_its_share() -> None:
    (run,) = runs(nextflow.read(FIXTURES / "nextflow/human.txt", Known("rnaseq", GB, spot=True)))
    assert run.cost_usd == pytest.approx(0.4 * (INDEX + SAMPLE_1 + SAMPLE_2), abs=1e-8)
    assert run.purchase_option == "spot"


@pytest.fixture
def written(tmp_path: Path) -> Path:
    """The Snakemake fixtures, as if their jobs had ended at a known time."""
    folder = tmp_path / "benchmarks"
    shutil.copytree(FIXTURES / "snakemake", folder)
    for file in folder.rglob("*"):
        os.utime(file, (1_772_352_000, 1_772_352_000))
    return folder


def test_benchmarks_that_snakemake_wrote_add_up_with_every_repetition(written: Path) -> None:
    (run,) = runs(snakemake.read(written / "extended", KNOWN))
    memory = {"index": (3.10, 16.39), "align": (16.29, 16.26)}
    expected = sum(fargate(2, each / 1024, 0) for each in memory["index"])
    expected += sum(fargate(1, each / 1024, 0) for each in memory["align"])
    assert run.cost_usd == pytest.approx(expected, abs=1e-8)
    assert run.completed_at == datetime.fromtimestamp(1_772_352_000, UTC)
    assert (run.completed_at - run.started_at).total_seconds() == pytest.approx(1.38)


@pytest.mark.parametrize("form", ["plain", "json_lines"])
def test_every_form_of_benchmark_is_read(written: Path, form: str) -> None:
    (run,) = runs(snakemake.read(written / form, KNOWN))
    assert run.cost_usd > 0
    assert ("--benchmark-extended" in notes(snakemake.read(written / form, KNOWN))) == (form == "plain")


def test_each_folder_can_be_a_run_and_its_id_is_its_content(written: Path) -> None:
    assert len({run.run_id for run in runs(snakemake.read(written, KNOWN, per_folder=True))}) == 3
    (before,) = runs(snakemake.read(written / "plain", KNOWN))
    moved = written / "elsewhere"
    shutil.copytree(written / "plain", moved)
    (after,) = runs(snakemake.read(moved, KNOWN))
    assert after.run_id == before.run_id


def test_a_folder_that_cannot_be_read_is_rejected_alone(written: Path) -> None:
    (written / "cut").mkdir()
    (written / "cut" / "cut.tsv").write_text("s\th:m:s\tmax_rss\n12.3\t0:00\n")
    (written / "empty").mkdir()
    rows = list(snakemake.read(written, KNOWN, per_folder=True))
    assert len(rows) == 5
    assert rejections(rows) == [
        "cut.tsv: line 2: has fewer cells than the header".replace("cut.tsv", str(written / "cut/cut.tsv")),
        "holds no benchmark file: rules need a `benchmark:` line",
    ]


def test_a_missing_measurement_is_allowed_and_nonsense_is_not(tmp_path: Path) -> None:
    header = "s\th:m:s\tmax_rss\tmean_load\n"
    (tmp_path / "a.tsv").write_text("\ufeff" + header + "120.0\t0:02:00\t-\tNA\n")
    (run,) = runs(snakemake.read(tmp_path, KNOWN))
    assert run.cost_usd == pytest.approx(fargate(1, 0, 120), abs=1e-8)
    (tmp_path / "a.tsv").write_text(header + "-5\t0:02:00\t-\tNA\n")
    with pytest.raises(ReaderError, match=r"a\.tsv: line 2: column s: cannot read '-5'"):
        list(snakemake.read(tmp_path, KNOWN))
    (tmp_path / "a.tsv").write_text(header + "1e12\t0:02:00\t-\tNA\n")
    with pytest.raises(ReaderError, match="column s: a job must say how long it ran"):
        list(snakemake.read(tmp_path, KNOWN))


def test_cromwell_pays_for_attempts_and_sub_workflows_but_not_for_cached_calls() -> None:
    source = FIXTURES / "cromwell/metadata.json"
    (run,) = runs(cromwell.read(source, Known(input_bytes=GB)))
    expected = fargate(4, 16, 3600) + fargate(4, 32, 3600) + fargate(2, 2, 1800)
    assert run.cost_usd == pytest.approx(expected, abs=1e-8)
    assert (run.workflow_name, run.run_id) == ("germline", "11111111-2222-3333-4444-555555555555")
    assert run.tags == {"cromwell.cached_calls": "1 of 5"}


def test_cromwell_metadata_that_cannot_be_a_run_says_why(tmp_path: Path) -> None:
    source = tmp_path / "metadata.json"
    metadata = json.loads((FIXTURES / "cromwell/metadata.json").read_text())
    source.write_text(json.dumps({**metadata, "status": "Running"}))
    assert rejections(cromwell.read(source, KNOWN)) == ["is not finished: its status is Running"]
    source.write_text('{"id": "x", "status": "Failed", "end": "2026-03-01T08:00:00Z"}')  # its inputs were wrong
    assert rejections(cromwell.read(source, KNOWN)) == ["never began to run: its status is Failed"]
    source.write_text("[]")
    with pytest.raises(ReaderError, match=r"metadata\.json: the document: must be an object"):
        list(cromwell.read(source, KNOWN))
    metadata["calls"]["germline.subcalls"] = [{"subWorkflowId": "x"}]
    source.write_text(json.dumps(metadata))
    assert "expandSubWorkflows" in rejections(cromwell.read(source, KNOWN))[0]
    source.write_text('{"id": "x",\n "calls": }')
    with pytest.raises(ReaderError, match="line 2: column 11: not JSON"):
        list(cromwell.read(source, KNOWN))


@pytest.mark.parametrize("name", ["manifest.json", "manifest.jsonl"])
def test_a_healthomics_manifest_costs_storage_and_tasks(name: str) -> None:
    (run,) = runs(healthomics.read(FIXTURES / "healthomics" / name, Known(input_bytes=GB)))
    storage = 2400 * 0.0001918 * 2
    assert run.cost_usd == pytest.approx(storage + 0.2592 + 2 * 0.08505 / 60, abs=1e-8)
    assert (run.workflow_name, run.run_id, run.status) == (
        "healthomics-7654321",
        "healthomics-1234567-aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee",
        "SUCCEEDED",
    )


def test_run_analyzer_files_add_up_and_a_missing_price_rejects_its_run() -> None:
    first, second = healthomics.read(FIXTURES / "healthomics/analyzer.csv", KNOWN)
    (run,) = runs([first])
    assert run.cost_usd == pytest.approx(0.92064 + 0.2592 + 0.002835)
    assert isinstance(second, Rejected)
    assert "task9: column estimatedUSD is empty" in second.reason
    assert second.run_id == "healthomics-1234568-bbbbbbbb"


def test_run_analyzer_files_that_were_cut_off_are_not_taken_for_whole(tmp_path: Path) -> None:
    text = (FIXTURES / "healthomics/analyzer.csv").read_text().partition("task-2")[0]
    with gzip.open(tmp_path / "a.csv.gz", "wt") as file:
        file.write(text)
    (tmp_path / "b.csv").write_text(text[:-30])
    whole, cut = healthomics.read(tmp_path, KNOWN)
    assert runs([whole])[0].cost_usd == pytest.approx(0.92064 + 0.2592)
    assert rejections([cut]) == ["task1: has fewer cells than the header"]


def m5(vcpu: float, gib: float, hours: float = 1) -> float:
    return max(vcpu, gib / 4) * 0.048 * hours


def test_batch_pays_for_attempts_children_and_nodes() -> None:
    known = Known("rnaseq", GB, rate="m5")
    first, second, nodes = runs(batch.read(FIXTURES / "batch/jobs.json", known, tag="run_id"))
    assert (first.run_id, first.tags, first.engine) == ("rna-1", {"run_id": "rna-1"}, "batch")
    assert first.cost_usd == pytest.approx(m5(4, 16, 2) + fargate(0.5, 1, 30), abs=1e-8)
    assert first.started_at == datetime(2026, 3, 1, 8, tzinfo=UTC)
    assert first.completed_at == datetime(2026, 3, 1, 11, 0, 30, tzinfo=UTC)
    assert second.cost_usd == pytest.approx(2 * m5(2, 8), abs=1e-8)
    assert nodes.cost_usd == pytest.approx(2 * m5(8, 16) + 2 * m5(2, 32), abs=1e-8)
    assert {run.status for run in (first, second, nodes)} == {"SUCCEEDED"}


def batch_job(**changes: object) -> dict[str, object]:
    container = {"vcpus": 2, "memory": 4096}
    times = {"startedAt": 1_772_352_000_000, "stoppedAt": 1_772_355_600_000}
    return {"jobId": "j-1", "jobName": "n", "status": "SUCCEEDED", "container": container, **times, **changes}


def of_batch(folder: Path, *jobs: dict[str, object], **options: bool) -> list[Row | Rejected]:
    (folder / "jobs.json").write_text(json.dumps({"jobs": jobs}))
    return list(batch.read(folder / "jobs.json", Known("w", GB, rate="m5"), **options))  # type: ignore[arg-type] # by name


def test_batch_jobs_of_a_name_are_a_run_that_a_repetition_can_save(tmp_path: Path) -> None:
    failed = batch_job(jobId="j-0", status="FAILED")
    (run,) = runs(of_batch(tmp_path, failed, batch_job()))
    assert run.status == "SUCCEEDED"
    assert run.cost_usd == pytest.approx(2 * m5(2, 4))
    (run,) = runs(of_batch(tmp_path, failed, batch_job(jobName="m", status="FAILED"), per_job=False))[:1]
    assert run.status == "FAILED"
    (run,) = runs(of_batch(tmp_path, {**failed, "isTerminated": True}))
    assert run.status == "CANCELLED"
    assert len(runs(of_batch(tmp_path, failed, batch_job(), per_job=True))) == 2


def test_batch_run_ids_follow_from_the_jobs_and_folders_join_them(tmp_path: Path) -> None:
    (one,) = runs(of_batch(tmp_path, batch_job(), batch_job(jobId="j-2")))
    for number, job in enumerate((batch_job(jobId="j-2"), batch_job(), batch_job(status="RUNNING"))):
        (tmp_path / f"part-{number}.json").write_text(json.dumps([job]))
    (tmp_path / "jobs.json").unlink()
    (other,) = runs(batch.read(tmp_path, Known("w", GB, rate="m5")))
    assert other == one


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"status": "RUNNING"}, "job j-1 is RUNNING"),
        ({"arrayProperties": {"size": 3}}, "0 of the 3 jobs of array job j-1 are there"),
        ({"startedAt": None}, "none of its jobs began to run"),
        ({"container": {"vcpus": 2}}, "job j-1: MEMORY: it does not say"),
        ({"container": {"resourceRequirements": [{"type": "VCPU", "value": "many"}]}}, "VCPU: cannot read 'many'"),
        ({"container": None}, "says nothing of the vCPUs"),
        ({"nodeProperties": {"numNodes": 2, "nodeRangeProperties": [{"targetNodes": "0"}]}}, "say nothing of 1 nodes"),
    ],
)
def test_batch_jobs_that_are_no_run_say_why(tmp_path: Path, changes: dict[str, object], reason: str) -> None:
    (found,) = rejections(of_batch(tmp_path, batch_job(**changes)))
    assert reason in found


def test_batch_pods_and_several_containers_hold_what_they_all_hold(tmp_path: Path) -> None:
    pod = {"resources": {"limits": {"cpu": "1", "memory": "2048Mi"}}}
    eks = batch_job(container=None, eksProperties={"podProperties": {"containers": [pod, pod]}})
    (run,) = runs(of_batch(tmp_path, eks))
    assert run.cost_usd == pytest.approx(m5(2, 4))
    each = {"resourceRequirements": [{"type": "VCPU", "value": "1"}, {"type": "MEMORY", "value": "2048"}]}
    task = {"containers": [each, each], "runtimePlatform": {"cpuArchitecture": "ARM64"}}
    ecs = batch_job(container={}, ecsProperties={"taskProperties": [task]}, platformCapabilities=["FARGATE"])
    (run,) = runs(of_batch(tmp_path, ecs))
    assert run.cost_usd == pytest.approx(2 * 0.03238 + 4 * 0.00356)


@settings(deadline=None)
@given(st.integers(1, 192), st.integers(4, 10**6), st.integers(0, 10**9), st.integers(1, 20))
def test_batch_times_are_milliseconds_and_memory_mebibytes(vcpu: int, mib: int, milliseconds: int, nodes: int) -> None:
    start = 1_772_352_000_000
    held = {"resourceRequirements": [{"type": "VCPU", "value": str(vcpu)}, {"type": "MEMORY", "value": str(mib)}]}
    job = batch_job(
        container=None,
        nodeProperties={"numNodes": nodes, "nodeRangeProperties": [{"targetNodes": "0:", "container": held}]},
        attempts=[{"startedAt": start, "stoppedAt": start + milliseconds}],
    )
    with TemporaryDirectory() as folder:
        (run,) = [row.run for row in of_batch(Path(folder), job) if isinstance(row, Row)]
    assert run["cost_usd"] == pytest.approx(nodes * m5(vcpu, mib / 1024, milliseconds / 3_600_000), abs=1e-8)
    lasted = datetime.fromisoformat(run["completed_at"]) - datetime.fromisoformat(run["started_at"])
    assert lasted == timedelta(milliseconds=milliseconds)


@settings(deadline=None)
@given(st.integers(0, 2**40), st.sampled_from(["", " "]), st.sampled_from([("K", 10), ("M", 20), ("G", 30), ("T", 40)]))
def test_memory_of_cromwell_is_in_powers_of_1024(number: int, space: str, unit: tuple[str, int]) -> None:
    for form in ("", "i", "B", "iB"):
        assert cromwell.parse_memory(f"{number}{space}{unit[0]}{form}") == number << unit[1]


def test_batch_files_that_are_something_else_say_where(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"jobs": [{"jobId": "x", "jobName": "n", "status": "FAILED", "startedAt": -1}]}')
    with pytest.raises(ReaderError, match=r"a\.json: jobs\.0\.startedAt: "):
        list(batch.read(tmp_path / "a.json", KNOWN))
    (tmp_path / "b.json").write_text("{}")
    assert len(rejections(batch.read(tmp_path, KNOWN))) == 2


def test_the_price_book_is_sourced_dated_and_checked(tmp_path: Path) -> None:
    book = price_book()
    assert all(rate.source and rate.as_of for rate in book.rates.values())

    def hour(rate: str) -> float:
        return book.job_usd(rate, vcpu=4, memory_bytes=2**30 * 32, seconds=3600, spot=False)

    assert hour("m5") == pytest.approx(8 * 0.048)  # memory takes half of a 16 vCPU machine
    assert hour("r5") == pytest.approx(4 * 0.063)
    with pytest.raises(PriceError, match="no rate 'm4'"):
        hour("m4")
    with pytest.raises(PriceError, match=r"no instance type omics\.g5"):
        book.healthomics.task_usd("omics.g5.xlarge", 60)
    own = tmp_path / "prices.json"
    own.write_text(book.model_dump_json().replace('"vcpu_hour":0.048', '"vcpu_hour":-1', 1))
    with pytest.raises(PriceError, match=r"rates\.m5\.vcpu_hour"):
        price_book(own)
