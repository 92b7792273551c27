"""A run: what one execution of a workflow read, wrote and cost."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from contract.base import (
    MAX_BATCH,
    Bytes,
    CostUsd,
    Label,
    OutputBytes,
    Parameters,
    Request,
    Shape,
    Tags,
    UtcTime,
    WorkflowName,
)

RunStatus = Literal["SUCCEEDED", "FAILED", "CANCELLED"]
CostSource = Literal["billed", "estimated"]
PurchaseOption = Literal["on_demand", "spot"]


class Run(Request):
    """One finished run. Only SUCCEEDED runs train models. Sizes in bytes, cost in USD."""

    workflow_name: WorkflowName
    run_id: Label
    status: RunStatus
    started_at: UtcTime
    completed_at: UtcTime
    input_bytes: Bytes
    output_bytes: OutputBytes | None = None
    cost_usd: CostUsd
    cost_source: CostSource
    parameters: Parameters | None = None
    tags: Tags | None = None
    engine: Label | None = None
    purchase_option: PurchaseOption | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.completed_at < self.started_at:
            raise ValueError("completed_at must not be before started_at")
        if self.status == "SUCCEEDED" and self.cost_usd == 0:
            raise ValueError("cost_usd must be more than 0 for a SUCCEEDED run")
        return self


class RunsRequest(Request):
    """Body of `POST /runs` with several runs. Each element is checked on its own, so one bad row loses no other."""

    runs: Annotated[list[dict[str, Any]], Field(min_length=1, max_length=MAX_BATCH)]


class RejectedRun(Shape):
    """A row that was not recorded, and why."""

    index: int = Field(description="Position in the request, from 0")
    run_id: str | None
    error: Literal["invalid_request", "run_conflict"]
    message: str


class RunsResponse(Shape):
    """Answer of `POST /runs`."""

    accepted: int = Field(description="Runs recorded now")
    unchanged: int = Field(description="Runs that were already recorded with the same values")
    rejected: list[RejectedRun]
