"""Every route of the API, once: a row here and an operation in its function's handler are a route.

From these rows `make generate` writes the OpenAPI document (and with it the web app's types), `terraform/routes.tf`,
the request models of API Gateway and `docs/routes.md`; the handlers find their operations by them.

Shapes are named (module of the contract, class) and imported where they are used: every function reads this table as it
starts, and needs few of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Annotated, Any, Literal

from pydantic import BaseModel

from contract.base import (
    MAX_BATCH,
    MAX_BATCH_BODY_BYTES,
    MAX_BODY_BYTES,
    Addressable,
    Label,
    PredictionId,
    RetrainingId,
    Team,
    WorkflowName,
)
from contract.errors import ErrorCode

type Method = Literal["DELETE", "GET", "POST", "PUT"]
type Right = Literal["viewer", "recorder", "approver", "operator"]

RIGHTS: Mapping[Right, str] = {
    "viewer": "asks for predictions, and reads",
    "recorder": "records runs",
    "approver": "sets what teams may spend",
    "operator": "trains, puts earlier versions in service, corrects runs, retires workflows",
}
"""What each right is for. They are stated, and not checked yet: whoever may call at all may call every route."""

PLACES: Mapping[str, Any] = {
    "workflow_name": Annotated[WorkflowName, Addressable],
    "run_id": Annotated[Label, Addressable],
    "team": Annotated[Team, Addressable],
    "retraining_id": RetrainingId,
    "prediction_id": PredictionId,
}
"""What may stand in an address, percent-encoded."""


@dataclass(frozen=True, kw_only=True)
class Route:
    """One method of one path, the function that answers it, and all that is promised of it."""

    method: Method
    path: str
    function: str
    """Folder below functions/ whose handler has the operation."""
    operation: str
    """Name in the OpenAPI document, in the handler's `OPERATIONS` and, with underscores, in Terraform."""
    summary: str
    right: Right | None
    """What a caller needs; None where anybody may call, without a key."""
    answer: str
    statuses: tuple[int, ...] = (200,)
    """Of answers that are no errors."""
    bodies: tuple[str, ...] = ()
    """What a body may be; none where the route takes no body."""
    max_body_bytes: int = MAX_BODY_BYTES
    query: str | None = None
    errors: tuple[ErrorCode, ...] = ()
    """Beside those that every route may answer (`errors_of`)."""
    exceptions: Mapping[str, str] = field(default_factory=dict)
    """Checks of scanners that do not hold for this method on purpose, and why."""

    def __post_init__(self) -> None:
        """Refuse a row that nothing could be made of, in words.

        Raises:
            ValueError: naming the row.
        """
        if self.right is not None and self.right not in RIGHTS:
            raise ValueError(f"{self.operation}: there is no right {self.right!r}, but {', '.join(RIGHTS)}")
        if unknown := [part for part in self.path.split("/") if part[:1] == "{" and part[1:-1] not in PLACES]:
            raise ValueError(f"{self.operation}: {unknown[0]} in its path is not in PLACES")


ROUTES = (
    Route(
        method="POST",
        path="/predictions",
        function="predict",
        operation="predict",
        summary="Predict what one run will cost",
        right="viewer",
        bodies=("predictions.PredictionRequest",),
        answer="predictions.Prediction",
        errors=(
            "workflow_not_found",
            "model_not_ready",
            "model_warming",
            "model_error",
            "model_timeout",
            "endpoint_misconfigured",
        ),
    ),
    Route(
        method="POST",
        path="/predictions/batch",
        function="predict",
        operation="predictBatch",
        summary=f"Predict up to {MAX_BATCH} runs and their total",
        right="viewer",
        bodies=("predictions.BatchRequest",),
        max_body_bytes=MAX_BATCH_BODY_BYTES,
        answer="predictions.BatchResponse",
    ),
    Route(
        method="GET",
        path="/predictions",
        function="predictions",
        operation="listPredictions",
        summary="What was asked and answered, page by page, latest first",
        right="viewer",
        query="kept.PredictionsQuery",
        answer="kept.PredictionsPage",
    ),
    Route(
        method="GET",
        path="/predictions/{prediction_id}",
        function="predictions",
        operation="getPrediction",
        summary="A prediction as it was asked and answered",
        right="viewer",
        answer="kept.KeptPrediction",
        errors=("prediction_not_found",),
    ),
    Route(
        method="POST",
        path="/runs",
        function="record_runs",
        operation="recordRuns",
        summary=f"Record one run, or up to {MAX_BATCH}",
        right="recorder",
        bodies=("runs.Run", "runs.RunsRequest"),
        max_body_bytes=MAX_BATCH_BODY_BYTES,
        answer="runs.RunsResponse",
        statuses=(201, 200),  # created, or all of them recorded before
        errors=("run_conflict", "too_many_workflows"),
    ),
    Route(
        method="GET",
        path="/workflows",
        function="workflows",
        operation="listWorkflows",
        summary="List the workflows and their models",
        right="viewer",
        query="workflows.WorkflowsQuery",
        answer="workflows.WorkflowsResponse",
    ),
    Route(
        method="GET",
        path="/workflows/{workflow_name}",
        function="workflows",
        operation="getWorkflow",
        summary="One workflow: curve, recent runs, model versions",
        right="viewer",
        answer="workflows.WorkflowDetail",
        errors=("workflow_not_found",),
    ),
    Route(
        method="DELETE",
        path="/workflows/{workflow_name}",
        function="retire_workflow",
        operation="retireWorkflow",
        summary="Retire a workflow: what answers for it goes, its history stays",
        right="operator",
        answer="workflows.RetiredWorkflow",
        errors=("workflow_not_found", "retraining_conflict"),
    ),
    Route(
        method="GET",
        path="/openapi.json",
        function="workflows",
        operation="getOpenApi",
        summary="This document; needs no key",
        right=None,  # whoever writes a client reads this before they have a key
        answer="openapi.OpenApiDocument",
        exceptions={"CKV_AWS_59": "a description of the API, which is public, and says nothing of this deployment"},
    ),
    Route(
        method="GET",
        path="/workflows/{workflow_name}/runs",
        function="workflows",
        operation="listRuns",
        summary="The runs of a workflow, page by page, latest first",
        right="viewer",
        query="runs.RunsQuery",
        answer="runs.RunsPage",
        errors=("workflow_not_found",),
    ),
    Route(
        method="GET",
        path="/workflows/{workflow_name}/runs/{run_id}",
        function="workflows",
        operation="getRun",
        summary="A run, and every change that people made to it",
        right="viewer",
        answer="corrections.RunStory",
        errors=("run_not_found",),
    ),
    Route(
        method="PUT",
        path="/workflows/{workflow_name}/runs/{run_id}",
        function="record_runs",
        operation="correctRun",
        summary="Correct or withdraw a run, or decide on a bill that waits",
        right="operator",
        bodies=("corrections.RunCorrection",),
        answer="corrections.RunStory",
        errors=("run_not_found", "run_conflict", "run_changed"),
    ),
    Route(
        method="GET",
        path="/workflows/{workflow_name}/accuracy",
        function="workflows",
        operation="getAccuracy",
        summary="What the model in service predicted against what runs cost",
        right="viewer",
        answer="accuracy.AccuracyResponse",
        errors=("workflow_not_found", "model_not_ready"),
    ),
    Route(
        method="POST",
        path="/workflows/{workflow_name}/retrainings",
        function="retrainings",
        operation="startRetraining",
        summary="Retrain a workflow now, or put the model of a version in service",
        right="operator",
        query="retrainings.RetrainingQuery",
        answer="retrainings.Retraining",
        statuses=(202, 200),  # started, or one is under way
        errors=("workflow_not_found", "retraining_conflict"),
    ),
    Route(
        method="GET",
        path="/workflows/{workflow_name}/retrainings/{retraining_id}",
        function="retrainings",
        operation="getRetraining",
        summary="How far a retraining is, and how it ended",
        right="viewer",
        answer="retrainings.Retraining",
        errors=("retraining_not_found",),
    ),
    Route(
        method="GET",
        path="/budgets",
        function="budgets",
        operation="listBudgets",
        summary="What each team spent in a month, and may spend",
        right="viewer",
        query="budgets.BudgetsQuery",
        answer="budgets.BudgetsResponse",
    ),
    Route(
        method="PUT",
        path="/budgets/{team}",
        function="budgets",
        operation="setBudget",
        summary="Set what a team may spend in a month",
        right="approver",
        bodies=("budgets.BudgetRequest",),
        answer="budgets.Budget",
    ),
    Route(
        method="DELETE",
        path="/budgets/{team}",
        function="budgets",
        operation="deleteBudget",
        summary="Delete a team's budget",
        right="approver",
        answer="budgets.Budget",
        errors=("budget_not_found",),
    ),
)

ERRORS_EVERYWHERE: tuple[ErrorCode, ...] = ("invalid_request", "too_many_requests", "unavailable", "internal_error")
ERRORS_OF_A_KEY: tuple[ErrorCode, ...] = ("unauthorized", "forbidden")
ERRORS_OF_A_PLACE: tuple[ErrorCode, ...] = ("not_found",)
ERRORS_OF_A_BODY: tuple[ErrorCode, ...] = ("payload_too_large", "unsupported_media_type")


def errors_of(route: Route) -> tuple[ErrorCode, ...]:
    """Return every error that a route may answer, API Gateway's own included."""
    return (
        *ERRORS_EVERYWHERE,
        *(ERRORS_OF_A_KEY if route.right else ()),
        *(ERRORS_OF_A_PLACE if "{" in route.path else ()),
        *(ERRORS_OF_A_BODY if route.bodies else ()),
        *route.errors,
    )


def shape(name: str) -> type[BaseModel]:
    """Return a shape by its name in a row, such as `runs.Run`."""
    module, _, member = name.partition(".")
    found: type[BaseModel] = getattr(import_module(f"{__package__}.{module}"), member)
    return found
