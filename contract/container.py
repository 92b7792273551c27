"""What the model container reads and writes: invocations, the artefact's metadata, the evaluation."""

from typing import Annotated, Literal

from pydantic import Field

from contract.base import (
    MAX_BATCH,
    Bytes,
    BytesRange,
    CostUsd,
    Count,
    Measure,
    OutputBytes,
    ParameterName,
    Parameters,
    ParameterValue,
    Shape,
    Share,
    UtcTime,
    WorkflowName,
)
from contract.predictions import EdgeOfEvidence, Effect, Interval, SimilarRun

ARTIFACT_MEMBERS = ("model.json", "booster.ubj")
"""All that `model.tar.gz` may hold; the booster is absent from a model that is a trend alone."""
ArtifactFormat = Literal[1, 2]
"""Formats of `model.json` (its `schema_version`) that are read. Raised with every release in which a member is added,
renamed, or means something else; earlier formats are read, too, later ones refused."""
NEWEST_ARTIFACT_FORMAT: ArtifactFormat = 2
"""The format that is written."""
EVALUATION_FILE = "evaluation.json"
"""Written to `/opt/ml/output/data`; SageMaker uploads that folder as `output.tar.gz`."""
METRICS = ("median_ape", "pinball", "coverage_80", "coverage_90", "width_80")
"""What `train` prints of the challenger's `Metrics`, one `name=value;` a line."""
METRIC_DEFINITIONS = [{"Name": name, "Regex": rf"^{name}=([0-9.eE+-]+);$"} for name in METRICS]
"""AlgorithmSpecification.MetricDefinitions of CreateTrainingJob, by which SageMaker finds those lines in the log."""
MAX_EVALUATED_RUNS_LISTED = 300
"""Most single runs that an evaluation lists."""
MAX_PROFILE_BYTES = 8 * 1024
"""Largest profile of all parameters together, as JSON in UTF-8. It is part of an item (400 KiB at most in DynamoDB), of
the evaluation, and of `GET /workflows`, where 600 such workflows still fit into Lambda's answer of 6 MB.
Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html"""


class InvocationRow(Shape):
    """One run to predict. Sizes in bytes."""

    input_bytes: Bytes
    output_bytes: OutputBytes | None = None
    parameters: Parameters | None = None
    started_at: UtcTime | None = Field(
        default=None, description="When the run is to start; null leaves lasting conditions of recent runs aside"
    )


class Invocation(Shape):
    """Body of `POST /invocations`."""

    rows: Annotated[list[InvocationRow], Field(min_length=1, max_length=MAX_BATCH)]
    explain: bool = True
    similar_runs: Annotated[int, Field(ge=0, le=20)] = 5


class RowPrediction(Shape):
    """What the model says about one row."""

    cost_usd: CostUsd
    intervals: list[Interval]
    outcomes_usd: list[CostUsd]
    extrapolated: bool
    extrapolation_factor: float = Field(description="Input size over the nearest end of the training range; 1 inside")
    edge: EdgeOfEvidence | None = Field(
        default=None, description="Where past runs cannot tell the cost, that at the nearest end of the training range"
    )
    unknown_parameters: list[str] = Field(description="Parameters, or values of them, that training never saw")
    explanation: list[Effect]
    similar_runs: list[SimilarRun]


class InvocationResponse(Shape):
    """Answer of `POST /invocations`, rows in order."""

    model_version: int | None = Field(description="From the container's MODEL_VERSION; null when it has none")
    predictions: list[RowPrediction]


ModelKind = Literal["trend", "trend_and_residual", "guess"]
"""What answers: a base alone, one with trees, or the median of past costs where no model was better than that."""
EvaluatedOn = Literal["holdout", "cross_validation", "training_runs"]
"""Runs kept from training; each run, predicted by a model of the others; or, of three runs, those that trained it."""


class Metrics(Shape):
    """How well a model did on runs that it had not seen."""

    median_ape: Measure = Field(description="Median absolute relative error")
    pinball: Measure = Field(description="Mean pinball loss of log-cost over the 5, 10, 50, 90 and 95 % quantiles")
    coverage_80: Share
    coverage_90: Share
    width_80: Measure = Field(description="Median width of the 80 % interval relative to the cost")


class Difference(Shape):
    """Challenger minus champion, paired run by run; negative means that the challenger is better."""

    pinball: float
    standard_error: float = Field(ge=0)
    runs: int | None = Field(default=None, description="That judge both; null in old evaluations")


class SizeSlice(Shape):
    """The same runs by input size."""

    input_bytes_range: BytesRange
    runs: int
    challenger_median_ape: float
    champion_median_ape: float | None
    champion_pinball: float | None = Field(default=None, description="As in `Metrics`; null in old evaluations")
    difference: Difference | None = Field(default=None, description="On the runs of this slice that judge both")


class LaterRuns(Shape):
    """The method as it is used: trained on what had completed when the latest runs started, and asked about those, each
    with its start time."""

    since: UtcTime = Field(description="When the first of these runs started")
    runs: Count
    learned_from: Count = Field(description="Runs that had completed by then; of very many, those drawn at random")
    metrics: Metrics


class Shift(Shape):
    """How far a challenger's answers lie from the champion's, to questions like the runs that the champion knew, asked
    as of now, for runs of some size."""

    questions: Count
    input_bytes_range: BytesRange
    factor: float = Field(gt=0, description="Median of the challenger's typical cost over the champion's")
    outside_80: Share = Field(
        description="Share of the challenger's typical costs outside the champion's 80 % interval"
    )


class TrustedRuns(Shape):
    """Champion and challenger on held-out runs that the champion knew of, asked as `predict` asks: with their start."""

    runs: Count
    challenger: Metrics
    champion: Metrics
    difference: Difference


class LearnedFrom(Shape):
    """Which history made a model, and what that is."""

    runs: int
    latest_run_at: UtcTime
    kind: ModelKind | None = Field(default=None, description="Null in old evaluations")


class EvaluatedRun(Shape):
    """One run that the challenger predicted without having seen it, with its 80 and 90 % intervals."""

    run_id: str
    completed_at: UtcTime
    input_bytes: Bytes
    cost_usd: CostUsd = Field(description="What it cost")
    predicted_usd: CostUsd
    intervals: list[Interval]


class SetAside(Shape):
    """A run that did not train the model."""

    run_id: str
    reason: str


class ParameterProfile(Shape):
    """A parameter as the history shows it, for forms and for checking requests."""

    name: ParameterName
    kind: Literal["number", "category"]
    values: list[ParameterValue] = Field(
        description="Lowest, median and highest of a number; the values of a category, most frequent first, 50 at most"
    )


class HistoryProfile(Shape):
    """What the training history looks like."""

    runs: Count = Field(description="Runs that trained the model")
    input_bytes_range: BytesRange
    typical_output_ratio: Measure | None = Field(description="Median of output over input size; null if never recorded")
    estimated_share: Share = Field(description="Share of runs whose cost was estimated rather than billed")
    latest_run_at: UtcTime
    parameters: list[ParameterProfile] = Field(
        description="8 KiB at most: where they would be larger, rare values are left out, then whole parameters"
    )


class Evaluation(Shape):
    """`evaluation.json`: champion, challenger and a trivial baseline on the same unseen runs."""

    schema_version: Literal[1] = 1
    workflow_name: WorkflowName
    trained_at: UtcTime
    kind: ModelKind
    profile: HistoryProfile
    evaluated_on: EvaluatedOn
    evaluated_runs: int
    challenger: Metrics
    challenger_beside_champion: Metrics | None = Field(
        default=None, description="On the runs that judge the champion too, which are fewer in cross-validation"
    )
    champion: Metrics | None
    champion_problem: str | None = Field(description="Why the champion could not be evaluated, if so")
    champion_learned_from: LearnedFrom | None = Field(default=None, description="What made the champion that serves")
    champion_is_broken: bool = Field(
        default=False, description="Its artefact cannot be read, so it cannot serve either"
    )
    baseline: Metrics = Field(description="The median cost of the training runs, whatever is asked")
    difference: Difference | None
    baseline_difference: Difference
    slices: list[SizeSlice]
    trusted: TrustedRuns | None = Field(
        default=None, description="On runs that the champion knew of; null without a champion and in old evaluations"
    )
    shifts: list[Shift] = Field(
        default=[], description="From the champion's answers, by size; none without a champion and in old evaluations"
    )
    later: LaterRuns | None = Field(
        default=None, description="Null where too few starts are known to tell, and in old evaluations"
    )
    points: list[EvaluatedRun] = Field(
        default=[],
        max_length=MAX_EVALUATED_RUNS_LISTED,
        description="The evaluated runs in order of time, or as many of them, evenly chosen; none in old evaluations",
    )
    set_aside: list[SetAside] = Field(max_length=100)
    set_aside_runs: int
