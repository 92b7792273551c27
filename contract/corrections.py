"""What people change of a recorded run, and the trail that keeps what it was (table `run_changes`)."""

from collections.abc import Callable, Collection
from typing import Any, Literal, Self

from pydantic import ConfigDict, Field, JsonValue, model_validator

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

_NEEDED = ("status", "started_at", "completed_at", "input_bytes", "cost_usd", "cost_source")
"""What a run cannot be without."""


def _described(never_null: Collection[str], **more: JsonValue) -> Callable[[dict[str, Any]], None]:
    """Say more of a shape, and of which members null is no value: they are left out instead."""

    def describe(schema: dict[str, Any]) -> None:
        for name in never_null:
            member = schema["properties"][name]
            (value,) = (each for each in member.pop("anyOf") if each != {"type": "null"})
            del member["default"]
            member.update(value)
        schema.update(more)

    return describe


class RunValues(Request):
    """New values of a run. What is left out stays as it is; null takes away what a run may be without."""

    model_config = ConfigDict(json_schema_extra=_described(_NEEDED, minProperties=1))

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
        _refuse_null(self, _NEEDED)
        return self


class BillDecision(Request):
    """What becomes of a bill that waits."""

    cost_usd: PaidUsd = Field(description="Which bill")
    decision: Literal["accept", "refuse"]


_ONE_OF = ("values", "withdrawn", "bill")


class RunCorrection(Request):
    """Body of `PUT /workflows/{workflow_name}/runs/{run_id}`: a reason, and one of values, withdrawn and bill."""

    model_config = ConfigDict(
        json_schema_extra=_described((*_ONE_OF, "version"), oneOf=[{"required": [name]} for name in _ONE_OF])
    )

    reason: Reason
    values: RunValues | None = None
    withdrawn: bool | None = Field(default=None, description="true takes the run out of all counts, false back in")
    bill: BillDecision | None = None
    version: Count | None = Field(
        default=None, description="The version that you saw: if it is another one by now, nothing is changed"
    )

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        _refuse_null(self, (*_ONE_OF, "version"))
        if len(self.model_fields_set & set(_ONE_OF)) != 1:
            raise ValueError("the body must hold a reason, and one of values, withdrawn and bill")
        return self


def _refuse_null(shape: Request, members: Collection[str]) -> None:
    for name in sorted(shape.model_fields_set.intersection(members)):
        if getattr(shape, name) is None:
            raise ValueError(f"{name} must have a value where it is given")


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
