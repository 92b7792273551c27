"""What people change of a recorded run, and the trail that keeps what it was (table `run_changes`)."""

from typing import Literal, Self

from pydantic import Field, model_validator

from contract.base import (
    Bytes,
    Count,
    Label,
    OutputBytes,
    PaidUsd,
    Parameters,
    Reason,
    Request,
    Shape,
    Tags,
    UtcTime,
    WorkflowName,
)
from contract.runs import CostSource, PurchaseOption, RecordedRun, RunStatus

_OPTIONAL = {"output_bytes", "estimated_cost_usd", "parameters", "tags", "engine", "purchase_option"}


class RunValues(Request):
    """New values of a run. What is left out stays as it is; null takes away what a run may be without."""

    status: RunStatus | None = None
    started_at: UtcTime | None = None
    completed_at: UtcTime | None = None
    input_bytes: Bytes | None = None
    output_bytes: OutputBytes | None = None
    cost_usd: PaidUsd | None = None
    cost_source: CostSource | None = None
    estimated_cost_usd: PaidUsd | None = None
    parameters: Parameters | None = None
    tags: Tags | None = None
    engine: Label | None = None
    purchase_option: PurchaseOption | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("values must say what to correct, such as cost_usd")
        for name in sorted(self.model_fields_set - _OPTIONAL):
            if getattr(self, name) is None:
                raise ValueError(f"{name} must have a value: a run cannot be without")
        return self


class BillDecision(Request):
    """What becomes of a bill that waits."""

    cost_usd: PaidUsd = Field(description="Which bill")
    decision: Literal["accept", "refuse"]


class RunCorrection(Request):
    """Body of `PUT /workflows/{workflow_name}/runs/{run_id}`: a reason, and one of values, withdrawn and bill."""

    reason: Reason
    values: RunValues | None = None
    withdrawn: bool | None = Field(default=None, description="true takes the run out of all counts, false back in")
    bill: BillDecision | None = None
    version: Count | None = Field(
        default=None, description="The version that you saw: if it is another one by now, nothing is changed"
    )

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if sum(member is not None for member in (self.values, self.withdrawn, self.bill)) != 1:
            raise ValueError("the body must hold a reason, and one of values, withdrawn and bill")
        return self


ChangeKind = Literal["corrected", "withdrawn", "restored", "bill_accepted", "bill_refused"]


class RunChange(Shape):
    """One change of a run by a person. Changes are only ever added."""

    workflow_name: WorkflowName
    run_id: Label
    number: Count = Field(description="From 1")
    kind: ChangeKind
    at: UtcTime
    by: str = Field(description="Who asked: the id of an API key, or of a person where people sign in")
    by_name: str | None = None
    reason: Reason
    before: RecordedRun
    after: RecordedRun


class RunStory(Shape):
    """Answer of `GET` and `PUT /workflows/{workflow_name}/runs/{run_id}`: the run, and every change of it in order."""

    run: RecordedRun
    changes: list[RunChange]
