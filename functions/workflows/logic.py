"""Tells which workflows there are, and everything about one of them."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Literal

from pydantic import ValidationError

from contract.accuracy import AccuracyResponse
from contract.base import MAX_BYTES
from contract.container import METRICS, Invocation, InvocationRow, Metrics
from contract.corrections import RunStory
from contract.endpoint_records import EndpointRecord
from contract.made_up import is_made_up
from contract.names import execution_name, is_retirement, resource_name
from contract.runs import RunsPage, RunsQuery
from contract.workflows import (
    CurvePoint,
    EndedRetraining,
    LastRetraining,
    ModelVersion,
    WorkflowDetail,
    WorkflowRecord,
    WorkflowsQuery,
    WorkflowsResponse,
    WorkflowSummary,
)
from functions.shared import evaluations, lookup, words
from functions.shared.errors import (
    ApiError,
    BadArtifact,
    EndpointMissing,
    MalformedRecord,
    ModelFailed,
    ModelTimedOut,
    ModelWarming,
)
from functions.shared.observability import MetricUnit, logger, metrics
from functions.shared.ports import (
    Artifacts,
    Clock,
    EndpointRecords,
    ModelRegistry,
    Models,
    RegisteredModel,
    RunHistory,
    RunTrail,
    WorkflowRecords,
    by_name,
)
from functions.shared.stories import story
from functions.workflows import cursors
from functions.workflows.accuracy import accuracy

BUDGET_SECONDS = 9.0
CURVE_POINTS = 40
RECENT_RUNS = 20
MODEL_VERSIONS = 20


class Catalogue:
    """The workflows, their models and their runs."""

    def __init__(  # noqa: PLR0913 - its ports, by name
        self,
        *,
        workflows: WorkflowRecords,
        runs: RunHistory,
        trail: RunTrail,
        endpoints: EndpointRecords,
        models: Models,
        registry: ModelRegistry,
        artifacts: Artifacts,
        clock: Clock,
        name_prefix: str,
        next_training: Callable[[datetime], datetime | None],
    ) -> None:
        self._workflows = workflows
        self._runs = runs
        self._trail = trail
        self._endpoints = endpoints
        self._models = models
        self._registry = registry
        self._artifacts = artifacts
        self._clock = clock
        self._name_prefix = name_prefix
        self._next_training = next_training

    def list(self, query: WorkflowsQuery) -> WorkflowsResponse:
        """Return every workflow that has runs, by name; those that are retired only if asked for.

        Raises:
            DependencyUnavailable: the records cannot be read.
        """
        endpoints = self._endpoints.all()
        now = self._clock.now()
        records = by_name(
            record
            for record in self._workflows.all()
            if record.runs + record.withdrawn_runs > 0 and (query.retired or record.retired_at is None)
        )
        return WorkflowsResponse(
            workflows=[
                WorkflowSummary(**_summary(record, endpoints.get(record.workflow_name), now)) for record in records
            ],
            next_training_at=self._next_training(now),
        )

    def detail(self, workflow_name: str) -> WorkflowDetail:
        """Return everything about one workflow.

        A model that does not answer leaves the curve empty, and everything else is told all the same.

        Raises:
            ApiError: no workflow can have that name, or none has it.
            DependencyUnavailable: the records or the registry cannot be read.
        """
        deadline = self._clock.steady() + BUDGET_SECONDS
        record = lookup.find(workflow_name, self._workflows)
        name = record.workflow_name
        endpoint = self._endpoint(name)
        with ThreadPoolExecutor(max_workers=3) as pool:
            runs = pool.submit(self._runs.recent, name, RECENT_RUNS)
            versions = pool.submit(self._registry.versions, resource_name(self._name_prefix, name), MODEL_VERSIONS)
            curve = self._curve(endpoint, deadline) if endpoint else []
            return WorkflowDetail(
                **_summary(record, endpoint, self._clock.now()),
                curve=curve,
                recent_runs=runs.result(),
                model_versions=_model_versions(versions.result(), endpoint),
            )

    def accuracy(self, workflow_name: str) -> AccuracyResponse:
        """Tell how well the model in service predicted runs that it had not seen.

        Raises:
            ApiError: there is no such workflow, it has no model yet, or nobody can read how that was evaluated.
            DependencyUnavailable: the records, the registry or the bucket cannot be read.
        """
        name = lookup.find(workflow_name, self._workflows).workflow_name
        endpoint = self._endpoint(name)
        if endpoint is None:
            raise lookup.missing(name, self._workflows)
        uri = self._registry.evaluation_uri(endpoint.model_package_arn) or self._artifacts.uri("nowhere")
        try:
            return accuracy(endpoint, evaluations.load(self._artifacts, uri, name))
        except BadArtifact as error:
            logger.error("no evaluation", extra={"workflow_name": name, "cause": str(error)})
            message = "What is known of this model's accuracy cannot be read; the next model brings its own."
            raise ApiError("unavailable", message) from error

    def runs(self, workflow_name: str, query: RunsQuery) -> RunsPage:
        """Return one page of the runs of a workflow, latest first.

        Raises:
            ApiError: no workflow has that name, or the cursor is not one of this question.
            DependencyUnavailable: the runs cannot be read.
        """
        position = cursors.decode(query)
        name = lookup.find(workflow_name, self._workflows).workflow_name
        runs, onward = self._runs.page(name, query, position)
        return RunsPage(runs=runs, next_cursor=cursors.encode(onward) if onward else None)

    def run(self, workflow_name: str, run_id: str) -> RunStory:
        """Tell the whole story of a run.

        Raises:
            ApiError: there is no such run.
            DependencyUnavailable: the run cannot be read.
        """
        return story(self._runs, self._trail, workflow_name, run_id)

    def _endpoint(self, workflow_name: str) -> EndpointRecord | None:
        try:
            return self._endpoints.get(workflow_name)
        except MalformedRecord as error:
            _report_misconfigured(workflow_name, error)
            return None

    def _curve(self, endpoint: EndpointRecord, deadline: float) -> Sequence[CurvePoint]:
        sizes = curve_sizes(*endpoint.input_bytes_range)
        now = self._clock.now()
        rows = [InvocationRow(input_bytes=size, started_at=now) for size in sizes]
        invocation = Invocation(rows=rows, explain=False, similar_runs=0)
        try:
            answer = self._models.invoke(endpoint, invocation, deadline)
        except EndpointMissing as error:
            _report_misconfigured(endpoint.workflow_name, error)
            return []
        except (ModelFailed, ModelTimedOut, ModelWarming) as error:
            logger.warning("no curve", extra={"workflow_name": endpoint.workflow_name, "cause": type(error).__name__})
            return []
        return [
            CurvePoint(input_bytes=size, cost_usd=row.cost_usd, intervals=row.intervals, extrapolated=row.extrapolated)
            for size, row in zip(sizes, answer.predictions, strict=True)
        ]


def curve_sizes(smallest: int, largest: int) -> Sequence[int]:
    """Return sizes from half the smallest past run to four times the largest, evenly spaced on a log scale."""
    low, high = max(smallest // 2, 1), min(largest * 4, MAX_BYTES)
    ratio = high / low
    return sorted({round(low * ratio ** (step / (CURVE_POINTS - 1))) for step in range(CURVE_POINTS)})


def _report_misconfigured(workflow_name: str, error: Exception) -> None:
    logger.error("endpoint misconfigured", extra={"workflow_name": workflow_name, "cause": str(error)})
    metrics.add_metric("EndpointMisconfigured", MetricUnit.Count, 1)


def _summary(record: WorkflowRecord, endpoint: EndpointRecord | None, now: datetime) -> dict[str, object]:
    profile = endpoint.profile if endpoint else None
    return {
        "workflow_name": record.workflow_name,
        "made_up": is_made_up(record.workflow_name),
        "runs": record.runs,
        "succeeded_runs": record.succeeded_runs,
        "model_version": endpoint.model_version if endpoint else None,
        "trained_at": endpoint.trained_at if endpoint else None,
        "model_runs": endpoint.runs if endpoint else None,
        "model_kind": endpoint.kind if endpoint else None,
        "metrics": endpoint.metrics if endpoint else None,
        "evaluated_runs": endpoint.evaluated_runs if endpoint else None,
        "input_bytes_range": endpoint.input_bytes_range if endpoint else None,
        "typical_output_ratio": profile.typical_output_ratio if profile else None,
        "estimated_share": profile.estimated_share if profile else None,
        "parameters": profile.parameters if profile else [],
        "new_runs": max(record.succeeded_runs - record.examined_runs, 0)
        + max(record.revisions - record.examined_revisions, 0),
        "last_retraining": _ended(record.last_retraining) if record.last_retraining else None,
        "running_retraining_id": _running(record, now),
        "retired_at": record.retired_at,
    }


def _ended(last: LastRetraining) -> EndedRetraining:
    return EndedRetraining(
        retraining_id=execution_name(last.execution_arn),
        outcome=last.outcome,
        reason=words.failure(last.reason),
        ended_at=last.ended_at,
    )


def _running(record: WorkflowRecord, now: datetime) -> str | None:
    """Return the retraining that holds the workflow; one that was killed holds it until its lease expires."""
    owner, expiry = record.lease_owner, record.lease_expires_at
    held = owner is not None and not is_retirement(owner) and expiry is not None and expiry > now
    return execution_name(owner) if held and owner else None


def _model_versions(versions: Sequence[RegisteredModel], endpoint: EndpointRecord | None) -> Sequence[ModelVersion]:
    return [
        ModelVersion(
            version=version.version,
            created_at=version.created_at,
            status=_status(version, endpoint),
            reason=version.reason,
            runs=_whole(version.metadata.get("runs")),
            metrics=_metrics(version.metadata),
        )
        for version in versions
    ]


def _status(
    version: RegisteredModel, endpoint: EndpointRecord | None
) -> Literal["current", "promoted", "rejected", "pending"]:
    if endpoint is not None and version.version == endpoint.model_version:
        return "current"
    return {"Approved": "promoted", "Rejected": "rejected"}.get(version.approval, "pending")  # type: ignore[return-value] # the values are literals


def _whole(text: str | None) -> int | None:
    return int(text) if text is not None and text.isdigit() else None


def _metrics(metadata: Mapping[str, str]) -> Metrics | None:
    """Read metrics back from the registry; a version without all of them shows none."""
    try:
        return Metrics.model_validate_strings({name: metadata[name] for name in METRICS})
    except (KeyError, ValidationError):
        return None
