"""`runquote predict`: what one run will cost, and whether that is within a budget."""

from typing import Annotated

import typer

from contract.predictions import Interval, Prediction
from runquote.cli.output import Format, print_csv, print_json, print_line, print_table, say
from runquote.cli.session import (
    NOT_TRUSTWORTHY,
    OVER_BUDGET,
    WORKFLOW,
    BudgetOption,
    FormatOption,
    IntervalOption,
    ParameterOption,
    Session,
    input_size,
    parameters,
    size,
    usage,
)
from runquote.sizes import format_amount, format_size, format_usd

_STILL_TRUSTWORTHY = {"estimated_costs"}
"""Warnings about what the numbers mean, not about whether they hold."""
_RISK = 0.5
"""The share of outcomes that may cost more than the budget, if nobody says otherwise."""


def predict(  # noqa: PLR0913, PLR0917 - one for each option
    context: typer.Context,
    workflow: Annotated[str, WORKFLOW],
    input_bytes: Annotated[
        int, typer.Option("--input", parser=usage(input_size), metavar="SIZE", help="Input dataset size, like 120GB.")
    ],
    output_bytes: Annotated[
        int | None,
        typer.Option("--output", parser=usage(size), metavar="SIZE", help="Expected output size, if it is known."),
    ] = None,
    param: ParameterOption = None,
    interval: IntervalOption = 80,
    budget: BudgetOption = None,
    risk: Annotated[
        float | None,
        typer.Option(min=0, max=1, help=f"Largest share of outcomes above the budget that is accepted, else {_RISK}."),
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit with 4 if the estimate is a rough guide only, as its warnings say.")
    ] = False,
    format: FormatOption = Format.TABLE,
) -> None:
    """Predict what a run will cost, before it is launched.

    Exits with 0, with 3 if the budget is likely exceeded, with 4 if --strict and the estimate is a rough guide only,
    whatever the budget.
    """
    session: Session = context.obj
    values = usage(parameters)(param)
    check_interval(interval)
    if risk is not None and budget is None:
        raise typer.BadParameter("--risk is about a budget: give --budget too")
    with session.client() as client:
        prediction = client.predict(workflow, input_bytes, output_bytes, values)
    share = share_above(prediction, budget)
    within = budget is None or (prediction.cost_usd <= budget and share <= (_RISK if risk is None else risk))
    if format is Format.JSON:
        judged = {} if budget is None else {"budget_usd": budget, "within_budget": within, "share_above_budget": share}
        print_json(**prediction.model_dump(mode="json"), **judged)
    elif format is Format.CSV:
        print_csv([prediction_row(prediction, input_bytes, output_bytes, interval)])
    else:
        _print(prediction, interval)
    if format is not Format.TABLE:
        for warning in prediction.warnings:
            say(f"Warning: {warning.message}", style="yellow")
    rough = [warning for warning in prediction.warnings if warning.code not in _STILL_TRUSTWORTHY]
    if strict and (rough or prediction.extrapolated):
        say("The estimate is a rough guide only (--strict)", style="red")
        raise typer.Exit(NOT_TRUSTWORTHY)
    if budget is not None:
        say(verdict(prediction, budget, within=within), style="green" if within else "red")
        if not within:
            raise typer.Exit(OVER_BUDGET)


def check_interval(percent: int) -> None:
    """Raise a usage error for a coverage that the API does not answer with."""
    if percent not in (80, 90):
        raise typer.BadParameter("--interval must be 80 or 90")


def interval_of(intervals: list[Interval], percent: int) -> Interval:
    """Return the interval with this coverage."""
    return next(interval for interval in intervals if round(interval.coverage * 100) == percent)


def share_above(prediction: Prediction, budget: float | None) -> float:
    """Return the share of the equally likely outcomes that cost more than a budget."""
    if budget is None:
        return 0.0
    return sum(cost > budget for cost in prediction.outcomes_usd) / len(prediction.outcomes_usd)


def verdict(prediction: Prediction, budget: float, *, within: bool) -> str:
    """Say how the outcomes lie against the budget."""
    above = sum(cost > budget for cost in prediction.outcomes_usd)
    words = "Over budget" if not within else "May exceed the budget" if above else "Within budget"
    return f"{words}: {above} of {len(prediction.outcomes_usd)} outcomes cost more than {format_amount(budget)}"


def prediction_row(
    prediction: Prediction, input_bytes: int, output_bytes: int | None, percent: int
) -> dict[str, object]:
    """Return a prediction as one row of a CSV file."""
    interval = interval_of(prediction.intervals, percent)
    return {
        "workflow_name": prediction.workflow_name,
        "input_bytes": input_bytes,
        "output_bytes": "" if output_bytes is None else output_bytes,
        "cost_usd": prediction.cost_usd,
        "coverage": interval.coverage,
        "low_usd": interval.low_usd,
        "high_usd": interval.high_usd,
        "extrapolated": prediction.extrapolated,
        "warnings": " ".join(warning.code for warning in prediction.warnings),
        "model_version": prediction.model.version,
        "prediction_id": prediction.prediction_id,
    }


def _print(prediction: Prediction, percent: int) -> None:
    interval, model = interval_of(prediction.intervals, percent), prediction.model
    print_line(f"About {format_usd(prediction.cost_usd)}", style="bold")
    low, high = format_usd(interval.low_usd), format_usd(interval.high_usd)
    print_line(f"{percent // 10} in 10 runs like this cost between {low} and {high}.")
    for warning in prediction.warnings:
        print_line(f"Warning: {warning.message}", style="yellow")
    if prediction.explanation:
        print_line("\nWhy this estimate")
        rows = [(each.factor, _signed(each.effect_usd), each.note) for each in prediction.explanation]
        print_table(["Factor", "Effect", "Note"], rows, right=["Effect"])
    if prediction.similar_runs:
        print_line("\nSimilar past runs")
        print_table(
            ["Run", "Input", "Output", "Cost", "Completed"],
            [
                (
                    run.run_id,
                    format_size(run.input_bytes),
                    "" if run.output_bytes is None else format_size(run.output_bytes),
                    format_usd(run.cost_usd),
                    f"{run.completed_at:%Y-%m-%d}",
                )
                for run in prediction.similar_runs
            ],
            right=["Input", "Output", "Cost"],
        )
    measured = model.coverage_90 if percent == 90 else model.coverage_80
    held = "" if measured is None else f", {percent} % intervals that held for {measured:.0%} of runs it had not seen"
    print_line(
        f"\nModel version {model.version} of {model.trained_at:%Y-%m-%d}, learned from {model.runs} runs, "
        f"median error {model.median_ape:.0%}{held}. Prediction {prediction.prediction_id}.",
        style="dim",
    )


def _signed(amount: float) -> str:
    return f"{'-' if amount < 0 else '+'}{format_usd(abs(amount))}"
