"""How one file of a cost report says what we need, in SQL."""

import json
from collections.abc import Iterable
from typing import Literal

from runquote.readers.base import ReaderError
from runquote.readers.tables import Column, Table, normalised, text

Measure = Literal["effective", "billed"]
NUMBER = "DECIMAL(38, 12)"
"""Exact, so that a sum is the same whatever the order, and a report read twice gives one and the same bill."""
MISSING = ("", "NULL", "\\N")
"""How a missing cell is written, in any case: the FinOps Foundation's own sample data has NULL."""
_USAGE = ("Usage", "DiscountedUsage", "SavingsPlanCoveredUsage")
_NO_DISCOUNT_OF_USAGE = "RiVolumeDiscount"
_NEGATION = "SavingsPlanNegation"
_SPLIT = ("split_line_item_net_split_cost", "split_line_item_split_cost")
_UNUSED = ("split_line_item_net_unused_cost", "split_line_item_unused_cost")
_NET = "line_item_net_unblended_cost"
_UNBLENDED = (_NET, "line_item_unblended_cost")
_EFFECTIVE = {
    "SavingsPlanCoveredUsage": (
        "savings_plan_net_savings_plan_effective_cost",
        "savings_plan_savings_plan_effective_cost",
    ),
    "DiscountedUsage": ("reservation_net_effective_cost", "reservation_effective_cost"),
}
_MACHINE_USAGE = "(^|-)((Box|Spot|Heavy|Sched|Dedicated|Host|HostBox)Usage|Unused(Box|Ded))"
"""Usage types of a machine's vCPUs and memory, which is what split cost allocation data shares out."""
_MARKS = (
    "line_item_usage_type",
    "line_item_operation",
    "line_item_resource_id",
    "resource_id",
    "service_name",
    "sku_id",
)
_ACCOUNTS = ("line_item_usage_account_id", "bill_payer_account_id", "sub_account_id", "billing_account_id")

_PAIR = "{'key': COALESCE(each->>'key', each->>'Key'), 'value': COALESCE(each->>'value', each->>'Value')}"


class Form:
    """How one file says what we need."""

    def __init__(self, table: Table, tag: str, measure: Measure) -> None:
        self._table = table
        self._tag = tag
        self._measure = measure
        columns = table.columns
        self.is_focus = "charge_category" in columns and "billed_cost" in columns
        if self.is_focus:
            self.name = "FOCUS"
            self._need("effective_cost", "charge_period_start", "charge_period_end")
            self.costs = [f"{measure}_cost"]
        elif "line_item_unblended_cost" in columns:
            self.name = "CUR 2.0" if self._maps_in() else "legacy CUR"
            self._need("line_item_line_item_type", "line_item_usage_start_date", "line_item_usage_end_date")
            effective = [name for names in _EFFECTIVE.values() for name in names] if measure == "effective" else []
            self.costs = [name for name in (*_SPLIT, *_UNUSED, *_UNBLENDED, *effective) if name in columns]
        else:
            expected = "neither line_item_unblended_cost (CUR) nor BilledCost and ChargeCategory (FOCUS)"
            raise ReaderError(f"{table.path}: is no AWS cost report: it has {expected}")
        self.map = next(iter(self._maps_in()), None)

    def notes(self) -> list[str]:
        """Return what this file does not say, and what is therefore taken for granted."""
        columns, notes = self._table.columns, []
        if ("billing_currency" if self.is_focus else "line_item_currency_code") not in columns:
            notes.append("the report does not say its currency (a column is missing): it is taken for USD")
        if self.is_focus:
            return notes
        if "split_line_item_parent_resource_id" in columns and "line_item_usage_type" not in columns:
            notes.append(
                "the report has no column line_item_usage_type, so all lines of machines that are split among "
                "containers are left out, data transfer too"
            )
        if _NET not in columns and {"discount", "discount_total_discount"} & set(columns):
            notes.append("the report has discounts but no column line_item_net_unblended_cost: costs are before them")
        return notes

    def _maps_in(self) -> list[Column]:
        names = ("tags",) if self.is_focus else ("resource_tags", "tags")
        return [self._table.columns[name] for name in names if name in self._table.columns]

    def _need(self, *names: str) -> None:
        for name in names:
            if name not in self._table.columns:
                raise ReaderError(f"{self._table.path}: column {name} is missing")

    def select(self) -> str:
        """Return what a line says, as SQL by the names of `runquote.readers.cur`."""
        focus = self.is_focus
        period = ("charge_period_start", "charge_period_end")
        began, ended = period if focus else ("line_item_usage_start_date", "line_item_usage_end_date")
        period_start = "billing_period_start" if focus else "bill_billing_period_start_date"
        parent = self._text("split_line_item_parent_resource_id")
        usage_type = self._varchar("line_item_usage_type")
        is_machine = f"COALESCE(regexp_matches({usage_type}, {text(_MACHINE_USAGE)}), true)"
        # A machine's own line matters only where containers of it may have lines.
        resource = "NULL" if parent == "NULL" else self._text("line_item_resource_id")
        marks = ", ".join(self._varchar(name) for name in (began, ended, *_MARKS))
        accounts = [self._varchar(name) for name in _ACCOUNTS if name in self._table.columns]
        members = {
            "tag": self._missing(self._tag_value()),
            "type": self._varchar("charge_category" if focus else "line_item_line_item_type"),
            "kind": self._kind(),
            "service": self._varchar("service_name" if focus else "line_item_product_code"),
            "machine": f"CAST(CASE WHEN {is_machine} THEN {resource} END AS VARCHAR)",
            "parent": f"CAST({parent} AS VARCHAR)",
            "period": f"TRY_CAST({self._text(period_start)} AS TIMESTAMP)",
            "began": f"TRY_CAST({self._text(began)} AS TIMESTAMP)",
            "ended": f"TRY_CAST({self._text(ended)} AS TIMESTAMP)",
            "usd": self._number(self.costs[0]) if focus else self._usd(),
            "netted": f"{self._number(_NET)} IS NOT NULL" if _NET in self.costs else "false",
            "account": accounts[0] if accounts else "CAST(NULL AS VARCHAR)",
            "currency": self._varchar("billing_currency" if focus else "line_item_currency_code"),
            "mark": f"hash({marks})",
            "identity": self._identity(),
            "bad": self.bad(),
        }
        return ", ".join(f"{sql} AS {name}" for name, sql in members.items())

    def _kind(self) -> str:
        """Return whether a line is usage, a discount on usage, or something else that does not count."""
        if self.is_focus:
            category = self._text("charge_category")
            # Of a commitment, what nobody used is a line of usage too.
            unused = f"COALESCE({self._text('commitment_discount_status')} = 'Unused', false)"
            return f"CASE WHEN {category} = 'Usage' AND NOT {unused} THEN 'usage' ELSE 'other' END"
        type = self._text("line_item_line_item_type")
        usage = (*_USAGE, _NEGATION) if self._measure == "billed" else _USAGE
        discount = f"{type} LIKE '%Discount' AND {type} <> {text(_NO_DISCOUNT_OF_USAGE)}"
        return (
            f"CASE WHEN {type} IN ({', '.join(map(text, usage))}) THEN 'usage' "
            f"WHEN {discount} THEN 'discount' ELSE 'other' END"
        )

    def bad(self) -> str:
        """Return whether a cost is there that cannot be read."""
        return " OR ".join(
            f"({self._text(name)} IS NOT NULL AND TRY_CAST({self._text(name)} AS {NUMBER}) IS NULL)"
            for name in self.costs
        )

    def _usd(self) -> str:
        """Return the cost of a line of a CUR; NULL where the report does not say it."""
        type = self._text("line_item_line_item_type")
        unused = f"COALESCE({self._first(_UNUSED)}, 0)"
        cases = [f"WHEN {self._first(_SPLIT)} IS NOT NULL THEN {self._first(_SPLIT)} + {unused}"]
        if self._measure == "effective":
            cases += [f"WHEN {type} = {text(usage)} THEN {self._first(names)}" for usage, names in _EFFECTIVE.items()]
        return f"CASE {' '.join(cases)} ELSE {self._first(_UNBLENDED)} + {unused} END"

    def _first(self, names: tuple[str, ...]) -> str:
        numbers = [self._number(name) for name in names if name in self.costs]
        return f"COALESCE({', '.join(numbers)})" if numbers else f"CAST(NULL AS {NUMBER})"

    def _number(self, name: str) -> str:
        return f"TRY_CAST({self._text(name)} AS {NUMBER})"

    def _varchar(self, name: str) -> str:
        return f"CAST({self._text(name)} AS VARCHAR)"

    def _text(self, name: str) -> str:
        """Return a cell, or NULL if it is missing or its column is not there at all."""
        column = self._table.columns.get(name)
        if column is None:
            return "NULL"
        return self._missing(column.sql) if column.kind == "VARCHAR" else str(column.sql)

    @staticmethod
    def _missing(sql: str) -> str:
        return f"CASE WHEN upper({sql}) IN ({', '.join(map(text, MISSING))}) THEN NULL ELSE {sql} END"

    def _identity(self) -> str:
        """Return what names a line of a CUR within its file; split lines share theirs."""
        names = ("identity_line_item_id", "identity_time_interval")
        if not all(name in self._table.columns for name in names):
            return "CAST(NULL AS UBIGINT)"
        first, second = map(self._varchar, names)
        split = self._text("split_line_item_parent_resource_id")
        return f"CASE WHEN {split} IS NULL AND {first} IS NOT NULL THEN hash({first}, {second}) END"

    def _tag_value(self) -> str:
        """Return the tag's value, under whichever name it goes in this file."""
        columns = self._table.columns
        flat = (f"resourceTags/user:{self._tag}", f"resourceTags/{self._tag}")
        plain = normalised(self._tag)
        for name in (*flat, f"resource_tags_user_{plain}", f"resource_tags_{plain}"):
            if name in columns:
                return f"CAST({columns[name].sql} AS VARCHAR)"
        if self.map is None:
            return "CAST(NULL AS VARCHAR)"
        keys = dict.fromkeys([f"user_{plain}", f"user:{self._tag}", *flat, self._tag, f"user_{self._tag}", plain])
        if self.map.kind == "VARCHAR":
            paths = ", ".join(text("$." + json.dumps(key)) for key in keys)
            cell = self._missing(self.map.sql)
            found = f"list_aggregate(json_extract_string({cell}, [{paths}]), 'any_value')"
            pairs = f"list_transform(json_extract({cell}, '$[*]'), lambda each: {_PAIR})"
            return f"COALESCE({found}, {_value_of(keys, pairs)})"
        if self.map.kind.endswith("[]"):
            return _value_of(keys, self.map.sql)
        return f"COALESCE({', '.join(f'{self.map.sql}[{text(key)}]' for key in keys)})"


def _value_of(keys: Iterable[str], pairs: str) -> str:
    """Return the value of the first of some keys that is in a list of pairs, as some exports of FOCUS have tags."""
    names = f"[{', '.join(map(text, keys))}]"
    places = f"list_transform({pairs}, lambda each: {{'place': list_position({names}, each.key), 'value': each.value}})"
    known = f"list_filter({places}, lambda each: each.place IS NOT NULL AND each.value IS NOT NULL)"
    return f"CAST(list_min({known}).value AS VARCHAR)"
