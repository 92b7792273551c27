"""`runquote curve` and `models`: what is known about workflows and their models."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from contract.judgement import coverage_problem
from contract.sizes import format_size
from contract.workflows import WorkflowSummary
from runquote import plots
from runquote.cli.output import Format, print_csv, print_json, print_line, print_table, say, stdout
from runquote.cli.predict import check_interval, interval_of
from runquote.cli.session import WORKFLOW, CommandError, Commands, FormatOption, IntervalOption, Session
from runquote.sizes import counted

WorkflowArgument = Annotated[str, WORKFLOW]
models = typer.Typer(cls=Commands, no_args_is_help=True, help="The models that answer, and every version of them.")

_NARROWEST, _WIDEST = 44, 80
"""Columns of a curve in the terminal."""


def curve(
    context: typer.Context,
    workflow: WorkflowArgument,
    plot: Annotated[Path | None, typer.Option(help="Write the curve to this .svg or .png file.")] = None,
    interval: IntervalOption = 80,
    format: FormatOption = Format.TABLE,
) -> None:
    """Draw cost against input size, with the band in which most runs lie and past runs as dots."""
    check_interval(interval)
    if plot and plot.suffix not in (".svg", ".png"):
        raise typer.BadParameter("--plot must name an .svg or .png file")
    session: Session = context.obj
    with session.client() as client:
        detail = client.workflow(workflow)
    if not detail.curve:
        raise CommandError(f"There is no model of {workflow} yet, so there is no curve")
    drawn = plots.curve_of(detail, interval)
    if plot:
        _write(plot, plots.svg(drawn, interval))
    if format is Format.JSON:
        points = [point.model_dump(mode="json") for point in detail.curve]
        runs = [run.model_dump(mode="json") for run in detail.recent_runs]
        print_json(workflow_name=workflow, curve=points, recent_runs=runs)
    elif format is Format.CSV:
        print_csv(
            [
                {
                    "input_bytes": point.input_bytes,
                    "cost_usd": point.cost_usd,
                    "coverage": interval / 100,
                    "low_usd": interval_of(point.intervals, interval).low_usd,
                    "high_usd": interval_of(point.intervals, interval).high_usd,
                    "extrapolated": point.extrapolated,
                }
                for point in detail.curve
            ]
        )
    elif not plot:
        print_line(plots.text(drawn, width=max(_NARROWEST, min(_WIDEST, stdout().width))))


def _write(plot: Path, document: str) -> None:
    try:
        plot.write_bytes(document.encode() if plot.suffix == ".svg" else plots.png(document))
    except plots.PlotError as error:
        raise CommandError(str(error)) from None
    say(f"Wrote {plot}")


@models.command("list")
def list_(
    context: typer.Context,
    retired: Annotated[bool, typer.Option("--retired", help="List those that are retired, too.")] = False,
    format: FormatOption = Format.TABLE,
) -> None:
    """List workflows and the models in service."""
    session: Session = context.obj
    with session.client() as client:
        summaries = client.workflows(retired=retired)
    if format is Format.JSON:
        print_json(workflows=[summary.model_dump(mode="json") for summary in summaries])
    elif format is Format.CSV:
        print_csv([summary_row(summary) for summary in summaries])
    elif not summaries:
        say("No runs have been recorded yet: start with `runquote ingest`")
    else:
        print_table(
            ["Workflow", "Runs", "Model", "Trained", "Median error", "Input sizes"],
            [
                (
                    f"{each.workflow_name} (made up)" if each.made_up else each.workflow_name,
                    each.runs,
                    _model(each),
                    f"{each.trained_at:%Y-%m-%d}" if each.trained_at else "",
                    f"{each.metrics.median_ape:.0%}" if each.metrics else "",
                    " to ".join(map(format_size, each.input_bytes_range)) if each.input_bytes_range else "",
                )
                for each in summaries
            ],
            right=["Runs", "Median error"],
        )
        say_cautions(summaries)


def _model(summary: WorkflowSummary) -> object:
    if summary.retired_at is not None:
        return f"retired {summary.retired_at:%Y-%m-%d}"
    return "none yet" if summary.model_version is None else summary.model_version


@models.command("retire")
def retire(
    context: typer.Context,
    workflow: WorkflowArgument,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Retire a workflow: its model and what serves it go, its history stays.

    It is trained and listed no more, and nothing answers for it. A new run of it, or `runquote train` with its name,
    brings it back.
    """
    if not yes:
        typer.confirm(f"Retire {workflow}? Nothing will answer for it", abort=True, err=True)
    session: Session = context.obj
    with session.client() as client:
        answer = client.retire(workflow)
    say(f"{answer.workflow_name} is retired; its history stays ({counted(answer.runs, 'run')})")


@models.command("show")
def show(
    context: typer.Context,
    workflow: WorkflowArgument,
    format: FormatOption = Format.TABLE,
) -> None:
    """Show every version of a workflow's model, and why it was promoted or rejected."""
    session: Session = context.obj
    with session.client() as client:
        detail = client.workflow(workflow)
    if format is Format.JSON:
        print_json(
            workflow_name=workflow,
            model_versions=[version.model_dump(mode="json") for version in detail.model_versions],
            last_retraining=detail.last_retraining and detail.last_retraining.model_dump(mode="json"),
        )
        return
    rows = [
        {
            "version": version.version,
            "status": version.status,
            "created_at": f"{version.created_at:%Y-%m-%dT%H:%M:%SZ}",
            "runs": version.runs if version.runs is not None else "",
            "median_ape": version.metrics.median_ape if version.metrics else "",
            "coverage_80": version.metrics.coverage_80 if version.metrics else "",
            "reason": version.reason or "",
        }
        for version in detail.model_versions
    ]
    if format is Format.CSV:
        print_csv(rows)
        return
    print_table(
        ["Version", "Status", "Created", "Runs", "Median error", "Coverage of 80 %", "Reason"],
        [
            (
                *(row[name] for name in ("version", "status", "created_at", "runs")),
                percent(row["median_ape"]),
                percent(row["coverage_80"]),
                row["reason"],
            )
            for row in rows
        ],
        right=["Runs", "Median error", "Coverage of 80 %"],
    )
    say_cautions([detail])
    if detail.last_retraining:
        last = detail.last_retraining
        say(f"Last retraining ended {last.ended_at:%Y-%m-%d %H:%M} UTC as {last.outcome}: {last.reason}", style="dim")


def say_cautions(summaries: Sequence[WorkflowSummary]) -> None:
    """Say which models are guesses, and whose intervals held far less often than promised."""
    for each in summaries:
        if each.model_kind == "guess":
            say(f"{each.workflow_name}: no model is better than a guess, the median of past costs", style="yellow")
        if each.metrics:
            problem = coverage_problem(each.metrics.coverage_80, each.metrics.coverage_90, each.evaluated_runs)
            if problem:
                say(f"{each.workflow_name}: {problem}", style="yellow")


def summary_row(summary: WorkflowSummary) -> dict[str, object]:
    """Return a workflow and the quality of its model as one row of a CSV file."""
    metrics = summary.metrics.model_dump() if summary.metrics else {}
    low, high = summary.input_bytes_range or ("", "")
    return {
        "workflow_name": summary.workflow_name,
        "runs": summary.runs,
        "model_version": "" if summary.model_version is None else summary.model_version,
        "trained_at": f"{summary.trained_at:%Y-%m-%dT%H:%M:%SZ}" if summary.trained_at else "",
        **{name: metrics.get(name, "") for name in ("median_ape", "coverage_80", "coverage_90", "width_80")},
        "smallest_input_bytes": low,
        "largest_input_bytes": high,
    }


def percent(share: object) -> str:
    """Return a share as people read it, and nothing for what is none."""
    return f"{share:.0%}" if isinstance(share, float) else ""
