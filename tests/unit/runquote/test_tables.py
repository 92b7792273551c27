"""The cases that both readers of people's tables are held to; `tests/web/tables.test.ts` does so with the web app's."""

import io
import json
from pathlib import Path
from typing import Any

import pytest

from contract.runs import Run
from contract.tables import RUNS
from runquote.columns import Given, read_header, read_row
from runquote.readers.csv import RunRows
from runquote.readers.files import records

FILE = Path(__file__).parents[2] / "tables" / "cases.json"
CASES: list[dict[str, Any]] = json.loads(FILE.read_text())


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["name"]))
def test_a_table_is_read_as_the_contract_says(case: dict[str, Any]) -> None:
    assert read(case) == {key: case[key] for key in ("error", "missing", "rows", "problems", "notes") if key in case}


def read(case: dict[str, Any]) -> dict[str, Any]:
    table, given = case["table"], Given(case.get("columns", {}), case.get("values", {}))
    rows = records(io.StringIO(case["text"].removeprefix("\ufeff"), newline=""))
    try:
        header = read_header(table, next(rows, (1, []))[1], given)
    except ValueError as error:
        return {"error": str(error)}
    if header.missing:
        return {"missing": [list(group) for group in header.missing]}
    reader = RunRows(header)
    found: list[dict[str, Any]] = []
    problems: list[list[Any]] = []
    notes = set(header.notes)
    for line, cells in rows:
        try:
            row, told = reader.read(cells) if table == "runs" else read_row(header, cells)
        except ValueError as error:
            problems.append([line, str(error)])
            continue
        if any("run ids" in note for note in told):
            row["run_id"] = "?"
        found.append(row)
        notes |= set(told)
    return {"rows": found, "problems": problems, "notes": sorted(notes)}


def test_every_member_of_a_run_has_a_column_and_none_is_made_up() -> None:
    members = {member for member in RUNS if "." not in member and member != "duration"}
    assert members == set(Run.model_fields)
    names = [name for _, known in RUNS.values() for name in known]
    assert len(set(names)) == len(names)


def test_the_same_rows_get_the_same_ids_and_each_its_own() -> None:
    """As in `tests/web/runs.test.ts`: what the page recorded, the command finds recorded."""
    text = "Workflow,Input (GB),Price,Date\nw,1,2,2026-01-05\nw,1,2,2026-01-05\n"
    rows = records(io.StringIO(text))
    reader = RunRows(read_header("runs", next(rows)[1]))
    assert [reader.read(cells)[0]["run_id"] for _, cells in rows] == ["csv-eea9d53640eab53b", "csv-5f718a68d20fa5bf"]
