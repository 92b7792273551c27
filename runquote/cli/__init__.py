"""The command `runquote`."""

import tomllib
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated

import typer

from runquote.cli.accuracy import accuracy
from runquote.cli.batch import batch
from runquote.cli.budgets import budgets
from runquote.cli.ingest import ingest
from runquote.cli.ingest_cur import ingest_cur
from runquote.cli.predict import predict
from runquote.cli.predictions import predictions
from runquote.cli.prices import prices
from runquote.cli.recording import with_shared
from runquote.cli.runs import runs
from runquote.cli.session import Commands, Session
from runquote.cli.setup import doctor, login
from runquote.cli.size import size
from runquote.cli.train import train
from runquote.cli.workflows import curve, models

app = typer.Typer(
    name="runquote",
    cls=Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,  # an unexpected error shows Python's own traceback, without the values of keys
    help="Tell what a genomics workflow run will cost before it is launched, learned from what past runs cost.",
    epilog="Exit codes: 0 ok, 1 failure, 2 usage, 3 over budget, 4 a rough guide only (with --strict).",
)


def _version(wanted: bool) -> None:
    if wanted:
        print(_own_version())
        raise typer.Exit


def _own_version() -> str:
    """Return the version of the installed package; in a checkout that is not installed, that of its own."""
    try:
        return version("runquote")
    except PackageNotFoundError:
        project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))
        return str(project["project"]["version"])


@app.callback()
def common(
    context: typer.Context,
    api_url: Annotated[str | None, typer.Option(help="Address of the API; else RUNQUOTE_API_URL.")] = None,
    api_key: Annotated[
        str | None, typer.Option(help="Its key; else RUNQUOTE_API_KEY, which others cannot see.")
    ] = None,
    profile: Annotated[str | None, typer.Option(help="A profile that `login` saved; else RUNQUOTE_PROFILE.")] = None,
    _: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")] = False,
) -> None:
    """Take the options that stand before every command."""
    context.obj = Session(api_url, api_key, profile)


for command in (predict, batch, size, curve, train, accuracy, login, doctor):
    app.command()(command)
ingest.command("cur")(with_shared(ingest_cur, without=("tag",)))
app.add_typer(models, name="models")
app.add_typer(budgets, name="budgets")
app.add_typer(predictions, name="predictions")
app.add_typer(runs, name="runs")
app.add_typer(prices, name="prices")
app.add_typer(ingest, name="ingest")


def main() -> None:
    """Run the command under its own name, which completion in shells is written for, however it was started."""
    app(prog_name=app.info.name)
