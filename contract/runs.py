"""A run: what one execution of a workflow read, wrote and cost."""

import operator
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from contract.base import (
    MAX_BATCH,
    PARAMETER_NAME,
    STORED,
    TEXT,
    Addressable,
    Bytes,
    Count,
    Label,
    OutputBytes,
    PaidUsd,
    Parameters,
    Request,
    Shape,
    Tags,
    UtcTime,
    WorkflowName,
    refuse_dots,
)
from contract.made_up import MADE_UP_TAGS, MADE_UP_WORKFLOW, tags_fit

RunStatus = Literal["SUCCEEDED", "FAILED", "CANCELLED"]
CostSource = Literal["billed", "estimated"]
PurchaseOption = Literal["on_demand", "spot"]
CLOCK_SKEW = timedelta(minutes=5)
"""How far ahead the clock may be that says when a run ended."""

_MARKS: dict[str, JsonValue] = {name: {"const": value} for name, value in MADE_UP_TAGS.items()}
_CONTRADICTIONS: list[JsonValue] = [
    {
        "properties": {"status": {"const": "SUCCEEDED"}, "cost_usd": {"const": 0}},
        "required": ["status", "cost_usd"],
    },
    {
        "properties": {"cost_source": {"const": "estimated"}, "estimated_cost_usd": {"type": "number"}},
        "required": ["cost_source", "estimated_cost_usd"],
    },
    {
        "properties": {"workflow_name": {"const": MADE_UP_WORKFLOW}},
        "required": ["workflow_name"],
        "not": {
            "properties": {"tags": {"type": "object", "properties": _MARKS, "required": list(_MARKS)}},
            "required": ["tags"],
        },
    },
]
"""What `Run._consistent` refuses, for the document; that a run ends after its start, only words can say."""


class Run(Request):
    """One finished run. Only SUCCEEDED runs train models, and cost more than 0. It ends no earlier than it starts, and
    not in the future. Sizes in bytes, cost in USD."""

    model_config = ConfigDict(json_schema_extra={"not": {"anyOf": _CONTRADICTIONS}})

    workflow_name: Annotated[WorkflowName, Addressable]
    run_id: Annotated[Label, Addressable]
    status: RunStatus
    started_at: UtcTime
    completed_at: UtcTime
    input_bytes: Bytes
    output_bytes: OutputBytes | None = None
    cost_usd: PaidUsd
    cost_source: CostSource
    estimated_cost_usd: PaidUsd | None = Field(
        default=None, description="What a billed run had been estimated to cost, where that is known"
    )
    parameters: Parameters | None = None
    tags: Tags | None = None
    engine: Label | None = None
    purchase_option: PurchaseOption | None = None

    @field_validator("workflow_name", "run_id")
    @classmethod
    def _addressable(cls, value: str, info: ValidationInfo) -> str:
        if info.context != STORED:
            refuse_dots(value)
        return value

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.completed_at < self.started_at:
            raise ValueError("completed_at must not be before started_at")
        if self.status == "SUCCEEDED" and self.cost_usd == 0:
            raise ValueError("cost_usd must be more than 0 for a SUCCEEDED run")
        if self.estimated_cost_usd is not None and self.cost_source == "estimated":
            raise ValueError("estimated_cost_usd belongs to a billed run: the cost of this one is the estimate")
        if not tags_fit(self.workflow_name, self.tags):
            raise ValueError(f"workflow_name {MADE_UP_WORKFLOW} is kept for made-up runs: give yours another name")
        return self

    def ends_after(self, now: datetime) -> bool:
        """Say whether this run has not ended yet: a prediction is for a run that starts now, so none comes later."""
        return self.completed_at > now + CLOCK_SKEW


SMALLEST_BILL, LARGEST_BILL = 0.1, 4.0
"""A bill counts by itself if it is this many times the estimate. Estimates go by list prices: capacity that may be
taken away is up to 90 % off (https://aws.amazon.com/ec2/spot/), while a bill also holds storage, data transfer and
machines that waited for work. What is further off is a wrong unit, another run's bill, or a mistake more often."""
LARGEST_BILL_OF_NOTHING_USD = 1.0
"""The same for a failed run that was estimated to cost nothing."""
MAX_HELD_BILLS = 10
"""Most different bills that are kept with one run and have not been taken."""
MAX_CHANGES = 30
"""Most changes that people may make to one run: all of them fit into one answer."""


def is_plausible_bill(cost_usd: float, estimated_usd: float) -> bool:
    """Say whether a bill is near enough to its estimate to count without a person's word."""
    if estimated_usd == 0:
        return cost_usd <= LARGEST_BILL_OF_NOTHING_USD
    return SMALLEST_BILL * estimated_usd <= cost_usd <= LARGEST_BILL * estimated_usd


class HeldBill(Shape):
    """A bill that was not taken, being far from the run's estimate."""

    cost_usd: PaidUsd
    held_at: UtcTime
    state: Literal["waiting", "accepted", "refused", "passed_over"] = Field(
        default="waiting", description="What a person decided, or that another cost was taken meanwhile"
    )


class RecordedRun(Run):
    """A run as it is kept: what counts, and what has become of it since it was recorded (table `workflow_runs`)."""

    version: Count = Field(default=0, description="How often it was written over")
    changes: Count = Field(default=0, description="How often people changed it; `GET` of the run tells how")
    withdrawn: bool = Field(default=False, description="Counts for nothing any more: no spend, no training")
    held_bills: list[HeldBill] = Field(default=[], description="Bills that were not taken by themselves")
    bill_waits: bool = Field(default=False, description="Whether a bill waits for a person; the estimate counts")


BESIDES = frozenset(set(RecordedRun.model_fields) - set(Run.model_fields))
"""What is kept with a run and is not of the run itself."""


def as_sent[V](row: Mapping[str, V]) -> dict[str, V]:
    """Return a run as it is sent: what the API tells of a recorded run may be sent back as it was told."""
    return {name: value for name, value in row.items() if name not in BESIDES}


class RunsRequest(Request):
    """Body of `POST /runs` with several runs. Each element is checked on its own, so one bad row loses no other."""

    runs: Annotated[list[dict[str, Any]], Field(min_length=1, max_length=MAX_BATCH)]


class RejectedRun(Shape):
    """A row that was not recorded, and why."""

    index: int = Field(description="Position in the request, from 0")
    run_id: str | None
    error: Literal["invalid_request", "run_conflict", "too_many_workflows"]
    message: str


class HeldRow(Shape):
    """A row whose bill is kept with the run and waits for a person; until then the run's estimate counts."""

    index: int = Field(description="Position in the request, from 0")
    run_id: str
    cost_usd: float
    message: str


class RunsResponse(Shape):
    """Answer of `POST /runs`."""

    accepted: int = Field(description="Runs recorded now, or bills that replaced estimates")
    unchanged: int = Field(description="Runs of which all that was sent is known already")
    rejected: list[RejectedRun]
    held: list[HeldRow] = Field(
        default=[],
        exclude_if=operator.not_,
        description="Bills far from their estimates, where there are any: a person decides",
    )


MAX_PAGE = 200
"""Most runs on one page."""


def _tag(text: str) -> str:
    name, colon, value = text.partition(":")
    try:
        _TAGS.validate_python({name: value})
    except ValidationError:
        colon = ""
    if not colon:
        raise ValueError("must be a tag's name and value with a colon between them, like team:genomics")
    return text


_TAGS: TypeAdapter[dict[str, str]] = TypeAdapter(Tags)
TagFilter = Annotated[
    str,
    Field(
        examples=["team:genomics"],
        json_schema_extra={"pattern": f"^{PARAMETER_NAME[1:-1]}:{TEXT[1:-2]}{{0,256}}$"},
    ),
    AfterValidator(_tag),
]
"""A tag that a run must have; its value may hold colons of its own."""


def _flag(value: object) -> object:
    if isinstance(value, str):
        if value not in {"true", "false"}:
            raise ValueError("must be true or false")
        return value == "true"
    return value


Flag = Annotated[bool, BeforeValidator(_flag)]
"""True or false in an address, in these words."""


class RunsQuery(Shape):
    """Which runs of a workflow to list, and how many at a time."""

    status: RunStatus | None = None
    tag: Annotated[list[TagFilter], Field(max_length=5)] = Field(
        default=[], description="Tags that a run must have, all of them"
    )
    held: Flag | None = Field(default=None, description="Only runs with a bill that waits for a person")
    completed_from: UtcTime | None = Field(default=None, description="Earliest completion, to the second")
    completed_before: UtcTime | None = Field(default=None, description="All earlier than this, to the second")
    limit: Annotated[int, Field(ge=1, le=MAX_PAGE)] = 50
    cursor: Annotated[str, Field(max_length=2000)] | None = Field(
        default=None, description="`next_cursor` of the page before"
    )

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.completed_from and self.completed_before and self.completed_from >= self.completed_before:
            raise ValueError("completed_before must be later than completed_from")
        return self


class RunsPage(Shape):
    """Answer of `GET /workflows/{workflow_name}/runs`: the runs that completed last come first.

    A page may hold fewer runs than its limit, or none, and still have a `next_cursor`, where few runs match.
    """

    runs: list[RecordedRun]
    next_cursor: str | None = Field(description="Ask with it for the next page; null on the last one")
