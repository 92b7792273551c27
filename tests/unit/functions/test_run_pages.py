"""Listing runs page by page: the table on moto, the cursor, and what a client may ask."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.base import MAX_BYTES
from contract.runs import Run, RunsPage, RunsQuery
from functions.shared.adapters import runs_table as tables
from functions.shared.adapters.recording import RunsWriter
from functions.shared.errors import ApiError
from functions.shared.http import HttpRequest
from functions.shared.ports import RunPosition
from functions.workflows import cursors
from tests.fakes import shapes
from tests.fakes.ports import FakeRuns
from tests.fakes.shapes import NOW, WORKFLOW
from tests.unit.functions.test_workflows import catalogue


def run(number: int, **changes: object) -> Run:
    ended = NOW + timedelta(hours=number)
    return shapes.run(**({"run_id": f"r{number:03d}", "started_at": NOW, "completed_at": ended} | changes))


def pages(table: RunsWriter, **query: Any) -> Iterator[list[str]]:  # noqa: ANN401 - the members of a query
    position = None
    while True:
        found, position = table.page(WORKFLOW, RunsQuery(**query), position)
        yield [each.run_id for each in found]
        if position is None:
            return


def ids(table: RunsWriter, **query: Any) -> list[str]:  # noqa: ANN401 - as above
    return [run_id for page in pages(table, **query) for run_id in page]


def test_pages_cover_the_history_once_latest_first(runs: RunsWriter) -> None:
    runs.record(WORKFLOW, [run(number) for number in range(25)])
    runs.record("other", [run(99, workflow_name="other")])
    assert [len(page) for page in pages(runs, limit=10)] == [10, 10, 5]
    assert [len(page) for page in pages(runs, limit=25)] == [25]
    assert ids(runs, limit=7) == [f"r{number:03d}" for number in range(24, -1, -1)]


def test_runs_that_end_together_are_each_listed_once(runs: RunsWriter) -> None:
    runs.record(WORKFLOW, [run(number, completed_at=NOW) for number in range(9)])
    assert sorted(ids(runs, limit=2)) == [f"r{number:03d}" for number in range(9)]


def test_status_and_tags_choose(runs: RunsWriter) -> None:
    odd = {"status": "FAILED", "tags": {"team": "genomics", "cost-centre.x": "a:b"}}
    even = {"tags": {"team": "imaging"}}
    runs.record(WORKFLOW, [run(number, **(odd if number % 2 else even)) for number in range(6)])
    assert ids(runs, status="FAILED", limit=2) == ["r005", "r003", "r001"]
    assert ids(runs, tag=["team:imaging"]) == ["r004", "r002", "r000"]
    assert ids(runs, tag=["team:genomics", "cost-centre.x:a:b"], limit=1) == ["r005", "r003", "r001"]
    assert ids(runs, tag=["team:genomics", "cost-centre.x:a"]) == []
    assert ids(runs, tag=["nothing:x"]) == []


def test_times_are_bounds_to_the_second(runs: RunsWriter) -> None:
    runs.record(WORKFLOW, [run(number, completed_at=NOW + timedelta(seconds=number / 2)) for number in range(6)])
    assert ids(runs, completed_from=NOW + timedelta(seconds=1)) == ["r004", "r005", "r002", "r003"]
    assert ids(runs, completed_before=NOW + timedelta(seconds=1)) == ["r000", "r001"]
    window = {"completed_from": NOW + timedelta(seconds=1), "completed_before": NOW + timedelta(seconds=2)}
    assert ids(runs, **window, limit=1) == ["r002", "r003"]


def test_a_rare_match_is_searched_for_in_bounded_steps(
    runs: RunsWriter,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tables, "_RUNS_SEARCHED", 2)
    rare = [run(0, status="CANCELLED"), *(run(number) for number in range(1, 24))]
    runs.record(WORKFLOW, rare)
    assert list(pages(runs, status="CANCELLED")) == [[], [], ["r000"]]


@given(
    st.datetimes(datetime(2000, 1, 1), datetime(2100, 12, 31), timezones=st.just(UTC)),
    st.text(st.characters(exclude_categories=["Cc", "Cs", "Z"]), min_size=1, max_size=200),
)
def test_a_cursor_is_the_place_that_it_was_made_of(moment: datetime, run_id: str) -> None:
    position = RunPosition(completed_at=moment, run_id=run_id)
    cursor = cursors.encode(position)
    assert cursors.decode(RunsQuery(cursor=cursor)) == position
    assert cursor.replace("-", "").replace("_", "").isalnum()


CURSOR = cursors.encode(RunPosition(completed_at=NOW, run_id="r1"))


@pytest.mark.parametrize("cursor", ["", "x", "r1", "e30", "bnVsbA", CURSOR[:-3], CURSOR + "!", "\u00fc", "A" * 1999])
def test_a_cursor_of_another_make_is_refused(cursor: str) -> None:
    with pytest.raises(ApiError, match="cursor") as caught:
        cursors.decode(RunsQuery(cursor=cursor))
    assert caught.value.code == "invalid_request"


@pytest.mark.parametrize("bounds", [{"completed_from": NOW + timedelta(seconds=1)}, {"completed_before": NOW}])
def test_a_cursor_of_another_question_is_refused(bounds: dict[str, Any]) -> None:
    with pytest.raises(ApiError, match="cursor"):
        cursors.decode(RunsQuery(cursor=CURSOR, **bounds))


def test_the_pages_of_a_workflow() -> None:
    history = FakeRuns([run(number) for number in range(5)])
    first = catalogue(runs=history).runs(WORKFLOW, RunsQuery(limit=3))
    second = catalogue(runs=history).runs(WORKFLOW, RunsQuery(limit=3, cursor=first.next_cursor))
    assert [each.run_id for each in (*first.runs, *second.runs)] == ["r004", "r003", "r002", "r001", "r000"]
    assert second.next_cursor is None
    assert RunsPage.model_validate_json(first.model_dump_json()) == first


def test_runs_of_an_unknown_workflow() -> None:
    with pytest.raises(ApiError, match="rnaseq-quant") as caught:
        catalogue().runs("rnaseq_quant", RunsQuery())
    assert caught.value.code == "workflow_not_found"


def test_every_member_of_a_query_is_read_from_text() -> None:
    texts = {
        "status": ["FAILED"],
        "held": ["true"],
        "tag": ["team:genomics", "user:ada"],
        "completed_from": ["2026-11-01T00:00:00Z"],
        "completed_before": ["2026-12-01T00:00:00+01:00"],
        "limit": ["7"],
        "cursor": [CURSOR],
    }
    query = HttpRequest("id", query_parameters=texts).read_query(RunsQuery)
    assert set(texts) == set(RunsQuery.model_fields)
    assert json.loads(query.model_dump_json()) == {
        "status": "FAILED",
        "held": True,
        "tag": ["team:genomics", "user:ada"],
        "completed_from": "2026-11-01T00:00:00Z",
        "completed_before": "2026-11-30T23:00:00Z",
        "limit": 7,
        "cursor": CURSOR,
    }


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        ({"status": ["failed"]}, "The status must be 'SUCCEEDED', 'FAILED' or 'CANCELLED'"),
        ({"limit": ["0"]}, "The limit must be at least 1"),
        ({"limit": ["201"]}, "The limit must be at most 200"),
        ({"limit": ["many"]}, "The limit must be a finite number"),
        ({"limit": ["1", "2"]}, "limit is given 2 times"),
        ({"held": ["1"]}, "The filter must be true or false"),
        ({"tag": ["team"]}, "The tag must be a tag's name and value"),
        ({"tag": ["__proto__:x"]}, "The tag"),
        ({"tag": ["a:b"] * 6}, "The tag must have at most 5 entries"),
        ({"completed_from": ["2026-11-01"]}, "The earliest completion must be a time in ISO 8601"),
        ({"completed_from": ["1999-01-01T00:00:00Z"]}, "must lie between the years 2000 and 2100"),
        (
            {"completed_from": ["2026-11-02T00:00:00Z"], "completed_before": ["2026-11-01T00:00:00Z"]},
            "completed_before must be later than completed_from",
        ),
        ({"cursor": ["x" * 2001]}, "The cursor must have at most 2,000 characters"),
        ({"colour": ["red"]}, '"colour" is not a known member'),
    ],
)
def test_a_query_that_cannot_be_is_explained(texts: dict[str, list[str]], words: str) -> None:
    with pytest.raises(ApiError) as caught:
        HttpRequest("id", query_parameters=texts).read_query(RunsQuery)
    assert caught.value.code == "invalid_request"
    assert words in caught.value.message


def test_a_run_of_the_largest_size_is_listed(runs: RunsWriter) -> None:
    runs.record(WORKFLOW, [run(1, input_bytes=MAX_BYTES)])
    assert ids(runs) == ["r001"]
