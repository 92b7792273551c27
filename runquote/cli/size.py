"""`runquote size`: how large a dataset is."""

from typing import Annotated

import typer

from contract.sizes import format_size
from runquote.cli.output import Format, print_csv, print_json, print_line, say
from runquote.cli.session import CommandError, FormatOption
from runquote.datasets import DatasetError, measure
from runquote.sizes import counted


def size(
    sources: Annotated[list[str], typer.Argument(help="Files, folders, s3:// addresses or samplesheets.")],
    plain: Annotated[bool, typer.Option("--plain", help="Print the bytes and nothing else, like 1200000B.")] = False,
    as_files: Annotated[
        bool, typer.Option("--as-files", help="Measure samplesheets and lists themselves, not what they name.")
    ] = False,
    format: FormatOption = Format.TABLE,
) -> None:
    """Sum the bytes of a dataset: of files, folders, S3 prefixes, or of all that a samplesheet names.

    Sizes are as stored. What cannot be measured is named, and the command ends with 1.
    `--input "$(runquote size --plain samplesheet.csv)"` hands the sum to `predict`.
    """
    try:
        measured = measure(*sources, as_files=as_files)
    except DatasetError as error:
        raise CommandError(str(error)) from None
    row = {
        "source": " ".join(sources),
        "bytes": measured.bytes,
        "files": measured.files,
        "gzip_files": measured.gzip_files,
        "gzip_bytes": measured.gzip_bytes,
    }
    if plain:
        print(f"{measured.bytes}B")
    elif format is Format.JSON:
        print_json(**row)
    elif format is Format.CSV:
        print_csv([row])
    else:
        print_line(f"{format_size(measured.bytes)} ({measured.bytes:,} bytes) in {counted(measured.files, 'file')}")
    for note in measured.notes:
        say(note, style="yellow")
    if measured.gzip_files:
        say(
            f"{counted(measured.gzip_files, 'gzip file')} in it, {format_size(measured.gzip_bytes)} as stored: "
            "compare runs by sizes that were measured the same way",
            style="dim",
        )
