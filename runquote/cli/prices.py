"""`runquote prices`: what estimated costs are made of, where each price is from, and how to get present ones."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from runquote.cli.output import Format, print_csv, print_json, print_table, say
from runquote.cli.session import CommandError, Commands, FormatOption
from runquote.pricing import PriceBook, PriceError, price_book

COLUMNS = ("name", "unit", "usd", "as_of", "source")


class _ShowByDefault(Commands):
    """`runquote prices m6i` is `runquote prices show m6i`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401 - as the class that it extends
        """Read the arguments, with `show` in front of what names no command."""
        named = bool(args) and args[0] in (*self.commands, "--help")
        return super().parse_args(ctx, args if named else ["show", *args])


prices = typer.Typer(cls=_ShowByDefault, help="Show the price book, or refresh it from AWS.")
BookOption = Annotated[Path | None, typer.Option("--prices", help="A price book of your own, in the form of ours.")]


@prices.command("show")
def show(
    name: Annotated[str, typer.Argument(help="Show only prices whose name contains this, like m6i or fargate.")] = "",
    book_file: BookOption = None,
    format: FormatOption = Format.TABLE,
) -> None:
    """Show list prices with their sources, by which runs without a bill are priced. `show` may be left out."""
    book = _book(book_file)
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


@prices.command("refresh")
def refresh(
    region: Annotated[str, typer.Option(help="Prices of this AWS region.")] = "us-east-1",
    out: Annotated[
        Path | None, typer.Option(help="The new file; else prices-REGION-DATE.json in this folder.", show_default=False)
    ] = None,
    book_file: BookOption = None,
    format: FormatOption = Format.TABLE,
) -> None:
    """Write a new price book with what AWS asks today, and show what changed.

    Asks the AWS Price List API (pricing:GetProducts) and, for spot, EC2 (ec2:DescribeSpotPriceHistory). No file is ever
    overwritten: `runquote ingest … --prices FILE` uses the new one.
    """
    from runquote import price_list

    before, today = _book(book_file), datetime.now(UTC).date()
    path = out or Path(f"prices-{region}-{today}.json")
    if path.exists():
        raise CommandError(f"{path} is there already: name another file with --out")
    try:
        refreshed = price_list.refresh(before, region, today)
    except PriceError as error:
        raise CommandError(str(error)) from None
    with path.open("x") as file:
        file.write(refreshed.book.model_dump_json(indent=2, exclude_none=True) + "\n")
    changes = list(_changes(before, refreshed.book))
    if format is Format.JSON:
        print_json(
            file=str(path), price_book=refreshed.book.version, region=region, kept=refreshed.kept, prices=changes
        )
    elif format is Format.CSV:
        print_csv(changes)
    else:
        cells = [(row["name"], row["unit"], row["usd_before"], row["usd"], _percent(row)) for row in changes]
        print_table(("Name", "Unit", "Before", "Now", "Change"), cells, right=("Before", "Now", "Change"))
    changed = sum(row["usd"] != row["usd_before"] for row in changes)
    say(f"Wrote {path}: {changed} of {len(changes)} prices differ from price book {before.version}, {before.region}")
    if refreshed.kept:
        say(f"AWS told no price for these, which stay as they were: {', '.join(refreshed.kept)}", style="yellow")


def _book(path: Path | None) -> PriceBook:
    try:
        return price_book(path)
    except PriceError as error:
        raise CommandError(str(error)) from None


def _changes(before: PriceBook, now: PriceBook) -> Iterator[dict[str, Any]]:
    old = {(name, unit): usd for name, unit, usd, *_ in _rows(before)}
    for name, unit, usd, *_ in _rows(now):
        yield {"name": name, "unit": unit, "usd_before": old.get((name, unit)), "usd": usd}


def _percent(row: dict[str, Any]) -> str:
    if row["usd_before"] is None:
        return "new"
    return "" if row["usd"] == row["usd_before"] else f"{row['usd'] / row['usd_before'] - 1:+.1%}"


def _rows(book: PriceBook) -> Iterator[tuple[str, str, float, str, str]]:
    for name, rate in book.rates.items():
        kept = f"vCPU hour with {rate.gib_per_vcpu:g} GiB" if rate.gib_per_vcpu else "vCPU hour"
        yield name, kept, rate.vcpu_hour, rate.as_of, rate.source
        if rate.gib_hour:
            yield name, "GiB hour", rate.gib_hour, rate.as_of, rate.source
    spot, ebs, omics = book.spot, book.ebs, book.healthomics
    yield "spot", "share of on-demand", spot.share_of_on_demand, spot.as_of, spot.source
    yield "ebs gp3", "GiB month", ebs.gp3_gib_month, ebs.as_of, ebs.source
    for family, hourly in omics.vcpu_hour.items():
        yield f"healthomics omics.{family}", "vCPU hour", hourly, omics.as_of, omics.source
    storage = {"static": omics.static_storage_gib_hour, "dynamic": omics.dynamic_storage_gib_hour}
    for kind, hourly in storage.items():
        yield f"healthomics {kind} storage", "GiB hour", hourly, omics.as_of, omics.source
