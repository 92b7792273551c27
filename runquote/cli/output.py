"""What the commands print: data on stdout in one of three formats, messages on stderr."""

import csv
import json
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any, TextIO

from rich.console import Console
from rich.table import Table
from rich.text import Text

JSON_VERSION = 1
"""Grows when a member of the JSON output changes its meaning or goes away."""
_WIDTH_WITHOUT_TERMINAL = 1000
_HARMLESS = "\n\t\u00a0\u2009\u202f"
"""Of what Python calls not printable: line breaks, tabs and spaces that do not break."""

_FORMULA = re.compile(r"(^|[;|\t\r\n])([\s\"]*)(?=[=+\-@＝＋－＠])|(^)(?=[\t\r])")  # noqa: RUF001 - full width on purpose
"""Where a formula would begin: at the start, and where a spreadsheet with another separator starts a cell."""
_MARKED = r"\1'\2"


class Format(StrEnum):
    """How data is printed."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


def print_json(**members: object) -> None:
    """Print an object that says which version of the output and which currency it holds."""
    print(json.dumps({"version": JSON_VERSION, "currency": "USD", **members}, indent=2))


def print_csv(rows: Sequence[Mapping[str, Any]], file: TextIO | None = None) -> None:
    """Print rows with a header; all rows have the members of the first.

    Text that a spreadsheet would take for a formula gets an apostrophe in front, as in the web app's export
    (https://owasp.org/www-community/attacks/CSV_Injection).
    """
    if rows:
        writer = csv.DictWriter(file or sys.stdout, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows({name: inert(value) for name, value in row.items()} for row in rows)


def inert(value: object) -> object:
    """Return a value that a spreadsheet takes for what it is."""
    return _FORMULA.sub(_MARKED, visible(value)) if isinstance(value, str) else value


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]], right: Sequence[str] = ()) -> None:
    """Print a table; columns named in `right` hold numbers."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(Text(column), justify="right" if column in right else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(visible(str(cell))) for cell in row))
    stdout().print(table)


def print_line(text: str, style: str = "") -> None:
    """Print a line of plain text, whatever brackets it holds."""
    stdout().print(Text(visible(text), style=style))


def say(text: str, style: str = "") -> None:
    """Tell the person something that is no data."""
    stderr().print(Text(visible(text), style=style))


def visible(text: str) -> str:
    """Write out characters that would move a terminal's cursor, colour it or turn its text around."""
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() or each in _HARMLESS else ascii(each)[1:-1] for each in text)


def stdout() -> Console:
    """Return a console for data. Lines are not folded at 80 characters where nobody looks at a screen."""
    return _console(sys.stdout)


def stderr() -> Console:
    """Return a console for messages and progress."""
    return _console(sys.stderr)


def _console(file: TextIO) -> Console:
    return Console(file=file, width=None if file.isatty() else _WIDTH_WITHOUT_TERMINAL, highlight=False)
