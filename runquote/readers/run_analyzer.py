"""The CSV of HealthOmics' Run Analyzer: what `omics-run-analyzer <run id> --out` writes.

It comes from https://github.com/awslabs/aws-healthomics-tools; its `estimatedUSD` is list price with 60 s at least for
a task. It says neither how a run ended nor whether its workflow is Ready2Run, whose price is fixed.
"""

from collections.abc import Iterator
from itertools import chain, groupby
from pathlib import Path

from runquote.readers.base import Finished, Known, ReaderError, Rejected, Row, complete, moment, shown
from runquote.readers.costs import Cost, Priced
from runquote.readers.files import need_columns, opened, readable, table

_COLUMNS = ("arn", "type", "name", "startTime", "stopTime", "estimatedUSD")


def read(path: Path, known: Known) -> Iterator[Row | Rejected]:
    """Yield a run for each run line of a file; the lines after it are its tasks."""
    with readable(path, "a CSV file"), opened(path) as file:
        rows = table(file)
        need_columns(path, rows.fieldnames, *_COLUMNS)
        number = 0

        def group(row: dict[str, str]) -> int:
            nonlocal number
            number += row["type"] == "run"
            return number

        seen: set[int] = set()
        for index, lines in groupby(rows, group):
            row = _run(f"{path}: run {index}", lines, known)
            told = hash(str(row.run if isinstance(row, Row) else (row.run_id, row.reason)))
            if told not in seen:  # a run that was written twice is one
                seen.add(told)
                yield row


def _run(place: str, lines: Iterator[dict[str, str]], known: Known) -> Row | Rejected:
    run = next(lines)
    if run["type"] != "run":
        return Rejected(place, "the first line must be a run, but is a task")
    number = run["arn"].rsplit("/", 1)[-1]
    identifier = "-".join(filter(None, ("healthomics", number, run.get("uuid"))))
    started, ended = moment(run["startTime"]), moment(run["stopTime"])
    if started is None or ended is None:
        return Rejected(place, "column startTime or stopTime: is no time", identifier)
    cost, seen = Cost(), set[int]()
    for line in chain([run], lines):
        try:
            usd = _usd(line)
        except ReaderError as error:
            return Rejected(place, f"{line['name']}: {error}", identifier)
        if (cells := hash(tuple(line.values()))) not in seen:  # the same line twice is one task
            seen.add(cells)
            cost.add(Priced(line["name"], usd, rate="by Run Analyzer"))
    finished = Finished(
        place=place,
        engine="healthomics",
        run_id=identifier,
        status="SUCCEEDED",
        started_at=started,
        completed_at=ended,
        cost=cost,
        notes=("Run Analyzer does not say how a run ended: it is taken to have succeeded",),
        other_names=(f"healthomics-{number}", number),
    )
    return complete(finished, known)


def _usd(line: dict[str, str]) -> float:
    if None in line.values():  # as csv says it: the file was cut off
        raise ReaderError("has fewer cells than the header")
    if "" in line:
        raise ReaderError("has more cells than the header")
    if not line["estimatedUSD"] and line.get("omicsInstanceTypeReserved"):
        raise ReaderError("column estimatedUSD is empty: Run Analyzer found no price for its instance")
    try:
        return float(line["estimatedUSD"] or 0)
    except ValueError:
        raise ReaderError(f"column estimatedUSD: cannot read {shown(line['estimatedUSD'])}") from None
