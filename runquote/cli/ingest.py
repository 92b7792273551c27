"""`runquote ingest`: bring in what past runs cost, from where it was written down."""

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from runquote.cli import session as options
from runquote.cli.output import Format, print_csv, print_json, print_line, say, stderr
from runquote.cli.session import FAILURE, CommandError, Commands, FormatOption, ParameterOption, Session, usage
from runquote.errors import RunquoteError
from runquote.ingestion import Ingestion, Summary
from runquote.pricing import PriceError, price_book
from runquote.readers import batch, cromwell, healthomics, nextflow, parquet, snakemake
from runquote.readers import csv as csv_reader
from runquote.readers import json as json_reader
from runquote.readers.base import Known, ReaderError, Rejected, Row
from runquote.readers.files import need_columns, opened, readable, table
from runquote.sizes import counted

ingest = typer.Typer(cls=Commands, no_args_is_help=True, help="Record past runs, so that models can learn from them.")

Rows = Iterator[Row | Rejected]


class Cached(StrEnum):
    """What to do about tasks that came from Nextflow's cache."""

    PAID = "paid"
    FULL = "full"
    SKIP = "skip"


def _since(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is no date: write it like 2026-01-31 or 2026-01-31T12:00Z") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


SourceArgument = Annotated[Path, typer.Argument(help="A file, or a folder of them.")]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Read and check everything, send nothing.")]
SinceOption = Annotated[
    datetime | None,
    typer.Option(parser=usage(_since), metavar="DATE", help="Leave out runs that ended before this, in UTC."),
]
RejectedOption = Annotated[Path, typer.Option(help="Where rejected rows go, with reasons, as JSON Lines.")]
WorkflowOption = Annotated[str | None, typer.Option(help="Name of the workflow that ran.")]
InputOption = Annotated[
    int | None,
    typer.Option("--input", parser=usage(options.input_size), metavar="SIZE", help="Input size of every run."),
]
OutputOption = Annotated[
    int | None, typer.Option("--output", parser=usage(options.size), metavar="SIZE", help="Output size of every run.")
]
SizesOption = Annotated[
    Path | None,
    typer.Option(
        help="CSV run_id,input_size,output_size, or file in place of run_id: what the engine did not write down."
    ),
]
RateOption = Annotated[str, typer.Option(help="Rate in the price book: fargate, fargate-arm, m5, c5, r5, m6i …")]
SpotOption = Annotated[bool, typer.Option("--spot", help="The runs used spot capacity.")]
PricesOption = Annotated[Path | None, typer.Option(help="A price book of your own, as JSON.")]
TagOption = Annotated[list[str] | None, typer.Option("--tag", metavar="NAME=VALUE", help="A tag for every run.")]
REJECTED = Path("rejected.jsonl")


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


def known_of(  # noqa: PLR0913, PLR0917 - one for each option
    workflow: str | None,
    input_bytes: int | None,
    output_bytes: int | None,
    sizes: Path | None,
    rate: str,
    spot: bool,
    prices: Path | None,
    param: list[str] | None,
    tag: list[str] | None,
) -> Known:
    """Read what the options say of every run."""
    try:
        book = price_book(prices)
    except PriceError as error:
        raise CommandError(str(error)) from None
    if rate not in book.rates:
        raise typer.BadParameter(f"--rate must be one of {', '.join(book.rates)}")
    return Known(
        workflow_name=workflow,
        input_bytes=input_bytes,
        output_bytes=output_bytes,
        sizes=_sizes(sizes) if sizes else {},
        prices=book,
        rate=rate,
        spot=spot,
        parameters=usage(options.parameters)(param),
        tags=usage(options.pairs)(tag),
    )


def _sizes(path: Path) -> dict[str, tuple[int, int | None]]:
    """Read run_id,input_size,output_size, or `file` in place of `run_id`; sizes are texts like 120 GB."""
    sizes = {}
    with readable(path, "a CSV file"), opened(path) as file:
        rows = table(file)
        by_file = "file" in (rows.fieldnames or [])
        need_columns(path, rows.fieldnames, "file" if by_file else "run_id", "input_size")
        for row in rows:
            run = str(Path(row["file"] or "")) if by_file else row["run_id"]
            try:
                output = options.size(row["output_size"]) if row.get("output_size") else None
                sizes[run] = (options.input_size(row["input_size"] or ""), output)
            except ValueError as error:
                raise CommandError(f"{path}: line {rows.line_num}: {error}") from None
    return sizes


def record(  # noqa: PLR0913, PLR0917 - one for each shared option
    context: typer.Context,
    rows: Rows,
    dry_run: bool,
    since: datetime | None,
    rejected: Path,
    format: Format,
    found: Mapping[str, object] | None = None,
) -> None:
    """Send what a reader yields, write what was rejected, and print the account. Fails if anything was rejected."""
    session: Session = context.obj
    with nullcontext() if dry_run else session.client() as client:
        ingestion = Ingestion(client, since)
        try:
            with _progress(rows, ingestion.summary) as seen:
                first = _write_rejected(rejected, ingestion.run(seen))
        except (ReaderError, RunquoteError, KeyboardInterrupt):
            _print(ingestion.summary, format, dry_run, found)  # started again, it goes on from there
            raise
    _print(ingestion.summary, format, dry_run, found)
    for note, count in ingestion.summary.notes.most_common(5):
        say(f"Note: {note}" + (f" ({count} runs)" if count > 1 else ""), style="yellow")
    if ingestion.summary.rejected:
        say(f"First rejected: {first}", style="red")
        say(f"{counted(ingestion.summary.rejected, 'rejected row')} in {rejected}, with reasons", style="red")
        raise typer.Exit(FAILURE)


def _write_rejected(path: Path, rejected: Iterator[tuple[Rejected, dict[str, Any] | None]]) -> str:
    """Write rejected rows; the file appears with the first. Return that one in words."""
    first = ""
    file = None
    try:
        for row, run in rejected:
            file = file or path.open("w")
            first = first or f"{row.place}: {row.reason}"
            line = {"place": row.place, "run_id": row.run_id, "reason": row.reason, "run": run}
            file.write(json.dumps(line) + "\n")
    finally:
        if file:
            file.close()
    return first


@contextmanager
def _progress(rows: Rows, summary: Summary) -> Iterator[Rows]:
    """Count rows as they go by, where somebody looks."""
    if not sys.stderr.isatty():
        yield rows
        return
    columns = (SpinnerColumn(), TextColumn("{task.completed} rows read, {task.fields[sent]} sent"), TimeElapsedColumn())
    with Progress(*columns, console=stderr(), transient=True) as progress:
        task = progress.add_task("", total=None, sent=0)

        def seen() -> Rows:
            for row in rows:
                progress.update(task, advance=1, sent=summary.accepted + summary.unchanged)
                yield row

        yield seen()


def _print(summary: Summary, format: Format, dry_run: bool, found: Mapping[str, object] | None) -> None:
    counts = {
        "read": summary.read,
        **({"valid": summary.valid} if dry_run else {"accepted": summary.accepted, "unchanged": summary.unchanged}),
        "too_old": summary.too_old,
        "rejected": summary.rejected,
    }
    if format is Format.JSON:
        print_json(dry_run=dry_run, **counts, **(found or {}))
    elif format is Format.CSV:
        print_csv([counts])
    else:
        ended = f"{summary.valid} valid (dry run)" if dry_run else f"{summary.accepted} recorded"
        known = "" if dry_run else f", {summary.unchanged} already there"
        print_line(f"{summary.read} read: {ended}{known}, {summary.too_old} too old, {summary.rejected} rejected")
