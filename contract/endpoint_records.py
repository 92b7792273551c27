"""The record that says which endpoint answers for a workflow (table `model_endpoints`)."""

from contract.base import BytesRange, Count, Label, Shape, UtcTime, WorkflowName
from contract.container import HistoryProfile, LaterRuns, Metrics, ModelKind


class EndpointRecord(Shape):
    """Written only by `promote`, and only with a higher `model_version` than before."""

    workflow_name: WorkflowName
    endpoint_name: Label
    target_model: str | None = None
    model_package_arn: str
    model_version: Count
    trained_at: UtcTime
    kind: ModelKind | None = None
    metrics: Metrics
    evaluated_runs: Count | None = None
    later: LaterRuns | None = None
    input_bytes_range: BytesRange
    runs: Count
    profile: HistoryProfile
    updated_at: UtcTime
