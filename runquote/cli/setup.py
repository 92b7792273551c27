"""`runquote login` and `doctor`: where the API is, and whether all is well."""

import sys
from typing import Annotated

import typer

from contract.states import MINIMUM_RUNS
from runquote.cli.output import Format, print_csv, print_json, print_table, say
from runquote.cli.session import FAILURE, FormatOption, Session
from runquote.client import Client
from runquote.errors import RunquoteError
from runquote.settings import DEFAULT_PROFILE, Given, SettingsError, save_profile


def login(
    context: typer.Context,
    api_url: Annotated[str | None, typer.Option(help="Address of the API.")] = None,
    api_key: Annotated[str | None, typer.Option(help="Its key.")] = None,
    profile: Annotated[str | None, typer.Option(help="Name of the profile.")] = None,
    check: Annotated[bool, typer.Option(help="Ask the API once before the profile is saved.")] = True,
) -> None:
    """Save an API's address and key as a profile, in a file that only you can read.

    Asks for what --api-url and --api-key do not give; where there is no terminal, the key is a line on stdin. The three
    options may also stand before the command, as they do for all others. With RUNQUOTE_TOKEN set and no key given, the
    profile holds the address alone: a token soon ends.
    """
    session: Session = context.obj
    url = api_url or session.api_url or typer.prompt("API address", err=True)
    key = api_key or session.api_key
    token = None if key else Given().token
    if token is None:
        key = key or _secret()
    name = profile or session.profile or DEFAULT_PROFILE
    if not (key or token):
        raise typer.BadParameter("The API key is empty")
    with Client(url, key, token=token) as client:
        if check:
            count = len(client.workflows())
            say(f"The API answers and knows {count} workflows")
    path = save_profile(name, url, key)
    say(f"Saved profile {name} in {path}")


def doctor(context: typer.Context, format: FormatOption = Format.TABLE) -> None:
    """Check the configuration, the API and its models, and say what to do about what is missing."""
    rows = _checks(context.obj)
    if format is Format.JSON:
        print_json(checks=rows)
    elif format is Format.CSV:
        print_csv(rows)
    else:
        print_table(["Check", "Result", "Detail"], [tuple(row.values()) for row in rows])
    if any(row["result"] == "failed" for row in rows):
        raise typer.Exit(FAILURE)


def _checks(session: Session) -> list[dict[str, str]]:
    try:
        found = session.connection()
    except SettingsError as error:
        return [_row("configuration", "failed", str(error))]
    rows = [_row("configuration", "ok", f"{found.url} from {found.source}")]
    try:
        with Client(found.url, found.api_key, token=found.token, source=found.source) as client:
            workflows = client.workflows()
    except RunquoteError as error:
        return [*rows, _row("api", "failed", f"{error.code}: {error}")]
    rows.append(_row("api", "ok", f"answers and accepts the {'token' if found.token else 'key'}"))
    if not workflows:
        return [*rows, _row("history", "failed", "no runs are recorded: start with `runquote ingest`")]
    rows.append(_row("history", "ok", f"{sum(each.runs for each in workflows)} runs of {len(workflows)} workflows"))
    without = [each for each in workflows if each.model_version is None]
    few = [each.workflow_name for each in without if each.succeeded_runs < MINIMUM_RUNS]
    due = [each.workflow_name for each in without if each.workflow_name not in few]
    if few:
        needs = f"a first model needs {MINIMUM_RUNS} successful runs, which {', '.join(few)} does not have yet"
        rows.append(_row("models", "warning", needs if len(few) == 1 else needs.replace("does not", "do not")))
    if due:
        rows.append(_row("models", "warning", f"none yet for {', '.join(due)}: they come with the next training"))
    return rows if without else [*rows, _row("models", "ok", "every workflow has one")]


def _row(check: str, result: str, detail: str) -> dict[str, str]:
    return {"check": check, "result": result, "detail": detail}


def _secret() -> str:
    if sys.stdin.isatty():
        return str(typer.prompt("API key", hide_input=True, err=True))
    return sys.stdin.readline().strip()
