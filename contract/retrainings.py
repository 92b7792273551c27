"""A retraining of one workflow as people follow it."""

from typing import Literal

from pydantic import Field

from contract.base import RetrainingId, Shape, UtcTime, WorkflowName

RetrainingStatus = Literal["running", "promoted", "no_update", "insufficient_data", "already_running", "failed"]
StepName = Literal["prepare_dataset", "train_model", "verify_artifact", "compare_models", "update_endpoint", "promote"]
StepState = Literal["done", "current", "pending", "failed", "skipped"]


class RetrainingStep(Shape):
    """One step, in the order in which they are taken."""

    step: StepName
    title: str = Field(description="What the step does, in a few words")
    state: StepState = Field(description="`skipped` if the retraining ended without it")
    started_at: UtcTime | None
    ended_at: UtcTime | None


class RetrainingQuery(Shape):
    """What a retraining that is asked for is to do."""

    restore_version: int | None = Field(
        default=None,
        ge=1,
        le=10**9,
        description="Put the model of this version in service, as a new version, and train nothing",
    )


class Retraining(Shape):
    """Answer of `POST` and `GET /workflows/{workflow_name}/retrainings…`: how far it is, and how it ended."""

    retraining_id: RetrainingId
    workflow_name: WorkflowName
    status: RetrainingStatus
    started_at: UtcTime
    ended_at: UtcTime | None
    reason: str | None = Field(description="Why it ended so, in a sentence; null while it runs")
    model_version: int | None = Field(description="The version that serves from now on, if it was promoted")
    steps: list[RetrainingStep]
