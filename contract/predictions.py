"""A prediction: what a run will cost, how sure that is, and why."""

from typing import Annotated, Any, Literal

from pydantic import Field

from contract.base import (
    MAX_BATCH,
    Bytes,
    BytesRange,
    CostUsd,
    Count,
    OutputBytes,
    Parameters,
    Request,
    Shape,
    Share,
    Team,
    UtcTime,
    WorkflowName,
)
from contract.errors import ErrorBody

WarningCode = Literal[
    "outside_training_range",
    "no_better_than_guess",
    "intervals_too_narrow",
    "few_runs",
    "stale_model",
    "estimated_costs",
    "unknown_parameter",
    "made_up_runs",
]


_KEEP = "False for what nobody is to find again, such as the points of a curve"


class PredictionRequest(Request):
    """What a scientist knows before the launch. Sizes in bytes (GB is 10^9)."""

    workflow_name: WorkflowName
    input_bytes: Bytes
    output_bytes: OutputBytes | None = None
    parameters: Parameters | None = None
    team: Team | None = Field(default=None, description="Who is to pay: predictions are found again by it")
    keep: bool = Field(default=True, description=_KEEP)


class BatchRequest(Request):
    """Body of `POST /predictions/batch`. Each element is checked on its own and answered in order."""

    requests: Annotated[list[dict[str, Any]], Field(min_length=1, max_length=MAX_BATCH)]
    team: Team | None = Field(default=None, description="Who is to pay for all of them")
    keep: bool = Field(default=True, description=_KEEP)


class Interval(Shape):
    """The cost lies between these bounds in a `coverage` share of runs like this one."""

    coverage: Share
    low_usd: CostUsd
    high_usd: CostUsd


class PredictionWarning(Shape):
    """What to keep in mind, in plain words."""

    code: WarningCode
    message: str


class ModelSummary(Shape):
    """The model that answered."""

    version: int
    trained_at: UtcTime
    runs: int = Field(description="Runs that it learned from")
    median_ape: float = Field(description="Median absolute relative error on runs it had not seen")
    input_bytes_range: BytesRange
    coverage_80: Share | None = Field(
        default=None, description="Share of runs it had not seen whose cost lay within its 80 % intervals"
    )
    coverage_90: Share | None = Field(default=None, description="The same of its 90 % intervals")
    later_median_ape: float | None = Field(
        default=None, description="The error where the latest runs were predicted from those before; null if too few"
    )
    later_coverage_80: Share | None = Field(default=None, description="Share of them within their 80 % intervals")
    later_coverage_90: Share | None = Field(default=None, description="The same of their 90 % intervals")
    evaluated_runs: Count | None = Field(default=None, description="Runs that error and coverage were measured on")


class Effect(Shape):
    """A part of the estimate. The first is `typical_run` with the cost of a typical run; then come at most four signed
    effects, largest first, of what is asked for against that. All of them add up to the estimate."""

    factor: str
    effect_usd: float
    note: str


class SimilarRun(Shape):
    """A past run near the one asked for."""

    run_id: str
    input_bytes: Bytes
    output_bytes: OutputBytes | None
    cost_usd: CostUsd
    completed_at: UtcTime


class EdgeOfEvidence(Shape):
    """What such a run costs at the nearest end of the past runs' sizes, which is the most that they can tell."""

    input_bytes: Bytes
    cost_usd: CostUsd
    intervals: list[Interval]


class BeyondEvidence(Shape):
    """Why past runs cannot tell what a run will cost, what they can tell, and what would help."""

    message: str
    advice: str
    edge: EdgeOfEvidence | None = Field(description="Null where the run is among the past sizes, or nobody knows it")


class Prediction(Shape):
    """Answer of `POST /predictions`."""

    prediction_id: str
    workflow_name: WorkflowName
    cost_usd: CostUsd
    intervals: list[Interval]
    outcomes_usd: list[CostUsd] = Field(description="20 equally likely outcomes, ascending")
    extrapolated: bool
    extrapolation_factor: float | None = Field(
        default=None, gt=0, description="Input size over the nearest end of the past runs' range; 1 inside"
    )
    beyond_evidence: BeyondEvidence | None = Field(
        default=None, description="If not null, past runs cannot tell the cost: the figures are no basis for a decision"
    )
    warnings: list[PredictionWarning]
    model: ModelSummary
    explanation: list[Effect]
    similar_runs: list[SimilarRun]


class BatchTotal(Shape):
    """What all answered rows cost together: the median and the intervals of simulated sums.

    Bounds do not add up, and neither do the single figures, which are medians: the total is mostly above their sum.
    Rows of which past runs cannot tell the cost are left out: one of them would make the total as unsure as itself.
    """

    cost_usd: float
    intervals: list[Interval]
    outcomes_usd: list[CostUsd] = Field(description="20 equally likely totals, ascending; none where there is no row")
    left_out: Count = Field(description="Answered rows that are not in it, since past runs cannot tell what they cost")


class BatchResponse(Shape):
    """Answer of `POST /predictions/batch`: a prediction or an error for each row, in order."""

    prediction_id: str | None = Field(default=None, description="By which the whole batch is found again")
    predictions: list[Prediction | ErrorBody]
    total: BatchTotal
