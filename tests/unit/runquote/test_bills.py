"""What bills are made of: discounts, commitments, split machines, missing cells, and that no month counts twice."""

import csv
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from runquote.billing import billed
from runquote.readers import cur
from runquote.readers.base import ReaderError, Rejected, Row
from runquote.readers.cur import Bill, Report
from runquote.readers.cur_form import Measure
from tests.unit.runquote.fake_api import run

type Cells = Mapping[str, str]
CUR = {
    "line_item_line_item_type": "Usage",
    "line_item_usage_start_date": "2026-03-05T10:00:00.000Z",
    "line_item_usage_end_date": "2026-03-05T11:00:00.000Z",
    "bill_billing_period_start_date": "2026-03-01T00:00:00.000Z",
    "line_item_unblended_cost": "1",
    "line_item_currency_code": "USD",
    "line_item_resource_id": "",
    "resource_tags": '{"user_run_id":"r-1"}',
}
FOCUS = {
    "BilledCost": "1",
    "EffectiveCost": "1",
    "ChargeCategory": "Usage",
    "ChargePeriodStart": "2026-03-05 10:00:00",
    "ChargePeriodEnd": "2026-03-05 11:00:00",
    "BillingPeriodStart": "2026-03-01 00:00:00",
    "BillingCurrency": "USD",
    "Tags": '{"run_id":"r-1"}',
}
UNTAGGED = {"resource_tags": "{}", "Tags": ""}
LATER = {
    "line_item_usage_start_date": "2026-03-20T10:00:00Z",
    "line_item_usage_end_date": "2026-03-20T11:00:00Z",
    "ChargePeriodStart": "2026-03-20T10:00:00Z",
    "ChargePeriodEnd": "2026-03-20T11:00:00Z",
    **UNTAGGED,
}


def line(usd: str, kind: str = "Usage", **cells: str) -> Cells:
    return {**CUR, "line_item_unblended_cost": usd, "line_item_line_item_type": kind, **cells}


def write(path: Path, *lines: Cells, without: tuple[str, ...] = ()) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    columns = [name for name in dict.fromkeys(name for each in lines for name in each) if name not in without]
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, columns, restval="", extrasaction="ignore")
        writer.writeheader()
        writer.writerows(lines)
    return path


def read(path: Path, *lines: Cells, measure: Measure = "effective", without: tuple[str, ...] = ()) -> Report:
    first = lines[0]
    known = {name: cell for name, cell in LATER.items() if name in first}
    return cur.read(write(path / "r.csv", *lines, {**first, **known}, without=without), "run_id", measure)


def usd(report: Report) -> dict[str, float]:
    return {value: float(bill.usd) for value, bill in report.bills.items()}


def joined(report: Report, **changes: object) -> Row | Rejected:
    times = {"started_at": "2026-03-05T10:00:00Z", "completed_at": "2026-03-05T11:00:00Z"}
    (row,) = billed(report, [Row("a", run(**{**times, **changes}))])
    return row


def reason(report: Report, **changes: object) -> str:
    row = joined(report, **changes)
    assert isinstance(row, Rejected)
    return row.reason


# Discounts ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("measure", ["effective", "billed"])
@pytest.mark.parametrize(
    "kind", ["EdpDiscount", "PrivateRateDiscount", "BundledDiscount", "SppDiscount", "DistributorDiscount", "Discount"]
)
def test_a_discount_on_usage_counts(tmp_path: Path, kind: str, measure: Measure) -> None:
    report = read(tmp_path, line("100"), line("-9", kind), measure=measure)
    assert usd(report) == {"r-1": 91}
    assert report.left_out.lines == 0


@pytest.mark.parametrize("kind", ["RiVolumeDiscount", "Credit", "Refund", "Tax", "Fee", "RIFee", "SavingsPlanNegation"])
def test_what_is_no_discount_on_usage_does_not(tmp_path: Path, kind: str) -> None:
    report = read(tmp_path, line("100"), line("-9", kind))
    assert usd(report) == {"r-1": 100}
    assert report.left_out == Bill(Decimal(-9), 1)


def test_discounts_in_the_net_column_do_not_count_twice(tmp_path: Path) -> None:
    report = read(
        tmp_path,
        line("100", line_item_net_unblended_cost="91"),
        line("-9", "EdpDiscount", line_item_net_unblended_cost=""),
    )
    assert usd(report) == {"r-1": 91}
    assert report.left_out.lines == 1
    report = read(tmp_path, line("100", line_item_net_unblended_cost=""), line("-9", "EdpDiscount"))
    assert usd(report) == {"r-1": 91}, "the column is there and says nothing"


def test_discounts_without_the_tag_are_told(tmp_path: Path) -> None:
    report = read(tmp_path, line("100"), line("-9", "EdpDiscount", **UNTAGGED))
    assert usd(report) == {"r-1": 100}
    assert any("discounts of $9.00 have no tag" in note for note in report.notes)
    row = joined(report)
    assert isinstance(row, Row)
    assert row.notes == report.notes
    report = read(tmp_path, line("100", line_item_net_unblended_cost="91"), line("-9", "EdpDiscount", **UNTAGGED))
    assert report.notes == ()
    report = read(tmp_path, line("100", discount_total_discount="-9"))
    assert any("costs are before them" in note for note in report.notes)


# Commitments ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "column"),
    [
        ("DiscountedUsage", "reservation_effective_cost"),
        ("SavingsPlanCoveredUsage", "savings_plan_savings_plan_effective_cost"),
    ],
)
def test_covered_usage_without_its_effective_cost_has_no_bill(tmp_path: Path, kind: str, column: str) -> None:
    report = read(tmp_path, line("0", kind), line("0.2"))
    assert "the report does not say what 1 of its 2 lines cost" in reason(report)
    assert column in reason(report)
    report = read(tmp_path, line("0", kind, **{column: ""}), line("0.2"))
    assert "does not say what 1 of its 2 lines" in reason(report), "the column is there, the cell is empty"
    report = read(tmp_path, line("0", kind, **{column: "0.5"}), line("0.2"))
    assert usd(report) == {"r-1": 0.7}
    assert isinstance(joined(report), Row)
    assert isinstance(joined(read(tmp_path, line("0", kind), line("0.2"), measure="billed")), Row)


def test_usage_without_any_cost_has_no_bill(tmp_path: Path) -> None:
    assert "does not say what 1 of its 2 lines" in reason(read(tmp_path, line(""), line("1")))
    empty = {**FOCUS, "EffectiveCost": ""}
    assert "does not say what 1 of its 2 lines" in reason(read(tmp_path, empty, FOCUS))


def test_what_offsets_a_savings_plan_counts_on_the_invoice(tmp_path: Path) -> None:
    covered, offset = line("3", "SavingsPlanCoveredUsage"), line("-3", "SavingsPlanNegation")
    assert usd(read(tmp_path, covered, offset, line("1"), measure="billed")) == {"r-1": 1}
    report = read(tmp_path, covered, {**offset, **UNTAGGED}, line("1"), measure="billed")
    assert usd(report) == {"r-1": 4}
    assert any("on-demand price" in note for note in report.notes)


def test_what_nobody_used_of_a_commitment_is_no_usage(tmp_path: Path) -> None:
    status = "CommitmentDiscountStatus"
    unused = {**FOCUS, status: "Unused", "EffectiveCost": "7"}
    assert usd(read(tmp_path, {**FOCUS, status: "Used"}, unused, {**FOCUS, status: ""})) == {"r-1": 2}


# Machines that are split among containers -----------------------------------------------------------------------


def machine(usage: str, usd: str, **cells: str) -> Cells:
    return line(usd, line_item_resource_id="i-0aa", line_item_usage_type=usage, **cells)


CONTAINER = line(
    "0",
    line_item_resource_id="arn:aws:ecs:us-east-1:123456789012:task/c/1",
    line_item_usage_type="USE1-ECS-EC2-vCPU-Hours",
    split_line_item_parent_resource_id="i-0aa",
    split_line_item_split_cost="0.80",
    split_line_item_unused_cost="0.20",
)


@pytest.mark.parametrize(
    ("usage", "counts"),
    [
        ("BoxUsage:m5.xlarge", False),
        ("USW2-SpotUsage:m5.xlarge", False),
        ("EUC1-DedicatedUsage:c5.large", False),
        ("HeavyUsage:m5.xlarge", False),
        ("UnusedBox:m5.xlarge", False),
        ("DataTransfer-Regional-Bytes", True),
        ("USW2-DataTransfer-Out-Bytes", True),
        ("USE1-USW2-AWS-Out-Bytes", True),
        ("CPUCredits:t3", True),
        ("EBSOptimized:c4.large", True),
    ],
)
def test_split_machines_keep_what_is_not_shared_out(tmp_path: Path, usage: str, counts: bool) -> None:
    report = read(tmp_path, CONTAINER, machine(usage, "0.50"))
    assert usd(report) == {"r-1": 1.5 if counts else 1.0}
    assert report.split == (0 if counts else 1)


def test_a_report_that_does_not_say_what_a_machines_lines_are_is_told(tmp_path: Path) -> None:
    lines = (CONTAINER, machine("BoxUsage:m5.xlarge", "1"), machine("DataTransfer-Out-Bytes", "0.5"))
    report = read(tmp_path, *lines, without=("line_item_usage_type",))
    assert usd(report) == {"r-1": 1}
    assert any("no column line_item_usage_type" in note for note in report.notes)


# Cells that are missing -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("missing", ["NULL", "null", "Null", "\\N", ""])
def test_a_missing_cell_may_be_written_as_null(tmp_path: Path, missing: str) -> None:
    assert usd(read(tmp_path, FOCUS, {**FOCUS, "Tags": missing, "BilledCost": missing})) == {"r-1": 1}
    spare = {"line_item_resource_id": missing, "line_item_net_unblended_cost": missing}
    assert usd(read(tmp_path, line("1", **spare), line("5", resource_tags=missing))) == {"r-1": 1}
    legacy = {name: cell for name, cell in CUR.items() if name != "resource_tags"}
    tagged = {**legacy, "resourceTags/user:run_id": "r-1"}
    write(tmp_path / "r.csv", tagged, {**legacy, "resourceTags/user:run_id": missing})
    assert usd(cur.read(tmp_path / "r.csv", "run_id")) == {"r-1": 1}


LISTED = [
    '[{"key": "team", "value": "x"}, {"key": "run_id", "value": "r-1"}]',
    '[{"Key": "run_id", "Value": "r-1"}]',
    '[{"key": "run_id", "value": null}, {"key": "user_run_id", "value": "r-1"}]',
]


@pytest.mark.parametrize("tags", LISTED)
def test_tags_may_be_a_list_of_keys_and_values(tmp_path: Path, tags: str) -> None:
    report = read(tmp_path, {**FOCUS, "Tags": tags}, {**FOCUS, "Tags": "[]"}, {**FOCUS, "Tags": '[{"key": "team"}]'})
    assert usd(report) == {"r-1": 1}
    assert report.untagged.lines == 3  # and the one that is later


def test_of_two_spellings_of_a_tag_a_list_and_a_map_have_the_same_one_count(tmp_path: Path) -> None:
    pairs = {"user:run_id": "r-1", "run_id": "r-2"}
    for tags in (pairs, [{"key": key, "value": value} for key, value in reversed(pairs.items())]):
        assert usd(read(tmp_path, {**FOCUS, "Tags": json.dumps(tags)})) == {"r-1": 1}


@pytest.mark.parametrize(("key", "value"), [("key", "value"), ("Key", "Value")])
def test_parquet_may_list_tags_too(tmp_path: Path, key: str, value: str) -> None:
    table = write(tmp_path / "r.txt", {**FOCUS, "Tags": LISTED[0]}, {**FOCUS, **LATER, "Tags": "[]"})
    pair = f"{{'{key}': each->>'key', '{value}': each->>'value'}}"
    tags = f"list_transform(json_extract(Tags, '$[*]'), lambda each: {pair})"
    lines = f"SELECT * REPLACE ({tags} AS Tags) FROM read_csv('{table}', all_varchar => true)"
    duckdb.sql(f"COPY ({lines}) TO '{tmp_path}/r.parquet'")
    assert usd(cur.read(tmp_path / "r.parquet", "run_id")) == {"r-1": 1}


def test_a_currency_that_is_not_told_is_told_of(tmp_path: Path) -> None:
    for lines, column in (((line("1"),), "line_item_currency_code"), ((FOCUS,), "BillingCurrency")):
        report = read(tmp_path, *lines, without=(column,))
        assert any("does not say its currency" in note for note in report.notes)


# No month counts twice ------------------------------------------------------------------------------------------


def twice(folder: Path) -> str:
    with pytest.raises(ReaderError) as caught:
        cur.read(folder, "run_id")
    return str(caught.value)


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("cur2/a-1.csv", "focus/b-1.csv"),
        ("a.csv", "b.csv"),
        ("export/data/BILLING_PERIOD=2026-03/a.csv", "focus/data/BILLING_PERIOD=2026-03/a.csv"),
    ],
)
def test_two_forms_of_one_month_are_refused(tmp_path: Path, one: str, two: str) -> None:
    write(tmp_path / one, line("4"))
    write(tmp_path / two, {**FOCUS, "EffectiveCost": "4.5"})
    assert "(CUR 2.0 and FOCUS) both hold 2026-03, which would count twice" in twice(tmp_path)


def test_legacy_and_later_cur_of_one_month_are_refused(tmp_path: Path) -> None:
    write(tmp_path / "new" / "a.csv", line("4"))
    legacy = {name: cell for name, cell in CUR.items() if name != "resource_tags"}
    write(tmp_path / "old" / "b.csv", {**legacy, "resource_tags_user_run_id": "r-1", "line_item_unblended_cost": "5"})
    assert "(CUR 2.0 and legacy CUR) both hold 2026-03" in twice(tmp_path)


def test_two_folders_of_one_month_are_refused_unless_of_two_accounts(tmp_path: Path) -> None:
    write(tmp_path / "one" / "a.csv", line("4"))
    write(tmp_path / "two" / "b.csv", line("5"))
    assert "both hold 2026-03" in twice(tmp_path)
    account = "line_item_usage_account_id"
    write(tmp_path / "one" / "a.csv", line("4", **{account: "1"}))
    write(tmp_path / "two" / "b.csv", line("5", **{account: "2"}))
    assert usd(cur.read(tmp_path, "run_id")) == {"r-1": 9}
    write(tmp_path / "two" / "b.csv", line("5"))
    assert "both hold 2026-03" in twice(tmp_path), "whose it is, nobody says"


def test_two_manifests_of_one_month_are_refused(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write(tmp_path / name / f"{name}-1.csv", line("4" if name == "one" else "5"))
        (tmp_path / name / f"{name}-Manifest.json").write_text(json.dumps({"reportKeys": [f"{name}-1.csv"]}))
    assert "both hold 2026-03" in twice(tmp_path)
    assert usd(cur.read(tmp_path / "one", "run_id")) == {"r-1": 4}


def test_two_months_in_two_folders_are_one_report(tmp_path: Path) -> None:
    april = {"bill_billing_period_start_date": "2026-04-01", "line_item_usage_start_date": "2026-04-01T00:00:00Z"}
    write(tmp_path / "BILLING_PERIOD=2026-03" / "a.csv", line("4"))
    write(tmp_path / "BILLING_PERIOD=2026-04" / "a.csv", line("5", **april))
    report = cur.read(tmp_path, "run_id")
    assert usd(report) == {"r-1": 9}
    assert report.months == {"2026-03", "2026-04"}


def hours(count: int, begin: int = 0, **cells: str) -> list[Cells]:
    return [
        line("1.5", line_item_usage_start_date=f"2026-03-05T{hour:02d}:00:00Z", **cells)
        for hour in range(begin, begin + count)
    ]


@pytest.mark.parametrize("name", ["cur (1).csv", "cur-v2.csv", "a.csv"])
def test_files_that_hold_the_same_lines_are_refused(tmp_path: Path, name: str) -> None:
    write(tmp_path / "cur.csv", *hours(5))
    write(tmp_path / name, *hours(5))
    assert "hold the same lines, which would count twice" in twice(tmp_path)
    write(tmp_path / name, *hours(9))
    assert "hold the same lines" in twice(tmp_path), "a later version holds more"
    write(tmp_path / name, *hours(5, begin=5))
    assert usd(cur.read(tmp_path, "run_id")) == {"r-1": 15.0}


def test_parts_that_a_manifest_names_may_look_alike(tmp_path: Path) -> None:
    for number in (1, 2):
        write(tmp_path / f"r-{number}.csv", line("4"))
    (tmp_path / "r-Manifest.json").write_text(json.dumps({"dataFiles": ["s3://b/r-1.csv", "s3://b/r-2.csv"]}))
    assert usd(cur.read(tmp_path, "run_id")) == {"r-1": 8}


def test_a_line_that_is_twice_in_a_file_is_refused(tmp_path: Path) -> None:
    named = {"identity_line_item_id": "a", "identity_time_interval": "2026-03-05T10:00:00Z/2026-03-05T11:00:00Z"}
    path = write(tmp_path / "r.csv", line("4", **named), line("4", **named))
    with pytest.raises(ReaderError, match="holds lines twice"):
        cur.read(path, "run_id")
    write(path, line("4", **named), line("4", **{**named, "identity_line_item_id": "b"}))
    assert usd(cur.read(path, "run_id")) == {"r-1": 8}


# What cannot be a bill yet --------------------------------------------------------------------------------------


def test_a_report_that_does_not_say_how_far_it_reaches_settles_nothing(tmp_path: Path) -> None:
    monthly = {"line_item_usage_start_date": "2026-03-01T00:00:00Z", "line_item_usage_end_date": "2026-04-01T00:00:00Z"}
    report = cur.read(write(tmp_path / "r.csv", line("4", **monthly)), "run_id")
    assert report.ends is None
    assert "does not say until when it reaches" in reason(report)
    (row,) = billed(report, [Row("a", run())], settled=timedelta())
    assert isinstance(row, Row)


def test_a_report_without_billing_periods_begins_with_its_first_line(tmp_path: Path) -> None:
    report = read(tmp_path, line("4"), without=("bill_billing_period_start_date",))
    assert report.begins == datetime(2026, 3, 5, 10, tzinfo=UTC)
    assert "began before the report" in reason(report, started_at="2026-03-05T09:00:00Z")


def test_a_month_between_that_is_not_there_is_told(tmp_path: Path) -> None:
    may = {
        "bill_billing_period_start_date": "2026-05-01",
        "line_item_usage_start_date": "2026-05-09T00:00:00Z",
        "line_item_usage_end_date": "2026-05-09T01:00:00Z",
    }
    report = read(tmp_path, line("4"), line("1", **may, **UNTAGGED))
    found = reason(report, completed_at="2026-04-02T00:00:00Z")
    assert "does not hold 2026-04, when the run ran: read all months together" in found


@pytest.mark.parametrize(("amount", "told"), [("-3", "-$3.00"), ("0", "$0.00")])
def test_lines_that_add_up_to_nothing_or_less_are_no_cost(tmp_path: Path, amount: str, told: str) -> None:
    assert f"its 1 line add up to {told}, which no run costs" in reason(read(tmp_path, line(amount)))


def test_a_correction_within_the_report_counts_and_refunds_do_not(tmp_path: Path) -> None:
    correction = {**FOCUS, "ChargeClass": "Correction", "EffectiveCost": "-0.25"}
    refund = {**FOCUS, "ChargeCategory": "Credit", "EffectiveCost": "-0.5"}
    adjustment = {**FOCUS, "ChargeCategory": "Adjustment", "EffectiveCost": "-0.5"}
    report = read(tmp_path, {**FOCUS, "ChargeClass": ""}, correction, refund, adjustment)
    assert usd(report) == {"r-1": 0.75}
    assert report.left_out == Bill(Decimal("-1.0"), 2)


def test_what_a_bill_is_made_of_is_told_by_kind_of_line(tmp_path: Path) -> None:
    service = {"line_item_product_code": "AmazonECS"}
    report = read(tmp_path, line("2", **service), line("1", **service), line("-0.5", "EdpDiscount", **service))
    row = joined(report)
    assert isinstance(row, Row)
    assert row.cost is not None
    parts = [(part.name, part.usd, part.note) for part in row.cost]
    assert parts == [("AmazonECS EdpDiscount", -0.5, "1 line"), ("AmazonECS Usage", 3.0, "2 lines")]


def test_a_cost_that_does_not_say_whether_it_was_billed_stays_as_the_estimate(tmp_path: Path) -> None:
    path = write(tmp_path / "r.csv", line("9"), {**line("1"), **LATER})
    times = {"started_at": "2026-03-05T10:00:00Z", "completed_at": "2026-03-05T11:00:00Z"}
    of_a_table = [{**run(run_id=name, **times)} for name in ("r-1", "r-2")]
    runs = [{name: value for name, value in each.items() if name != "cost_source"} for each in of_a_table]
    found = list(billed(cur.read(path, "run_id"), (Row("x", each) for each in runs), recorded=False))
    joined = {row.run["run_id"]: row for row in found if isinstance(row, Row)}
    assert joined["r-1"].run["estimated_cost_usd"] == 12.5
    assert joined["r-2"].run["cost_source"] == "estimated"
    assert "not said that costs are billed" in " ".join(joined["r-2"].notes)
