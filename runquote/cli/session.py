"""What every command shares: the connection, exit codes, and how options are read."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from contract.base import MAX_BYTES, MAX_COST_USD, ParameterValue
from runquote.cli.output import Format, say
from runquote.client import Client
from runquote.errors import RunquoteError
from runquote.local_system import is_loopback
from runquote.readers.base import ReaderError
from runquote.settings import Connection, SettingsError, connection
from runquote.sizes import parse_size

FAILURE = 1
OVER_BUDGET = 3
NOT_TRUSTWORTHY = 4
_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
CONNECTION_OPTIONS = ("--api-url", "--api-key", "--profile")
PATIENCE_SECONDS = 90.0
"""How long a command waits for a model that is being started."""


class CommandError(Exception):
    """A command cannot do what it was asked; the message is the one line that a person needs."""


@dataclass(frozen=True)
class Session:
    """The options that stand before the command."""

    api_url: str | None
    api_key: str | None
    profile: str | None

    def connection(self) -> Connection:
        """Return where to ask, and say so if it was found in the folder rather than configured."""
        found = connection(self.api_url, self.api_key, self.profile)
        if found.is_local:
            say(f"Using {found.source}: {found.url}", style="dim")
        if found.url.startswith("http:") and not is_loopback(found.url):
            say(f"{found.url} is not encrypted: whoever is on the way can read the key", style="yellow")
        return found

    def client(self) -> Client:
        """Return a client that waits for what passes by itself, and says what it waits for."""
        found = self.connection()
        return Client(
            found.url,
            found.api_key,
            token=found.token,
            source=found.source,
            patience=PATIENCE_SECONDS,
            on_wait=lambda text: say(text, style="dim"),
        )


class Commands(TyperGroup):
    """A group of commands whose expected failures end with one line and an exit code."""

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401 - as the class that it extends
        """Run the command that was asked for."""
        try:
            return super().invoke(ctx)
        except (RunquoteError, SettingsError, CommandError, ReaderError, OSError) as error:
            if isinstance(error, BrokenPipeError):
                raise
            say(f"Error: {_words(error)}", style="red")
            raise typer.Exit(FAILURE) from None
        except Exception as error:
            # Of all errors only that of an unknown option has this name; Typer keeps the class to itself.
            if (option := getattr(error, "option_name", None)) in CONNECTION_OPTIONS:
                error.message = f"{option} stands before the command: runquote {option} VALUE {ctx.invoked_subcommand}"  # type: ignore[attr-defined]
            raise


def _words(error: Exception) -> str:
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename}: {error.strerror}"
    return str(error)


def usage[T, V](read: Callable[[T], V]) -> Callable[[T], V]:
    """Turn the ValueError of a reader of options into a usage error."""

    def reader(value: T) -> V:
        try:
            return read(value)
        except ValueError as error:
            raise typer.BadParameter(str(error)) from None

    return reader


def size(text: str) -> int:
    """Read an option that holds a size; the API's bounds apply."""
    number = parse_size(text)
    if number > MAX_BYTES:
        raise ValueError(f"{text!r} is more than 100 PB")
    return number


def input_size(text: str) -> int:
    """Read the size of an input dataset, which cannot be nothing."""
    number = size(text)
    if number == 0:
        raise ValueError("The input dataset size must be more than 0")
    return number


def budget(text: str) -> float:
    """Read an amount of dollars, like 50 or $1200.50."""
    digits = text.strip().removeprefix("$")
    if not (digits.isascii() and digits.replace(".", "", 1).isdigit()) or not 0 < float(digits) <= MAX_COST_USD:
        raise ValueError(f"{text!r} is no amount of dollars: write it like 50 or 1200.50")
    return float(digits)


def parameters(texts: list[str] | None) -> dict[str, ParameterValue]:
    """Read `name=value` pairs; true, false and numbers are what they look like, "quoted" text stays text."""
    return {name: parameter_value(text) for name, text in pairs(texts).items()}


def pairs(texts: list[str] | None) -> dict[str, str]:
    """Read `name=value` pairs."""
    return dict(map(pair, texts or []))


def pair(text: str) -> tuple[str, str]:
    """Read one `name=value`."""
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise ValueError(f"{text!r} is not of the form name=value")
    return name.strip(), value.strip()


def parameter_value(text: str) -> ParameterValue:
    """Return the boolean, number or text that a parameter's value looks like."""
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    if len(text) >= 2 and text[0] == text[-1] == '"':
        return text[1:-1]
    if _NUMBER.fullmatch(text) and abs(float(text)) <= 1e15:
        return float(text) if set(text) & set(".eE") else int(text)
    return text


def workflow_names(incomplete: str) -> list[str]:
    """Complete the name of a workflow, if the API answers soon; a shell that completes wants no errors."""
    try:
        with Client.connect(timeout=2.0) as client:
            return [each.workflow_name for each in client.workflows() if each.workflow_name.startswith(incomplete)]
    except (RunquoteError, SettingsError):
        return []


WORKFLOW = typer.Argument(
    help="Name of the workflow, as `runquote models list` shows it.", autocompletion=workflow_names
)
FormatOption = Annotated[Format, typer.Option("--format", help="How to print the data.")]
BudgetOption = Annotated[
    float | None,
    typer.Option("--budget", parser=usage(budget), metavar="USD", help="Exit with 3 if it is likely exceeded."),
]
IntervalOption = Annotated[int, typer.Option("--interval", help="Coverage of the interval in percent: 80 or 90.")]
TeamOption = Annotated[str | None, typer.Option("--team", help="The team that pays, as the tag `team` of runs says.")]
ParameterOption = Annotated[
    list[str] | None, typer.Option("--param", metavar="NAME=VALUE", help="A parameter of the run; repeat for more.")
]
