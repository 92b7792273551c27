"""Traces as Nextflow really writes them, and as other programs leave them: what a run costs, or what is said of it."""

import os
import time
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from contract.runs import Run
from runquote.readers import nextflow
from runquote.readers.base import Known, ReaderError, Rejected, Row
from tests.unit.runquote.rows import rejections, runs

KNOWN = Known(workflow_name="rnaseq", input_bytes=10**9)
HELD = "task_id hash name status submit start complete duration realtime cpus memory"
DEFAULT = "task_id hash native_id name status exit submit duration realtime %cpu peak_rss"
DAY = "2026-01-05"
BEGIN = int(datetime(2026, 1, 5, 10, tzinfo=UTC).timestamp() * 1000)
HOUR = 3_600_000


def fargate(vcpu: float, gib: float, hours: float) -> float:
    return (vcpu * 0.04048 + gib * 0.004445) * max(1 / 60, hours)


def trace(path: Path, fields: str, *lines: str, by: str = "\t", age_days: float = 30) -> Path:
    """Write a trace, of fields and cells with spaces between them; `_` in a cell is a space."""
    rows = [by.join(cell.replace("_", " ") for cell in line.split()) for line in lines]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([by.join(fields.split()), *rows, ""]))
    written = time.time() - age_days * 86_400
    os.utime(path, (written, written))
    return path


def only(rows: Iterable[Row | Rejected]) -> tuple[Run, str]:
    """The one run, and all its notes."""
    (row,) = rows
    assert isinstance(row, Row), row
    (run,) = runs([row])
    return run, " ".join(row.notes)


def test_what_was_held_is_paid_and_not_the_script_alone_nor_the_queue(tmp_path: Path) -> None:
    queued, staged = BEGIN + HOUR // 12, BEGIN + HOUR // 12 + 2 * HOUR
    raw = f"1 aa/1 ALIGN_(S1) COMPLETED {BEGIN} {queued} {staged} 7500000 3600000 8 17179869184"
    text = f"1 aa/1 ALIGN_(S1) COMPLETED {DAY}_10:00:00.000 {DAY}_10:05:00.000 {DAY}_12:05:00.000 2h_5m 1h 8 16_GB"
    for line in (raw, text):
        run, notes = only(nextflow.read(trace(tmp_path / "a.txt", HELD, line), KNOWN))
        assert run.cost_usd == pytest.approx(fargate(8, 16, 2), abs=1e-8)
        assert notes == ""
    without_end = f"1 aa/1 A COMPLETED {BEGIN} {queued} - 7500000 - 8 17179869184"
    run, _ = only(nextflow.read(trace(tmp_path / "a.txt", HELD, without_end), KNOWN))
    assert run.cost_usd == pytest.approx(fargate(8, 16, 2), abs=1e-8)  # duration tells the end too


def test_where_the_trace_does_not_say_what_was_held_a_note_does(tmp_path: Path) -> None:
    line = f"1 aa/1 ALIGN COMPLETED {DAY}_10:00:00 {{}} 2 4_GB"
    fields = "task_id hash name status submit {} cpus memory"
    run, notes = only(nextflow.read(trace(tmp_path / "a", fields.format("realtime"), line.format("1h")), KNOWN))
    assert run.cost_usd == pytest.approx(fargate(2, 4, 1), abs=1e-8)
    assert "stage their files is not in the price" in notes
    run, notes = only(nextflow.read(trace(tmp_path / "a", fields.format("duration"), line.format("2h")), KNOWN))
    assert run.cost_usd == pytest.approx(fargate(2, 4, 2), abs=1e-8)
    assert "waiting for their turn" in notes


def test_cached_tasks_cost_nothing_whatever_they_say(tmp_path: Path) -> None:
    path = trace(
        tmp_path / "a.txt",
        DEFAULT,
        f"1 aa/1 11 FASTQC_(1) CACHED - {DAY}_10:00:00.000 - - - -",
        f"2 aa/2 12 FASTQC_(2) COMPLETED 0 {DAY}_10:00:01.000 20m 18m 99.0% 1_GB",
    )
    run, notes = only(nextflow.read(path, KNOWN))
    assert run.cost_usd == pytest.approx(fargate(1, 1, 0.3), abs=1e-8)
    assert run.tags == {"nextflow.cached_tasks": "1 of 2"}
    assert "left out" not in notes
    run, notes = only(nextflow.read(path, KNOWN, cached="full"))
    assert "1 of 2 tasks cannot be priced and are left out, so this run cost more" in notes
    assert (run.tags or {})["nextflow.unpriced_tasks"] == "1 of 2"


def test_rolled_and_oddly_named_traces_of_a_folder_are_read_and_other_files_named(tmp_path: Path) -> None:
    line = f"1 aa/{{}} 1 A_(1) COMPLETED 0 {DAY}_10:00:00.000 20m 18m 99.0% 1_GB"
    for number, name in enumerate(("trace.txt", "trace.txt.1", "trace.txt.2", "deep/trace", "trace.log")):
        trace(tmp_path / name, DEFAULT, line.format(number))
    trace(tmp_path / "csv/markduplicates.csv", "patient sex status sample bam", "p1 XX 0 s1 s1.bam", by=",")
    trace(tmp_path / "S1.pangolin.csv", "taxon lineage status note", "S1 B.1 passed_qc x", by=",")
    trace(tmp_path / "co2.txt", "task_id status name energy_consumption CO2e realtime cpus", "1 COMPLETED A 1 2 1m 1")
    trace(tmp_path / "jobs.tsv", "user name status start duration", "ann A done 2026-01-01 1h")
    (tmp_path / "reads.bam").write_bytes(b"BAM\0\1\xff" * 20_000)
    (tmp_path / "one_line.fa").write_text("ACGT" * 100_000)
    rows = list(nextflow.read(tmp_path, KNOWN))
    assert len(runs(rows)) == 5
    (note,) = [note for row in rows if isinstance(row, Row) for note in row.notes if "passed over" in note]
    named = "S1.pangolin.csv, co2.txt, csv/markduplicates.csv and 3 more"
    assert note == f"passed over 6 files of {tmp_path} that are no trace: {named}"


def test_an_index_in_a_name_is_no_tag(tmp_path: Path) -> None:
    lines = ("1 COMPLETED {} 1h 1 1_GB", "2 COMPLETED {} 1h 1 1_GB", "3 COMPLETED {} 1h 1 1_GB")
    names = (
        f"{DAY}_10:00:00 ALIGN_(liver) liver",
        f"{DAY}_10:00:00 ALIGN_(brain) brain",
        f"{DAY}_11:00:00 MERGE_(all) -",
    )
    path = trace(
        tmp_path / "a.txt",
        "task_id status submit name tag realtime cpus memory",
        *(line.format(name) for line, name in zip(lines, names, strict=True)),
    )
    liver, brain = runs(nextflow.read(path, KNOWN, per_tag=True))
    assert (liver.tags, brain.tags) == ({"nextflow.tag": "liver"}, {"nextflow.tag": "brain"})
    assert liver.cost_usd == brain.cost_usd == pytest.approx(fargate(1, 1, 1.5), abs=1e-8)
    path = trace(
        tmp_path / "a.txt",
        "task_id status submit name realtime cpus memory",
        f"1 COMPLETED {DAY}_10:00:00 ALIGN_(a_(b)) 1h 1 1_GB",
        f"2 COMPLETED {DAY}_10:00:00 MERGE_(2) 1h 1 1_GB",
    )
    run, _ = only(nextflow.read(path, KNOWN, per_tag=True))
    assert run.tags == {"nextflow.tag": "a (b)"}
    assert run.cost_usd == pytest.approx(fargate(1, 1, 2), abs=1e-8)
    _, notes = only(
        nextflow.read(trace(path, DEFAULT, f"1 a 1 M_(1) COMPLETED 0 {DAY} 1m 1m - -"), KNOWN, per_tag=True)
    )
    assert "no task has a tag, so all are one run" in notes


@pytest.mark.parametrize(
    ("fields", "cells", "said"),
    [
        ("accelerator accelerator_type", "4 nvidia-a10g", "held GPUs"),
        ("accelerator_request", "1", "held GPUs"),
        ("gpus", "2", "held GPUs"),
        ("container", "nvcr.io/nvidia/clara/parabricks:4.3", "named after GPUs"),
        ("queue", "gpu-spot", "named after GPUs"),
        ("accelerator container", "- ubuntu", ""),
        ("accelerator", "0", ""),
    ],
)
def test_gpus_are_not_priced_and_that_is_said(tmp_path: Path, fields: str, cells: str, said: str) -> None:
    line = f"1 aa/1 BASECALL COMPLETED {BEGIN} {BEGIN} {BEGIN + HOUR} {HOUR} {HOUR} 8 34359738368 {cells}"
    run, notes = only(nextflow.read(trace(tmp_path / "a.txt", f"{HELD} {fields}", line), KNOWN))
    assert run.cost_usd == pytest.approx(fargate(8, 32, 1), abs=1e-8)
    assert said in notes
    assert bool(said) == bool(notes)


@pytest.mark.parametrize("status", ["ABORTED", "RUNNING", "FAILED"])
def test_what_was_stopped_is_paid_to_the_end_of_the_run(tmp_path: Path, status: str) -> None:
    done = f"1 aa/1 A COMPLETED {BEGIN} {BEGIN} {BEGIN + 10 * HOUR} - - 1 1073741824"
    stopped = f"2 aa/2 B {status} {BEGIN} {BEGIN + 2 * HOUR} - - - 4 1073741824"
    waited = f"3 aa/3 C {'SUBMITTED' if status == 'RUNNING' else status} {BEGIN} - - - - 64 1073741824"
    run, notes = only(nextflow.read(trace(tmp_path / "a.txt", HELD, done, stopped, waited), KNOWN))
    assert run.cost_usd == pytest.approx(fargate(1, 1, 10) + fargate(4, 1, 8), abs=1e-8)
    assert run.status == ("FAILED" if status == "FAILED" else "CANCELLED")
    assert "priced to the end of the run" in notes


def test_without_a_start_what_was_aborted_is_paid_from_its_submission(tmp_path: Path) -> None:
    path = trace(
        tmp_path / "a.txt",
        DEFAULT,
        f"2 aa/2 12 B_(1) ABORTED - {DAY}_10:01:00.000 - - - -",
        f"3 aa/3 13 C_(1) COMPLETED 0 {DAY}_10:01:00.000 10h 10h 99.0% 1_GB",
        f"4 aa/4 - D_(1) ABORTED - {DAY}_10:01:00.000 - - - -",  # no executor knew of it
    )
    run, notes = only(nextflow.read(path, KNOWN))
    assert run.cost_usd == pytest.approx(fargate(1, 1, 10) + fargate(1, 2, 10), abs=1e-8)
    assert "priced to the end of the run" in notes
    assert "2 GiB were assumed" in notes


def test_a_task_that_ended_is_not_also_running(tmp_path: Path) -> None:
    running = f"1 aa/1 A RUNNING {BEGIN} {BEGIN} - - - 1 1073741824"
    done = f"1 aa/1 A COMPLETED {BEGIN} {BEGIN} {BEGIN + HOUR} - - 1 1073741824"
    run, _ = only(nextflow.read(trace(tmp_path / "a.txt", HELD, running, done, done), KNOWN))
    assert run.cost_usd == pytest.approx(fargate(1, 1, 1), abs=1e-8)
    assert run.status == "SUCCEEDED"


def test_a_resumed_run_is_not_the_failed_one(tmp_path: Path) -> None:
    first = f"1 aa/1 A_(S1) {{}} {BEGIN} {BEGIN} {BEGIN + HOUR} {HOUR} {HOUR} 4 8589934592"
    later = BEGIN + 24 * HOUR
    trace(
        tmp_path / "1.txt",
        HELD,
        first.format("COMPLETED"),
        f"2 aa/2 B FAILED {BEGIN} {BEGIN + HOUR} {BEGIN + HOUR} 0 0 4 0",
    )
    trace(
        tmp_path / "2.txt",
        HELD,
        first.format("CACHED"),
        f"3 aa/3 B COMPLETED {later} {later} {later + 2 * HOUR} - - 4 8_GB",
    )
    failed, resumed = runs(nextflow.read(tmp_path, KNOWN, cached="full"))
    assert (failed.status, resumed.status) == ("FAILED", "SUCCEEDED")
    assert failed.run_id != resumed.run_id
    assert resumed.cost_usd == pytest.approx(fargate(4, 8, 3), abs=1e-8)
    assert resumed.started_at > failed.completed_at
    assert resumed.run_id == runs(nextflow.read(tmp_path / "2.txt", KNOWN))[0].run_id
    trace(tmp_path / "3.txt", HELD, first.format("CACHED"))
    assert "this execution cost nothing" in rejections(nextflow.read(tmp_path / "3.txt", KNOWN, cached="full"))[0]


def test_a_trace_that_is_still_written_is_not_final(tmp_path: Path) -> None:
    done = f"1 aa/1 A COMPLETED {BEGIN} {BEGIN} {BEGIN + HOUR} - - 1 1073741824"
    running = f"2 aa/2 B RUNNING {BEGIN} {BEGIN} - - - 1 1073741824"
    path = trace(tmp_path / "a.txt", HELD, done, age_days=0)
    assert "if its pipeline still runs, this is a part of the run" in only(nextflow.read(path, KNOWN))[1]
    assert only(nextflow.read(path, KNOWN, final=True))[1] == ""
    path = trace(tmp_path / "a.txt", HELD, done, running, age_days=0)
    (reason,) = rejections(nextflow.read(path, KNOWN))
    assert reason.startswith("1 of 2 tasks have not ended, and the trace was written within the last day")
    assert only(nextflow.read(path, KNOWN, final=True))[0].status == "CANCELLED"


def damaged(tmp_path: Path, cells: dict[str, str]) -> tuple[Run, str]:
    fields = HELD.split()
    good = ["0", "aa/0", "A", "COMPLETED", str(BEGIN), str(BEGIN), str(BEGIN + HOUR), str(HOUR), str(HOUR), "1", "1_GB"]
    bad = [cells.get(field, cell) for field, cell in zip(fields, ["1", "aa/1", *good[2:]], strict=True)]
    return only(nextflow.read(trace(tmp_path / "a.txt", HELD, " ".join(good), " ".join(bad)), KNOWN))


@pytest.mark.parametrize(
    ("cells", "cost", "said"),
    [
        ({"realtime": "-63ms", "duration": "NULL"}, fargate(1, 1, 1), "column realtime: cannot read '-63ms'"),
        ({"start": "-", "complete": "-", "realtime": "-5"}, 0.0, "cannot read '-5'"),
        ({"start": "yesterday", "duration": "-"}, fargate(1, 1, 1), "column start: cannot read 'yesterday'"),
        ({"complete": str(BEGIN - HOUR)}, fargate(1, 1, 1), "stage their files is not in the price"),
        ({"realtime": str(5 * HOUR)}, fargate(1, 1, 5), "differing clocks"),
        ({"memory": "null"}, fargate(1, 2, 1), "2 GiB were assumed"),
        ({"memory": "much"}, 0.0, "left out, so this run cost more: "),
        ({"memory": "much"}, 0.0, "a.txt: line 3: column memory: cannot read 'much'"),
        ({"memory": "9" * 500}, 0.0, "column memory: cannot read '999"),
        ({"cpus": "0"}, fargate(1, 1, 1), "1 vCPU was assumed"),
        ({"cpus": "1e300"}, 0.0, "column cpus: cannot read"),
        ({"cpus": '"2"', "memory": '"2_GB"'}, fargate(2, 2, 1), ""),
        ({"cpus": "2.0", "memory": "1,5_GB", "start": f"{BEGIN}.0"}, fargate(2, 1.5, 1), ""),
        ({"memory": "1,234_GB"}, 0.0, "column memory: cannot read '1,234 GB'"),
        ({"status": "BOGUS"}, 0.0, "whose status Nextflow does not know: BOGUS (1)"),
        ({"status": "completed"}, fargate(1, 1, 1), ""),
    ],
)
def test_one_odd_cell_refuses_at_most_its_task(tmp_path: Path, cells: dict[str, str], cost: float, said: str) -> None:
    run, notes = damaged(tmp_path, cells)
    assert run.cost_usd == pytest.approx(fargate(1, 1, 1) + cost, abs=1e-8)
    assert said in notes
    assert bool(said) == bool(notes)


def test_a_run_of_which_most_cannot_be_priced_is_refused(tmp_path: Path) -> None:
    good = f"1 aa/1 A COMPLETED {BEGIN} {BEGIN} {BEGIN + HOUR} - - 1 1_GB"
    bad = [f"{number} aa/{number} A COMPLETED {BEGIN} - - soon - 1 1_GB" for number in (2, 3)]
    (reason,) = rejections(nextflow.read(trace(tmp_path / "a.txt", HELD, good, *bad), KNOWN))
    assert reason == "2 of 3 tasks cannot be priced: line 3: column duration: cannot read 'soon'"


@pytest.mark.parametrize("form", ["plain", "quoted", "all_quoted", "bom", "crlf"])
def test_a_comma_in_a_name_and_what_spreadsheets_add_break_nothing(tmp_path: Path, form: str) -> None:
    quote = (lambda text: f'"{text}"') if form in ("quoted", "all_quoted") else str
    header: Any = ["task_id", "tag", "name", "status", "start", "complete", "cpus", "memory"]
    row: Any = ["1", quote("a,b"), quote("ALIGN (a,b)"), "COMPLETED", str(BEGIN), str(BEGIN + HOUR), "1", "1 GB"]
    if form == "all_quoted":
        header, row = map(quote, header), (f'"{cell.strip(chr(34))}"' for cell in row)
    text = ("\r\n" if form == "crlf" else "\n").join([",".join(header), ",".join(row), ""])
    (tmp_path / "a.csv").write_text(("\ufeff" if form == "bom" else "") + text, newline="")
    run, _ = only(nextflow.read(tmp_path / "a.csv", KNOWN, per_tag=True, final=True))
    assert run.cost_usd == pytest.approx(fargate(1, 1, 1), abs=1e-8)
    assert run.tags == {"nextflow.tag": "a,b"}


def test_a_line_of_separators_alone_takes_no_time(tmp_path: Path) -> None:
    line = f"1 aa/1 A COMPLETED {BEGIN} {BEGIN} {BEGIN + HOUR} - - 1 1_GB"
    path = trace(tmp_path / "a.csv", HELD, line, by=",")
    path.write_text(path.read_text() + "," * 1_000_000 + "\n")
    begin = time.monotonic()
    assert "1 of 2 tasks cannot be priced" in only(nextflow.read(path, KNOWN))[1]
    assert time.monotonic() - begin < 5


def test_two_traces_in_one_file_are_refused(tmp_path: Path) -> None:
    line = f"1 aa/1 A COMPLETED {BEGIN} {BEGIN} {BEGIN + HOUR} - - 1 1_GB"
    path = trace(tmp_path / "a.txt", HELD, line)
    path.write_text(path.read_text() * 2)
    with pytest.raises(ReaderError, match="line 3: the header again: give each trace a file of its own"):
        list(nextflow.read(path, KNOWN))


def test_a_line_that_was_cut_off_is_left_out_and_said(tmp_path: Path) -> None:
    line = f"1 aa/1 A COMPLETED {BEGIN} {BEGIN} {BEGIN + HOUR} - - 1 1_GB"
    run, notes = only(nextflow.read(trace(tmp_path / "a.txt", HELD, line, "2 aa/2 B COMPL"), KNOWN))
    assert run.cost_usd == pytest.approx(fargate(1, 1, 1), abs=1e-8)
    assert "1 of 2 tasks cannot be priced and are left out" in notes
    assert "line 3: has 4 cells and not 11" in notes


@pytest.mark.parametrize("name", ["(" * 60_000, "A (" + "(" * 60_000, "A " + ")" * 60_000, "1d" + " " * 60_000 + "x"])
@pytest.mark.parametrize("column", ["name", "realtime", "memory", "start", "cpus"])
def test_no_cell_takes_long(tmp_path: Path, name: str, column: str) -> None:
    cells = {"name": "A", "realtime": "1h", "memory": "1 GB", "start": str(BEGIN), "cpus": "1", column: name}
    (tmp_path / "a.txt").write_text("status\t" + "\t".join(cells) + "\nCOMPLETED\t" + "\t".join(cells.values()) + "\n")
    begin = time.monotonic()
    list(nextflow.read(tmp_path / "a.txt", KNOWN, per_tag=True))
    assert time.monotonic() - begin < 2


def test_a_price_says_what_else_it_depends_on(tmp_path: Path) -> None:
    line = f"1 aa/1 A COMPLETED {BEGIN} {BEGIN} {BEGIN + 1000} - - 1 1_GB 100_GB"
    path = trace(tmp_path / "a.txt", f"{HELD} disk", line)

    def note(rate: str) -> str:
        (row,) = nextflow.read(path, replace(KNOWN, rate=rate))
        assert isinstance(row, Row)
        assert row.cost
        (part,) = row.cost
        return part.note

    assert (note("fargate"), note("m5")) == ("60 s at least", "with 100 GiB of disk")


def test_an_hour_by_which_clocks_were_set_is_not_paid(tmp_path: Path) -> None:
    spring = "1 aa/1 A COMPLETED 2026-03-29_01:30:00 2026-03-29_01:30:00 2026-03-29_03:30:00 1h 1h 2 4_GB"
    autumn = "1 aa/1 A COMPLETED 2026-10-25_01:30:00 2026-10-25_01:30:00 2026-10-25_03:30:00 3h 3h 2 4_GB"
    for line, hours in ((spring, 1), (autumn, 3)):
        path = trace(tmp_path / "a.txt", HELD, line)
        (row,) = nextflow.read(path, KNOWN, zone=ZoneInfo("Europe/Zurich"))
        assert isinstance(row, Row)
        assert row.run["cost_usd"] == pytest.approx(fargate(2, 4, hours), abs=1e-8)


def test_a_failure_that_the_trace_says_was_ignored_is_paid_and_forgiven(tmp_path: Path) -> None:
    lines = (
        f"1 aa/1 A COMPLETED {BEGIN} {BEGIN} {BEGIN + HOUR} 1h 1h 2 4_GB -",
        f"2 aa/2 B FAILED {BEGIN} {BEGIN} {BEGIN + HOUR} 1h 1h 2 4_GB IGNORE",
    )
    run, _ = only(nextflow.read(trace(tmp_path / "a.txt", f"{HELD} error_action", *lines), KNOWN))
    assert run.status == "SUCCEEDED"
    assert run.cost_usd == pytest.approx(2 * fargate(2, 4, 1), abs=1e-8)
    retried = (lines[0], lines[1].replace("IGNORE", "RETRY"))
    run, _ = only(nextflow.read(trace(tmp_path / "a.txt", f"{HELD} error_action", *retried), KNOWN))
    assert run.status == "FAILED"


def test_executions_that_were_put_together_are_not_one_run(tmp_path: Path) -> None:
    line = f"1 aa/1 A COMPLETED {BEGIN} {BEGIN} {BEGIN + HOUR} 1h 1h 2 4_GB"
    path = trace(tmp_path / "a.txt", HELD, line, line.replace("aa/1", "bb/1"))
    (reason,) = rejections(nextflow.read(path, KNOWN))
    assert "task_id 1: it holds several executions" in reason


@pytest.mark.parametrize("memory", ["8", "8192"])
def test_memory_without_its_unit_is_no_number_of_bytes(tmp_path: Path, memory: str) -> None:
    line = f"1 aa/1 A COMPLETED {BEGIN} {BEGIN} {BEGIN + HOUR} 1h 1h 2 {memory}"
    (reason,) = rejections(nextflow.read(trace(tmp_path / "a.txt", HELD, line), KNOWN))
    assert f"column memory: cannot read '{memory}'" in reason


def test_a_run_of_which_no_task_says_when_it_ended_does_not_cost_nothing(tmp_path: Path) -> None:
    lines = [f"{task} aa/{task} A{task} ABORTED {BEGIN} {BEGIN} - - - 2 4_GB" for task in (1, 2)]
    (reason,) = rejections(nextflow.read(trace(tmp_path / "a.txt", HELD, *lines), KNOWN))
    assert "none of its 2 tasks says when it ended" in reason
