"""Good examples of the shapes, to change in one place at a time."""

from datetime import UTC, datetime, timedelta

from contract.container import (
    Difference,
    Evaluation,
    HistoryProfile,
    Invocation,
    InvocationResponse,
    LaterRuns,
    Metrics,
    RowPrediction,
)
from contract.endpoint_records import EndpointRecord
from contract.names import resource_name
from contract.predictions import Effect, Interval, SimilarRun
from contract.runs import Run
from contract.states import Plan
from contract.workflows import WorkflowRecord

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
WORKFLOW = "rnaseq-quant"
GB = 10**9
PACKAGE = "arn:aws:sagemaker:us-east-1:123456789012:model-package/runquote-rnaseq-quant-9988efc5/{}"


def run(**changes: object) -> Run:
    values = {
        "workflow_name": WORKFLOW,
        "run_id": "run-1",
        "status": "SUCCEEDED",
        "started_at": NOW - timedelta(days=2),
        "completed_at": NOW - timedelta(days=1),
        "input_bytes": 120 * GB,
        "cost_usd": 12.3,
        "cost_source": "billed",
    }
    return Run.model_validate({**values, **changes})


def metrics(**changes: float) -> Metrics:
    values = {"median_ape": 0.08, "pinball": 0.05, "coverage_80": 0.8, "coverage_90": 0.9, "width_80": 0.4}
    return Metrics.model_validate({**values, **changes})


def later() -> LaterRuns:
    """The 12 latest runs as those before foretold them."""
    found = metrics(median_ape=0.11, coverage_80=0.75, coverage_90=0.83)
    return LaterRuns(since=NOW - timedelta(days=9), runs=12, learned_from=48, metrics=found)


def profile(**changes: object) -> HistoryProfile:
    values = {
        "runs": 60,
        "input_bytes_range": (10 * GB, 480 * GB),
        "typical_output_ratio": 0.3,
        "estimated_share": 0.0,
        "latest_run_at": NOW - timedelta(days=1),
        "parameters": [],
    }
    return HistoryProfile.model_validate({**values, **changes})


def endpoint(**changes: object) -> EndpointRecord:
    name = changes.get("workflow_name", WORKFLOW)
    values = {
        "workflow_name": name,
        "endpoint_name": f"runquote-{abs(hash(name))}",
        "model_package_arn": PACKAGE.format(3),
        "model_version": 3,
        "trained_at": NOW - timedelta(days=3),
        "metrics": metrics(),
        "later": later(),
        "input_bytes_range": (10 * GB, 480 * GB),
        "runs": 60,
        "profile": profile(),
        "updated_at": NOW - timedelta(days=3),
    }
    return EndpointRecord.model_validate({**values, **changes})


def plan(**changes: object) -> Plan:
    """What the functions know of a retraining from its plan."""
    resource = resource_name("runquote", WORKFLOW)
    values = {
        "workflow_name": WORKFLOW,
        "runs": 60,
        "revisions": 2,
        "name": f"{resource}-0123456789",
        "endpoint_name": resource,
        "restored_model_url": None,
    }
    return Plan.model_validate({**values, **changes})


def workflow(name: str = WORKFLOW, **changes: object) -> WorkflowRecord:
    values = {"runs": 60, "succeeded_runs": 58, "examined_runs": 58}
    return WorkflowRecord.model_validate({"workflow_name": name, **values, **changes})


def evaluation(**changes: object) -> Evaluation:
    values = {
        "workflow_name": WORKFLOW,
        "trained_at": NOW,
        "kind": "trend_and_residual",
        "profile": profile(),
        "evaluated_on": "holdout",
        "evaluated_runs": 41,
        "challenger": metrics(median_ape=0.061),
        "champion": metrics(median_ape=0.089),
        "champion_problem": None,
        "baseline": metrics(median_ape=0.7),
        "difference": Difference(pinball=-0.02, standard_error=0.005),
        "baseline_difference": Difference(pinball=-0.3, standard_error=0.02),
        "later": later(),
        "slices": [],
        "set_aside": [],
        "set_aside_runs": 0,
    }
    return Evaluation.model_validate({**values, **changes})


def row(cost: float = 28.0, **changes: object) -> RowPrediction:
    values = {
        "cost_usd": cost,
        "intervals": [
            Interval(coverage=coverage, low_usd=cost * (1 - coverage / 2), high_usd=cost * (1 + coverage))
            for coverage in (0.5, 0.8, 0.9)
        ],
        "outcomes_usd": [cost * (0.6 + 0.05 * step) for step in range(20)],
        "extrapolated": False,
        "extrapolation_factor": 1.0,
        "unknown_parameters": [],
        "explanation": [Effect(factor="typical_run", effect_usd=cost, note="a run of typical size")],
        "similar_runs": [
            SimilarRun(run_id="run-1", input_bytes=GB, output_bytes=None, cost_usd=cost, completed_at=NOW)
        ],
    }
    return RowPrediction.model_validate({**values, **changes})


def answer(invocation: Invocation) -> InvocationResponse:
    """Answer like a model that takes a dollar for four gigabytes and knows up to 480 GB."""
    return InvocationResponse(
        model_version=3,
        predictions=[
            row(
                asked.input_bytes / GB / 4,
                extrapolated=asked.input_bytes > 480 * GB,
                explanation=row().explanation if invocation.explain else [],
                similar_runs=row().similar_runs[: invocation.similar_runs],
            )
            for asked in invocation.rows
        ],
    )
