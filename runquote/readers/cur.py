"""What tagged resources really cost, from AWS cost reports: CUR 2.0, legacy CUR, and FOCUS 1.0 or later.

The formats, told apart by their columns:
- CUR 2.0: https://docs.aws.amazon.com/cur/latest/userguide/table-dictionary-cur2.html; tags in the map `resource_tags`
  under keys like `user_run_id`, or in `tags` under keys like `resourceTags/run_id`. In CSV a map is JSON.
- Legacy CUR: https://docs.aws.amazon.com/cur/latest/userguide/data-dictionary.html; `lineItem/UnblendedCost` and
  `resourceTags/user:run_id` in CSV, `line_item_unblended_cost` and `resource_tags_user_run_id` in Parquet.
- FOCUS: https://focus.finops.org/focus-specification/, as AWS exports it:
  https://docs.aws.amazon.com/cur/latest/userguide/table-dictionary-focus-1-2-aws-columns.html; tags in the map `Tags`.

Two measures, by FOCUS's names. *Effective* spreads commitments over what used them and is after discounts:
`EffectiveCost`; in a CUR the effective cost of the savings plan or reservation, else the unblended cost, each `net`
where the account has discounts. *Billed* is what the invoice says: `BilledCost`, or the (net) unblended cost.
With split cost allocation data, a container's line costs what was allocated to it plus its share of what nobody used
(https://docs.aws.amazon.com/cur/latest/userguide/split-line-item-columns.html), whichever the measure: AWS gives those
amortised only. The vCPUs and memory of the machine that it ran on are then left out, lest the run pay twice if both
have the tag; its data transfer, which is not shared out, counts.
Only usage counts, less the discounts on it: credits, refunds, taxes and fees say nothing of what the next run costs.
Discounts are lines of their own (`EdpDiscount`, `PrivateRateDiscount`, …) or in the net columns, which say the same:
where those are, the lines do not count
(https://aws.amazon.com/blogs/aws-cloud-financial-management/bundled-discounts-in-aws-cost-and-usage-report).
Usage that a reservation or savings plan covers has no cost of its own: without its effective cost its run has no bill.

A month counts once: reports of one month and account from two folders or in two forms, and files that hold the same
lines, are refused, since a bill replaces an estimate for good.
"""

import csv
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runquote.readers import tables
from runquote.readers.base import ReaderError
from runquote.readers.cur_files import are_named, report_files
from runquote.readers.cur_form import MISSING, NUMBER, Form, Measure
from runquote.readers.files import opened, readable
from runquote.readers.tables import Column, Table
from runquote.sizes import dollars

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_DAY = "INTERVAL 1 DAY"
_SAMPLED_ABOVE = 4 * 2**20
"""Bytes of a file from which on only a share of its lines is compared with other files', so that memory has a bound."""
_SAME = 0.5
"""Share of a file's lines in another from which on both hold the same lines; parts of one report share none."""


@dataclass(frozen=True)
class Part:
    """What the lines of one service and type add up to, within a bill."""

    name: str
    usd: Decimal
    lines: int


@dataclass(frozen=True)
class Bill:
    """What the lines of one tag's value add up to; `unpriced` counts those whose cost the report does not say."""

    usd: Decimal
    lines: int
    unpriced: int = 0
    parts: tuple[Part, ...] = ()


@dataclass
class Report:
    """What was found in a report: bills by the tag's value, and what else there was.

    `begins` is when its first billing period does, `months` are all that it holds, `ends` is when its last usage did,
    as far as it says. `notes` are for the person: what it does not say.
    """

    path: Path
    tag: str
    bills: dict[str, Bill] = field(default_factory=dict)
    lines: int = 0
    untagged: Bill = Bill(Decimal(), 0)
    left_out: Bill = Bill(Decimal(), 0)
    split: int = 0
    begins: datetime | None = None
    ends: datetime | None = None
    months: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class _File:
    """A file of a report, and in which form it is."""

    path: Path
    form: str


def read(path: Path, tag: str, measure: Measure = "effective", on_file: Callable[[Path], None] | None = None) -> Report:
    """Add up a report: a file, a manifest with its files, or a folder of either. `on_file` hears of each file read.

    Raises ReaderError for what is no cost report, for a cell that cannot be read (with file, line and column), for
    costs that are not in USD, for a month that is there twice, and if no line has the tag.
    """
    with tables.database() as connection:
        connection.execute(f"CREATE TABLE lines ({_MEMBERS})")
        files, notes = list[_File](), dict[str, None]()
        for file in report_files(path):
            form = _add(connection, len(files), file, tag, measure)
            files.append(_File(file, form.name))
            notes.update(dict.fromkeys(form.notes()))
            if on_file:
                on_file(file)
        _check_months(connection, files)
        if not are_named(path):
            _check_lines(connection, files)
        report = _report(connection, path, tag)
    if not report.bills:
        unknown = f"none of its {report.lines:,} lines of usage has the tag {tag}"
        raise ReaderError(f"{path}: {unknown}: tags appear once they are activated as cost allocation tags")
    report.notes = (*notes, *report.notes)
    return report


_MEMBERS = f"""file INTEGER, tag VARCHAR, type VARCHAR, kind VARCHAR, service VARCHAR, machine VARCHAR, parent VARCHAR,
    began TIMESTAMP, month TIMESTAMP, account VARCHAR, usd {NUMBER}, lines BIGINT, unpriced BIGINT, netted BOOLEAN,
    first TIMESTAMP, last TIMESTAMP, marks UBIGINT[]"""


def _add(connection: "DuckDBPyConnection", number: int, path: Path, tag: str, measure: Measure) -> Form:
    """Add the lines of one file, as few as they can be."""
    table = tables.open_table(connection, path)
    form = Form(table, tag, measure)
    share = 1 + path.stat().st_size // _SAMPLED_ABOVE
    counts = "tag IS NOT NULL AND kind <> 'other'"
    compared = f"{counts} AND identity % {share} = 0"
    query = f"""
        SELECT {number}, tag, type, kind, service,
               CASE WHEN {counts} AND machine LIKE 'i-%' THEN machine END AS its_machine,
               parent, CASE WHEN its_machine IS NOT NULL OR parent IS NOT NULL THEN began END,
               date_trunc('month', COALESCE(period, began)), account, sum(usd), count(*),
               count(*) FILTER (kind = 'usage' AND usd IS NULL), COALESCE(bool_or(netted), false),
               min(COALESCE(period, began)), max(ended) FILTER (ended <= began + {_DAY}),
               list(hash(mark, usd)) FILTER ({counts} AND usd <> 0 AND mark % {share} = 0),
               count(*) FILTER (bad), max(currency) FILTER (currency <> 'USD' AND {counts}),
               count(identity) FILTER ({compared}) - count(DISTINCT identity) FILTER ({compared})
        FROM (SELECT {form.select()} FROM {table.scan})
        GROUP BY ALL"""
    connection.execute(f"CREATE OR REPLACE TABLE found ({_MEMBERS}, bad BIGINT, currency VARCHAR, twice BIGINT)")
    try:
        with tables.reading(path):
            connection.execute(f"INSERT INTO found {query}")
    except ReaderError:
        _name_the_bad_cell(connection, table, form)
        raise
    bad, currency, twice = _one(connection, "SELECT sum(bad), max(currency), sum(twice) FROM found")
    if bad:
        _name_the_bad_cell(connection, table, form)
        raise ReaderError(f"{path}: {bad} lines hold a cost that is no number")
    if currency:
        raise ReaderError(f"{path}: its costs are in {currency[:80]!r}, and Runquote keeps USD")
    if twice:
        raise ReaderError(f"{path}: holds lines twice (with the same identity/LineItemId and identity/TimeInterval)")
    connection.execute("INSERT INTO lines SELECT * EXCLUDE (bad, currency, twice) FROM found")
    return form


def _check_months(connection: "DuckDBPyConnection", files: list[_File]) -> None:
    """Refuse a month of an account that two folders hold, or one in two forms: all would be counted twice."""
    rows = connection.execute(
        "SELECT DISTINCT month, COALESCE(account, ''), file FROM lines "
        "WHERE tag IS NOT NULL AND kind <> 'other' AND month IS NOT NULL ORDER BY ALL"
    ).fetchall()
    seen: dict[datetime, dict[str, _File]] = {}
    for month, account, number in rows:
        file, others = files[number], seen.setdefault(month, {})
        # A report that does not say whose it is may be of any account.
        rivals = others.values() if not account else filter(None, (others.get(account), others.get("")))
        for other in rivals:
            if (other.path.parent, other.form) != (file.path.parent, file.form):
                forms = f" ({other.form} and {file.form})" if other.form != file.form else ""
                raise ReaderError(
                    f"{other.path} and {file.path}{forms} both hold {month:%Y-%m}, which would count twice: "
                    "name one of them, or a folder that holds one report"
                )
        others.setdefault(account, file)


def _check_lines(connection: "DuckDBPyConnection", files: list[_File]) -> None:
    """Refuse two files of which one holds the lines of the other: versions or copies, and not parts of one report."""
    if len(files) < 2:
        return
    connection.execute("CREATE TABLE marks AS SELECT DISTINCT file, unnest(marks) AS mark FROM lines")
    sizes = dict(connection.execute("SELECT file, count(*) FROM marks GROUP BY file").fetchall())
    shared = connection.execute(
        """SELECT one.file, two.file, count(*) FROM marks AS one JOIN marks AS two USING (mark)
           WHERE one.file < two.file GROUP BY one.file, two.file"""
    ).fetchall()
    for one, two, same in shared:
        if same >= _SAME * min(sizes[one], sizes[two]):
            raise ReaderError(
                f"{files[one].path} and {files[two].path} hold the same lines, which would count twice: "
                "name one of them, or the manifest of the report if they are parts of it"
            )


def _report(connection: "DuckDBPyConnection", path: Path, tag: str) -> Report:
    """Add up all files. What a machine's vCPUs and memory cost is left out for the hours that containers share them."""
    connection.execute("CREATE TABLE parents AS SELECT DISTINCT parent, began FROM lines WHERE parent IS NOT NULL")
    (netted,) = _one(connection, "SELECT COALESCE(bool_or(netted), false) FROM lines WHERE kind = 'usage'")
    paid_twice = "EXISTS (SELECT 1 FROM parents WHERE parents.parent = machine AND parents.began = lines.began)"
    counts = "kind = 'usage'" if netted else "kind IN ('usage', 'discount')"
    tagged = f"{counts} AND tag IS NOT NULL"

    def total(where: str) -> Bill:
        usd, lines = _one(connection, f"SELECT sum(usd), sum(lines) FROM lines WHERE {where}")
        return Bill(usd or Decimal(), int(lines or 0))

    bills = _bills(connection, f"{tagged} AND NOT {paid_twice}")
    begins, ends = _one(connection, f"SELECT min(first), max(last) FROM lines WHERE {counts}")
    months = connection.execute(f"SELECT DISTINCT strftime(month, '%Y-%m') FROM lines WHERE {counts}").fetchall()
    return Report(
        path=path,
        tag=tag,
        bills=bills,
        lines=total("true").lines,
        untagged=total(f"{counts} AND tag IS NULL"),
        left_out=total(f"NOT ({counts})"),
        split=total(f"{tagged} AND {paid_twice}").lines,
        begins=begins and begins.replace(tzinfo=UTC),
        ends=ends and ends.replace(tzinfo=UTC),
        months=frozenset(month for (month,) in months if month),
        notes=tuple(_notes(total, tagged, netted=netted)),
    )


def _bills(connection: "DuckDBPyConnection", where: str) -> dict[str, Bill]:
    rows = connection.execute(
        f"""SELECT tag, concat_ws(' ', service, type) AS name, COALESCE(sum(usd), 0), sum(lines), sum(unpriced)
            FROM lines WHERE {where} GROUP BY tag, name ORDER BY tag, name"""
    ).fetchall()
    bills: dict[str, Bill] = {}
    for tag, name, usd, lines, unpriced in rows:
        bill = bills.get(tag, Bill(Decimal(), 0))
        part = Part(name, usd, int(lines))
        bills[tag] = Bill(bill.usd + usd, bill.lines + part.lines, bill.unpriced + int(unpriced), (*bill.parts, part))
    return bills


def _notes(total: Callable[[str], Bill], tagged: str, *, netted: bool) -> Iterator[str]:
    untagged = total("kind = 'discount' AND tag IS NULL").usd
    if untagged and not netted:
        yield (
            f"discounts of {dollars(-untagged)} have no tag, so no bill is less for them: "
            "an export with line_item_net_unblended_cost says costs after discounts"
        )
    covered = total(f"{tagged} AND type = 'SavingsPlanCoveredUsage' AND usd <> 0")
    offset, ours = (total(f"{where} AND type = 'SavingsPlanNegation'") for where in ("kind = 'usage'", tagged))
    if covered.lines and offset.lines and not ours.lines:
        yield "usage that a savings plan covers is billed at its on-demand price: what offsets that has no tag"


def _one(connection: "DuckDBPyConnection", query: str) -> tuple[Any, ...]:
    (row,) = connection.execute(query).fetchall()
    return tuple(row)


def _name_the_bad_cell(connection: "DuckDBPyConnection", table: Table, form: Form) -> None:
    """Look for the cell that cannot be read. Raises ReaderError that names line and column, if it is found."""
    if table.is_parquet:
        for name in form.costs:
            column = table.columns[name]
            bad = f"{column.sql} IS NOT NULL AND TRY_CAST({column.sql} AS {NUMBER}) IS NULL"
            rows = connection.execute(
                f"SELECT file_row_number, {column.sql} FROM {table.scan} WHERE {bad} LIMIT 1"
            ).fetchall()
            for number, value in rows:
                raise ReaderError(f"{table.path}: row {number + 1}: column {column.name}: cannot read {value!r}")
        return
    checked: list[tuple[Column, Callable[[str], bool]]] = [(table.columns[name], _is_number) for name in form.costs]
    if form.map is not None:
        checked.append((form.map, _is_object))
    with readable(table.path, "a CSV file"):
        _check_cells(table.path, checked)


def _check_cells(path: Path, checked: list[tuple[Column, Callable[[str], bool]]]) -> None:
    with opened(path) as file:
        lines = csv.reader(file)
        header = next(lines)
        positions = [(header.index(column.name), column, fits) for column, fits in checked]
        for cells in lines:
            for position, column, fits in positions:
                if position < len(cells) and cells[position].upper() not in MISSING and not fits(cells[position]):
                    place = f"{path}: line {lines.line_num}: column {column.name}"
                    raise ReaderError(f"{place}: cannot read {cells[position][:80]!r}")


def _is_number(cell: str) -> bool:
    try:
        return Decimal(cell).is_finite()
    except ArithmeticError:
        return False


def _is_object(cell: str) -> bool:
    try:
        return isinstance(json.loads(cell), dict)
    except (ValueError, RecursionError):
        return False
