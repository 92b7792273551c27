"""From a reader's rows to the API, with a progress bar, a file of what was rejected, and an account."""

import inspect
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import typer
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from runquote.cli.found import Found
from runquote.cli.ingest_options import (
    REJECTED,
    DryRunOption,
    ExplainOption,
    RejectedOption,
    SinceOption,
    known_of,
)
from runquote.cli.output import Format, print_csv, print_json, print_line, say, stderr
from runquote.cli.session import FAILURE, FormatOption, Session
from runquote.ingestion import Ingestion, Summary
from runquote.readers.base import Rejected, Row
from runquote.sizes import counted

Rows = Iterator[Row | Rejected]
_MOST_NOTES = 20


def record(  # noqa: PLR0913, PLR0917 - one for each option
    context: typer.Context,
    rows: Rows,
    dry_run: DryRunOption = False,
    explain_cost: ExplainOption = False,
    since: SinceOption = None,
    rejected: RejectedOption = REJECTED,
    format: FormatOption = Format.TABLE,
    found: Mapping[str, object] | None = None,
) -> None:
    """Send what a reader yields, write what was rejected, and print the account. Fails if anything was rejected.

    A dry run prints each run that was found, with `explain_cost` each task of it too.
    """
    if rejected.resolve() == context.params["source"].resolve():
        raise typer.BadParameter(f"{rejected} is the source itself: name another file with --rejected")
    session: Session = context.obj
    shown = Found(format, parts=explain_cost) if dry_run or explain_cost else None
    with nullcontext() if dry_run else session.client() as client:
        ingestion = Ingestion(client, since, shown.add if shown else None)
        try:
            with _progress(rows, ingestion.summary) as seen:
                first = _write_rejected(rejected, ingestion.run(seen))
        finally:
            _print(ingestion.summary, format, dry_run, found, shown)  # cut short and started again, it goes on there
    for note, count in ingestion.summary.notes.most_common(_MOST_NOTES):
        say(f"Note: {note}" + (f" ({count} runs)" if count > 1 else ""), style="yellow")
    if (more := len(ingestion.summary.notes) - _MOST_NOTES) > 0:
        say(f"Note: and {counted(more, 'more note')}: --dry-run --format json has those of each run", style="yellow")
    if ingestion.summary.held:
        bills = counted(ingestion.summary.held, "bill")
        say(f"{bills} far from the estimate: kept, not taken; see `runquote runs bills WORKFLOW`", style="yellow")
    if ingestion.summary.rejected:
        say(f"First rejected: {first}", style="red")
        say(f"{counted(ingestion.summary.rejected, 'rejected row')} in {rejected}, with reasons", style="red")
        raise typer.Exit(FAILURE)


def with_shared(
    command: Callable[..., None],
    *,
    without: tuple[str, ...] = (),
    **defaults: object,
) -> Callable[..., None]:
    """Return a command that has the options which all commands of `runquote ingest` share, beside its own.

    It is called with its own, with `recording`, the options of `record`, and, where it takes `known`, with what the
    options of `known_of` say, less those named in `without`. `defaults` replace those of shared options.
    """
    own, knows, records = (dict(inspect.signature(each).parameters) for each in (command, known_of, record))
    for left_out in without:
        del knows[left_out]
    context = records.pop("context")
    for given in ("rows", "found"):
        del records[given]
    for given in ("context", "recording"):
        own.pop(given, None)
    every = [context]
    for each, parameter in own.items():
        every += knows.values() if each == "known" else [parameter]
    every += records.values()

    def shared(context: typer.Context, **options: Any) -> None:  # noqa: ANN401 - as typer read them
        asked = {each: options[each] for each in own if each != "known"}
        if "known" in own:
            asked["known"] = known_of(**{each: options[each] for each in knows})
        command(context, recording={each: options[each] for each in records}, **asked)

    shared.__name__, shared.__doc__ = command.__name__, command.__doc__
    shared.__signature__ = inspect.Signature(  # type: ignore[attr-defined] # where typer looks for the options
        [
            each.replace(kind=inspect.Parameter.KEYWORD_ONLY, default=defaults.get(each.name, each.default))
            for each in every
        ]
    )
    return shared


def _write_rejected(path: Path, rejected: Iterator[tuple[Rejected, dict[str, Any] | None]]) -> str:
    """Write rejected rows, to a file that appears at the end, as it may be what is being read. Return the first."""
    first = ""
    file = None
    partial = path.with_name(f"{path.name}.partial")
    try:
        for row, run in rejected:
            file = file or partial.open("w")
            first = first or f"{row.place}: {row.reason}"
            line = {"place": row.place, "run_id": row.run_id, "reason": row.reason, "run": run}
            file.write(json.dumps(line) + "\n")
    finally:
        if file:
            file.close()
            partial.replace(path)
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


def _print(
    summary: Summary, format: Format, dry_run: bool, found: Mapping[str, object] | None, shown: Found | None
) -> None:
    counts: dict[str, object] = {
        "read": summary.read,
        **({"valid": summary.valid} if dry_run else {"accepted": summary.accepted, "unchanged": summary.unchanged}),
        **({"held": summary.held} if summary.held else {}),
        "too_old": summary.too_old,
        "rejected": summary.rejected,
    }
    ended = f"{summary.valid} valid (dry run)" if dry_run else f"{summary.accepted} recorded"
    known = "" if dry_run else f", {summary.unchanged} already there"
    held = f", {summary.held} held" if summary.held else ""
    line = f"{summary.read} read: {ended}{known}{held}, {summary.too_old} too old, {summary.rejected} rejected"
    if shown:
        shown.end({"dry_run": dry_run, **counts, **(found or {})})
    if format is Format.TABLE:
        print_line(line)
    elif shown and format is Format.CSV:
        say(line)
    elif format is Format.CSV:
        print_csv([counts])
    elif not shown:
        print_json(dry_run=dry_run, **counts, **(found or {}))
