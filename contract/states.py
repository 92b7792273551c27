"""What goes into and comes out of the steps of the state machines.

Members that SageMaker's own API receives are spelled as that API spells them.
"""

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from contract.base import Shape, UtcTime, WorkflowName
from contract.container import Metrics

STATE_ERRORS = ("InvalidInput", "AlreadyRunning", "InsufficientData", "BadArtifact", "StalePromotion")
"""Exceptions by which the functions of the state machines say what is wrong; a Catch matches the class name."""
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


class PrepareDatasetResponse(Shape):
    """Output of `prepare-dataset`: all that the next states need, so that the state machine only wires.

    `name` is the name of the training job, the model and the endpoint config alike.
    """

    workflow_name: WorkflowName
    runs: int
    revisions: int = Field(description="Of the workflow's record, as read before its runs")
    manifest_uri: str
    name: str
    endpoint_name: str
    model_package_group_name: str
    client_token: str
    champion: Champion | None
    hyper_parameters: dict[str, str]
    input_data_config: list[dict[str, Any]] = Field(description="CreateTrainingJob's InputDataConfig")
    output_path: str = Field(description="S3 URI")
    production_variants: list[dict[str, Any]] = Field(description="CreateEndpointConfig's ProductionVariants")
    restored_version: int | None = Field(description="What RetrainInput.restore_version asked for")
    restored_model_url: str | None = Field(description="S3 URI of that version's model.tar.gz")
    enable_network_isolation: bool = Field(description="Of the served model; serverless endpoints do not take it")


class VerifyArtifactRequest(Shape):
    """Input of `verify-artifact`."""

    workflow_name: WorkflowName
    model_data_url: str
    manifest_uri: str


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
    """Message on the model-updates topic: exactly one for each execution of `retrain`."""

    outcome: Literal["promoted", "no_update", "insufficient_data", "failed"]
    workflow_name: str
    message: str
    execution_arn: str
    model_version: int | None = None
