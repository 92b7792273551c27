"""From a reader's rows to the API, with a progress bar, a file of what was rejected, and an account."""

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from datetime import datetime
from pathlib import Path
from typing import Any

import typer
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from runquote.cli.output import Format, print_csv, print_json, print_line, say, stderr
from runquote.cli.session import FAILURE, Session
from runquote.errors import RunquoteError
from runquote.ingestion import Ingestion, Summary
from runquote.readers.base import ReaderError, Rejected, Row
from runquote.sizes import counted

Rows = Iterator[Row | Rejected]


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
    if rejected.resolve() == context.params["source"].resolve():
        raise typer.BadParameter(f"{rejected} is the source itself: name another file with --rejected")
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
