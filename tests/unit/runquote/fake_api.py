"""A small API for tests: answers in the contract's shapes, over HTTP, and remembers what it was sent."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import BaseModel, ValidationError

from contract.accuracy import AccuracyResponse, MeasuredCoverage, MonthAccuracy
from contract.base import MAX_BATCH
from contract.budgets import Budget, BudgetLine, BudgetsResponse, WorkflowSpend
from contract.container import EvaluatedRun, LaterRuns, SizeSlice
from contract.corrections import RunCorrection, RunStory
from contract.errors import ErrorBody, ErrorCode
from contract.predictions import (
    BatchResponse,
    BatchTotal,
    BeyondEvidence,
    EdgeOfEvidence,
    Effect,
    Interval,
    ModelSummary,
    Prediction,
    PredictionRequest,
    PredictionWarning,
    SimilarRun,
)
from contract.retrainings import Retraining, RetrainingStatus, RetrainingStep, StepName
from contract.runs import HeldRow, RecordedRun, RejectedRun, Run, RunsPage, RunsResponse
from contract.workflows import (
    CurvePoint,
    ModelVersion,
    RetiredWorkflow,
    WorkflowDetail,
    WorkflowsResponse,
    WorkflowSummary,
)
from tests.fakes import shapes
from tests.fakes.api import Asked, FakeServer, Refusal, changed, serving
from tests.fakes.shapes import GB

TOKEN = "header.claims.signature"
NEW_RUNS = 0
NOW = datetime(2026, 3, 5, 9, 30, tzinfo=UTC)
METRICS = shapes.metrics(coverage_80=0.81)


def intervals(cost: float) -> list[Interval]:
    return [
        Interval(coverage=0.8, low_usd=cost * 0.8, high_usd=cost * 1.2),
        Interval(coverage=0.9, low_usd=cost * 0.7, high_usd=cost * 1.4),
    ]


FAR = BeyondEvidence(
    message="Past runs cannot tell what this run will cost.",
    advice="Run one at 5 TB first.",
    edge=EdgeOfEvidence(input_bytes=500 * GB, cost_usd=50, intervals=intervals(50)),
)


def outcomes(cost: float) -> list[float]:
    return [cost * (0.7 + 0.6 * number / 19) for number in range(20)]


def prediction(request: PredictionRequest) -> Prediction:
    """A dollar for each 10 GB; beyond 500 GB a rough guide, and from 15 TB on past runs cannot tell."""
    cost = request.input_bytes / (10 * GB)
    rough = request.input_bytes > 500 * GB
    warnings = [PredictionWarning(code="estimated_costs", message="Past costs were estimated.")]
    if rough:
        warnings.append(PredictionWarning(code="outside_training_range", message="Treat this as a rough guide."))
    return Prediction(
        prediction_id="p-1",
        workflow_name=request.workflow_name,
        cost_usd=cost,
        intervals=intervals(cost),
        outcomes_usd=outcomes(cost),
        extrapolated=rough,
        beyond_evidence=None if request.input_bytes < 15_000 * GB else FAR,
        warnings=warnings,
        model=ModelSummary(
            version=3, trained_at=NOW, runs=84, median_ape=0.08, input_bytes_range=(GB, 500 * GB), coverage_80=0.79
        ),
        explanation=[Effect(factor="input_size", effect_usd=-1.5, note="[smaller] than a typical run")],
        similar_runs=[SimilarRun(run_id="r-1", input_bytes=GB, output_bytes=None, cost_usd=2.0, completed_at=NOW)],
    )


def run(**changes: object) -> dict[str, Any]:
    """A run as it is sent, of the day before `NOW`'s and of an hour."""
    times = {"started_at": datetime(2026, 3, 1, 8, tzinfo=UTC), "completed_at": datetime(2026, 3, 1, 9, tzinfo=UTC)}
    sent = shapes.run(workflow_name="rnaseq", run_id="r-1", cost_usd=12.5, **times)
    return {**json.loads(sent.model_dump_json(exclude_none=True)), **changes}


def summary(name: str) -> dict[str, Any]:
    return {
        "workflow_name": name,
        "runs": 84,
        "succeeded_runs": 80,
        "model_version": 3,
        "trained_at": NOW,
        "model_runs": 80,
        "metrics": METRICS,
        "input_bytes_range": (GB, 500 * GB),
        "typical_output_ratio": 0.3,
        "estimated_share": 0.0,
        "parameters": [],
        "new_runs": NEW_RUNS,
        "last_retraining": None,
        "running_retraining_id": None,
    }


def detail(name: str) -> WorkflowDetail:
    sizes = [GB * 2**step for step in range(11)]
    version = ModelVersion(version=3, created_at=NOW, status="current", reason="Better", runs=80, metrics=METRICS)
    return WorkflowDetail(
        **summary(name),
        curve=[
            CurvePoint(input_bytes=size, cost_usd=size / GB, intervals=intervals(size / GB), extrapolated=False)
            for size in sizes
        ],
        recent_runs=[RecordedRun.model_validate_json(json.dumps(run()))],
        model_versions=[version],
    )


def accuracy(name: str) -> AccuracyResponse:
    """Three runs that the model had not seen; the last was predicted badly."""
    points = [
        EvaluatedRun(
            run_id=f"r-{size}",
            completed_at=NOW,
            input_bytes=size * GB,
            cost_usd=cost,
            predicted_usd=size / 10,
            intervals=intervals(size / 10),
        )
        for size, cost in ((10, 1.1), (200, 19.0), (400, 90.0))
    ]
    return AccuracyResponse(
        workflow_name=name,
        model_version=3,
        trained_at=NOW,
        evaluated_on="holdout",
        evaluated_runs=3,
        metrics=METRICS,
        baseline=METRICS.model_copy(update={"median_ape": 0.74}),
        later=LaterRuns(since=NOW, runs=12, learned_from=48, metrics=METRICS.model_copy(update={"median_ape": 0.13})),
        coverage=[MeasuredCoverage(coverage=0.8, measured=2 / 3), MeasuredCoverage(coverage=0.9, measured=2 / 3)],
        slices=[
            SizeSlice(
                input_bytes_range=(10 * GB, 400 * GB), runs=3, challenger_median_ape=0.09, champion_median_ape=None
            )
        ],
        months=[MonthAccuracy(month="2026-03", runs=3, median_ape=0.09)],
        worst_misses=[points[2]],
        points=points,
    )


STEPS: tuple[StepName, ...] = ("prepare_dataset", "train_model", "compare_models", "promote")


def retraining(name: str, seen: int, outcome: RetrainingStatus) -> Retraining:
    """A retraining that has been asked for so often; it takes a step each time."""
    ended = seen >= len(STEPS)
    return Retraining(
        retraining_id="retraining-1",
        workflow_name=name,
        status=outcome if ended else "running",
        started_at=NOW,
        ended_at=NOW + timedelta(seconds=42) if ended else None,
        reason="Because of the evaluation" if ended else None,
        model_version=4 if ended and outcome == "promoted" else None,
        steps=[
            RetrainingStep(
                step=step,
                title=f"Do {step}",
                state="done" if place < seen else "current" if place == seen else "pending",
                started_at=NOW if place <= seen else None,
                ended_at=NOW if place < seen else None,
            )
            for place, step in enumerate(STEPS)
        ],
    )


class FakeApi(FakeServer):
    """Knows the workflow `rnaseq`; `failures` are answered first, one to a request."""

    def __init__(self) -> None:
        super().__init__()
        self.access_tokens = {TOKEN}
        self.runs: dict[tuple[str, str], dict[str, Any]] = {}
        self.failures: list[tuple[ErrorCode, int | None]] = []
        self.outcome: RetrainingStatus = "promoted"
        self.seen = 0

    def answers(self, asked: Asked) -> BaseModel:
        if self.failures:
            code, retry_after = self.failures.pop(0)
            raise Refusal(code, f"This is {code}", retry_after)
        if "workflow_name" in asked.places and not asked.operation.endswith("Run"):
            _known(asked.name)
        match asked.operation:
            case "listWorkflows":
                return WorkflowsResponse(workflows=[WorkflowSummary(**summary("rnaseq"))], next_training_at=None)
            case "getWorkflow":
                return detail(asked.name)
            case "retireWorkflow":
                return RetiredWorkflow(workflow_name=asked.name, retired_at=NOW, runs=84)
            case "startRetraining" | "getRetraining" as operation:
                self.seen = self.seen + 1 if operation == "getRetraining" else 0
                return retraining(asked.name, self.seen, self.outcome)
            case "getAccuracy":
                return accuracy(asked.name)
            case "listRuns":
                kept = [_stored(each) for (workflow, _), each in self.runs.items() if workflow == asked.name]
                waiting = [each for each in kept if each.bill_waits or asked.query.get("held") != ["true"]]
                return RunsPage(runs=waiting, next_cursor=None)
            case "getRun" | "correctRun":
                return self._run(asked)
            case "listBudgets":
                return _budgets()
            case "setBudget" | "deleteBudget":
                return _budget(asked)
            case "predict":
                return prediction(_request(asked.json()))
            case "predictBatch":
                return _batch(asked.json()["requests"])
        assert asked.operation == "recordRuns"
        return self._record(asked.json()["runs"])

    def _run(self, asked: Asked) -> RunStory:
        """A run as it was recorded; a change takes what it says, and is all the trail."""
        key = (asked.name, asked.places["run_id"])
        if key not in self.runs:
            raise Refusal("run_not_found", f"There is no run {key[1]} of {key[0]}.")
        before = _stored(self.runs[key])
        if asked.operation == "getRun":
            return RunStory(run=before, changes=[])
        story = changed(RunStory(run=before, changes=[]), RunCorrection.model_validate_json(asked.body), NOW)
        self.runs[key] = json.loads(story.run.model_dump_json())
        return story

    def _record(self, rows: list[dict[str, Any]]) -> RunsResponse:
        assert len(rows) <= MAX_BATCH
        accepted = unchanged = 0
        rejected = []
        held = []
        for index, row in enumerate(rows):
            try:
                Run.model_validate_json(json.dumps(row))
            except ValidationError as error:
                message = error.errors()[0]["msg"]
                rejected.append(RejectedRun(index=index, run_id=None, error="invalid_request", message=message))
                continue
            key = (row["workflow_name"], row["run_id"])
            there = self.runs.get(key)
            if there and there["cost_source"] == "estimated" and row["cost_usd"] > 4 * there["cost_usd"]:
                held.append(HeldRow(index=index, run_id=key[1], cost_usd=row["cost_usd"], message="It waits"))
            elif there is None or there["cost_source"] == "estimated" != row["cost_source"]:
                self.runs[key] = row
                accepted += 1
            elif self.runs[key] == row:
                unchanged += 1
            else:
                message = "The run was recorded with other values"
                rejected.append(RejectedRun(index=index, run_id=key[1], error="run_conflict", message=message))
        return RunsResponse(accepted=accepted, unchanged=unchanged, rejected=rejected, held=held)


@contextmanager
def fake_api() -> Iterator[FakeApi]:
    server = FakeApi()
    with serving(server):
        yield server


def _stored(run: dict[str, Any]) -> RecordedRun:
    return RecordedRun.model_validate_json(json.dumps(run))


def _batch(requests: list[dict[str, Any]]) -> BatchResponse:
    assert len(requests) <= MAX_BATCH
    answers: list[Prediction | ErrorBody] = []
    for each in requests:
        try:
            answers.append(prediction(_request(each)))
        except Refusal as refused:
            answers.append(refused.body())
    known = [each for each in answers if isinstance(each, Prediction)]
    cost = sum(each.cost_usd for each in known if each.beyond_evidence is None)
    left_out = sum(each.beyond_evidence is not None for each in known)
    together = BatchTotal(cost_usd=cost, intervals=intervals(cost), outcomes_usd=outcomes(cost), left_out=left_out)
    return BatchResponse(predictions=answers, total=together)


def _budgets() -> BudgetsResponse:
    spend = {"remaining_usd": -2.0, "over_budget": True, "runs": 3, "spent_usd": 12.0, "limit_usd": 10.0}
    workflows = [WorkflowSpend(workflow_name="rnaseq", spent_usd=12.0, runs=3)]
    teamless = BudgetLine(
        team=None, limit_usd=None, spent_usd=1, runs=1, remaining_usd=None, over_budget=False, workflows=[]
    )
    lines = [BudgetLine(team="genomics", workflows=workflows, **spend), teamless]
    return BudgetsResponse(month="2026-11", budgets=lines, uncounted_runs=0)


def _budget(asked: Asked) -> Budget:
    team = asked.places["team"]
    if asked.operation == "deleteBudget":
        if team != "genomics":
            raise Refusal("budget_not_found", f"The team {team} has no budget")
        return Budget(team=team, limit_usd=10, updated_at=NOW)
    return Budget(team=team, limit_usd=asked.json()["limit_usd"], updated_at=NOW)


def _request(body: dict[str, Any]) -> PredictionRequest:
    try:
        request = PredictionRequest.model_validate_json(json.dumps(body))
    except ValidationError as error:
        raise Refusal("invalid_request", error.errors()[0]["msg"]) from None
    _known(request.workflow_name)
    return request


def _known(name: str) -> None:
    if name != "rnaseq":
        raise Refusal("workflow_not_found", f"We have no past runs of {name}")
