"""`runquote ingest`: bring in what past runs cost, from where it was written down."""

from enum import StrEnum
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer

from runquote.cli.ingest_options import (
    REJECTED,
    DryRunOption,
    InputOption,
    OutputOption,
    PricesOption,
    RateOption,
    RejectedOption,
    SinceOption,
    SizesOption,
    SourceArgument,
    SpotOption,
    TagOption,
    WorkflowOption,
    known_of,
)
from runquote.cli.output import Format
from runquote.cli.recording import record
from runquote.cli.session import Commands, FormatOption, ParameterOption
from runquote.readers import batch, cromwell, healthomics, nextflow, parquet, snakemake
from runquote.readers import csv as csv_reader
from runquote.readers import json as json_reader

ingest = typer.Typer(cls=Commands, no_args_is_help=True, help="Record past runs, so that models can learn from them.")


class Cached(StrEnum):
    """What to do about tasks that came from Nextflow's cache."""

    PAID = "paid"
    FULL = "full"
    SKIP = "skip"


@ingest.command("csv")
def ingest_csv(  # noqa: PLR0913, PLR0917 - one for each option
    context: typer.Context,
    source: SourceArgument,
    dry_run: DryRunOption = False,
    since: SinceOption = None,
    rejected: RejectedOption = REJECTED,
    format: FormatOption = Format.TABLE,
) -> None:
    """Record runs from CSV whose columns are the members of a run."""
    record(context, csv_reader.read(source), dry_run, since, rejected, format)


@ingest.command("json")
def ingest_json(  # noqa: PLR0913, PLR0917 - one for each option
    context: typer.Context,
    source: SourceArgument,
    dry_run: DryRunOption = False,
    since: SinceOption = None,
    rejected: RejectedOption = REJECTED,
    format: FormatOption = Format.TABLE,
) -> None:
    """Record runs from JSON or JSON Lines."""
    record(context, json_reader.read(source), dry_run, since, rejected, format)


@ingest.command("parquet")
def ingest_parquet(  # noqa: PLR0913, PLR0917 - one for each option
    context: typer.Context,
    source: SourceArgument,
    dry_run: DryRunOption = False,
    since: SinceOption = None,
    rejected: RejectedOption = REJECTED,
    format: FormatOption = Format.TABLE,
) -> None:
    """Record runs from Parquet whose columns are the members of a run."""
    record(context, parquet.read(source), dry_run, since, rejected, format)


@ingest.command("nextflow")
def ingest_nextflow(  # noqa: PLR0913, PLR0917 - one for each option
    context: typer.Context,
    source: SourceArgument,
    workflow: WorkflowOption = None,
    input_bytes: InputOption = None,
    output_bytes: OutputOption = None,
    sizes: SizesOption = None,
    rate: RateOption = "fargate",
    spot: SpotOption = False,
    prices: PricesOption = None,
    param: ParameterOption = None,
    tag: TagOption = None,
    per_tag: Annotated[bool, typer.Option("--per-tag", help="One run for each tag, such as a sample.")] = False,
    cached: Annotated[
        Cached, typer.Option(help="Tasks from the cache: leave their cost out, count it, or skip such runs.")
    ] = Cached.PAID,
    timezone: Annotated[str, typer.Option(help="Where Nextflow ran, like Europe/Zurich: traces have no zone.")] = "UTC",
    dry_run: DryRunOption = False,
    since: SinceOption = None,
    rejected: RejectedOption = REJECTED,
    format: FormatOption = Format.TABLE,
) -> None:
    """Record one run for each Nextflow trace file; costs are estimated from the price book."""
    known = known_of(workflow, input_bytes, output_bytes, sizes, rate, spot, prices, param, tag)
    try:
        zone = ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError):
        raise typer.BadParameter(f"{timezone!r} is no time zone") from None
    rows = nextflow.read(source, known, per_tag=per_tag, cached=cached.value, zone=zone)
    record(context, rows, dry_run, since, rejected, format)


@ingest.command("snakemake")
def ingest_snakemake(  # noqa: PLR0913, PLR0917 - one for each option
    context: typer.Context,
    source: SourceArgument,
    workflow: WorkflowOption = None,
    input_bytes: InputOption = None,
    output_bytes: OutputOption = None,
    sizes: SizesOption = None,
    rate: RateOption = "fargate",
    spot: SpotOption = False,
    prices: PricesOption = None,
    param: ParameterOption = None,
    tag: TagOption = None,
    per_folder: Annotated[bool, typer.Option("--per-folder", help="One run for each folder in SOURCE.")] = False,
    dry_run: DryRunOption = False,
    since: SinceOption = None,
    rejected: RejectedOption = REJECTED,
    format: FormatOption = Format.TABLE,
) -> None:
    """Record a run from a folder of Snakemake benchmark files; costs are estimated from the price book."""
    known = known_of(workflow, input_bytes, output_bytes, sizes, rate, spot, prices, param, tag)
    record(context, snakemake.read(source, known, per_folder=per_folder), dry_run, since, rejected, format)


@ingest.command("cromwell")
def ingest_cromwell(  # noqa: PLR0913, PLR0917 - one for each option
    context: typer.Context,
    source: SourceArgument,
    workflow: WorkflowOption = None,
    input_bytes: InputOption = None,
    output_bytes: OutputOption = None,
    sizes: SizesOption = None,
    rate: RateOption = "fargate",
    spot: SpotOption = False,
    prices: PricesOption = None,
    param: ParameterOption = None,
    tag: TagOption = None,
    dry_run: DryRunOption = False,
    since: SinceOption = None,
    rejected: RejectedOption = REJECTED,
    format: FormatOption = Format.TABLE,
) -> None:
    """Record one run for each Cromwell metadata file; costs are estimated from the price book."""
    known = known_of(workflow, input_bytes, output_bytes, sizes, rate, spot, prices, param, tag)
    record(context, cromwell.read(source, known), dry_run, since, rejected, format)


@ingest.command("healthomics")
def ingest_healthomics(  # noqa: PLR0913, PLR0917 - one for each option
    context: typer.Context,
    source: SourceArgument,
    workflow: WorkflowOption = None,
    input_bytes: InputOption = None,
    output_bytes: OutputOption = None,
    sizes: SizesOption = None,
    prices: PricesOption = None,
    param: ParameterOption = None,
    tag: TagOption = None,
    dry_run: DryRunOption = False,
    since: SinceOption = None,
    rejected: RejectedOption = REJECTED,
    format: FormatOption = Format.TABLE,
) -> None:
    """Record runs from AWS HealthOmics manifests or Run Analyzer CSV files, at list price."""
    known = known_of(workflow, input_bytes, output_bytes, sizes, "fargate", False, prices, param, tag)
    record(context, healthomics.read(source, known), dry_run, since, rejected, format)


@ingest.command("batch")
def ingest_batch(  # noqa: PLR0913, PLR0917 - one for each option
    context: typer.Context,
    source: SourceArgument,
    workflow: WorkflowOption = None,
    input_bytes: InputOption = None,
    output_bytes: OutputOption = None,
    sizes: SizesOption = None,
    rate: RateOption = "m5",
    spot: SpotOption = False,
    prices: PricesOption = None,
    param: ParameterOption = None,
    tag: TagOption = None,
    by_tag: Annotated[
        str | None,
        typer.Option("--by-tag", metavar="KEY", help="One run for each value of this tag, not each job name."),
    ] = None,
    per_job: Annotated[bool, typer.Option("--per-job", help="One run for each job; an array is one.")] = False,
    dry_run: DryRunOption = False,
    since: SinceOption = None,
    rejected: RejectedOption = REJECTED,
    format: FormatOption = Format.TABLE,
) -> None:
    """Record runs from AWS Batch job descriptions; costs are estimated from the price book."""
    if by_tag and per_job:
        raise typer.BadParameter("--by-tag and --per-job exclude each other")
    known = known_of(workflow, input_bytes, output_bytes, sizes, rate, spot, prices, param, tag)
    record(context, batch.read(source, known, tag=by_tag, per_job=per_job), dry_run, since, rejected, format)
