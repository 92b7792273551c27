"""`runquote batch`: what the runs of a file will cost, each and together."""

import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from itertools import batched
from pathlib import Path
from typing import Annotated, Any

import typer

from contract.base import MAX_BATCH
from contract.judgement import judge
from contract.predictions import BatchTotal, Prediction
from contract.sizes import format_size
from contract.tables import WORDS
from contract.total import total
from runquote.cli.ingest_options import ColumnOption, SetOption, WorkflowOption, given_of
from runquote.cli.output import JSON_VERSION, Format, print_csv, print_json, print_line, print_table, say
from runquote.cli.predict import RiskOption, check_interval, check_risk, interval_of
from runquote.cli.session import (
    FAILURE,
    NOT_TRUSTWORTHY,
    OVER_BUDGET,
    BudgetOption,
    FormatOption,
    IntervalOption,
    Session,
    TeamOption,
)
from runquote.client import Client
from runquote.columns import Given, Header, plain_texts, read_row
from runquote.readers import bounds
from runquote.readers.base import ReaderError
from runquote.readers.csv import header_of
from runquote.readers.files import opened, readable, records
from runquote.sizes import format_amount, format_range, format_usd

_UNTOUCHED = Given()


class Order(StrEnum):
    """How rows are sorted."""

    FILE = "file"
    COST = "cost"
    INPUT = "input"


@dataclass
class Row:
    """A line of the file, and what became of it."""

    line: int
    label: str
    workflow: str
    request: dict[str, Any] | None = None
    prediction: Prediction | None = None
    error: str = ""

    def cost(self) -> float:
        """Return the predicted cost; rows without one to go by come last in a descending order."""
        return self.prediction.cost_usd if self.prediction and not self.prediction.beyond_evidence else -1.0


def batch(  # noqa: PLR0913, PLR0917 - one for each option
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="CSV with label,workflow,input_size,output_size; - for stdin.")],
    workflow: WorkflowOption = None,
    column: ColumnOption = None,
    set: SetOption = None,
    team: TeamOption = None,
    sort: Annotated[Order, typer.Option(help="Order of the rows; cost and input start with the largest.")] = Order.FILE,
    out: Annotated[Path | None, typer.Option(help="Write the rows to this CSV or JSON file.")] = None,
    interval: IntervalOption = 80,
    budget: BudgetOption = None,
    risk: RiskOption = None,
    format: FormatOption = Format.TABLE,
) -> None:
    """Predict what many runs will cost. Rows in error are named and the others still answered.

    Sizes are texts like 120 GB. A column `parameters` may hold JSON objects. Exits with 1 if a row could not be
    answered, with 3 if the total likely exceeds the budget, with 4 if it does not but rows are left out of it, since
    past runs cannot tell what they cost.
    """
    check_interval(interval)
    check_risk(risk, budget)
    if out and out.suffix not in (".csv", ".json"):
        raise typer.BadParameter("--out must name a .csv or .json file")
    session: Session = context.obj
    with _opened(file) as lines:
        rows, notes = read_rows(lines, str(file), given_of(workflow, column, set))
    for note in notes:
        say(f"Note: {note}", style="yellow")
    with session.client() as client:
        together = answer(client, rows, team)
    if sort is Order.COST:
        rows.sort(key=Row.cost, reverse=True)
    if sort is Order.INPUT:
        rows.sort(key=lambda row: row.request["input_bytes"] if row.request else -1, reverse=True)
    _show(rows, together, interval, format)
    if out:
        _write(out, rows, together, interval)
    failed = [row for row in rows if row.error]
    for row in failed:
        say(f"{file}: line {row.line}: {row.error}", style="red")
    if failed:
        say(f"{len(failed)} of {len(rows)} rows were not answered", style="red")
    code = 0 if budget is None else _check_budget(together, budget, risk, len(failed))
    if failed or code:
        raise typer.Exit(FAILURE if failed else code)


def _check_budget(together: BatchTotal, budget: float, risk: float | None, failed: int) -> int:
    """Say how the total stands to a budget, and return the exit code for that; `failed` rows are not in it either."""
    if not together.outcomes_usd:
        say(f"Nobody can tell whether {format_amount(budget)} will do", style="red")
        return NOT_TRUSTWORTHY
    judgement = judge(together.cost_usd, together.outcomes_usd, budget, together.left_out + failed)
    kept = judgement.keeps(risk)
    more = "" if kept or risk is None else f", more than --risk {risk:g} accepts"
    if together.left_out:
        more += f", not counting {together.left_out} that past runs cannot tell of"
    if failed:
        more += f", not counting {failed} that {'was' if failed == 1 else 'were'} not answered"
    trusted = kept and not together.left_out and not failed
    say(judgement.words(format_amount(budget), "likely totals") + more, style="green" if trusted else "red")
    return 0 if trusted else NOT_TRUSTWORTHY if kept else OVER_BUDGET


def read_rows(file: Iterable[str], name: str, given: Given = _UNTOUCHED) -> tuple[list[Row], tuple[str, ...]]:
    """Return the rows of a file, some with an error, and notes. Raises ReaderError if it is no such file."""
    with readable(Path(name), "a CSV file"):
        found = records(file)
        header = header_of(name, "batch", found, given)
        rows = [_row(line, cells, header) for line, cells in found]
    if not rows:
        raise ReaderError(f"{name}: {WORDS['no_rows']}")
    return rows, header.notes


def answer(client: Client, rows: list[Row], team: str | None = None) -> BatchTotal:
    """Ask for all rows, 500 at a time, note the answers in them and return the total of what was answered."""
    asked = [row for row in rows if row.request]
    totals = []
    for some in batched(asked, MAX_BATCH, strict=False):
        answered = client.predict_batch([row.request for row in some if row.request], team)
        for row, each in zip(some, answered.predictions, strict=True):
            if isinstance(each, Prediction):
                row.prediction = each
            else:
                row.error = each.message
        totals.append(answered.total)
    if len(totals) == 1:
        return totals[0]
    seed = json.dumps([row.request for row in asked], sort_keys=True)  # as the API does for one request
    return total([row.prediction for row in asked if row.prediction], seed)


def _row(line: int, cells: list[str], header: Header) -> Row:
    said = plain_texts(header, cells)
    row = Row(line, said.get("label") or f"line {line}", said.get("workflow_name") or "")
    try:
        request, _ = read_row(header, cells)
        row.request = {member: value for member, value in request.items() if member != "label"}
    except ValueError as error:
        row.error = str(error)
    return row


def _cells(row: Row, percent: int) -> dict[str, object]:
    prediction = row.prediction
    interval = interval_of(prediction.intervals, percent) if prediction else None
    request = row.request or {}
    return {
        "line": row.line,
        "label": row.label,
        "workflow": row.workflow,
        "input_bytes": request.get("input_bytes", ""),
        "output_bytes": request.get("output_bytes", ""),
        "cost_usd": prediction.cost_usd if prediction else "",
        "low_usd": interval.low_usd if interval else "",
        "high_usd": interval.high_usd if interval else "",
        "beyond_evidence": prediction.beyond_evidence is not None if prediction else "",
        "warnings": " ".join(warning.code for warning in prediction.warnings) if prediction else "",
        "error": row.error,
    }


def _document(rows: list[Row], together: BatchTotal) -> dict[str, object]:
    members = [
        {
            "line": row.line,
            "label": row.label,
            "request": row.request,
            "prediction": row.prediction.model_dump(mode="json") if row.prediction else None,
            "error": row.error or None,
        }
        for row in rows
    ]
    return {"rows": members, "total": together.model_dump(mode="json")}


def _show(rows: list[Row], together: BatchTotal, percent: int, format: Format) -> None:
    if format is Format.JSON:
        print_json(**_document(rows, together))
    elif format is Format.CSV:
        print_csv([_cells(row, percent) for row in rows])
    else:
        print_table(["Label", "Workflow", "Input", "Cost", "Interval"], [_line(row, percent) for row in rows], ["Cost"])
        if together.left_out:
            rows_are = "row is" if together.left_out == 1 else "rows are"
            print_line(
                f"\n{together.left_out} {rows_are} not in the total: past runs cannot tell the cost", style="yellow"
            )
        if not together.intervals:
            return
        interval = interval_of(together.intervals, percent)
        print_line(
            f"\nTotal{_of_rows(rows)} about {format_usd(together.cost_usd)}; {percent // 10} times in 10 between "
            + " and ".join(format_range(interval.low_usd, interval.high_usd)),
            style="bold",
        )


def _of_rows(rows: list[Row]) -> str:
    """Say of how many rows a total is, where it is not of all."""
    counted = sum(row.cost() >= 0 for row in rows)
    return "" if counted == len(rows) else f" of {counted} of {len(rows)} rows"


def _line(row: Row, percent: int) -> tuple[str, ...]:
    size_text = format_size(row.request["input_bytes"]) if row.request else ""
    if row.prediction is None:
        return row.label, row.workflow, size_text, "", row.error
    if row.prediction.beyond_evidence:
        return row.label, row.workflow, size_text, "", row.prediction.beyond_evidence.message
    interval = interval_of(row.prediction.intervals, percent)
    bounds = " to ".join(format_range(interval.low_usd, interval.high_usd))
    marks = " (rough guide)" if row.prediction.extrapolated else ""
    return row.label, row.workflow, size_text, format_usd(row.prediction.cost_usd), bounds + marks


def _write(path: Path, rows: list[Row], together: BatchTotal, percent: int) -> None:
    with path.open("w", newline="") as file:
        if path.suffix == ".csv":
            print_csv([_cells(row, percent) for row in rows], file)
        else:
            json.dump({"version": JSON_VERSION, "currency": "USD", **_document(rows, together)}, file, indent=2)
    say(f"Wrote {path}")


@contextmanager
def _opened(path: Path) -> Iterator[Iterable[str]]:
    if str(path) == "-":
        yield bounds.lines_of(sys.stdin, "-")
    else:
        with readable(path, "a CSV file"), opened(path) as file:
            yield file
