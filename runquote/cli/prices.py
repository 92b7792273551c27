"""`runquote prices`: what estimated costs are made of, and where each price is from."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from runquote.cli.output import Format, print_csv, print_json, print_table, say
from runquote.cli.session import CommandError, FormatOption
from runquote.pricing import PriceBook, PriceError, price_book

COLUMNS = ("name", "unit", "usd", "as_of", "source")


def prices(
    name: Annotated[str, typer.Argument(help="Show only prices whose name contains this, like m6i or fargate.")] = "",
    prices: Annotated[Path | None, typer.Option(help="A price book of your own, in the form of the one shown.")] = None,
    format: FormatOption = Format.TABLE,
) -> None:
    """Show the price book: list prices with their sources, by which runs without a bill are priced."""
    try:
        book = price_book(prices)
    except PriceError as error:
        raise CommandError(str(error)) from None
    rows = [dict(zip(COLUMNS, row, strict=True)) for row in _rows(book) if name.lower() in str(row[0])]
    if not rows:
        raise CommandError(
            f"The price book has no price whose name contains {name!r}: `runquote prices` shows them all"
        )
    if format is Format.JSON:
        print_json(price_book=book.version, region=book.region, note=book.note, prices=rows)
    elif format is Format.CSV:
        print_csv(rows)
    else:
        print_table(("Name", "Unit", "USD", "As of", "Source"), [tuple(row.values()) for row in rows], right=("USD",))
        say(f"Price book {book.version}, {book.region}. {book.note}", style="dim")


def _rows(book: PriceBook) -> Iterator[tuple[str, str, float, str, str]]:
    for name, rate in book.rates.items():
        kept = f"vCPU hour with {rate.gib_per_vcpu:g} GiB" if rate.gib_per_vcpu else "vCPU hour"
        yield name, kept, rate.vcpu_hour, rate.as_of, rate.source
        if rate.gib_hour:
            yield name, "GiB hour", rate.gib_hour, rate.as_of, rate.source
    spot, omics = book.spot, book.healthomics
    yield "spot", "share of on-demand", spot.share_of_on_demand, spot.as_of, spot.source
    for family, hourly in omics.vcpu_hour.items():
        yield f"healthomics omics.{family}", "vCPU hour", hourly, omics.as_of, omics.source
    storage = {"static": omics.static_storage_gib_hour, "dynamic": omics.dynamic_storage_gib_hour}
    for kind, hourly in storage.items():
        yield f"healthomics {kind} storage", "GiB hour", hourly, omics.as_of, omics.source
