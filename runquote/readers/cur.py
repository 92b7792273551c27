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
amortised only. The machine that it ran on is then left out, lest the run pay twice if both have the tag.
Only usage counts: credits, refunds, taxes and fees say nothing of what the next run will cost.
"""

import csv
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from runquote.readers import tables
from runquote.readers.base import ReaderError
from runquote.readers.files import load_json, opened, readable, sources
from runquote.readers.tables import Column, Table, normalised, text

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Measure = Literal["effective", "billed"]
_SUFFIXES = (".csv", ".csv.gz", ".parquet")
_USAGE = ("Usage", "DiscountedUsage", "SavingsPlanCoveredUsage")
_NUMBER = "DECIMAL(38, 12)"
"""Exact, so that a sum is the same whatever the order, and a report read twice gives one and the same bill."""
_DAY = "INTERVAL 1 DAY"
_SPLIT = ("split_line_item_net_split_cost", "split_line_item_split_cost")
_UNUSED = ("split_line_item_net_unused_cost", "split_line_item_unused_cost")
_PERIOD = "bill_billing_period_start_date"
_UNBLENDED = ("line_item_net_unblended_cost", "line_item_unblended_cost")
_SAVINGS_PLAN = ("savings_plan_net_savings_plan_effective_cost", "savings_plan_savings_plan_effective_cost")
_RESERVATION = ("reservation_net_effective_cost", "reservation_effective_cost")


@dataclass(frozen=True)
class Bill:
    """What the lines of one tag's value add up to."""

    usd: Decimal
    lines: int


@dataclass
class Report:
    """What was found in a report: bills by the tag's value, and what else there was."""

    path: Path
    tag: str
    bills: dict[str, Bill] = field(default_factory=dict)
    lines: int = 0
    untagged: Bill = Bill(Decimal(), 0)
    left_out: Bill = Bill(Decimal(), 0)
    split: int = 0
    begins: datetime | None = None
    ends: datetime | None = None


def read(path: Path, tag: str, measure: Measure = "effective", on_file: Callable[[Path], None] | None = None) -> Report:
    """Add up a report: a file, a manifest with its files, or a folder of either. `on_file` hears of each file read.

    Raises ReaderError for what is no cost report, for a cell that cannot be read (with file, line and column), for
    costs that are not in USD, and if no line has the tag.
    """
    with tables.database() as connection:
        connection.execute(f"CREATE TABLE lines ({_MEMBERS})")
        for file in _files(path):
            _add(connection, file, tag, measure)
            if on_file:
                on_file(file)
        report = _report(connection, path, tag)
    if not report.bills:
        unknown = f"none of its {report.lines:,} lines of usage has the tag {tag}"
        raise ReaderError(f"{path}: {unknown}: tags appear once they are activated as cost allocation tags")
    return report


_MEMBERS = f"""tag VARCHAR, counts BOOLEAN, machine VARCHAR, parent VARCHAR, began TIMESTAMP,
    usd {_NUMBER}, lines BIGINT, first TIMESTAMP, last TIMESTAMP"""


def _add(connection: "DuckDBPyConnection", path: Path, tag: str, measure: Measure) -> None:
    """Add the lines of one file, as few as they can be."""
    table = tables.open_table(connection, path)
    form = _Form(table, tag, measure)
    query = f"""
        SELECT tag, counts, machine, parent, CASE WHEN machine IS NOT NULL OR parent IS NOT NULL THEN began END,
               sum(usd), count(*), min(period), max(ended) FILTER (ended <= began + {_DAY}),
               count(*) FILTER (bad), max(currency) FILTER (currency <> 'USD' AND counts AND tag IS NOT NULL)
        FROM (SELECT *, CASE WHEN tag IS NOT NULL AND counts AND resource LIKE 'i-%' THEN resource END AS machine
              FROM (SELECT {form.select()} FROM {table.scan}))
        GROUP BY ALL"""
    connection.execute(f"CREATE OR REPLACE TABLE found ({_MEMBERS}, bad BIGINT, currency VARCHAR)")
    try:
        with tables.reading(path):
            connection.execute(f"INSERT INTO found {query}")
    except ReaderError:
        _name_the_bad_cell(connection, table, form)
        raise
    bad, currency = _one(connection, "SELECT sum(bad), max(currency) FROM found")
    if bad:
        _name_the_bad_cell(connection, table, form)
        raise ReaderError(f"{path}: {bad} lines hold a cost that is no number")
    if currency:
        raise ReaderError(f"{path}: its costs are in {currency[:80]!r}, and Runquote keeps USD")
    connection.execute("INSERT INTO lines SELECT * EXCLUDE (bad, currency) FROM found")


def _report(connection: "DuckDBPyConnection", path: Path, tag: str) -> Report:
    """Add up all files. What a machine cost is left out for the hours that are split among its containers."""
    connection.execute("CREATE TABLE parents AS SELECT DISTINCT parent, began FROM lines WHERE parent IS NOT NULL")
    paid_twice = "EXISTS (SELECT 1 FROM parents WHERE parents.parent = machine AND parents.began = lines.began)"
    tagged = "counts AND tag IS NOT NULL"
    bills = connection.execute(
        f"SELECT tag, sum(usd), sum(lines) FROM lines WHERE {tagged} AND NOT {paid_twice} GROUP BY tag"
    ).fetchall()

    def total(where: str) -> Bill:
        usd, lines = _one(connection, f"SELECT sum(usd), sum(lines) FROM lines WHERE {where}")
        return Bill(usd or Decimal(), int(lines or 0))

    begins, ends = _one(connection, "SELECT min(first), max(last) FROM lines WHERE counts")
    return Report(
        path=path,
        tag=tag,
        bills={value: Bill(usd, int(lines)) for value, usd, lines in bills},
        lines=total("true").lines,
        untagged=total("counts AND tag IS NULL"),
        left_out=total("NOT counts"),
        split=total(f"{tagged} AND {paid_twice}").lines,
        begins=begins and begins.replace(tzinfo=UTC),
        ends=ends and ends.replace(tzinfo=UTC),
    )


def _one(connection: "DuckDBPyConnection", query: str) -> tuple[Any, ...]:
    (row,) = connection.execute(query).fetchall()
    return tuple(row)


class _Form:
    """How one file says what we need, in SQL."""

    def __init__(self, table: Table, tag: str, measure: Measure) -> None:
        self._table = table
        self._tag = tag
        columns = table.columns
        self.is_focus = "charge_category" in columns and "billed_cost" in columns
        if self.is_focus:
            self._need("effective_cost", "charge_period_start", "charge_period_end")
            self.costs = [f"{measure}_cost"]
        elif "line_item_unblended_cost" in columns:
            self._need("line_item_line_item_type", "line_item_usage_start_date", "line_item_usage_end_date")
            every = [*_SPLIT, *_UNUSED, *_UNBLENDED, *(_SAVINGS_PLAN + _RESERVATION if measure == "effective" else ())]
            self.costs = [name for name in every if name in columns]
        else:
            expected = "neither line_item_unblended_cost (CUR) nor BilledCost and ChargeCategory (FOCUS)"
            raise ReaderError(f"{table.path}: is no AWS cost report: it has {expected}")
        self.map = next((columns[name] for name in self._maps() if name in columns), None)

    def _maps(self) -> tuple[str, ...]:
        return ("tags",) if self.is_focus else ("resource_tags", "tags")

    def _need(self, *names: str) -> None:
        for name in names:
            if name not in self._table.columns:
                raise ReaderError(f"{self._table.path}: column {name} is missing")

    def select(self) -> str:
        """Return what a line says: tag, counts, resource, parent, period, began, ended, usd, currency, bad."""
        focus = self.is_focus
        kind = self._text("charge_category" if focus else "line_item_line_item_type")
        usage = "'Usage'" if focus else ", ".join(map(text, _USAGE))
        period = ("charge_period_start", "charge_period_end")
        began, ended = period if focus else ("line_item_usage_start_date", "line_item_usage_end_date")
        parent = self._text("split_line_item_parent_resource_id")
        # A machine's own line matters only where containers of it may have lines.
        resource = "NULL" if parent == "NULL" else self._text("line_item_resource_id")
        members = {
            "tag": f"NULLIF({self._tag_value()}, '')",
            "counts": f"COALESCE({kind} IN ({usage}), false)",
            "resource": f"CAST({resource} AS VARCHAR)",
            "parent": f"CAST({parent} AS VARCHAR)",
            "period": f"TRY_CAST({self._text('billing_period_start' if focus else _PERIOD)} AS TIMESTAMP)",
            "began": f"TRY_CAST({self._text(began)} AS TIMESTAMP)",
            "ended": f"TRY_CAST({self._text(ended)} AS TIMESTAMP)",
            "usd": self._number(self.costs[0]) if focus else self._usd(kind),
            "currency": self._text("billing_currency" if focus else "line_item_currency_code"),
            "bad": self.bad(),
        }
        return ", ".join(f"{sql} AS {name}" for name, sql in members.items())

    def bad(self) -> str:
        """Return whether a cost is there that cannot be read."""
        return " OR ".join(
            f"({self._text(name)} IS NOT NULL AND TRY_CAST({self._text(name)} AS {_NUMBER}) IS NULL)"
            for name in self.costs
        )

    def _usd(self, kind: str) -> str:
        """Return the cost of a line of a CUR."""
        cases = [
            f"WHEN {self._first(_SPLIT)} IS NOT NULL THEN {self._first(_SPLIT)} + COALESCE({self._first(_UNUSED)}, 0)"
        ]
        for usage, names in (("SavingsPlanCoveredUsage", _SAVINGS_PLAN), ("DiscountedUsage", _RESERVATION)):
            if any(name in self.costs for name in names):
                cases.append(f"WHEN {kind} = '{usage}' THEN {self._first(names)}")
        otherwise = f"COALESCE({self._first(_UNBLENDED)}, 0) + COALESCE({self._first(_UNUSED)}, 0)"
        return f"CASE {' '.join(cases)} ELSE {otherwise} END"

    def _first(self, names: tuple[str, ...]) -> str:
        numbers = [self._number(name) for name in names if name in self.costs]
        return f"COALESCE({', '.join(numbers)})" if numbers else f"CAST(NULL AS {_NUMBER})"

    def _number(self, name: str) -> str:
        return f"TRY_CAST({self._text(name)} AS {_NUMBER})"

    def _text(self, name: str) -> str:
        """Return a cell, or NULL if it is empty or not there at all."""
        column = self._table.columns.get(name)
        if column is None:
            return "NULL"
        return f"NULLIF({column.sql}, '')" if column.kind == "VARCHAR" else column.sql

    def _tag_value(self) -> str:
        """Return the tag's value, under whichever name it goes in this file."""
        columns = self._table.columns
        flat = (f"resourceTags/user:{self._tag}", f"resourceTags/{self._tag}")
        plain = normalised(self._tag)
        for name in (*flat, f"resource_tags_user_{plain}", f"resource_tags_{plain}"):
            if name in columns:
                return str(columns[name].sql)
        if self.map is None:
            return "NULL"
        keys = dict.fromkeys([f"user_{plain}", f"user:{self._tag}", *flat, self._tag, f"user_{self._tag}", plain])
        if self.map.kind == "VARCHAR":
            paths = ", ".join(text("$." + json.dumps(key)) for key in keys)
            found = f"json_extract_string(NULLIF({self.map.sql}, ''), [{paths}])"
            return f"list_aggregate({found}, 'any_value')"
        return f"COALESCE({', '.join(f'{self.map.sql}[{text(key)}]' for key in keys)})"


def _name_the_bad_cell(connection: "DuckDBPyConnection", table: Table, form: _Form) -> None:
    """Look for the cell that cannot be read. Raises ReaderError that names line and column, if it is found."""
    if table.is_parquet:
        for name in form.costs:
            column = table.columns[name]
            bad = f"{column.sql} IS NOT NULL AND TRY_CAST({column.sql} AS {_NUMBER}) IS NULL"
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
                if position < len(cells) and cells[position] and not fits(cells[position]):
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


def _files(path: Path) -> Iterator[Path]:
    """Yield the files of a report, those that manifests name if there are any."""
    if path.is_file() and path.suffix != ".json":
        yield path
        return
    manifests = [path] if path.is_file() else _latest(sorted(path.rglob("*anifest.json")))
    if manifests:
        for manifest in manifests:
            yield from _named_by(manifest)
    else:
        files = list(sources(path, *_SUFFIXES))
        _check_versions(files)
        yield from files


def _latest(manifests: list[Path]) -> list[Path]:
    """Return one manifest for each report and billing period: AWS keeps a copy of the latest above its versions.

    https://docs.aws.amazon.com/cur/latest/userguide/understanding-report-versions.html
    """
    by_period: dict[tuple[str, str], list[Path]] = {}
    for manifest in manifests:
        by_period.setdefault((manifest.name, _period(manifest)), []).append(manifest)
    latest = []
    for each in by_period.values():
        first, *others = sorted(each, key=lambda path: len(path.parts))
        if others and len(others[0].parts) == len(first.parts):
            raise ReaderError(f"{first} and {others[0]} are two versions of one report: name the one to read")
        latest.append(first)
    return latest


def _period(path: Path) -> str:
    """Return the folder that names a billing period, like 20260301-20260401 or BILLING_PERIOD=2026-03, else its own."""
    for folder in path.parents:
        if folder.name.startswith("BILLING_PERIOD=") or (len(folder.name) == 17 and folder.name[:8].isdigit()):
            return str(folder)
    return str(path.parent)


def _check_versions(files: list[Path]) -> None:
    """Refuse two versions of one report, which would count everything twice."""
    seen: dict[tuple[str, str], Path] = {}
    for file in files:
        other = seen.setdefault((file.name, _period(file)), file)
        if other is not file:
            raise ReaderError(f"{other} and {file} look like two versions of one report: name the folder to read")


def _named_by(manifest: Path) -> Iterator[Path]:
    """Yield the files that a manifest names: `reportKeys` of a legacy CUR, `dataFiles` of a data export."""
    content = load_json(manifest)
    keys = (content.get("reportKeys") or content.get("dataFiles")) if isinstance(content, dict) else None
    if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
        raise ReaderError(f"{manifest}: names no files: it has neither reportKeys nor dataFiles")
    for key in keys:
        parts = key.removeprefix("s3://").split("/")
        tails = [Path(*parts[start:]) for start in range(len(parts))]
        folders = [manifest.parent, *list(manifest.parents)[1:8]]
        found = next((folder / tail for tail in tails for folder in folders if (folder / tail).is_file()), None)
        if found is None:
            raise ReaderError(f"{manifest}: names {key!r}, which is not there")
        yield found
