"""`runquote predict`: what one run will cost, and whether that is within a budget."""

from typing import Annotated

import typer

from contract.judgement import LIKELY_SHARE, judge
from contract.predictions import BeyondEvidence, Interval, Prediction
from contract.sizes import format_size
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
    TeamOption,
    input_size,
    parameters,
    size,
    usage,
)
from runquote.sizes import format_amount, format_amounts, format_range, format_usd

_STILL_TRUSTWORTHY = {"estimated_costs"}
"""Warnings about what the numbers mean, not about whether they hold."""

RiskOption = Annotated[
    float | None,
    typer.Option(
        min=0, max=1, help=f"Largest share of outcomes above the budget that is accepted, else {LIKELY_SHARE}."
    ),
]


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
    team: TeamOption = None,
    interval: IntervalOption = 80,
    budget: BudgetOption = None,
    risk: RiskOption = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit with 4 if the estimate is a rough guide only, as its warnings say.")
    ] = False,
    anyway: Annotated[
        bool, typer.Option("--anyway", help="Show the figure even where past runs cannot tell the cost.")
    ] = False,
    format: FormatOption = Format.TABLE,
) -> None:
    """Predict what a run will cost, before it is launched.

    Exits with 0, with 3 if the budget is likely exceeded, with 4 if --strict and the estimate is a rough guide only,
    whatever the budget. Where past runs cannot tell the cost, no budget can be checked: with --budget that is 4, too.
    """
    session: Session = context.obj
    values = usage(parameters)(param)
    check_interval(interval)
    check_risk(risk, budget)
    with session.client() as client:
        prediction = client.predict(workflow, input_bytes, output_bytes, values, team)
    if format is Format.JSON:
        print_json(**prediction.model_dump(mode="json"), **_judged(prediction, budget, risk))
    elif format is Format.CSV:
        print_csv([prediction_row(prediction, input_bytes, output_bytes, interval)])
    else:
        print_prediction(prediction, interval, anyway=anyway)
    if format is not Format.TABLE:
        if prediction.beyond_evidence:
            say(f"{prediction.beyond_evidence.message} {prediction.beyond_evidence.advice}", style="yellow")
        for warning in _warnings(prediction):
            say(f"Warning: {warning}", style="yellow")
    _exit(prediction, budget, risk, strict=strict)


def _exit(prediction: Prediction, budget: float | None, risk: float | None, *, strict: bool) -> None:
    """End as the options ask for, with what there is to say about it."""
    rough = [warning for warning in prediction.warnings if warning.code not in _STILL_TRUSTWORTHY]
    if strict and (rough or prediction.extrapolated or prediction.beyond_evidence):
        say("The estimate is a rough guide only (--strict)", style="red")
        raise typer.Exit(NOT_TRUSTWORTHY)
    if budget is None:
        return
    if prediction.beyond_evidence:
        say(f"Nobody can tell whether {format_amount(budget)} will do", style="red")
        raise typer.Exit(NOT_TRUSTWORTHY)
    judgement = judge(prediction.cost_usd, prediction.outcomes_usd, budget)
    kept = judgement.keeps(risk)
    more = "" if kept or risk is None else f", more than --risk {risk:g} accepts"
    say(judgement.words(format_amount(budget)) + more, style="green" if kept else "red")
    if not kept:
        raise typer.Exit(OVER_BUDGET)


def _judged(prediction: Prediction, budget: float | None, risk: float | None) -> dict[str, object]:
    """Return the budget's part of the JSON output; nothing is known of one where past runs cannot tell the cost."""
    if budget is None:
        return {}
    if prediction.beyond_evidence:
        return {"budget_usd": budget, "verdict": None, "within_budget": None, "share_above_budget": None}
    judgement = judge(prediction.cost_usd, prediction.outcomes_usd, budget)
    return {
        "budget_usd": budget,
        "verdict": judgement.verdict,
        "within_budget": judgement.keeps(risk),
        "share_above_budget": judgement.share,
    }


def check_risk(risk: float | None, budget: float | None) -> None:
    """Raise a usage error for a risk of nothing."""
    if risk is not None and budget is None:
        raise typer.BadParameter("--risk is about a budget: give --budget too")


def check_interval(percent: int) -> None:
    """Raise a usage error for a coverage that the API does not answer with."""
    if percent not in (80, 90):
        raise typer.BadParameter("--interval must be 80 or 90")


def interval_of(intervals: list[Interval], percent: int) -> Interval:
    """Return the interval with this coverage."""
    return next(interval for interval in intervals if round(interval.coverage * 100) == percent)


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
        "beyond_evidence": prediction.beyond_evidence is not None,
        "warnings": " ".join(warning.code for warning in prediction.warnings),
        "model_version": prediction.model.version,
        "prediction_id": prediction.prediction_id,
    }


def _warnings(prediction: Prediction) -> list[str]:
    """Return what to keep in mind; that a run is far from all past ones is said already where they cannot tell."""
    said = {"outside_training_range"} if prediction.beyond_evidence else set()
    return [warning.message for warning in prediction.warnings if warning.code not in said]


def print_prediction(prediction: Prediction, percent: int, *, anyway: bool) -> None:
    """Print an answer for a person to read."""
    interval, model = interval_of(prediction.intervals, percent), prediction.model
    beyond = prediction.beyond_evidence
    if beyond:
        _print_beyond(beyond, percent)
    if anyway or not beyond:
        rough = "Not to be relied on: about" if beyond else "About"
        print_line(f"{rough} {format_usd(prediction.cost_usd)}", style="dim" if beyond else "bold")
        print_line(f"{percent // 10} in 10 runs like this cost {between(interval)}.", style="dim" if beyond else "")
    else:
        print_line("--anyway shows the figure all the same.", style="dim")
    for warning in _warnings(prediction):
        print_line(f"Warning: {warning}", style="yellow")
    if prediction.explanation and not beyond:
        print_line("\nWhy this estimate")
        effects = format_amounts([abs(each.effect_usd) for each in prediction.explanation])
        rows = [
            (each.factor, f"{'-' if each.effect_usd < 0 else '+'}{effect}", each.note)
            for each, effect in zip(prediction.explanation, effects, strict=True)
        ]
        print_table(["Factor", "Effect", "Note"], rows, right=["Effect"])
    if prediction.similar_runs:
        costs = format_amounts([run.cost_usd for run in prediction.similar_runs])
        print_line("\nSimilar past runs")
        print_table(
            ["Run", "Input", "Output", "Cost", "Completed"],
            [
                (
                    run.run_id,
                    format_size(run.input_bytes),
                    "" if run.output_bytes is None else format_size(run.output_bytes),
                    cost,
                    f"{run.completed_at:%Y-%m-%d}",
                )
                for run, cost in zip(prediction.similar_runs, costs, strict=True)
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


def _print_beyond(beyond: BeyondEvidence, percent: int) -> None:
    """Say what past runs cannot tell, what they can, and what would help."""
    print_line(beyond.message, style="bold")
    if beyond.edge:
        interval = interval_of(beyond.edge.intervals, percent)
        print_line(
            f"At {format_size(beyond.edge.input_bytes)}, as far as they reach, it costs about "
            f"{format_usd(beyond.edge.cost_usd)}, {percent // 10} times in 10 {between(interval)}."
        )
    print_line(beyond.advice)


def between(interval: Interval) -> str:
    """Return the bounds of an interval in words."""
    return "between {} and {}".format(*format_range(interval.low_usd, interval.high_usd))
