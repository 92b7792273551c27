"""The runs that a source holds, as they are read: each with its cost and, on request, what that is made of."""

import csv
import json
import sys
from collections.abc import Callable, Mapping
from typing import Any

from contract.sizes import format_size
from runquote.cli.output import JSON_VERSION, Format, inert, print_line
from runquote.readers.base import Row
from runquote.readers.costs import Cost, Priced
from runquote.sizes import counted, format_amount

MOST_LINES = 50
"""So many runs are shown to a person who did not ask for their parts; the other formats hold all."""
_RUN = ("workflow_name", "run_id", "status", "started_at", "completed_at", "input_bytes", "cost_usd", "cost_source")
_SUMS = ("tasks", "task_hours", "vcpu_hours", "gib_hours", "rates")
_PART = ("name", "vcpu", "memory_bytes", "seconds", "rate", "usd", "note")
_WIDTHS = "{:<44.44} {:>8} {:>10} {:>12} {:>16}  {:<16} {}"


class Found:
    """Prints runs in one of the three formats, each as it comes, so that any number of them may."""

    def __init__(self, format: Format, *, parts: bool) -> None:
        self._parts = parts
        self._runs = 0
        self._show, self._format = self._showing(format), format

    def add(self, row: Row) -> None:
        """Print a run."""
        self._runs += 1
        self._show(row)

    def end(self, counts: Mapping[str, object]) -> None:
        """Print what holds for all runs; in CSV there is no place for it."""
        if self._format is Format.JSON:
            members = json.dumps({"version": JSON_VERSION, "currency": "USD", **counts}, indent=2)
            print(("\n  ],\n" if self._runs else '{\n  "runs": [],\n') + members.removeprefix("{\n"))
        elif self._format is Format.TABLE and not self._parts and self._runs > MOST_LINES:
            print_line(f"… and {counted(self._runs - MOST_LINES, 'more run')}: --format csv or json lists all")

    def _showing(self, format: Format) -> Callable[[Row], None]:
        if format is Format.JSON:
            return self._json
        if format is Format.TABLE:
            return self._lines
        columns = [*_RUN[:2], *_PART] if self._parts else [*_RUN, *_SUMS, "notes"]
        self._csv_file = csv.DictWriter(sys.stdout, columns, lineterminator="\n", extrasaction="ignore")
        self._csv_file.writeheader()
        return self._csv

    def _json(self, row: Row) -> None:
        run: dict[str, Any] = {"place": row.place, **_run(row), "notes": row.notes}
        if self._parts:
            run["parts"] = [_part(part) for part in row.cost or ()]
        text = json.dumps(run, indent=2).replace("\n", "\n    ")
        print(('{\n  "runs": [\n    ' if self._runs == 1 else ",\n    ") + text, end="")

    def _csv(self, row: Row) -> None:
        run = _run(row)
        rows = [{**run, **_part(part)} for part in row.cost or ()] if self._parts else [run]
        for each in rows:
            texts = {"rates": " ".join(run.get("rates", ())), "notes": " | ".join(row.notes)}
            self._csv_file.writerow({name: inert(value) for name, value in {**each, **texts}.items()})

    def _lines(self, row: Row) -> None:
        if self._parts or self._runs <= MOST_LINES:
            print_line(_line(row))
        if self._parts and row.cost:
            print_line("  " + _WIDTHS.format("task", "vCPU", "GiB", "hours", "USD", "rate", "note").rstrip())
            for part in row.cost:
                print_line("  " + _cells(part))


def _run(row: Row) -> dict[str, Any]:
    run = {name: row.run.get(name) for name in _RUN}
    return {**run, **_sums(row.cost)} if row.cost else run


def _sums(cost: Cost) -> dict[str, Any]:
    hours = (cost.seconds / 3600, cost.vcpu_seconds / 3600, cost.gib_seconds / 3600)
    return dict(zip(_SUMS, (cost.parts, *(round(each, 6) for each in hours), cost.rates), strict=True))


def _part(part: Priced) -> dict[str, Any]:
    return {name: getattr(part, name) for name in _PART}


def _line(row: Row) -> str:
    """Say in a line what a run took in, what it cost and why."""
    run, cost = row.run, row.cost
    size, usd = run.get("input_bytes"), run.get("cost_usd")
    about = ([format_size(size)] if isinstance(size, int) else []) + [
        format_amount(usd) if isinstance(usd, int | float) else f"cost {usd}"
    ]
    begin = f"{run.get('workflow_name')} {run.get('run_id')} {run.get('status')}: {', '.join(about)}"
    if cost is None or run.get("cost_source") == "billed":
        return f"{begin} ({run.get('cost_source')})"
    held = f"{cost.vcpu_seconds / 3600:,.4f} vCPU h, {cost.gib_seconds / 3600:,.4f} GiB h"
    rates = f" at {', '.join(cost.rates)}" if cost.rates else ""
    return f"{begin}: {counted(cost.parts, 'task')}, {cost.seconds / 3600:,.4f} h ({held}){rates}"


def _cells(part: Priced) -> str:
    gib = None if part.memory_bytes is None else part.memory_bytes / 2**30
    hours = None if part.seconds is None else part.seconds / 3600
    numbers = (_number(part.vcpu, "g"), _number(gib, ",.2f"), _number(hours, ",.4f"), _number(part.usd, ",.8f"))
    return _WIDTHS.format(part.name, *numbers, part.rate, part.note).rstrip()


def _number(value: float | None, form: str) -> str:
    return "-" if value is None else format(value, form)
