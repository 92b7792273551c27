"""`runquote ingest cur`: give runs the cost that an AWS cost report has for them."""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from contract.runs import Run
from runquote.billing import billed
from runquote.cli.output import say, stderr
from runquote.cli.recording import Rows, record
from runquote.cli.session import Session
from runquote.client import Client
from runquote.readers import batch, cromwell, cur, healthomics, nextflow, parquet, snakemake
from runquote.readers import csv as csv_reader
from runquote.readers import json as json_reader
from runquote.readers.base import Known, Row
from runquote.sizes import counted, dollars


class Source(StrEnum):
    """Where runs may come from."""

    CSV = "csv"
    JSON = "json"
    PARQUET = "parquet"
    NEXTFLOW = "nextflow"
    SNAKEMAKE = "snakemake"
    CROMWELL = "cromwell"
    HEALTHOMICS = "healthomics"
    BATCH = "batch"


_COST = ("cost_usd", "cost_source")
_READERS: dict[Source, Callable[[Path, Known, str], Rows]] = {
    Source.CSV: lambda path, _, __: csv_reader.read(path, _COST),
    Source.JSON: lambda path, _, __: json_reader.read(path),
    Source.PARQUET: lambda path, _, __: parquet.read(path, _COST),
    Source.NEXTFLOW: lambda path, known, _: nextflow.read(path, known),
    Source.SNAKEMAKE: lambda path, known, _: snakemake.read(path, known),
    Source.CROMWELL: lambda path, known, _: cromwell.read(path, known),
    Source.HEALTHOMICS: lambda path, known, _: healthomics.read(path, known),
    Source.BATCH: lambda path, known, tag: batch.read(path, known, tag=tag),
}
"""Each reads a path, with what is known of all runs and the tag that names a run."""


class Measure(StrEnum):
    """Which cost of a report counts."""

    EFFECTIVE = "effective"
    BILLED = "billed"


def ingest_cur(  # noqa: PLR0913, PLR0917 - one for each option of its own
    context: typer.Context,
    source: Annotated[Path, typer.Argument(help="A report's file, its manifest, or a folder of either.")],
    tag: Annotated[str, typer.Option("--tag", metavar="KEY", help="The resource tag whose value names the run.")],
    cost: Annotated[
        Measure, typer.Option(help="With commitments spread over what used them, or as the invoice has it.")
    ] = Measure.EFFECTIVE,
    settled: Annotated[
        float,
        typer.Option(min=0, max=10_000, metavar="HOURS", help="Leave out runs that ended so short before the report."),
    ] = 24.0,
    runs: Annotated[
        Path | None, typer.Option(help="Take the runs from here, rather than those that are recorded.")
    ] = None,
    runs_from: Annotated[Source, typer.Option(help="What wrote --runs.")] = Source.CSV,
    *,
    known: Known,
    recording: Mapping[str, Any],
) -> None:
    """Give runs the cost that an AWS cost report has for them: CUR 2.0, legacy CUR or FOCUS."""
    session: Session = context.obj
    with _spinner("Reading the cost report") as on_file:
        report = cur.read(source, tag, cost.value, on_file)
    with nullcontext() if runs else session.client() as client:
        taken = _READERS[runs_from](runs, known, tag) if runs else _recorded(client, known.workflow_name, report)
        rows = billed(report, taken, settled=timedelta(hours=settled), recorded=runs is None)
        record(context, rows, **recording, found=_account(report))


def _recorded(client: Client | None, workflow: str | None, report: cur.Report) -> Rows:
    """Yield the runs that are recorded and may be in a report, as they are sent: without what became of them since."""
    assert client is not None  # noqa: S101 - where no source of runs was given, there is a client
    names = [workflow] if workflow else [each.workflow_name for each in client.workflows(retired=True)]
    for name in names:
        for run in client.runs(name, completed_from=report.begins):
            if not run.withdrawn:
                sent = run.model_dump(mode="json", exclude_none=True, include=set(Run.model_fields))
                yield Row(f"run {run.run_id} of {name}", sent)


def _account(report: cur.Report) -> dict[str, object]:
    """Say what is in a report that names no run, and return what was found in figures."""
    tagged = report.lines - report.untagged.lines - report.left_out.lines
    found = f"{counted(tagged, 'line')} of usage in {counted(len(report.bills), 'bill')} by tag {report.tag}"
    say(f"The report has {counted(report.lines, 'line')}: {found}")
    untagged = f"{counted(report.untagged.lines, 'line')} without the tag ({dollars(report.untagged.usd)})"
    others = f"{report.left_out.lines:,} of credits, refunds, taxes and fees ({dollars(report.left_out.usd)})"
    say(f"Left out: {untagged}, {others}")
    if report.split:
        say(f"Left out too: {counted(report.split, 'line')} of machines whose cost is split among their containers")
    return {
        "report": {
            "lines": report.lines,
            "tagged_lines": tagged,
            "bills": len(report.bills),
            "untagged_lines": report.untagged.lines,
            "untagged_usd": float(report.untagged.usd),
            "left_out_lines": report.left_out.lines,
            "left_out_usd": float(report.left_out.usd),
            "split_machine_lines": report.split,
            "notes": list(report.notes),
        }
    }


@contextmanager
def _spinner(text: str) -> Iterator[Callable[[Path], None] | None]:
    """Count the files of a report as they are read, where somebody looks."""
    if not sys.stderr.isatty():
        yield None
        return
    columns = (SpinnerColumn(), TextColumn(text + ": {task.completed} files read"), TimeElapsedColumn())
    with Progress(*columns, console=stderr(), transient=True) as progress:
        task = progress.add_task("", total=None)
        yield lambda _: progress.update(task, advance=1)
