"""`runquote ingest`: bring in what past runs cost, from where it was written down."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from functools import wraps
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer

from runquote.cli.ingest_options import (
    ColumnOption,
    FinalOption,
    SetOption,
    SourceArgument,
    WorkflowOption,
    given_of,
)
from runquote.cli.recording import Rows, record, with_shared
from runquote.cli.session import Commands
from runquote.readers import batch, cromwell, healthomics, nextflow, parquet, snakemake
from runquote.readers import csv as csv_reader
from runquote.readers import json as json_reader
from runquote.readers.base import Known

ingest = typer.Typer(cls=Commands, no_args_is_help=True, help="Record past runs, so that models can learn from them.")


class Cached(StrEnum):
    """What to do about tasks that came from Nextflow's cache."""

    PAID = "paid"
    FULL = "full"
    SKIP = "skip"


def _command(name: str, **shared: Any) -> Callable[..., Callable[..., None]]:  # noqa: ANN401 - as `with_shared` says
    """Make a command of a function that returns a source's rows: it gets the options that all commands have."""

    def decorate(read: Callable[..., Rows]) -> Callable[..., None]:
        @wraps(read)
        def command(context: typer.Context, recording: Mapping[str, Any], **asked: Any) -> None:  # noqa: ANN401 - its own
            record(context, read(**asked), **recording)

        return ingest.command(name)(with_shared(command, **shared))

    return decorate


@_command("csv")
def ingest_csv(
    source: SourceArgument, workflow: WorkflowOption = None, column: ColumnOption = None, set: SetOption = None
) -> Rows:
    """Record runs from CSV, also with columns of your own."""
    return csv_reader.read(source, given=given_of(workflow, column, set))


@_command("json")
def ingest_json(source: SourceArgument) -> Rows:
    """Record runs from JSON or JSON Lines."""
    return json_reader.read(source)


@_command("parquet")
def ingest_parquet(source: SourceArgument) -> Rows:
    """Record runs from Parquet whose columns are the members of a run."""
    return parquet.read(source)


@_command("nextflow")
def ingest_nextflow(  # noqa: PLR0913, PLR0917 - one for each option
    source: SourceArgument,
    known: Known,
    per_tag: Annotated[bool, typer.Option("--per-tag", help="One run for each tag, such as a sample.")] = False,
    cached: Annotated[
        Cached, typer.Option(help="Tasks from the cache: leave their cost out, count it, or skip such runs.")
    ] = Cached.PAID,
    timezone: Annotated[str, typer.Option(help="Where Nextflow ran, like Europe/Zurich: traces have no zone.")] = "UTC",
    final: FinalOption = False,
) -> Rows:
    """Record one run for each Nextflow trace file; costs are estimated from the price book."""
    try:
        zone = ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError):
        raise typer.BadParameter(f"{timezone!r} is no time zone") from None
    return nextflow.read(source, known, per_tag=per_tag, cached=cached.value, zone=zone, final=final)


@_command("snakemake")
def ingest_snakemake(
    source: SourceArgument,
    known: Known,
    per_folder: Annotated[bool, typer.Option("--per-folder", help="One run for each folder in SOURCE.")] = False,
    final: FinalOption = False,
) -> Rows:
    """Record a run from a folder of Snakemake benchmark files; costs are estimated from the price book."""
    return snakemake.read(source, known, per_folder=per_folder, final=final)


@_command("cromwell")
def ingest_cromwell(source: SourceArgument, known: Known) -> Rows:
    """Record one run for each Cromwell metadata file; costs are estimated from the price book."""
    return cromwell.read(source, known)


@_command("healthomics", without=("rate", "spot"))
def ingest_healthomics(source: SourceArgument, known: Known) -> Rows:
    """Record runs from AWS HealthOmics manifests or Run Analyzer CSV files, at list price."""
    return healthomics.read(source, known)


@_command("batch", rate="m5")
def ingest_batch(
    source: SourceArgument,
    known: Known,
    by_tag: Annotated[
        str | None,
        typer.Option("--by-tag", metavar="KEY", help="One run for each value of this tag, not each job name."),
    ] = None,
    per_job: Annotated[bool, typer.Option("--per-job", help="One run for each job; an array is one.")] = False,
) -> Rows:
    """Record runs from AWS Batch job descriptions; costs are estimated from the price book."""
    if by_tag and per_job:
        raise typer.BadParameter("--by-tag and --per-job exclude each other")
    return batch.read(source, known, tag=by_tag, per_job=per_job)
