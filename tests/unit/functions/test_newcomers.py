"""New workflows are bounded for each caller, exactly, and known ones are never affected."""

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from contract.names import caller_name
from contract.runs import RunsRequest
from contract.workflows import WorkflowRecord
from functions.record_runs.logic import Recorder
from functions.shared.adapters.callers_table import NewcomersTable
from functions.shared.adapters.recording import RunsWriter
from functions.shared.adapters.workflows_table import WorkflowsTable
from functions.shared.errors import ApiError
from tests.fakes import shapes
from tests.fakes.ports import FakeClock, FakeNewcomers, FakeRuns
from tests.unit.functions.test_retraining import due, select

type Client = Any  # moto takes any botocore client, and so do these tests


def row(workflow_name: str, run_id: str = "r") -> dict[str, Any]:
    run: dict[str, Any] = json.loads(shapes.run(workflow_name=workflow_name, run_id=run_id).model_dump_json())
    return {name: value for name, value in run.items() if value is not None}


def test_rows_beyond_the_limit_are_refused_in_words_and_the_others_recorded() -> None:
    store, newcomers = FakeRuns(), FakeNewcomers("known", limit=2)
    recorder = Recorder(store, FakeClock(), newcomers)
    sent = [row("a"), row("b"), row("known"), row("c"), row("a", "2"), row("c", "2")]
    answer = recorder.record_many(RunsRequest(runs=sent), "someone")
    assert (answer.accepted, answer.unchanged) == (4, 0)
    assert [(each.index, each.run_id, each.error) for each in answer.rejected] == [
        (3, "r", "too_many_workflows"),
        (5, "2", "too_many_workflows"),
    ]
    assert '"c" would be a new workflow' in answer.rejected[0].message
    assert "(2): send this run again from 2 June 2026 on (UTC)" in answer.rejected[0].message
    assert ("c", "r") not in store.runs
    # Another caller's names are another caller's.
    assert recorder.record_many(RunsRequest(runs=[row("c")]), "another").accepted == 1


def test_a_single_run_beyond_the_limit_says_when_to_come_back() -> None:
    recorder = Recorder(FakeRuns(), FakeClock(), FakeNewcomers("known", limit=1))
    one = [shapes.run(workflow_name=name) for name in ("a", "b", "known")]
    assert recorder.record_one(one[0], "someone").accepted == 1
    with pytest.raises(ApiError) as refused:
        recorder.record_one(one[1], "someone")
    assert (refused.value.code, refused.value.status) == ("too_many_workflows", 429)
    assert 0 < (refused.value.retry_after_seconds or 0) <= 24 * 3600
    assert recorder.record_one(one[2], "someone").accepted == 1


# In the tables


def table(client: Client, limit: int, clock: FakeClock | None = None) -> NewcomersTable:
    return NewcomersTable(client, "callers", workflows_table="workflows", limit=limit, clock=clock or FakeClock())


def known(client: Client) -> dict[str, WorkflowRecord]:
    return {record.workflow_name: record for record in WorkflowsTable(client, "workflows").all()}


def test_names_are_let_in_up_to_the_limit_and_counted_once(dynamodb: Client) -> None:
    callers = table(dynamodb, 250)
    names = [f"w{number:03d}" for number in range(240)]
    assert callers.refused(names, "key-1") == frozenset()
    assert callers.refused(names, "key-1") == frozenset()
    more = [*names[:5], *(f"x{number:03d}" for number in range(30))]
    assert callers.refused(more, "key-1") == frozenset(f"x{number:03d}" for number in range(10, 30))
    assert callers.refused(["late"], "key-1") == {"late"}
    assert callers.refused(["late"], "key-2") == frozenset()
    found = known(dynamodb)
    assert len(found) == 251
    assert (found["w000"].recorded_by, found["late"].recorded_by) == (caller_name("key-1"), caller_name("key-2"))
    assert "key-1" not in caller_name("key-1")


def test_a_first_batch_beyond_the_limit_brings_as_many_as_it_may(dynamodb: Client) -> None:
    names = [f"w{number}" for number in range(9)]
    assert table(dynamodb, 4).refused(names, "key") == set(names[4:])
    assert set(known(dynamodb)) == set(names[:4])


def test_the_next_day_brings_new_names(dynamodb: Client) -> None:
    clock = FakeClock()
    callers = table(dynamodb, 1, clock)
    assert callers.refused(["a", "b"], "key") == {"b"}
    clock.advance(timedelta(days=1).total_seconds())
    assert callers.refused(["a", "b"], "key") == frozenset()


def test_a_name_that_somebody_else_brings_meanwhile_is_known_and_not_counted(
    dynamodb: Client, runs: RunsWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    callers = table(dynamodb, 2)
    runs.record("a", [shapes.run(workflow_name="a")])
    # As if it had come between the look and the write.
    monkeypatch.setattr(callers, "_unknown", list)
    assert callers.refused(["a", "b", "c"], "key") == frozenset()
    assert known(dynamodb)["a"].runs == 1


def test_who_records_at_once_passes_the_limit_by_none(dynamodb: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    callers, at_once = table(dynamodb, 13), iter([[f"x{number}" for number in range(6)], ["y"]])
    write = callers._write

    def write_late(names: Sequence[str], caller: str) -> None:
        assert table(dynamodb, 13).refused(next(at_once, []), "key") == frozenset()
        write(names, caller)

    monkeypatch.setattr(callers, "_write", write_late)
    assert len(callers.refused([f"w{number}" for number in range(10)], "key")) == 4
    assert len(known(dynamodb)) == 13


def test_what_is_let_in_is_counted_as_ever(dynamodb: Client, runs: RunsWriter) -> None:
    recorder = Recorder(runs, FakeClock(), table(dynamodb, 1))
    assert recorder.record_many(RunsRequest(runs=[row("a"), row("b")]), "key").accepted == 1
    (record,) = known(dynamodb).values()
    assert (record.workflow_name, record.runs, record.recorded_by) == ("a", 1, caller_name("key"))


# In the nightly round


def test_newcomers_of_one_caller_take_no_place_of_those_of_another() -> None:
    junk = [due(f"junk-{number}", recorded=30).model_copy(update={"recorded_by": "x"}) for number in range(2000)]
    real: list[WorkflowRecord] = [
        due(f"real-{number}", recorded=1).model_copy(update={"recorded_by": "y"}) for number in range(20)
    ]
    found = select(*junk, *real)
    assert {each.workflow_name for each in real} < {each.workflow_name for each in found}
