"""Whatever a file holds, a reader yields rows and rejections or says what is wrong; it never crashes."""

import copy
import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runquote.ingestion import Ingestion
from runquote.readers import batch, cromwell, cur, healthomics, nextflow, snakemake
from runquote.readers import csv as csv_reader
from runquote.readers import json as json_reader
from runquote.readers.base import Known, ReaderError, Rejected, Row
from tests.unit.runquote import cost_reports
from tests.unit.runquote.cost_reports import Line

FIXTURES = Path(__file__).parent / "fixtures"
KNOWN = Known(workflow_name="rnaseq", input_bytes=10**9)
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=4,
)
CELLS = st.text(max_size=12) | st.integers().map(str) | st.floats().map(str) | st.sampled_from(["", "-", "NA", "1 GB"])
CSV = """workflow_name,run_id,status,started_at,completed_at,input_bytes,cost_usd,cost_source,tags
rnaseq,r-1,SUCCEEDED,2026-03-01T08:00:00Z,2026-03-01T09:00:00Z,1000,1.5,billed,"{""a"": ""b""}"
"""
many = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def holds(rows: Callable[[], Iterable[Row | Rejected]]) -> None:
    ingestion = Ingestion(None)
    try:
        rejected = list(ingestion.run(rows()))
    except ReaderError:
        return
    assert ingestion.summary.read == ingestion.summary.valid + len(rejected)


def replaced(data: st.DataObject, document: object) -> object:
    """A copy of a document with some value in it replaced by another."""
    document = copy.deepcopy(document)
    holder: list[Any] = [document]
    parent: Any = holder
    key: Any = 0
    while isinstance(parent[key], dict | list) and parent[key] and data.draw(st.integers(0, 8)):
        parent = parent[key]
        key = data.draw(st.sampled_from(sorted(parent) if isinstance(parent, dict) else range(len(parent))))
    parent[key] = data.draw(JSON_VALUES)
    return holder[0]


@settings(many, max_examples=100)
@given(st.data(), st.sampled_from([{}, {"tag": "run_id"}, {"per_job": True}]))
def test_batch(tmp_path: Path, data: st.DataObject, options: dict[str, Any]) -> None:
    document = replaced(data, json.loads((FIXTURES / "batch/jobs.json").read_text()))
    (tmp_path / "a.json").write_text(json.dumps(document))
    holds(lambda: batch.read(tmp_path / "a.json", KNOWN, **options))


@many
@given(st.data())
def test_cost_reports(tmp_path: Path, data: st.DataObject) -> None:
    rows = cost_reports.cur2([Line("1.5", "r-1"), Line("0", "r-1", split="1", unused="2", parent="i-1")])
    row = data.draw(st.sampled_from(rows))
    row[data.draw(st.sampled_from(sorted(row)))] = data.draw(CELLS)
    path = cost_reports.write(tmp_path / "a.csv", rows)
    text = path.read_text()
    path.write_text(text[: data.draw(st.integers(0, len(text)))] if data.draw(st.booleans()) else text)
    problem = ""
    try:
        report = cur.read(path, "run_id")
    except ReaderError as error:
        problem = str(error)
    if problem:
        assert problem.startswith(f"{path}: ")
        assert "\n" not in problem
    else:
        assert report.lines <= len(rows)
        assert all(bill.lines for bill in report.bills.values())


@settings(many, max_examples=100)
@given(st.data())
def test_cromwell(tmp_path: Path, data: st.DataObject) -> None:
    document = replaced(data, json.loads((FIXTURES / "cromwell/metadata.json").read_text()))
    (tmp_path / "a.json").write_text(json.dumps(document))
    holds(lambda: cromwell.read(tmp_path / "a.json", KNOWN))


@settings(many, max_examples=100)
@given(st.data())
def test_healthomics(tmp_path: Path, data: st.DataObject) -> None:
    lines = (FIXTURES / "healthomics/manifest.jsonl").read_text().splitlines()
    document = replaced(data, [json.loads(line) for line in lines])
    (tmp_path / "a.json").write_text(json.dumps(document))
    holds(lambda: healthomics.read(tmp_path / "a.json", KNOWN))


@pytest.mark.parametrize(
    ("name", "text", "read"),
    [
        ("a.txt", (FIXTURES / "nextflow/human.txt").read_text(), nextflow.read),
        ("a.txt", (FIXTURES / "nextflow/raw.txt").read_text(), nextflow.read),
        ("a.txt", (FIXTURES / "nextflow/default_fields.txt").read_text(), nextflow.read),
        ("a.tsv", (FIXTURES / "snakemake/extended/index.tsv").read_text(), snakemake.read),
        ("a.csv", (FIXTURES / "healthomics/analyzer.csv").read_text(), healthomics.read),
        ("a.csv", CSV, lambda path, _: csv_reader.read(path)),
    ],
)
@many
@given(st.data())
def test_tables(tmp_path: Path, name: str, text: str, read: Callable[[Path, Known], Any], data: st.DataObject) -> None:
    separator = "\t" if "\t" in text else ","
    table = [line.split(separator) for line in text.splitlines()]
    row = data.draw(st.sampled_from(table))
    row[data.draw(st.integers(0, len(row) - 1))] = data.draw(CELLS)
    content = "\n".join(separator.join(cells) for cells in table)
    (tmp_path / name).write_bytes(content.encode(errors="replace"))
    holds(lambda: read(tmp_path / name, KNOWN))


@many
@given(JSON_VALUES)
def test_json(tmp_path: Path, value: object) -> None:
    for name in ("a.json", "a.jsonl"):
        (tmp_path / name).write_text(json.dumps(value))
        path = tmp_path / name
        holds(lambda path=path: json_reader.read(path))  # type: ignore[misc] # mypy cannot infer a lambda with a default


@pytest.mark.parametrize("name", ["a.json", "a.jsonl", "a.csv", "a.txt", "a.tsv", "a.csv.gz", "a.jsonl.gz"])
@many
@given(content=st.binary(max_size=60))
def test_bytes(tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    for read in (nextflow.read, snakemake.read, cromwell.read, healthomics.read):
        holds(lambda read=read: read(path, KNOWN))  # type: ignore[misc] # as above
    for plain in (csv_reader.read, json_reader.read):
        holds(lambda plain=plain: plain(path))  # type: ignore[misc] # as above
