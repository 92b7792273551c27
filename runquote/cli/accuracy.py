"""`runquote accuracy`: how far one may trust the models."""

from typing import Annotated

import typer

from contract.accuracy import AccuracyResponse
from contract.container import EvaluatedRun
from contract.judgement import coverage_words, is_far_below, judge_coverage
from contract.sizes import format_size
from contract.workflows import WorkflowSummary
from runquote.cli.output import Format, print_csv, print_json, print_line, print_table, say
from runquote.cli.session import FormatOption, Session, workflow_names
from runquote.cli.workflows import percent, say_cautions, summary_row
from runquote.sizes import format_usd

_EVALUATED_ON = {
    "holdout": "runs that were kept from training",
    "cross_validation": "runs, each predicted by a model trained on the others",
    "training_runs": "runs that it learned from, too few to keep any",
}


def accuracy(
    context: typer.Context,
    workflow: Annotated[
        str | None,
        typer.Argument(help="Show one workflow: by size, by month, worst misses.", autocompletion=workflow_names),
    ] = None,
    format: FormatOption = Format.TABLE,
) -> None:
    """Show how well the models in service did on runs that they had not seen."""
    session: Session = context.obj
    with session.client() as client:
        if workflow:
            _show(client.accuracy(workflow), format)
        else:
            _show_all([summary for summary in client.workflows() if summary.metrics], format)


def _show_all(measured: list[WorkflowSummary], format: Format) -> None:
    if format is Format.JSON:
        names = {"workflow_name", "model_version", "model_runs", "metrics", "estimated_share"}
        print_json(workflows=[summary.model_dump(mode="json", include=names) for summary in measured])
    elif format is Format.CSV:
        print_csv([summary_row(summary) for summary in measured])
    elif not measured:
        say("No model is in service yet")
    else:
        columns = ["Workflow", "Model", "Runs", "Median error", "Coverage of 80 %", "Coverage of 90 %", "Width of 80 %"]
        rows = []
        for each in measured:
            metrics = each.metrics.model_dump() if each.metrics else {}
            shares = [percent(metrics.get(name)) for name in ("median_ape", "coverage_80", "coverage_90", "width_80")]
            rows.append((each.workflow_name, each.model_version, each.model_runs, *shares))
        print_table(columns, rows, right=columns[1:])
        say_cautions(measured)


def _show(answer: AccuracyResponse, format: Format) -> None:
    if format is Format.JSON:
        print_json(**answer.model_dump(mode="json"))
    elif format is Format.CSV:
        print_csv([_point(each) for each in answer.points])
    else:
        _print(answer)
    if format is not Format.JSON and not answer.points:
        say("This model is of a version that did not keep each run's prediction; the next training does", style="dim")


def _print(answer: AccuracyResponse) -> None:
    print_line(
        f"Median error {percent(answer.metrics.median_ape)}, against {percent(answer.baseline.median_ape)} of always "
        "answering the median cost",
        style="bold",
    )
    print_line(f"Version {answer.model_version}, on {answer.evaluated_runs} {_EVALUATED_ON[answer.evaluated_on]}")
    for each in answer.coverage:
        kind = judge_coverage(each.coverage, each.measured, answer.evaluated_runs)
        words = coverage_words(kind, answer.evaluated_runs)
        print_line(
            f"{percent(each.measured)} of them lay in the {percent(each.coverage)} interval. {words}",
            style="yellow" if is_far_below(each.coverage, each.measured, answer.evaluated_runs) else "",
        )
    if answer.later:
        error, held = percent(answer.later.metrics.median_ape), percent(answer.later.metrics.coverage_90)
        since = f"The {answer.later.runs} runs since {answer.later.since:%Y-%m-%d}"
        print_line(f"{since}, from those before: median error {error}, {held} in the 90 % interval")
    if answer.slices:
        print_line("\nBy input size")
        sizes = [
            (" to ".join(map(format_size, each.input_bytes_range)), each.runs, percent(each.challenger_median_ape))
            for each in answer.slices
        ]
        print_table(["Input", "Runs", "Median error"], sizes, right=["Runs", "Median error"])
    if answer.months:
        print_line("\nBy month")
        months = [(each.month, each.runs, percent(each.median_ape)) for each in answer.months]
        print_table(["Month", "Runs", "Median error"], months, right=["Runs", "Median error"])
    if answer.worst_misses:
        print_line("\nWorst misses")
        columns = ["Run", "Input", "Predicted", "Cost", "Completed"]
        print_table(columns, [_miss(each) for each in answer.worst_misses], right=columns[1:4])


def _miss(run: EvaluatedRun) -> tuple[str, ...]:
    amounts = (format_size(run.input_bytes), format_usd(run.predicted_usd), format_usd(run.cost_usd))
    return run.run_id, *amounts, f"{run.completed_at:%Y-%m-%d}"


def _point(run: EvaluatedRun) -> dict[str, object]:
    bounds = {
        f"{bound}_usd_{round(each.coverage * 100)}": value
        for each in run.intervals
        for bound, value in (("low", each.low_usd), ("high", each.high_usd))
    }
    return {
        "run_id": run.run_id,
        "completed_at": f"{run.completed_at:%Y-%m-%dT%H:%M:%SZ}",
        "input_bytes": run.input_bytes,
        "cost_usd": run.cost_usd,
        "predicted_usd": run.predicted_usd,
        **bounds,
    }
