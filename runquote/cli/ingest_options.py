"""The options that the commands of `runquote ingest` share, and what they say of every run."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from runquote.cli import session as options
from runquote.cli.session import CommandError, ParameterOption, usage
from runquote.columns import Given
from runquote.pricing import PriceError, price_book
from runquote.readers.base import Known
from runquote.readers.files import need_columns, opened, readable, table


def _since(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is no date: write it like 2026-01-31 or 2026-01-31T12:00Z") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


SourceArgument = Annotated[Path, typer.Argument(help="A file, or a folder of them.")]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Read and check everything, send nothing.")]
ExplainOption = Annotated[
    bool, typer.Option("--explain-cost", help="Show what every task was priced by; best with --dry-run.")
]
FinalOption = Annotated[bool, typer.Option("--final", help="The pipeline has ended, although files are quite new.")]
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
ColumnOption = Annotated[
    list[str] | None,
    typer.Option("--column", metavar="MEMBER=COLUMN", help="Which column says what, like cost_usd=Price; repeat."),
]
SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="MEMBER=VALUE", help="What rows say that have no such cell, like status=SUCCEEDED."),
]
REJECTED = Path("rejected.jsonl")


def given_of(workflow: str | None, column: list[str] | None, value: list[str] | None) -> Given:
    """Read what the options say of a table's columns, and of rows that lack a cell."""
    named = {"workflow_name": workflow} if workflow else {}
    return Given(usage(options.pairs)(column), {**named, **usage(options.pairs)(value)})


def known_of(  # noqa: PLR0913, PLR0917 - one for each option
    workflow: WorkflowOption = None,
    input_bytes: InputOption = None,
    output_bytes: OutputOption = None,
    sizes: SizesOption = None,
    rate: RateOption = "fargate",
    spot: SpotOption = False,
    prices: PricesOption = None,
    param: ParameterOption = None,
    tag: TagOption = None,
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
