"""Joins the bills of a cost report with runs: what a run really cost, in place of what it was estimated to cost."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from contract import tables
from contract.tables import WORDS
from runquote.readers.base import Rejected, Row, moment
from runquote.readers.costs import Cost, Priced
from runquote.readers.cur import Bill, Report
from runquote.sizes import counted, dollars

CLOUD_LAG = timedelta(hours=24)
"""AWS updates a report at least once a day (https://docs.aws.amazon.com/cur/latest/userguide/what-is-cur.html)."""


def billed(
    report: Report, runs: Iterable[Row | Rejected], *, settled: timedelta = CLOUD_LAG, recorded: bool = True
) -> Iterator[Row | Rejected]:
    """Yield each run that a bill of the report names, with that bill as its cost; then the bills that name no run.

    A bill names the run whose id is the tag's value, or that has the tag itself. Of `recorded` runs those without a
    bill are passed over; others keep the cost that they have. A bill is held back if it may not be whole: if the run
    began before the report's billing periods, or the report ends less than `settled` after the run did.
    """
    found: dict[str, list[Row]] = {}
    for row in map(_with_source, runs):
        value = None if isinstance(row, Rejected) else _value(report, row.run)
        if isinstance(row, Rejected) or (value is None and not recorded):
            yield row if isinstance(row, Rejected) else _unbilled(report, row)
        elif value is not None:
            found.setdefault(value, []).append(row)
    for value, rows in found.items():
        for row in rows:
            yield _joined(report, value, row, len(rows), settled)
    for value, bill in report.bills.items():
        if value not in found:
            reason = f"no run has this run_id or tag: {counted(bill.lines, 'line')}, {dollars(bill.usd)}"
            yield Rejected(_place(report, value), reason, value)


def _with_source(row: Row | Rejected) -> Row | Rejected:
    """Take a cost that does not say whether it was billed for an estimate, as without a report."""
    if isinstance(row, Rejected) or "cost_usd" not in row.run or "cost_source" in row.run:
        return row
    source = tables.ASSUMED["cost_source"]
    return replace(row, run={**row.run, "cost_source": source}, notes=(*row.notes, WORDS["assumed_cost_source"]))


def _value(report: Report, run: dict[str, Any]) -> str | None:
    """Return the tag's value that names a run in this report."""
    tags = run.get("tags")
    values = (run.get("run_id"), tags.get(report.tag) if isinstance(tags, dict) else None)
    return next((value for value in values if isinstance(value, str) and value in report.bills), None)


def _joined(report: Report, value: str, row: Row, rivals: int, settled: timedelta) -> Row | Rejected:
    place, run_id = _place(report, value), str(row.run.get("run_id"))
    if rivals > 1:
        return Rejected(place, f"{rivals} runs have this tag, so nobody can tell what each of them cost", run_id)
    started, ended = moment(row.run.get("started_at")), moment(row.run.get("completed_at"))
    bill = report.bills[value]
    if reason := _unfit(bill) or _incomplete(report, started, ended, settled):
        return Rejected(place, reason, run_id)
    cost = Cost.of(Priced(part.name, float(part.usd), note=counted(part.lines, "line")) for part in bill.parts)
    return Row(place, _with_bill(row.run, bill), (*row.notes, *report.notes), cost if bill.parts else None)


def _unfit(bill: Bill) -> str:
    if bill.unpriced:
        return (
            f"the report does not say what {bill.unpriced} of its {counted(bill.lines, 'line')} cost: usage that a "
            "reservation or savings plan covers needs the columns reservation_effective_cost and "
            "savings_plan_savings_plan_effective_cost in the export, or --cost billed"
        )
    if bill.usd <= 0:
        return f"its {counted(bill.lines, 'line')} add up to {dollars(bill.usd)}, which no run costs"
    return ""


def _incomplete(report: Report, started: datetime | None, ended: datetime | None, settled: timedelta) -> str | None:
    if started and report.begins and started < report.begins:
        return f"the run began before the report, which is of {report.begins:%Y-%m-%d}: read both months together"
    for time in (started, ended):
        if time and report.months and f"{time.astimezone(UTC):%Y-%m}" not in report.months:
            return f"the report does not hold {time.astimezone(UTC):%Y-%m}, when the run ran: read all months together"
    if not settled:
        return None
    if report.ends is None:
        return (
            "the report does not say until when it reaches (none of its lines is of a day or less), so its bill may "
            "still grow: --settled 0 takes it all the same"
        )
    if ended and report.ends - ended < settled:
        hours = settled.total_seconds() / 3600
        until = f"{report.ends:%Y-%m-%d %H:%M}"
        return f"the report ends {until}, less than {hours:g} h after the run: its bill may still grow (see --settled)"
    return None


def _with_bill(run: dict[str, Any], bill: Bill) -> dict[str, Any]:
    changed = {**run, "cost_usd": round(float(bill.usd), 8), "cost_source": "billed"}
    if run.get("cost_source") == "estimated" and "cost_usd" in run:
        changed["estimated_cost_usd"] = run["cost_usd"]
    return changed


def _unbilled(report: Report, row: Row) -> Row | Rejected:
    if "cost_usd" in row.run:
        return replace(row, notes=(*row.notes, "not in the cost report: the cost is that of the source"))
    run_id = row.run.get("run_id")
    reason = f"the cost report has no line with tag {report.tag} for it, and it has no cost of its own"
    return Rejected(row.place, reason, run_id if isinstance(run_id, str) else None)


def _place(report: Report, value: str) -> str:
    return f"{report.path}: {report.tag}={value}"
