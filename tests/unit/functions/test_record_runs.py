"""`record_runs` on fakes: every row on its own."""

import json

import pytest

from contract.runs import Run, RunsRequest
from functions.record_runs.logic import Recorder, is_batch
from functions.shared.errors import DependencyUnavailable
from functions.shared.observability import metrics
from tests.fakes import shapes
from tests.fakes.ports import FakeRuns
from tests.fakes.shapes import WORKFLOW


def rows(*runs: Run) -> RunsRequest:
    return RunsRequest(runs=[json.loads(run.model_dump_json(exclude_none=True)) for run in runs])


def test_rows_of_several_workflows() -> None:
    store = FakeRuns()
    runs = [shapes.run(workflow_name=f"w{number % 3}", run_id=f"r{number}") for number in range(30)]
    response = Recorder(store).record_many(rows(*runs))
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
    response = Recorder(store).record_many(request)
    assert (response.accepted, response.unchanged) == (2, 2)
    assert [(row.index, row.run_id, row.error) for row in response.rejected] == [
        (2, "a", "run_conflict"),
        (4, "there", "run_conflict"),
    ]
    assert store.runs[WORKFLOW, "a"].cost_usd == 12.3


def test_a_value_of_another_type_is_another_value() -> None:
    one, other = shapes.run(parameters={"paired": True}), shapes.run(parameters={"paired": 1})
    response = Recorder(FakeRuns()).record_many(rows(one, other))
    assert (response.accepted, response.unchanged, len(response.rejected)) == (1, 0, 1)


def test_rejected_rows_come_in_order_with_what_is_known_of_them() -> None:
    good = json.loads(shapes.run().model_dump_json(exclude_none=True))
    request = RunsRequest(runs=[{}, good, {**good, "cost_usd": -1}, {**good, "run_id": 7}])
    response = Recorder(FakeRuns()).record_many(request)
    assert response.accepted == 1
    assert [(row.index, row.run_id, row.error) for row in response.rejected] == [
        (0, None, "invalid_request"),
        (2, "run-1", "invalid_request"),
        (3, None, "invalid_request"),
    ]


def test_text_of_a_run_is_kept_as_it_is() -> None:
    store = FakeRuns()
    run = shapes.run(run_id="=cmd()|'/C calc'!A0", tags={"note": "\u00e9\u751f <script>"})
    Recorder(store).record_many(rows(run))
    assert store.runs[WORKFLOW, run.run_id] == run


def test_a_store_that_does_not_answer_is_not_success() -> None:
    store = FakeRuns()
    store.failure = DependencyUnavailable("runs table")
    with pytest.raises(DependencyUnavailable):
        Recorder(store).record_many(rows(shapes.run(), shapes.run(workflow_name="other")))


@pytest.mark.parametrize(
    ("body", "batch"), [(b'{"runs": 1}', True), (b'{"run_id": "runs"}', False), (b'["runs"]', False), (b"{", False)]
)
def test_what_counts_as_a_batch(body: bytes, batch: bool) -> None:
    assert is_batch(body) is batch
