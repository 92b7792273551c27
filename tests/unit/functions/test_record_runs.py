"""`record_runs` on fakes: every row on its own."""

import json
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract.runs import Run, RunsRequest
from functions.record_runs import logic
from functions.record_runs.logic import Recorder, read_runs
from functions.shared.errors import ApiError, DependencyUnavailable
from functions.shared.observability import metrics
from functions.shared.revisions import plain, received, recorded_run
from tests.fakes import shapes
from tests.fakes.ports import FakeClock, FakeNewcomers, FakeRuns
from tests.fakes.shapes import NOW, WORKFLOW


def joined(recorded: Run, sent: Run) -> Run | None:
    """What becomes of a recorded run when another is sent: the recorded one itself if nothing does."""
    known = recorded_run(recorded)
    both = received(known, sent, NOW)
    return recorded if both is known else both and plain(both)


def rows(*runs: Run) -> RunsRequest:
    return RunsRequest(runs=[json.loads(run.model_dump_json(exclude_none=True)) for run in runs])


def test_rows_of_several_workflows() -> None:
    store = FakeRuns()
    runs = [shapes.run(workflow_name=f"w{number % 3}", run_id=f"r{number}") for number in range(30)]
    response = Recorder(store, FakeClock(), FakeNewcomers()).record_many(rows(*runs))
    assert (response.accepted, response.unchanged, response.rejected) == (30, 0, [])
    assert sorted(store.calls) == ["w0", "w1", "w2"]
    assert metrics.metric_set["RunsRecorded"]["Value"] == [30]


def test_repeats_and_contradictions_within_one_request() -> None:
    store = FakeRuns([shapes.run(run_id="there")])
    request = rows(
        shapes.run(run_id="a"),
        shapes.run(run_id="a"),
        shapes.run(run_id="a", cost_usd=99.0),
        shapes.run(run_id="there"),
        shapes.run(run_id="there", cost_usd=99.0),
        shapes.run(run_id="a", workflow_name="other", cost_usd=99.0),
    )
    response = Recorder(store, FakeClock(), FakeNewcomers()).record_many(request)
    assert (response.accepted, response.unchanged) == (2, 2)
    assert [(row.index, row.run_id, row.error) for row in response.rejected] == [
        (2, "a", "run_conflict"),
        (4, "there", "run_conflict"),
    ]
    assert store.runs[WORKFLOW, "a"].cost_usd == 12.3


def test_a_value_of_another_type_is_another_value() -> None:
    one, other = shapes.run(parameters={"paired": True}), shapes.run(parameters={"paired": 1})
    response = Recorder(FakeRuns(), FakeClock(), FakeNewcomers()).record_many(rows(one, other))
    assert (response.accepted, response.unchanged, len(response.rejected)) == (1, 0, 1)


ESTIMATED, BILLED = shapes.run(cost_source="estimated", cost_usd=10.0), shapes.run(cost_source="billed", cost_usd=12.3)
BOTH = shapes.run(cost_source="billed", cost_usd=12.3, estimated_cost_usd=10.0)


def test_a_bill_replaces_an_estimate_which_stays_known_in_whatever_order_they_come() -> None:
    assert joined(ESTIMATED, BILLED) == BOTH
    assert joined(BILLED, ESTIMATED) == BOTH
    assert joined(BOTH, BILLED) is BOTH
    assert joined(BOTH, ESTIMATED) is BOTH
    assert joined(ESTIMATED, BOTH) == BOTH


@pytest.mark.parametrize("recorded", [BILLED, BOTH])
def test_two_bills_contradict_each_other(recorded: Run) -> None:
    assert joined(recorded, shapes.run(cost_source="billed", cost_usd=12.4)) is None


def test_two_estimates_contradict_each_other_until_there_is_a_bill() -> None:
    later = shapes.run(cost_source="estimated", cost_usd=11.0)
    assert joined(ESTIMATED, later) is None
    assert joined(BOTH, later) is BOTH
    assert joined(ESTIMATED, BILLED.model_copy(update={"estimated_cost_usd": 11.0})) == BOTH


@pytest.mark.parametrize("change", [{"input_bytes": 7}, {"status": "FAILED"}, {"tags": {"a": "b"}}, {"engine": "x"}])
def test_a_bill_for_another_run_is_a_contradiction(change: dict[str, object]) -> None:
    assert joined(ESTIMATED, BILLED.model_copy(update=change)) is None


@settings(deadline=None)
@given(st.lists(st.sampled_from([ESTIMATED, BILLED, BOTH]), min_size=1, max_size=6))
def test_joining_loses_nothing_and_repeating_it_changes_nothing(sent: list[Run]) -> None:
    known = sent[0]
    for run in sent[1:]:
        known = joined(known, run) or pytest.fail("none of these contradict")
        assert joined(known, run) is known
    assert known == joined(known, known)
    assert (known.cost_source == "billed") == any(run.cost_source == "billed" for run in sent)
    assert (known in (ESTIMATED, BOTH)) == any(run in (ESTIMATED, BOTH) for run in sent)


def test_an_estimate_and_its_bill_in_one_request() -> None:
    store = FakeRuns()
    response = Recorder(store, FakeClock(), FakeNewcomers()).record_many(rows(ESTIMATED, BILLED))
    assert (response.accepted, response.unchanged, response.rejected) == (1, 1, [])
    assert [plain(run) for run in store.runs.values()] == [BOTH]


def test_a_bill_counts_as_accepted_and_an_estimate_after_it_as_unchanged() -> None:
    store = FakeRuns([ESTIMATED])
    recorder = Recorder(store, FakeClock(), FakeNewcomers())
    assert recorder.record_one(BILLED).accepted == 1
    assert recorder.record_one(ESTIMATED).unchanged == 1
    with pytest.raises(ApiError, match="Only a bill may replace an estimated cost, once"):
        recorder.record_one(shapes.run(cost_source="billed", cost_usd=39.0))
    assert [plain(run) for run in store.runs.values()] == [BOTH]


def test_a_run_that_ends_in_the_future_is_rejected_alone() -> None:
    early = shapes.run(run_id="early", completed_at=NOW + timedelta(minutes=6))
    response = Recorder(FakeRuns(), FakeClock(), FakeNewcomers()).record_many(rows(early, shapes.run()))
    assert response.accepted == 1
    (rejected,) = response.rejected
    assert (rejected.index, rejected.run_id, rejected.error) == (0, "early", "invalid_request")
    assert "The end lies in the future" in rejected.message


def test_rejected_rows_come_in_order_with_what_is_known_of_them() -> None:
    good = json.loads(shapes.run().model_dump_json(exclude_none=True))
    request = RunsRequest(runs=[{}, good, {**good, "cost_usd": -1}, {**good, "run_id": 7}])
    response = Recorder(FakeRuns(), FakeClock(), FakeNewcomers()).record_many(request)
    assert response.accepted == 1
    assert [(row.index, row.run_id, row.error) for row in response.rejected] == [
        (0, None, "invalid_request"),
        (2, "run-1", "invalid_request"),
        (3, None, "invalid_request"),
    ]


def test_text_of_a_run_is_kept_as_it_is() -> None:
    store = FakeRuns()
    run = shapes.run(run_id="=cmd()|'/C calc'!A0", tags={"note": "\u00e9\u751f <script>"})
    Recorder(store, FakeClock(), FakeNewcomers()).record_many(rows(run))
    assert plain(store.runs[WORKFLOW, run.run_id]) == run


def test_a_store_that_does_not_answer_is_not_success() -> None:
    store = FakeRuns()
    store.failure = DependencyUnavailable("runs table")
    with pytest.raises(DependencyUnavailable):
        Recorder(store, FakeClock(), FakeNewcomers()).record_many(rows(shapes.run(), shapes.run(workflow_name="other")))


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b'{"runs": 1}', "The list of runs must be a list (runs)."),
        (b'{"runs": [1]}', "The list of runs must hold objects (runs)."),
        (b'{"runs": [], "run_id": "a"}', '"run_id" is not a known member; a request has runs'),
        (b'{"run_id": "runs"}', "The workflow name is required (workflow_name)"),
        (b'["runs"]', "The body must be a JSON object with workflow_name"),
        (b"null", "The body must be a JSON object with workflow_name"),
        (b'{"runs": [', "not valid JSON"),
    ],
)
def test_a_body_is_a_list_of_runs_if_it_says_so(body: bytes, told: str) -> None:
    with pytest.raises(ApiError) as refused:
        read_runs(body)
    assert told in refused.value.message


def test_a_body_is_parsed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: list[bytes] = []

    def once(body: bytes) -> object:
        parsed.append(body)
        return json.loads(body)

    monkeypatch.setattr(logic, "from_json", once)
    monkeypatch.setattr(logic, "read_json", None)
    body = rows(shapes.run(), shapes.run(run_id="other")).model_dump_json().encode()
    assert read_runs(body) == RunsRequest.model_validate_json(body)
    assert parsed == [body]
