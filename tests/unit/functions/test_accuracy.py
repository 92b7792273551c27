"""What is told of a model's accuracy, on fakes."""

from datetime import UTC, datetime

import pytest

from contract.container import EvaluatedRun
from functions.shared.errors import ApiError
from functions.shared.evaluations import MAX_EVALUATION_BYTES
from functions.workflows.accuracy import WORST_MISSES, accuracy
from tests.fakes import shapes
from tests.fakes.ports import FakeArtifacts, FakeEndpoints, FakeRegistry
from tests.fakes.shapes import GB, WORKFLOW
from tests.unit.functions.test_workflows import catalogue

URI = "s3://bucket/models/x/evaluation.json"


def point(number: int, cost: float, predicted: float, month: int = 1) -> EvaluatedRun:
    return EvaluatedRun(
        run_id=f"r{number}",
        completed_at=datetime(2026, month, 1, 0, number, tzinfo=UTC),
        input_bytes=GB,
        cost_usd=cost,
        predicted_usd=predicted,
        intervals=[],
    )


def test_the_points_are_those_of_the_evaluation_and_the_version_that_of_the_record() -> None:
    points = [point(1, 10, 11), point(2, 10, 13, month=2), point(3, 10, 5, month=2)]
    told = accuracy(shapes.endpoint(), shapes.evaluation(points=points))
    assert told.points == points
    assert (told.model_version, told.evaluated_on, told.evaluated_runs) == (3, "holdout", 41)
    assert told.later == shapes.later()
    assert [(each.coverage, each.measured) for each in told.coverage] == [(0.8, 0.8), (0.9, 0.9)]
    assert [(each.month, each.runs) for each in told.months] == [("2026-01", 1), ("2026-02", 2)]
    assert [each.median_ape for each in told.months] == pytest.approx([0.1, 0.4])


def test_the_worst_misses_are_off_by_the_largest_factor_up_or_down() -> None:
    points = [point(1, 10, 18), point(2, 10, 5), point(3, 10, 21), point(4, 10, 10), point(5, 10, 0)]
    told = accuracy(shapes.endpoint(), shapes.evaluation(points=points))
    assert [each.run_id for each in told.worst_misses] == ["r5", "r3", "r2", "r1", "r4"]
    many = [point(number, 10, 10 + number) for number in range(50)]
    assert len(accuracy(shapes.endpoint(), shapes.evaluation(points=many)).worst_misses) == WORST_MISSES


def test_an_old_evaluation_has_no_points() -> None:
    told = accuracy(shapes.endpoint(), shapes.evaluation())
    assert (told.points, told.months, told.worst_misses) == ([], [], [])
    assert told.metrics.median_ape == 0.061


def published(content: bytes) -> tuple[FakeRegistry, FakeArtifacts]:
    registry = FakeRegistry()
    registry.evaluations[shapes.endpoint().model_package_arn] = URI
    return registry, FakeArtifacts({URI: content})


def test_it_is_the_evaluation_of_the_model_in_service() -> None:
    registry, artifacts = published(shapes.evaluation().model_dump_json().encode())
    assert catalogue(registry=registry, artifacts=artifacts).accuracy(WORKFLOW).workflow_name == WORKFLOW


@pytest.mark.parametrize("content", [b"{}", b"x" * (MAX_EVALUATION_BYTES + 1)])
def test_what_cannot_be_read_is_said(content: bytes) -> None:
    registry, artifacts = published(content)
    for known in (registry, FakeRegistry()):
        with pytest.raises(ApiError, match="cannot be read") as caught:
            catalogue(registry=known, artifacts=artifacts).accuracy(WORKFLOW)
        assert caught.value.code == "unavailable"


def test_without_a_model_there_is_no_accuracy() -> None:
    with pytest.raises(ApiError, match="no model yet") as caught:
        catalogue(endpoints=FakeEndpoints()).accuracy(WORKFLOW)
    assert caught.value.code == "model_not_ready"
    with pytest.raises(ApiError) as unknown:
        catalogue().accuracy("nothing")
    assert unknown.value.code == "workflow_not_found"
