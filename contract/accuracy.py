"""How well the model in service predicted runs that it had not seen."""

from pydantic import Field

from contract.base import Month, Shape, Share, UtcTime, WorkflowName
from contract.container import EvaluatedOn, EvaluatedRun, LaterRuns, Metrics, SizeSlice


class MeasuredCoverage(Shape):
    """An interval's promise, and how often it held."""

    coverage: Share = Field(description="What the interval promises")
    measured: Share = Field(description="Share of the evaluated runs whose cost lay within it")


class MonthAccuracy(Shape):
    """The runs that completed in one month."""

    month: Month
    runs: int
    median_ape: float = Field(description="Median absolute relative error")


class AccuracyResponse(Shape):
    """Answer of `GET /workflows/{workflow_name}/accuracy`: what was predicted against what it cost."""

    workflow_name: WorkflowName
    model_version: int
    trained_at: UtcTime
    evaluated_on: EvaluatedOn = Field(
        description="Runs kept from training; of a short history, each predicted by a model trained on the others; of "
        "three runs, those that the model learned from, which flatters it"
    )
    evaluated_runs: int
    metrics: Metrics
    baseline: Metrics = Field(description="Of always answering the median cost")
    later: LaterRuns | None = Field(description="Null where too few starts are known to tell")
    coverage: list[MeasuredCoverage]
    slices: list[SizeSlice] = Field(description="The evaluated runs by input size")
    months: list[MonthAccuracy] = Field(description="Of the points, oldest first")
    worst_misses: list[EvaluatedRun] = Field(
        description="The points whose prediction was off by the largest factor, up or down, worst first"
    )
    points: list[EvaluatedRun] = Field(
        description="The evaluated runs, oldest first, or as many, evenly chosen; none of a model of an early version"
    )
