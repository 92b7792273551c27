"""`workflows` on fakes: the list, and everything about one workflow."""

from datetime import timedelta
from itertools import pairwise

import pytest

from contract.base import MAX_BYTES
from contract.made_up import MADE_UP_WORKFLOW
from contract.workflows import WorkflowsQuery
from functions.shared.errors import (
    ApiError,
    DependencyUnavailable,
    EndpointMissing,
    MalformedRecord,
    ModelFailed,
    ModelTimedOut,
    ModelWarming,
)
from functions.shared.observability import metrics
from functions.shared.ports import RegisteredModel
from functions.workflows.logic import Catalogue, curve_sizes
from tests.fakes import shapes
from tests.fakes.ports import FakeArtifacts, FakeClock, FakeEndpoints, FakeModels, FakeRegistry, FakeRuns, FakeWorkflows
from tests.fakes.shapes import GB, NOW, WORKFLOW

METADATA = {
    "median_ape": "0.061",
    "pinball": "0.02",
    "coverage_80": "0.8",
    "coverage_90": "0.9",
    "width_80": "0.3",
    "runs": "60",
}


def version(number: int, approval: str, **changes: object) -> RegisteredModel:
    reason = None if approval == "PendingManualApproval" else f"because {number}"
    metadata = {**METADATA, **{name: str(value) for name, value in changes.items()}}
    return RegisteredModel(number, NOW + timedelta(days=number), approval, reason, metadata)


def catalogue(
    *,
    workflows: FakeWorkflows | None = None,
    endpoints: FakeEndpoints | None = None,
    models: FakeModels | None = None,
    registry: FakeRegistry | None = None,
    runs: FakeRuns | None = None,
    artifacts: FakeArtifacts | None = None,
) -> Catalogue:
    daily = [shapes.run(run_id=f"r{day}", completed_at=NOW + timedelta(days=day)) for day in range(30)]
    kept = runs or FakeRuns(daily)
    return Catalogue(
        workflows=workflows or FakeWorkflows(shapes.workflow()),
        runs=kept,
        trail=kept,
        endpoints=endpoints or FakeEndpoints(shapes.endpoint()),
        models=models or FakeModels(),
        registry=registry or FakeRegistry(),
        artifacts=artifacts or FakeArtifacts(),
        clock=FakeClock(),
        name_prefix="runquote",
        next_training=lambda now: now + timedelta(hours=3),
    )


def test_the_list_is_sorted_and_tells_which_have_models() -> None:
    with_runs = [shapes.workflow(name) for name in ("b", WORKFLOW, "A")]
    workflows = FakeWorkflows(*with_runs, shapes.workflow("empty", runs=0))
    listed = catalogue(workflows=workflows).list(WorkflowsQuery()).workflows
    assert [(workflow.workflow_name, workflow.model_version) for workflow in listed] == [
        ("A", None),
        ("b", None),
        (WORKFLOW, 3),
    ]
    assert listed[2].typical_output_ratio == 0.3
    assert catalogue(workflows=workflows).list(WorkflowsQuery()).next_training_at == NOW + timedelta(hours=3)


def test_the_curve_goes_beyond_the_past_runs_on_both_sides() -> None:
    models = FakeModels()
    curve = catalogue(models=models).detail(WORKFLOW).curve
    assert len(curve) == 40
    assert (curve[0].input_bytes, curve[-1].input_bytes) == (5 * GB, 1920 * GB)
    ratios = [after.input_bytes / before.input_bytes for before, after in pairwise(curve)]
    assert max(ratios) == pytest.approx(min(ratios), rel=1e-6)
    ((_, invocation),) = models.invocations
    assert (invocation.explain, invocation.similar_runs) == (False, 0)
    assert {row.started_at for row in invocation.rows} == {NOW}


@pytest.mark.parametrize(("smallest", "largest"), [(1, 1), (1, 2), (MAX_BYTES, MAX_BYTES), (7, MAX_BYTES)])
def test_curve_sizes_are_sizes(smallest: int, largest: int) -> None:
    sizes = curve_sizes(smallest, largest)
    assert 1 <= sizes[0] <= sizes[-1] <= MAX_BYTES
    assert list(sizes) == sorted(set(sizes))


def test_recent_runs_and_versions_with_their_reasons() -> None:
    registry = FakeRegistry(
        [
            version(5, "PendingManualApproval"),
            version(4, "Rejected", median_ape="not a number"),
            version(3, "PendingManualApproval"),
            version(2, "Approved"),
        ]
    )
    detail = catalogue(registry=registry).detail(WORKFLOW)
    assert [run.run_id for run in detail.recent_runs] == [f"r{day}" for day in range(29, 9, -1)]
    assert [(model.version, model.status, model.reason) for model in detail.model_versions] == [
        (5, "pending", None),
        (4, "rejected", "because 4"),
        (3, "current", None),
        (2, "promoted", "because 2"),
    ]
    assert detail.model_versions[1].metrics is None
    assert detail.model_versions[0].metrics is not None
    assert detail.model_versions[0].metrics.median_ape == 0.061
    assert detail.model_versions[0].runs == 60


def test_a_workflow_without_a_model_has_no_curve() -> None:
    models = FakeModels()
    detail = catalogue(endpoints=FakeEndpoints(), models=models).detail(WORKFLOW)
    assert (detail.curve, detail.model_version, detail.runs) == ([], None, 60)
    assert models.invocations == []


@pytest.mark.parametrize("failure", [EndpointMissing("x"), ModelFailed("x"), ModelTimedOut("x"), ModelWarming("x")])
def test_a_model_that_does_not_answer_leaves_the_rest(failure: Exception) -> None:
    detail = catalogue(models=FakeModels(failure=failure)).detail(WORKFLOW)
    assert detail.curve == []
    assert detail.model_version == 3
    assert len(detail.recent_runs) == 20
    assert ("EndpointMisconfigured" in metrics.metric_set) == isinstance(failure, EndpointMissing)


def test_a_malformed_record_counts_as_no_model_and_raises_the_alarm() -> None:
    detail = catalogue(endpoints=FakeEndpoints(failures={WORKFLOW: MalformedRecord("x")})).detail(WORKFLOW)
    assert (detail.model_version, detail.curve) == (None, [])
    assert "EndpointMisconfigured" in metrics.metric_set


def test_a_registry_that_does_not_answer_is_not_an_empty_one() -> None:
    registry = FakeRegistry()
    registry.failure = DependencyUnavailable("model registry")
    with pytest.raises(DependencyUnavailable):
        catalogue(registry=registry).detail(WORKFLOW)


class CountingWorkflows(FakeWorkflows):
    """Knows nothing, and keeps what it was asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    def get(self, workflow_name: str) -> None:
        self.asked.append(workflow_name)


@pytest.mark.parametrize("given", ["", " ", "a\n", "\x00", "x" * 129])
def test_what_is_no_name_is_never_looked_up(given: str) -> None:
    workflows = CountingWorkflows()
    with pytest.raises(ApiError) as caught:
        catalogue(workflows=workflows).detail(given)
    assert caught.value.code == "invalid_request"
    assert workflows.asked == []


def test_unknown_names_get_suggestions() -> None:
    with pytest.raises(ApiError, match="rnaseq-quant") as caught:
        catalogue().detail("RNAseq_quant")
    assert caught.value.code == "workflow_not_found"


def test_the_list_says_whose_runs_are_made_up() -> None:
    workflows = FakeWorkflows(shapes.workflow(MADE_UP_WORKFLOW), shapes.workflow("wgs-demo"))
    listed = {
        each.workflow_name: each.made_up for each in catalogue(workflows=workflows).list(WorkflowsQuery()).workflows
    }
    assert listed == {MADE_UP_WORKFLOW: True, "wgs-demo": False}
