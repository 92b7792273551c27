"""A workflow as people see it, and the record that keeps count of it (table `workflows`)."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from contract.base import Bytes, BytesRange, CostUsd, Count, RetrainingId, Shape, UtcTime, WorkflowName
from contract.container import Metrics, ModelKind, ParameterProfile
from contract.predictions import Interval
from contract.runs import RecordedRun

RetrainOutcome = Literal["promoted", "no_update", "insufficient_data", "failed"]


class LastRetraining(Shape):
    """How the latest retraining ended, as the state machine records it."""

    outcome: RetrainOutcome
    reason: str
    ended_at: UtcTime
    execution_arn: str


class EndedRetraining(Shape):
    """How the latest retraining ended."""

    retraining_id: RetrainingId
    outcome: RetrainOutcome
    reason: str
    ended_at: UtcTime


class WorkflowRecord(Shape):
    """Counts kept beside the runs, and the lease of the retraining that is under way.

    `succeeded_runs` grows with each recorded SUCCEEDED run and `revisions` with each bill that replaces the estimate of
    one and each correction that has something to teach, in the same transaction; a withdrawn run counts among
    `withdrawn_runs` alone; `examined_runs` and `examined_revisions` are what the latest retraining that came to
    a verdict had seen. Where they differ, there is something new to learn. `spend_runs` is how many of the runs table
    `spend` holds: all, but for those that were recorded before that table was. While `retired_at` is there, nothing
    answers for the workflow and no retraining may claim it. `recorded_by` stands for who recorded the first run of
    that name (`contract.names.caller_name`).
    """

    workflow_name: WorkflowName
    runs: int = 0
    succeeded_runs: int = 0
    withdrawn_runs: int = 0
    examined_runs: int = 0
    revisions: int = 0
    examined_revisions: int = 0
    spend_runs: int = 0
    retired_at: UtcTime | None = None
    recorded_by: str | None = None
    latest_recorded_at: UtcTime | None = None
    lease_owner: str | None = None
    lease_expires_at: UtcTime | None = None
    last_retraining: LastRetraining | None = None


class WorkflowSummary(Shape):
    """One line of `GET /workflows`. Model members are null until a first model is in service."""

    workflow_name: WorkflowName
    made_up: bool = Field(default=False, description="Whether its runs are made up, to show what Runquote does")
    runs: int
    succeeded_runs: int
    model_version: int | None
    trained_at: UtcTime | None
    model_runs: int | None
    model_kind: ModelKind | None = Field(default=None, description="Null for a model of an early version, too")
    metrics: Metrics | None
    evaluated_runs: Count | None = Field(default=None, description="Runs that the metrics were measured on")
    input_bytes_range: BytesRange | None
    typical_output_ratio: float | None
    estimated_share: float | None
    parameters: list[ParameterProfile]
    new_runs: int = Field(description="Successful runs that are new or newly billed since the latest retraining")
    last_retraining: EndedRetraining | None
    running_retraining_id: RetrainingId | None = Field(description="The retraining that is under way, if any")
    retired_at: UtcTime | None = Field(
        default=None, description="Since when it is retired: a new run or a retraining that is asked for brings it back"
    )


def _as_written(value: object) -> object:
    """Take what JSON calls true and false, and no other word for them."""
    if isinstance(value, str) and value not in {"true", "false"}:
        raise ValueError("must be true or false")
    return value


class WorkflowsQuery(Shape):
    """Which workflows are listed."""

    retired: Annotated[bool, BeforeValidator(_as_written)] = Field(
        default=False, description="List those that are retired, too"
    )


class WorkflowsResponse(Shape):
    """Answer of `GET /workflows`."""

    workflows: list[WorkflowSummary]
    next_training_at: UtcTime | None = Field(
        description="When all with new runs are retrained; null where no schedule is on, or one counts in rates"
    )


class RetiredWorkflow(Shape):
    """Answer of `DELETE /workflows/{workflow_name}`."""

    workflow_name: WorkflowName
    retired_at: UtcTime
    runs: int = Field(description="Runs that stay recorded")


class CurvePoint(Shape):
    """What a run of this size would cost, other things being typical."""

    input_bytes: Bytes
    cost_usd: CostUsd
    intervals: list[Interval]
    extrapolated: bool


class ModelVersion(Shape):
    """One entry of the model registry."""

    version: int
    created_at: UtcTime
    status: Literal["current", "promoted", "rejected", "pending"]
    reason: str | None = Field(description="Why it was promoted or rejected, in a sentence")
    runs: int | None
    metrics: Metrics | None


class WorkflowDetail(WorkflowSummary):
    """Answer of `GET /workflows/{workflow_name}`."""

    curve: list[CurvePoint]
    recent_runs: list[RecordedRun]
    model_versions: list[ModelVersion]
