"""`runquote predictions`: what was asked and answered, as it was then."""

from itertools import islice
from typing import Annotated, Any

import typer

from contract.errors import ErrorBody
from contract.kept import KeptPrediction, PredictionSummary
from contract.predictions import BatchResponse, Prediction
from contract.sizes import format_size
from runquote.cli.output import Format, print_csv, print_json, print_line, print_table, say
from runquote.cli.predict import between, check_interval, interval_of, print_prediction
from runquote.cli.session import (
    CommandError,
    Commands,
    FormatOption,
    IntervalOption,
    Session,
    TeamOption,
    workflow_names,
)
from runquote.client import Client
from runquote.sizes import format_amount, format_amounts

predictions = typer.Typer(cls=Commands, no_args_is_help=True, help="What was asked and answered, as it was then.")


@predictions.command("list")
def list_(  # noqa: PLR0913, PLR0917 - one for each option
    context: typer.Context,
    workflow: Annotated[
        str | None, typer.Option(help="Only those of one workflow.", autocompletion=workflow_names)
    ] = None,
    team: TeamOption = None,
    person: Annotated[str | None, typer.Option(help="Only those of one person or key, by its id; `me` is you.")] = None,
    most: Annotated[int, typer.Option("--most", min=1, help="List so many at most.")] = 50,
    format: FormatOption = Format.TABLE,
) -> None:
    """List predictions, the latest first: all, or those of one workflow, team or person."""
    if sum(each is not None for each in (workflow, team, person)) > 1:
        raise typer.BadParameter("give one of --workflow, --team and --person")
    session: Session = context.obj
    with session.client() as client:
        found = list(islice(client.predictions(workflow_name=workflow, team=team, person=person), most))
    if format is Format.JSON:
        print_json(predictions=[each.model_dump(mode="json") for each in found])
    elif format is Format.CSV:
        print_csv([_row(each) for each in found])
    elif not found:
        say("No prediction is kept that this asks for")
    else:
        columns = ["Asked", "Who", "Team", "Workflow", "Input", "Estimate", "Prediction"]
        print_table(columns, _cells(found), right=columns[4:6])


@predictions.command("show")
def show(
    context: typer.Context,
    prediction: Annotated[str, typer.Argument(metavar="PREDICTION", help="Its id, or that of a batch or of its row.")],
    now: Annotated[bool, typer.Option("--now", help="Ask again, and say what would be answered now.")] = False,
    interval: IntervalOption = 80,
    format: FormatOption = Format.TABLE,
) -> None:
    """Show what was asked and answered then."""
    check_interval(interval)
    session: Session = context.obj
    with session.client() as client:
        kept = client.prediction(prediction)
        again = _again(client, kept) if now else None
    if format is Format.JSON:
        print_json(**kept.model_dump(mode="json"), **({"now": again.model_dump(mode="json")} if again else {}))
        return
    if format is Format.CSV:
        print_csv([{**_asked(kept), **row} for row in _rows(kept)])
        return
    print_line(f"{_asked_line(kept)}\n")
    if kept.answer:
        print_prediction(kept.answer, interval, anyway=True)
    elif kept.batch_answer:
        rows = _rows(kept)
        cells = [tuple(str(value) for value in row.values()) for row in rows]
        print_table([name.capitalize() for name in rows[0]], cells, right=["Input", "Estimate"])
        print_line(f"\n{_total(kept.batch_answer, interval)}")
    if again:
        print_line(f"\nAsked again now: {_answered(again, interval)}", style="bold")


def _again(client: Client, kept: KeptPrediction) -> Prediction | BatchResponse:
    if kept.batch_request:
        return client.predict_batch(kept.batch_request.requests, kept.batch_request.team, keep=False)
    asked = kept.request
    if asked is None:
        raise CommandError(f"{kept.prediction_id} holds no question")
    parts = (asked.workflow_name, asked.input_bytes, asked.output_bytes, asked.parameters, asked.team)
    return client.predict(*parts, keep=False)


def _answered(answer: Prediction | BatchResponse, percent: int) -> str:
    if isinstance(answer, BatchResponse):
        return _total(answer, percent)
    bounds = between(interval_of(answer.intervals, percent))
    beyond = ", though past runs cannot tell" if answer.beyond_evidence else ""
    amount, version = format_amount(answer.cost_usd), answer.model.version
    return f"{amount}, {percent // 10} times in 10 {bounds}, by model version {version}{beyond}"


def _total(answer: BatchResponse, percent: int) -> str:
    if not answer.total.outcomes_usd:
        return "No row has an estimate."
    interval = interval_of(answer.total.intervals, percent)
    return f"Total {format_amount(answer.total.cost_usd)}, {percent // 10} times in 10 {between(interval)}"


def _asked(kept: KeptPrediction) -> dict[str, object]:
    return {
        "prediction_id": kept.prediction_id,
        "asked_at": f"{kept.asked_at:%Y-%m-%dT%H:%M:%SZ}",
        "asked_by": kept.asked_by.name or kept.asked_by.id,
        "team": kept.team or "",
    }


def _asked_line(kept: KeptPrediction) -> str:
    whose = f" for {kept.team}" if kept.team else ""
    who = kept.asked_by.name or kept.asked_by.id
    line = f"Asked {kept.asked_at:%Y-%m-%d %H:%M} UTC by {who}{whose}"
    if kept.request is None:
        return line
    output = "" if kept.request.output_bytes is None else f", {format_size(kept.request.output_bytes)} of output"
    values = "".join(f", {name}={value}" for name, value in (kept.request.parameters or {}).items())
    return f"{line}: {kept.request.workflow_name}, {format_size(kept.request.input_bytes)} of input{output}{values}"


def _rows(kept: KeptPrediction) -> list[dict[str, object]]:
    questions: list[dict[str, Any]] = []
    answers: list[Prediction | ErrorBody] = []
    if kept.request and kept.answer:
        questions, answers = [kept.request.model_dump()], [kept.answer]
    elif kept.batch_request and kept.batch_answer:
        questions, answers = kept.batch_request.requests, kept.batch_answer.predictions
    return [
        {
            "row": number,
            "workflow": asked.get("workflow_name", ""),
            "input": asked.get("input_bytes", ""),
            "estimate": "" if isinstance(answer, ErrorBody) else format_amount(answer.cost_usd),
            "note": answer.message if isinstance(answer, ErrorBody) else _beyond(answer),
        }
        for number, (asked, answer) in enumerate(zip(questions, answers, strict=True), start=1)
    ]


def _beyond(answer: Prediction) -> str:
    return answer.beyond_evidence.message if answer.beyond_evidence else ""


def _row(summary: PredictionSummary) -> dict[str, object]:
    return {
        "prediction_id": summary.prediction_id,
        "asked_at": f"{summary.asked_at:%Y-%m-%dT%H:%M:%SZ}",
        "asked_by": summary.asked_by.name or summary.asked_by.id,
        "team": summary.team or "",
        "workflow_name": summary.workflow_name or "",
        "rows": summary.rows,
        "unanswered": summary.unanswered,
        "input_bytes": "" if summary.input_bytes is None else summary.input_bytes,
        "cost_usd": "" if summary.cost_usd is None else summary.cost_usd,
        "low_usd": "" if summary.low_usd is None else summary.low_usd,
        "high_usd": "" if summary.high_usd is None else summary.high_usd,
    }


def _cells(found: list[PredictionSummary]) -> list[tuple[str, ...]]:
    amounts = iter(format_amounts([each.cost_usd for each in found if each.cost_usd is not None]))
    return [
        (
            f"{each.asked_at:%Y-%m-%d %H:%M}",
            each.asked_by.name or each.asked_by.id,
            each.team or "",
            each.workflow_name or "several",
            f"{each.rows} rows" if each.input_bytes is None else format_size(each.input_bytes),
            "cannot tell" if each.cost_usd is None else next(amounts),
            each.prediction_id,
        )
        for each in found
    ]
