"""Runs as CSV, JSON and Parquet, whose columns are the members of a run."""

import json
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from runquote.readers import csv as csv_reader
from runquote.readers import json as json_reader
from runquote.readers import parquet
from runquote.readers.base import ReaderError, Rejected, Row
from tests.unit.runquote.rows import rejections, runs

GB = 10**9
HEADER = "workflow_name,run_id,status,started_at,completed_at,input_bytes,cost_usd,cost_source,tags\n"
RUN = "w,r-1,SUCCEEDED,2026-03-01T08:00:00Z,2026-03-01T09:00:00Z,7,1.5,billed,\n"


def test_csv_names_the_line_and_column_that_it_cannot_read(tmp_path: Path) -> None:
    file = tmp_path / "runs.csv"
    file.write_text(HEADER + RUN.replace(",7,", ",many,") + RUN.replace("billed,", 'billed,"{""a"": ""b""}"'))
    bad, good = csv_reader.read(file)
    assert bad == Rejected(
        f"{file}: line 2",
        "column “input_bytes”: “many” is not a size: write a number and a unit, like 120 GB, 1.5 GiB or 512 B",
        "r-1",
    )
    assert isinstance(good, Row)
    assert (good.run["input_bytes"], good.run["tags"]) == (7, {"a": "b"})
    with pytest.raises(ReaderError, match="line 2: column “input_bytes”"):
        list(csv_reader.read_runs(file))


@pytest.mark.parametrize(("before", "after"), [(",", ";"), (",", "\t"), (",", ", "), ("\n", "\r\n"), ("w", "\ufeffw")])
def test_csv_is_read_as_spreadsheets_write_it(tmp_path: Path, before: str, after: str) -> None:
    count = 1 if before == "w" else -1
    (tmp_path / "runs.csv").write_bytes((HEADER + RUN).replace(before, after, count).encode())
    (run,) = runs(csv_reader.read(tmp_path / "runs.csv"))
    assert (run.workflow_name, run.input_bytes, run.cost_usd) == ("w", 7, 1.5)


@pytest.mark.parametrize(
    ("columns", "cells", "size"),
    [("input_size", "1.5 GB", 1.5 * GB), ("input_size,input_bytes", "1 GB,7", 7), ("input_bytes", "8e3", 8000)],
)
def test_csv_says_sizes_in_bytes_or_with_a_unit(tmp_path: Path, columns: str, cells: str, size: int) -> None:
    text = HEADER.replace("input_bytes", columns) + RUN.replace(",7,", f",{cells},")
    (tmp_path / "runs.csv").write_text(text)
    (run,) = runs(csv_reader.read(tmp_path / "runs.csv"))
    assert run.input_bytes == size
    (tmp_path / "runs.csv").write_text(text.replace(cells, "1 5" + ",1 5" * cells.count(",")))
    assert "“1 5” is not a size" in rejections(csv_reader.read(tmp_path / "runs.csv"))[0]


def test_a_folder_of_csv_is_read_and_what_is_none_rejected(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(HEADER + RUN + RUN.replace("\n", "1,5\n"))
    (tmp_path / "b.csv").write_text("")
    (tmp_path / "c.csv").write_text("sample,fastq_1\n")
    (tmp_path / "d.csv").write_bytes((HEADER + RUN).encode("utf-16"))
    rows = list(csv_reader.read(tmp_path))
    assert len(rows) == 5
    assert rejections(rows) == [
        "has more cells than the header",
        "the file is empty",
        "no column says the workflow, the input size, the cost and the end or the start; the columns are sample "
        "and fastq_1. Say which column it is, as in --column workflow_name=COLUMN, or what holds for all rows, as in "
        "--set workflow_name=wgs",
        "not a CSV file: it is no text in UTF-8",
    ]


def test_advice_names_the_column_whose_unit_is_that_of_what_is_missing(tmp_path: Path) -> None:
    (tmp_path / "runs.csv").write_text("Sample;Pipeline;Fastq (GB);Finished;Price\nS1;rnaseq;12.5;2026-06-02;$3\n")
    with pytest.raises(
        ReaderError, match=r"no column says the input size; .* as in --column input_size='Fastq \(GB\)'"
    ):
        list(csv_reader.read(tmp_path / "runs.csv"))


def write_parquet(path: Path, query: str) -> Path:
    with duckdb.connect() as connection:
        connection.execute(f"COPY ({query}) TO '{path}' (FORMAT parquet)")
    return path


PARQUET = """SELECT 'w' AS workflow_name, 'r-' || i AS run_id, 'SUCCEEDED' AS status,
    {start} AS started_at, TIMESTAMPTZ '2026-03-01 11:00:00+01' AS completed_at,
    (i + 1) * 10**9 AS input_bytes, NULL::BIGINT AS output_bytes, CAST(1.25 AS DECIMAL(10, 4)) AS cost_usd,
    'billed' AS cost_source, {parameters} AS parameters, MAP {{'team': 'a'}} AS tags, 7 AS other
    FROM range(3000) t(i) ORDER BY i"""


@pytest.mark.parametrize(
    "parameters",
    ["{'paired': true, 'depth': 30}", """'{"paired": true, "depth": 30}'""", "to_json({paired: true, depth: 30})"],
)
@pytest.mark.parametrize("start", ["TIMESTAMP '2026-03-01 08:00:00'", "'2026-03-01T08:00:00Z'"])
def test_parquet_has_the_columns_of_a_run(tmp_path: Path, parameters: str, start: str) -> None:
    write_parquet(tmp_path / "runs.parquet", PARQUET.format(start=start, parameters=parameters))
    read = sorted(runs(parquet.read(tmp_path)), key=lambda run: run.input_bytes)
    assert len(read) == 3000
    assert read[6].run_id == "r-6"
    assert read[6].input_bytes == 7 * GB
    assert read[0].started_at == datetime(2026, 3, 1, 8, tzinfo=UTC)
    assert read[0].completed_at == datetime(2026, 3, 1, 10, tzinfo=UTC)
    assert (read[0].cost_usd, read[0].parameters, read[0].tags) == (1.25, {"paired": True, "depth": 30}, {"team": "a"})


@pytest.mark.parametrize(
    ("kind", "read"),
    [
        ("'w'::BLOB", "w"),
        ("DATE '2026-03-01'", "2026-03-01"),
        ("MAP {'a': 1.50::DECIMAL(5, 2), 'b': NULL}", {"a": 1.5}),
        ("{'a': ['x'::BLOB], 'b': TIME '08:00:00'}", {"a": ["x"], "b": "08:00:00"}),
    ],
)
def test_parquet_of_every_kind_becomes_json(tmp_path: Path, kind: str, read: object) -> None:
    query = PARQUET.format(start="TIMESTAMP '2026-03-01 08:00:00'", parameters=kind).replace("3000", "1")
    (row,) = parquet.read(write_parquet(tmp_path / "a.parquet", query))
    assert isinstance(row, Row)
    assert row.run["parameters"] == read
    json.dumps(row.run)


def test_parquet_names_the_row_and_column_that_it_cannot_read(tmp_path: Path) -> None:
    source = write_parquet(tmp_path / "runs.parquet", PARQUET.format(start="'?'", parameters="'{' || i"))
    first = min(parquet.read(source), key=lambda row: row.place)
    assert first == Rejected(f"{source}: row 1", "column parameters: cannot read '{0'", "r-0")
    (tmp_path / "no.parquet").write_bytes(b"PAR1")
    with pytest.raises(ReaderError, match=r"no\.parquet: cannot be read: "):
        list(parquet.read(tmp_path / "no.parquet"))
    write_parquet(tmp_path / "less.parquet", "SELECT 'w' AS workflow_name")
    with pytest.raises(ReaderError, match=r"less\.parquet: column run_id is missing"):
        list(parquet.read(tmp_path / "less.parquet"))


@pytest.mark.parametrize(
    ("name", "text", "count"),
    [
        ("a.json", '[{"run_id": "1"}, {"run_id": "2"}]', 2),
        ("a.json", '{"runs": [{"run_id": "1"}]}', 1),
        ("a.json", '{"run_id": "1"}', 1),
        ("a.jsonl", '{"run_id": "1"}\n\n{"run_id": "2"}\n', 2),
    ],
)
def test_json_comes_in_four_forms(tmp_path: Path, name: str, text: str, count: int) -> None:
    (tmp_path / name).write_text(text)
    rows = list(json_reader.read(tmp_path / name))
    assert [row.run["run_id"] for row in rows if isinstance(row, Row)] == ["1", "2"][:count]


def test_a_bad_line_of_json_lines_is_rejected_alone(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"run_id": "1"}\n{"run_id": \n[]\n')
    good, broken, array = json_reader.read(tmp_path / "a.jsonl")
    assert isinstance(good, Row)
    assert isinstance(broken, Rejected)
    assert isinstance(array, Rejected)
    assert (broken.place, array.reason) == (f"{tmp_path / 'a.jsonl'}: line 2", "is no object")


def test_json_that_python_cannot_hold_is_said_to_be_none(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('[{"input_bytes": ' + "9" * 5000 + "}]")
    (tmp_path / "b.json").write_text("[" * 100_000)
    (tmp_path / "c.json").write_text('{"run_id": "1"}')
    first, second, good = json_reader.read(tmp_path)
    assert [reason.startswith("not JSON: ") for reason in rejections([first, second])] == [True, True]
    assert isinstance(good, Row)
