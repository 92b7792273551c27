"""What goes into and comes out of the steps of the state machines.

Members that SageMaker's own API receives are spelled as that API spells them.
"""

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, model_validator

from contract.base import Shape, UtcTime, WorkflowName
from contract.container import Metrics

STATE_ERRORS = ("InvalidInput", "AlreadyRunning", "InsufficientData", "BadArtifact", "StalePromotion")
"""Exceptions by which the functions of the state machines say what is wrong; an execution fails under that name."""
MINIMUM_RUNS = 5
"""Fewest SUCCEEDED runs that a retraining accepts; of these some are held out, so a model is fitted to fewer."""


class RetrainInput(Shape):
    """Input of an execution of `retrain`. Further members, such as a note of who started it, do no harm."""

    model_config = ConfigDict(extra="ignore")

    workflow_name: WorkflowName
    trigger: Literal["manual", "schedule"] = "manual"
    restore_version: int | None = Field(
        default=None,
        ge=1,
        description="Serve the model of this version again, as a new version; train nothing",
    )


class PrepareDatasetRequest(Shape):
    """Input of `prepare-dataset`: the execution's own input, unchecked so far, and which execution it is."""

    input: dict[str, Any]
    execution_arn: str
    execution_name: str


class Champion(Shape):
    """The model in service when the dataset was made."""

    model_version: int
    model_package_arn: str
    endpoint_name: str


class DatasetPart(Shape):
    """One object of the dataset: gzip-compressed JSON Lines of `Run`, ordered by run_id."""

    key: str
    runs: int
    sha256: str = Field(description="Of the object as stored")


class Manifest(Shape):
    """`manifest.json` beside the parts: what a consistent snapshot of the history held."""

    schema_version: Literal[1] = 1
    workflow_name: WorkflowName
    execution_arn: str
    created_at: UtcTime
    runs: int
    train_runs: int
    holdout_runs: int
    sha256: str = Field(description="Of all rows as JSON Lines, train before holdout, uncompressed")
    parts: list[DatasetPart]


class Plan(Shape):
    """What the functions that settle, change and conclude know of a retraining from its plan.

    `name` is the name of the training job, the model and the endpoint config alike.
    """

    model_config = ConfigDict(extra="ignore")

    workflow_name: WorkflowName
    runs: int
    revisions: int = Field(description="Of the workflow's record, as read before its runs")
    name: str
    endpoint_name: str
    restored_model_url: str | None = Field(description="S3 URI of the model.tar.gz of RetrainInput.restore_version")


class PrepareDatasetResponse(Plan):
    """Output of `prepare-dataset`: all that the next states need, so that the state machine only wires."""

    model_config = ConfigDict(extra="forbid")

    manifest_uri: str
    model_package_group_name: str
    client_token: str
    champion: Champion | None
    hyper_parameters: dict[str, str]
    input_data_config: list[dict[str, Any]] = Field(description="CreateTrainingJob's InputDataConfig")
    output_path: str = Field(description="S3 URI")
    production_variants: list[dict[str, Any]] = Field(description="CreateEndpointConfig's ProductionVariants")
    restored_version: int | None = Field(description="What RetrainInput.restore_version asked for")
    enable_network_isolation: bool = Field(description="Of the served model; serverless endpoints do not take it")


class VerifyArtifactRequest(Shape):
    """Input of `verify-artifact`."""

    workflow_name: WorkflowName
    model_data_url: str
    manifest_uri: str
    model_package_group_name: str | None = Field(
        default=None, description="Where the model will be registered: made here on first use"
    )


class VerifyArtifactResponse(Shape):
    """Output of `verify-artifact`. Metric strings go to the registry, whose metadata values are strings."""

    evaluation_uri: str
    description: Annotated[str, Field(max_length=1024)]
    metadata: Annotated[dict[str, Annotated[str, Field(max_length=256)]], Field(max_length=50)]


class CompareModelsRequest(Shape):
    """Input of `compare-models`."""

    workflow_name: WorkflowName
    evaluation_uri: str
    champion: Champion | None
    restored_version: int | None = None


class CompareModelsResponse(Shape):
    """Output of `compare-models`."""

    is_better: bool
    reason: Annotated[str, Field(max_length=1024)] = Field(description="One readable sentence")
    challenger: Metrics
    champion: Metrics | None


class PromoteRequest(Shape):
    """Input of `promote`, once the endpoint is InService with the new model."""

    workflow_name: WorkflowName
    endpoint_name: str
    model_package_arn: str
    evaluation_uri: str


class PromoteResponse(Shape):
    """Output of `promote`."""

    model_version: int


class StateError(Shape):
    """An error as a Catch hands it on, and as a Fail state ends with it; members are spelled as Step Functions does."""

    Error: str
    Cause: str = ""


class Settled(Shape):
    """Output of `settle-training`: what became of a training job."""

    status: Literal["completed", "in_progress", "failed"]
    model_data_url: str | None = Field(default=None, description="S3 URI of model.tar.gz, once completed")
    error: StateError | None = Field(default=None, description="Why it failed")


class EndpointChange(Shape):
    """Output of `change-endpoint`, which gets it back with the next call: how far the change of an endpoint is."""

    status: Literal["changing", "in_service", "over"] = "changing"
    purpose: Literal["promotion", "rollback"] = "promotion"
    target: str = Field(description="Name of the endpoint config that is to be in service")
    previous: str | None = Field(default=None, description="The config that was in service before")
    requested: bool = Field(default=False, description="Whether SageMaker has taken a request for the target")
    created: bool = Field(default=False, description="Whether this execution made the endpoint")
    waited_seconds: int = 0
    wait_seconds: int = Field(default=0, description="Until the next look")
    uncertain: bool = Field(default=False, description="Whether nobody heard if the endpoint record was written")
    error: StateError | None = Field(default=None, description="Why the challenger does not serve")


class Registered(Shape):
    """Of CreateModelPackage's answer, what is needed."""

    model_config = ConfigDict(extra="ignore")

    ModelPackageArn: str


class Verdict(Shape):
    """Of `compare-models`' answer, what is told."""

    model_config = ConfigDict(extra="ignore")

    is_better: bool
    reason: str


class SoFar(Shape):
    """All that an execution of `retrain` has collected: each state adds what it learned under a name of its own.

    Where `prepare-dataset` fails there is nothing to add to, and all there is is its error.
    """

    model_config = ConfigDict(extra="ignore")

    plan: Plan | None = None
    training_error: StateError | None = Field(default=None, description="How TrainModel ended, if not well")
    training: Settled | None = None
    package: Registered | None = None
    comparison: Verdict | None = None
    model_refusal: StateError | None = Field(default=None, description="CreateModel refused: perhaps as it is there")
    config_refusal: StateError | None = Field(default=None, description="As model_refusal, of CreateEndpointConfig")
    change: EndpointChange | None = None
    promotion: PromoteResponse | None = None
    promotion_error: StateError | None = Field(default=None, description="How Promote ended, if not well")
    error: StateError | None = Field(default=None, description="What led straight to the conclusion")

    @model_validator(mode="before")
    @classmethod
    def _error_alone(cls, values: Any) -> Any:  # noqa: ANN401 - whatever comes
        return {"error": values} if isinstance(values, dict) and "Error" in values else values


class SettleTrainingRequest(Shape):
    """Input of `settle-training`."""

    so_far: SoFar


class ChangeEndpointRequest(Shape):
    """Input of `change-endpoint`."""

    so_far: SoFar


class ConcludeRequest(Shape):
    """Input of `conclude`."""

    input: Any = Field(description="Of the execution, unchecked")
    execution_arn: str
    so_far: SoFar


class SelectWorkflowsRequest(Shape):
    """Input of `select-workflows`."""

    execution_name: str


class WorkflowToRetrain(Shape):
    """One workflow with runs that no retraining has examined, and the name its execution shall have."""

    workflow_name: WorkflowName
    execution_name: str


class SelectWorkflowsResponse(Shape):
    """Output of `select-workflows`."""

    workflows: list[WorkflowToRetrain]


class RetrainNotification(Shape):
    """Message on the model-updates topic: one for each execution of `retrain`."""

    notification_id: str = Field(
        description="The same in every copy of a message: SNS may deliver one twice, and an execution that is stopped "
        "right after it told is told of again. Drop an id that you have seen"
    )
    outcome: Literal["promoted", "no_update", "insufficient_data", "failed"]
    workflow_name: str
    message: str
    execution_arn: str
    model_version: int | None = None


class Conclusion(Shape):
    """Output of `conclude`."""

    subject: str
    notification: RetrainNotification
    error: StateError | None = Field(description="What the execution fails with, if it does")


class ReportRoundRequest(Shape):
    """Input of `report-round`: what `select-workflows` selected and `retrain_all` has been through."""

    workflows: list[WorkflowToRetrain]


class RetrainingReport(Shape):
    """How one retraining of a round ended."""

    workflow_name: WorkflowName
    outcome: Literal["promoted", "no_update", "insufficient_data", "already_running", "failed"]
    message: str


class ReportRoundResponse(Shape):
    """Output of `report-round`."""

    retrainings: list[RetrainingReport]
    error: StateError | None = Field(description="What the round fails with, if any retraining failed")
