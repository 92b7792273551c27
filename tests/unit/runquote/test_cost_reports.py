"""Cost reports in each form, added up by hand; what is billed is joined with runs, and nothing is counted twice."""

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runquote.billing import billed
from runquote.readers import cur, tables
from runquote.readers.base import ReaderError, Rejected, Row
from runquote.readers.cur import Bill, Report
from runquote.readers.cur_form import Measure
from tests.unit.runquote import cost_reports
from tests.unit.runquote.conftest import Command
from tests.unit.runquote.cost_reports import Line
from tests.unit.runquote.fake_api import FakeApi, run

SPAN = [Line("0.1", hour=1), Line("0.1", hour=200)]
"""Lines without the tag that make a report cover March's first days."""
LINES = [
    *SPAN,
    Line("1.5", "r-1"),
    Line("0.25", "r-1", hour=9),
    Line("2", "r-2", kind="SavingsPlanCoveredUsage", effective="1.25"),
    Line("0", "r-2", kind="DiscountedUsage", effective="0.75"),
    Line("-7", "r-1", kind="Credit"),
    Line("3", "r-1", kind="Tax"),
    Line("9", None, kind="RIFee"),
]
FOCUS = [
    *SPAN,
    Line("1.5", "r-1"),
    Line("0.25", "r-1"),
    Line("0", "r-2", effective="2"),
    Line("-7", "r-1", kind="Credit"),
    Line("3", "r-1", kind="Tax"),
    Line("9", None, kind="Purchase"),
]
type Maker = Callable[[Sequence[Line]], list[dict[str, str]]]


def usd(report: Report) -> dict[str, float]:
    return {value: float(bill.usd) for value, bill in report.bills.items()}


@pytest.mark.parametrize("suffix", ["csv", "csv.gz", "parquet"])
@pytest.mark.parametrize(
    ("make", "lines"), [(cost_reports.legacy, LINES), (cost_reports.cur2, LINES), (cost_reports.focus, FOCUS)]
)
def test_every_form_of_report_comes_to_the_same(tmp_path: Path, make: Maker, lines: list[Line], suffix: str) -> None:
    report = cur.read(cost_reports.write(tmp_path / f"report.{suffix}", make(lines)), "run_id")
    assert usd(report) == {"r-1": 1.75, "r-2": 2.0}
    assert report.lines == len(lines)
    assert report.untagged == Bill(Decimal("0.2"), 2)
    assert report.left_out == Bill(Decimal(5), 3)
    assert report.begins == datetime(2026, 3, 1, tzinfo=UTC)
    assert report.ends == datetime(2026, 3, 9, 9, tzinfo=UTC)


@pytest.mark.parametrize(("measure", "expected"), [("effective", 1.5), ("billed", 3.25)])
def test_what_the_invoice_says_is_another_measure(tmp_path: Path, measure: Measure, expected: float) -> None:
    lines = [Line("3", "r", kind="SavingsPlanCoveredUsage", effective="1.25"), Line("0.25", "r", effective="0.25")]
    report = cur.read(cost_reports.write(tmp_path / "r.csv", cost_reports.cur2(lines)), "run_id", measure)
    assert usd(report) == {"r": expected}
    usage = [Line("3", "r", effective="1.25"), Line("0.25", "r")]
    report = cur.read(cost_reports.write(tmp_path / "f.csv", cost_reports.focus(usage)), "run_id", measure)
    assert usd(report) == {"r": expected}


def test_discounts_of_the_account_are_in_the_net_columns(tmp_path: Path) -> None:
    lines = [Line("10", "r-1", net="8.5"), Line("1", "r-1")]
    assert usd(cur.read(cost_reports.write(tmp_path / "r.csv", cost_reports.legacy(lines)), "run_id")) == {"r-1": 9.5}


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_a_machine_that_is_split_among_containers_is_paid_once(tmp_path: Path, suffix: str) -> None:
    lines = [
        Line("4", "r-1", resource="i-0abc"),  # the machine has the tag too
        Line("4", "r-1", resource="i-0abc", hour=9),  # an hour without containers
        Line("0", "r-1", parent="i-0abc", split="1", unused="0.5"),
        Line("0", "r-2", parent="i-0abc", split="2", unused="0.5"),
        Line("0.125", "r-2"),
    ]
    report = cur.read(cost_reports.write(tmp_path / f"r.{suffix}", cost_reports.cur2(lines)), "run_id")
    assert usd(report) == {"r-1": 5.5, "r-2": 2.625}
    assert report.split == 1


@pytest.mark.parametrize(
    ("key", "rows"),
    [
        ("RunId", cost_reports.cur2(LINES, "user_run_id")),
        ("run-id", cost_reports.cur2(LINES, "user_run_id")),
        ("aws:batch:job-queue", cost_reports.cur2(LINES, "aws_batch_job_queue")),
        ("RunId", cost_reports.cur2(LINES, "resourceTags/RunId", "tags")),
        ("RunId", cost_reports.legacy(LINES, "RunId")),
        ('it\'s "mine"', cost_reports.legacy(LINES, 'it\'s "mine"')),
    ],
)
def test_a_tag_is_found_under_the_names_that_aws_gives_it(tmp_path: Path, key: str, rows: list[dict[str, str]]) -> None:
    assert usd(cur.read(cost_reports.write(tmp_path / "r.csv", rows), key)) == {"r-1": 1.75, "r-2": 2.0}


def test_tags_that_differ_in_case_alone_are_two(tmp_path: Path) -> None:
    rows = [{**row, "resourceTags/user:RUN_ID": "other"} for row in cost_reports.legacy(LINES)]
    assert usd(cur.read(cost_reports.write(tmp_path / "r.csv", rows), "RUN_ID")) == {"other": 3.95}
    assert usd(cur.read(cost_reports.write(tmp_path / "r.csv", rows), "run_id")) == {"r-1": 1.75, "r-2": 2.0}


def test_several_files_are_one_report_even_if_a_month_lacks_the_tag(tmp_path: Path) -> None:
    rows = cost_reports.legacy(LINES)
    cost_reports.write(tmp_path / "20260301-20260401" / "r-1.csv.gz", rows[:3])
    cost_reports.write(tmp_path / "20260301-20260401" / "r-2.csv.gz", rows[3:])
    bare = [{name: cell for name, cell in row.items() if "resourceTags" not in name} for row in rows]
    cost_reports.write(tmp_path / "20260401-20260501" / "r-1.csv.gz", bare)
    report = cur.read(tmp_path, "run_id")
    assert usd(report) == {"r-1": 1.75, "r-2": 2.0}
    assert report.lines == 2 * len(LINES)


@pytest.mark.parametrize("keys", ["reportKeys", "dataFiles"])
def test_a_manifest_says_which_version_counts(tmp_path: Path, keys: str) -> None:
    period = tmp_path / "cur" / "daily" / "20260301-20260401"
    for version in ("older", "newer"):
        cost_reports.write(period / version / "daily-1.csv", cost_reports.legacy(LINES))
    named = "s3://bucket/cur/daily/20260301-20260401/newer/daily-1.csv".removeprefix(
        "" if keys == "dataFiles" else "s3://bucket/"
    )
    manifest = json.dumps({keys: [named]})
    for folder in (period, period / "newer"):
        (folder / "daily-Manifest.json").write_text(manifest)
    for source in (tmp_path, period / "daily-Manifest.json"):
        assert cur.read(source, "run_id").lines == len(LINES)
    (period / "newer" / "daily-1.csv").unlink()
    with pytest.raises(ReaderError, match=r"Manifest\.json: names .*newer/daily-1\.csv', which is not there"):
        cur.read(tmp_path, "run_id")
    for file in tmp_path.rglob("*anifest.json"):
        file.unlink()
    cost_reports.write(period / "newer" / "daily-1.csv", cost_reports.legacy(LINES))
    with pytest.raises(ReaderError, match="look like two versions of one report"):
        cur.read(tmp_path, "run_id")


def broken(tmp_path: Path, name: str, change: Callable[[str], str]) -> Path:
    path = cost_reports.write(tmp_path / name, cost_reports.cur2(LINES))
    path.write_text(change(path.read_text()))
    return path


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda text: text.replace(",1.5,", ",a lot,"),
            r"line 4: column line_item_unblended_cost: cannot read 'a lot'",
        ),
        (lambda text: text.replace('""genomics""', "", 1), r"line 2: column resource_tags: cannot read"),
        (lambda text: text.replace("USD", "CNY"), "its costs are in 'CNY', and Runquote keeps USD"),
        (lambda text: text.replace("USD", '"\n"'), "costs are in "),
        (lambda text: text.replace("line_item_unblended_cost", "cost"), "is no AWS cost report"),
        (
            lambda text: text.replace("line_item_usage_start_date", "start"),
            "column line_item_usage_start_date is missing",
        ),
        (lambda text: text.replace("user_run_id", "user_other"), "none of its 9 lines of usage has the tag run_id"),
        (lambda _: "", "is empty"),
        (lambda text: text + "a,b\n", "line 11: cannot be read: "),
    ],
)
def test_what_is_wrong_with_a_report_is_one_line(tmp_path: Path, change: Callable[[str], str], message: str) -> None:
    with pytest.raises(ReaderError, match=message) as caught:
        cur.read(broken(tmp_path, "r.csv", change), "run_id")
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith(f"{tmp_path}/r.csv: ")


def test_files_that_are_not_what_they_say(tmp_path: Path) -> None:
    for name, content in (
        ("a.parquet", b"PAR1 no"),
        ("a.csv.zip", b"PK"),
        ("a.csv.gz", b"no"),
        ("b.csv.gz", b"\x1f\x8b\x08\x00no"),
    ):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(ReaderError, match=f"{name}: "):
            cur.read(tmp_path / name, "run_id")
    whole = cost_reports.write(tmp_path / "c.csv.gz", cost_reports.cur2(LINES * 500)).read_bytes()
    (tmp_path / "c.csv.gz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ReaderError, match=r"c\.csv\.gz: "):
        cur.read(tmp_path / "c.csv.gz", "run_id")


def test_without_duckdb_one_line_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "duckdb", None)
    with pytest.raises(ReaderError, match=r"uv tool install '\.\[reports\]'"):
        cur.read(tmp_path, "run_id")


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["a", "b", None]), st.integers(-(10**10), 10**10)), min_size=1, max_size=40))
def test_bills_add_up_exactly(tmp_path_factory: pytest.TempPathFactory, lines: list[tuple[str | None, int]]) -> None:
    amounts = [(tag, Decimal(amount).scaleb(-10)) for tag, amount in [*lines, ("a", 1)]]
    path = tmp_path_factory.mktemp("report") / "r.csv"
    cost_reports.write(path, cost_reports.cur2([Line(str(amount), tag) for tag, amount in amounts]))
    report = cur.read(path, "run_id")
    for tag, bill in report.bills.items():
        assert bill.usd == sum(amount for each, amount in amounts if each == tag)
    assert report.untagged.usd == sum(amount for each, amount in amounts if each is None)


@settings(deadline=None)
@given(st.text())
def test_any_text_is_quoted(value: str) -> None:
    assert tables.text(value).count("'") % 2 == 0
    assert tables.identifier(value).count('"') % 2 == 0


# Joining with runs ----------------------------------------------------------------------------------------------

WEEK = Report(
    Path("r.csv"),
    "run",
    {"r-1": Bill(Decimal("1.75"), 3), "s": Bill(Decimal("2.5"), 1)},
    begins=datetime(2026, 3, 1, tzinfo=UTC),
    ends=datetime(2026, 3, 8, tzinfo=UTC),
)


def rows(*runs: dict[str, object]) -> Iterable[Row]:
    return [Row(f"line {number}", each) for number, each in enumerate(runs, start=1)]


def test_a_bill_finds_its_run_by_run_id_or_tag() -> None:
    estimated = run(cost_usd=1.5, cost_source="estimated")
    tagged = run(run_id="r-2", tags={"run": "s"})
    first, second = billed(WEEK, rows(estimated, tagged, run(run_id="elsewhere")))
    assert isinstance(first, Row)
    assert isinstance(second, Row)
    assert first.run == {**estimated, "cost_usd": 1.75, "cost_source": "billed", "estimated_cost_usd": 1.5}
    assert second.run == {**tagged, "cost_usd": 2.5, "cost_source": "billed"}


def test_bills_without_a_run_and_runs_that_share_one_are_told() -> None:
    one, two, nobody = billed(WEEK, rows(run(run_id="a", tags={"run": "s"}), run(run_id="b", tags={"run": "s"})))
    assert isinstance(one, Rejected)
    assert isinstance(two, Rejected)
    assert "2 runs have this tag" in one.reason
    assert [one.run_id, two.run_id] == ["a", "b"]
    assert nobody == Rejected("r.csv: run=r-1", "no run has this run_id or tag: 3 lines, $1.75", "r-1")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"started_at": "2026-02-28T23:00:00Z"}, "the run began before the report"),
        ({"completed_at": "2026-03-07T00:00:01Z"}, "less than 24 h after the run: its bill may still grow"),
        ({"completed_at": "2026-03-07T00:00:00Z"}, None),
    ],
)
def test_a_bill_that_may_not_be_whole_is_held_back(changes: dict[str, object], reason: str | None) -> None:
    row, _ = billed(WEEK, rows(run(**changes)))
    assert (reason is None) == isinstance(row, Row)
    if isinstance(row, Rejected):
        assert reason is not None
        assert reason in row.reason
    at_once, _ = billed(WEEK, rows(run(completed_at="2026-03-07T00:00:01Z")), settled=timedelta())
    assert isinstance(at_once, Row)


def test_runs_of_another_source_keep_the_cost_that_they_have() -> None:
    without = {name: value for name, value in run(run_id="x").items() if not name.startswith("cost")}
    needs = {name: value for name, value in run().items() if not name.startswith("cost")}
    kept, rejected, priced, _ = billed(WEEK, rows(run(run_id="y"), without, needs), recorded=False)
    assert isinstance(kept, Row)
    assert kept.run["cost_usd"] == 12.5
    assert isinstance(rejected, Rejected)
    assert "no line with tag run" in rejected.reason
    assert isinstance(priced, Row)
    assert (priced.run["cost_usd"], priced.run["cost_source"]) == (1.75, "billed")


# The command ----------------------------------------------------------------------------------------------------


def test_recorded_runs_get_their_bills(runquote: Command, nowhere: Path, api: FakeApi) -> None:
    api.runs["rnaseq", "r-1"] = run(cost_usd=1.5, cost_source="estimated")
    api.runs["rnaseq", "r-9"] = run(run_id="r-9", cost_usd=1.5, cost_source="estimated")
    report = cost_reports.write(nowhere / "r.csv", cost_reports.cur2(LINES))
    result = runquote("ingest", "cur", report, "--tag", "run_id", "--format", "json")
    assert result.exit_code == 1, "one bill has no run"
    answer = json.loads(result.stdout)
    assert (answer["read"], answer["accepted"], answer["rejected"]) == (2, 1, 1)
    assert answer["report"]["untagged_lines"] == 2
    assert api.runs["rnaseq", "r-1"]["cost_usd"] == 1.75
    assert api.runs["rnaseq", "r-1"]["estimated_cost_usd"] == 1.5
    (rejected,) = map(json.loads, (nowhere / "rejected.jsonl").read_text().splitlines())
    assert rejected["run_id"] == "r-2"
    again = json.loads(runquote("ingest", "cur", report, "--tag", "run_id", "--format", "json").stdout)
    assert (again["accepted"], again["unchanged"]) == (0, 1)


def test_a_withdrawn_run_takes_no_bill(runquote: Command, nowhere: Path, api: FakeApi) -> None:
    api.runs["rnaseq", "r-1"] = {**run(cost_usd=1.5, cost_source="estimated"), "withdrawn": True}
    report = cost_reports.write(nowhere / "r.csv", cost_reports.cur2(LINES))
    answer = json.loads(runquote("ingest", "cur", report, "--tag", "run_id", "--format", "json").stdout)
    assert (answer["accepted"], answer["rejected"]) == (0, 2)
    assert api.runs["rnaseq", "r-1"]["cost_usd"] == 1.5


def test_runs_come_with_the_report_and_need_no_cost(command: Command, nowhere: Path, api: FakeApi) -> None:
    report = cost_reports.write(nowhere / "r.csv", cost_reports.legacy(LINES))
    header = "workflow_name,run_id,status,started_at,completed_at,input_bytes\n"
    times = "SUCCEEDED,2026-03-01T08:00:00Z,2026-03-01T10:00:00Z"
    (nowhere / "runs.csv").write_text(f"{header}w,r-1,{times},7\nw,r-2,{times},8\n")
    result = command("ingest", "cur", report, "--tag", "run_id", "--runs", "runs.csv", "--dry-run")
    assert result.stdout.splitlines() == [
        "w r-1 SUCCEEDED: 7 B, $1.75 (billed)",
        "w r-2 SUCCEEDED: 8 B, $2.00 (billed)",
        "2 read: 2 valid (dry run), 0 too old, 0 rejected",
    ]
    assert "The report has 9 lines: 4 lines of usage in 2 bills by tag run_id\n" in result.stderr
    assert "Left out: 2 lines without the tag ($0.20), 3 of credits, refunds, taxes and fees ($5.00)\n" in result.stderr
    assert api.requests == []


def test_batch_jobs_are_named_by_the_tag_of_the_report(command: Command, nowhere: Path) -> None:
    lines = [Line("0.5", "rna-1"), Line("0.25", "rna-2"), Line("2", "mpi-1"), Line("1", hour=99)]
    report = cost_reports.write(nowhere / "r.parquet", cost_reports.cur2(lines))
    jobs = Path(__file__).parent / "fixtures/batch/jobs.json"
    options = ("--runs", jobs, "--runs-from", "batch", "--workflow", "w", "--input", "1 GB", "--dry-run")
    result = command("ingest", "cur", report, "--tag", "run_id", *options)
    *found, account = result.stdout.splitlines()
    assert (result.exit_code, account) == (0, "3 read: 3 valid (dry run), 0 too old, 0 rejected"), result.output
    assert found[0] == "w rna-1 SUCCEEDED: 1 GB, $0.50 (billed)"


def test_a_report_that_cannot_be_read_is_one_line(runquote: Command, nowhere: Path) -> None:
    (nowhere / "r.csv").write_text("a,b\n1,2\n")
    result = runquote("ingest", "cur", "r.csv", "--tag", "run_id")
    assert result.exit_code == 1
    assert "Error: r.csv: is no AWS cost report" in result.stderr
    assert runquote("ingest", "cur", "r.csv").exit_code == 2
