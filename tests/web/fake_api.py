"""An API for tests of the web app alone: the contract's shapes, made-up numbers, and faults on demand.

`python -m tests.web.fake_api` serves it together with the built app, to look at by hand. Each workflow stands for a
state of the app that a healthy system seldom shows.
"""

import json
import math
import random
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import NormalDist

from pydantic import BaseModel

from contract.accuracy import AccuracyResponse, MeasuredCoverage, MonthAccuracy
from contract.base import BytesRange
from contract.budgets import (
    Budget,
    BudgetLine,
    BudgetRequest,
    BudgetsResponse,
    WorkflowSpend,
)
from contract.container import (
    EvaluatedRun,
    LaterRuns,
    Metrics,
    ParameterProfile,
    RowPrediction,
    SizeSlice,
)
from contract.corrections import RunCorrection, RunStory
from contract.errors import ErrorBody, ErrorCode
from contract.judgement import coverage_problem
from contract.kept import Asker, KeptPrediction, PredictionsPage
from contract.predictions import (
    BatchRequest,
    BatchResponse,
    EdgeOfEvidence,
    Effect,
    Interval,
    ModelSummary,
    Prediction,
    PredictionRequest,
    PredictionWarning,
    SimilarRun,
)
from contract.retrainings import Retraining, RetrainingStep, StepName, StepState
from contract.runs import (
    HeldBill,
    RecordedRun,
    RejectedRun,
    Run,
    RunsPage,
    RunsRequest,
    RunsResponse,
)
from contract.total import total
from contract.workflows import (
    CurvePoint,
    EndedRetraining,
    ModelVersion,
    WorkflowDetail,
    WorkflowsResponse,
    WorkflowSummary,
)
from functions.predict.evidence import beyond_evidence
from functions.shared import kept, words
from tests.fakes import shapes
from tests.fakes.api import API_KEY, Asked, FakeServer, Refusal, changed, serving
from tests.web.fake_identity import FakeIdentity
from tools.web import HOST, WebServer

REPOSITORY = Path(__file__).parents[2]
NOW = datetime(2026, 3, 5, 9, 30, tzinfo=UTC)
OUTCOMES = 20
PARAMETERS = [
    ParameterProfile(name="sample_count", kind="number", values=[1, 3, 8]),
    ParameterProfile(name="trim.length", kind="number", values=[20, 35, 100]),
    ParameterProfile(name="paired", kind="category", values=[False, True]),
    ParameterProfile(name="aligner", kind="category", values=["salmon", "star"]),
]


KILLED = EndedRetraining(
    retraining_id="failed",
    outcome="failed",
    reason=words.failure("AlgorithmError: , exit code: 137"),
    ended_at=NOW,
)
"""What is told of a container that was killed."""


class Workflow:
    """A made-up workflow: cost = price * size^power with log-normal spread, sizes in bytes, money in USD."""

    def __init__(self, name: str, price: float, sizes: BytesRange, *, spread: float = 0.28, runs: int = 84) -> None:
        self.name = name
        self.price = price
        self.sizes = sizes
        self.spread = spread
        self.runs = runs

    def cost(self, size: int) -> float:
        middle = math.sqrt(self.sizes[0] * self.sizes[1])
        return float(self.price * (0.15 + (size / middle) ** 0.85))

    def quantile(self, size: int, share: float) -> float:
        spread = self.spread * (1 + math.log(self.extrapolation_factor(size)))
        return self.cost(size) * math.exp(NormalDist().inv_cdf(share) * spread)

    def extrapolation_factor(self, size: int) -> float:
        return max(1.0, size / self.sizes[1], self.sizes[0] / size)

    def intervals(self, size: int) -> list[Interval]:
        return [
            Interval(coverage=c, low_usd=self.quantile(size, (1 - c) / 2), high_usd=self.quantile(size, (1 + c) / 2))
            for c in (0.8, 0.9)
        ]

    def extrapolates(self, size: int) -> bool:
        return self.extrapolation_factor(size) > 1

    @property
    def metrics(self) -> Metrics:
        return shapes.metrics(median_ape=0.084, coverage_80=0.82, coverage_90=0.91, width_80=0.7)

    def past_runs(self) -> list[RecordedRun]:
        dice = random.Random(self.name)
        low, high = map(math.log, self.sizes)
        runs = []
        for index in range(min(self.runs, 60)):
            size = round(math.exp(dice.uniform(low, high)))
            ended = NOW - timedelta(days=index, hours=dice.random() * 20)
            runs.append(
                RecordedRun(
                    workflow_name=self.name,
                    run_id=f"{self.name[:24]}-{1000 + index}",
                    status="FAILED" if index == 3 else "SUCCEEDED",
                    started_at=ended - timedelta(minutes=40),
                    completed_at=ended,
                    input_bytes=size,
                    output_bytes=round(size * 0.32),
                    cost_usd=self.quantile(size, dice.uniform(0.03, 0.97)),
                    cost_source="billed",
                    tags={"team": "genomics"} if index % 3 else None,
                )
            )
        return runs

    def summary(self) -> WorkflowSummary:
        return WorkflowSummary(
            workflow_name=self.name,
            runs=self.runs + 3,
            succeeded_runs=self.runs,
            model_version=7,
            trained_at=NOW - timedelta(days=4),
            model_runs=self.runs,
            metrics=self.metrics,
            input_bytes_range=self.sizes,
            typical_output_ratio=0.32,
            estimated_share=0.0,
            parameters=PARAMETERS,
            new_runs=2,
            last_retraining=KILLED if self.name == "few-runs" else None,
            running_retraining_id=None,
        )

    def detail(self) -> WorkflowDetail:
        low, high = self.sizes
        sizes = [round(low / 3 * (high * 9 / low) ** (step / 24)) for step in range(25)]
        curve = [
            CurvePoint(
                input_bytes=size,
                cost_usd=self.cost(size),
                intervals=self.intervals(size),
                extrapolated=self.extrapolates(size),
            )
            for size in sizes
        ]
        numbers = "median error 8.4 % against 9.6 % of version 6 on the same 21 held-out runs"
        versions = [
            ModelVersion(
                version=version,
                created_at=NOW - timedelta(days=7 - version),
                status=status,
                reason=reason,
                runs=self.runs - 7 + version,
                metrics=self.metrics,
            )
            for version, status, reason in (
                (8, "rejected", "Not promoted: no better than version 7 beyond noise"),
                (7, "current", f"Promoted: {numbers}"),
                (6, "promoted", "Promoted: first model"),
            )
        ]
        summary = self.summary().model_dump()
        return WorkflowDetail(**summary, curve=curve, recent_runs=self.past_runs(), model_versions=versions)

    def accuracy(self) -> AccuracyResponse:
        points = [] if self.runs < 15 else [self.evaluated(run) for run in self.past_runs()]
        misses = sorted(points, key=lambda run: -abs(math.log(run.cost_usd / run.predicted_usd)))
        return AccuracyResponse(
            workflow_name=self.name,
            model_version=7,
            trained_at=NOW,
            evaluated_on="holdout",
            evaluated_runs=60,
            metrics=self.metrics,
            baseline=Metrics(median_ape=0.61, pinball=0.2, coverage_80=0.8, coverage_90=0.9, width_80=3),
            later=LaterRuns(
                since=NOW - timedelta(days=30),
                runs=12,
                learned_from=48,
                metrics=self.metrics.model_copy(update={"median_ape": 0.11}),
            ),
            coverage=[MeasuredCoverage(coverage=0.8, measured=0.82), MeasuredCoverage(coverage=0.9, measured=0.72)],
            slices=[
                SizeSlice(input_bytes_range=self.sizes, runs=60, challenger_median_ape=0.084, champion_median_ape=None)
            ],
            months=[
                MonthAccuracy(month="2026-01", runs=26, median_ape=0.12),
                MonthAccuracy(month="2026-02", runs=34, median_ape=0.07),
            ],
            worst_misses=misses[:5],
            points=points,
        )

    def evaluated(self, run: Run) -> EvaluatedRun:
        return EvaluatedRun(
            run_id=run.run_id,
            completed_at=run.completed_at,
            input_bytes=run.input_bytes,
            cost_usd=run.cost_usd,
            predicted_usd=self.cost(run.input_bytes),
            intervals=self.intervals(run.input_bytes),
        )

    def predict(self, request: PredictionRequest) -> Prediction:
        size = request.input_bytes
        cost = self.cost(size)
        nearest = sorted(self.past_runs(), key=lambda run: abs(math.log(run.input_bytes / size)))[:5]
        row = self.row(size)
        return Prediction(
            prediction_id=_prediction_id(0),
            workflow_name=self.name,
            cost_usd=row.cost_usd,
            intervals=row.intervals,
            outcomes_usd=row.outcomes_usd,
            extrapolated=row.extrapolated,
            extrapolation_factor=row.extrapolation_factor,
            beyond_evidence=beyond_evidence(request, row, self.sizes),
            warnings=list(self.warnings(size)),
            model=ModelSummary(
                version=7, trained_at=NOW, runs=self.runs, median_ape=0.084, input_bytes_range=self.sizes
            ),
            explanation=[
                Effect(factor="Input size", effect_usd=cost * 0.31, note="2.4 times a typical run's"),
                Effect(factor="aligner", effect_usd=cost * 0.12, note="star rather than salmon"),
                Effect(factor="Output size", effect_usd=-cost * 0.07, note="less output than usual for this input"),
            ],
            similar_runs=[
                SimilarRun(
                    run_id=run.run_id,
                    input_bytes=run.input_bytes,
                    output_bytes=run.output_bytes,
                    cost_usd=run.cost_usd,
                    completed_at=run.completed_at,
                )
                for run in nearest
            ],
        )

    def row(self, size: int) -> RowPrediction:
        edge = min(max(size, self.sizes[0]), self.sizes[1])
        return RowPrediction(
            cost_usd=self.cost(size),
            intervals=self.intervals(size),
            outcomes_usd=[self.quantile(size, (index + 0.5) / OUTCOMES) for index in range(OUTCOMES)],
            extrapolated=self.extrapolates(size),
            extrapolation_factor=size / edge,
            edge=EdgeOfEvidence(input_bytes=edge, cost_usd=self.cost(edge), intervals=self.intervals(edge))
            if edge != size
            else None,
            unknown_parameters=[],
            explanation=[],
            similar_runs=[],
        )

    def warnings(self, size: int) -> Iterator[PredictionWarning]:
        if self.extrapolates(size):
            yield PredictionWarning(
                code="outside_training_range",
                message=f"Largest past run used {self.sizes[1] / 1e6:,.0f} MB; you entered {size / 1e6:,.0f} MB. "
                "Treat this as a rough guide.",
            )
        if self.runs < 15:
            yield PredictionWarning(code="few_runs", message=f"Only {self.runs} past runs: the estimate may change.")


class Guessed(Workflow):
    """Nothing foretells its cost, and what is said of it held too seldom."""

    def summary(self) -> WorkflowSummary:
        metrics = self.metrics.model_copy(update={"coverage_80": 12 / 18})
        return super().summary().model_copy(update={"model_kind": "guess", "evaluated_runs": 18, "metrics": metrics})

    def warnings(self, size: int) -> Iterator[PredictionWarning]:
        yield PredictionWarning(code="no_better_than_guess", message="This is the median of what past runs cost.")
        yield PredictionWarning(code="intervals_too_narrow", message=coverage_problem(12 / 18, 0.9, 18) or "")
        yield from super().warnings(size)


class Untrained(Workflow):
    """Has runs and no model yet."""

    def summary(self) -> WorkflowSummary:
        told = EndedRetraining(
            retraining_id="example",
            outcome="insufficient_data",
            reason="Training needs at least 5 successful runs; there are 3.",
            ended_at=NOW,
        )
        nothing = dict.fromkeys(("model_version", "trained_at", "model_runs", "metrics", "input_bytes_range"))
        update = nothing | {"typical_output_ratio": None, "parameters": [], "last_retraining": told}
        return super().summary().model_copy(update=update)


FAULTS: dict[str, tuple[ErrorCode, str, int]] = {
    "slow-start": ("model_warming", "The model is starting.", 2),
    "model-error": ("model_error", "The model could not answer this request.", 1),
    "throttled": ("too_many_requests", "Too many requests: try again in a moment.", 1),
}
"""Workflow → the error of its first predictions, and how many of them fail."""
WORKFLOWS = [
    Workflow("rnaseq-quant", 0.0016, (60_000, 35_000_000)),
    Workflow("wgs-joint-calling", 24.0, (20_000_000_000, 480_000_000_000)),
    Workflow("few-runs", 3.2, (1_000_000_000, 9_000_000_000), runs=8, spread=0.9),
    Workflow("<script>alert('x')</script>", 1.0, (1_000_000_000, 9_000_000_000)),
    Workflow("lost-far-out", 0.0016, (60_000, 35_000_000), spread=0.6),
    Workflow("anything-goes", 1.0, (1_000_000_000, 90_000_000_000), spread=3),
    Guessed("guessed", 1.0, (1_000_000_000, 90_000_000_000)),
    Untrained("unjudged", 1.0, (1_000_000_000, 9_000_000_000), runs=7),
    Untrained("untrained", 1.0, (1_000_000_000, 9_000_000_000), runs=3),
    *(Workflow(name, 12.0, (1_000_000_000, 90_000_000_000)) for name in FAULTS),
]


SPENT: dict[str | None, float] = {"genomics": 120.5, "imaging": 23.4, "proteomics": 8.0, None: 3.2}
"""What teams have spent this month, in USD."""


class FakeApi(FakeServer):
    """What the web app may meet."""

    def __init__(self, workflows: list[Workflow]) -> None:
        super().__init__()
        self.workflows = {workflow.name: workflow for workflow in workflows}
        self.stories: dict[tuple[str, str], RunStory] = {}
        self.limits = {"genomics": 200.0, "imaging": 20.0} if workflows else {}
        self.asked: Counter[str] = Counter()
        """Predictions asked for, by workflow: proves that a fault fired and that a retry came."""
        self.kept = list(_past_predictions(self.workflows.get("wgs-joint-calling")))
        """What was asked and answered, the latest last."""

    def answers(self, asked: Asked) -> BaseModel:
        match asked.operation:
            case "listWorkflows":
                summaries = [workflow.summary() for workflow in self.workflows.values()]
                return WorkflowsResponse(workflows=summaries, next_training_at=NOW + timedelta(hours=15))
            case "predict":
                question = PredictionRequest.model_validate_json(asked.body)
                return self._keep(question.team, question, self._predict(question))
            case "predictBatch":
                batch = BatchRequest.model_validate_json(asked.body)
                return self._keep(batch.team, batch, self._predict_batch(batch))
            case "listPredictions" | "getPrediction":
                return self._found(asked)
            case "recordRuns":
                return _record(RunsRequest.model_validate_json(asked.body))
            case "listBudgets":
                return self._budgets(asked.query)
            case "setBudget" | "deleteBudget":
                return self._budget(asked)
        return self._of_workflow(asked)

    def _of_workflow(self, asked: Asked) -> BaseModel:
        workflow = self._known(asked.name)
        match asked.operation:
            case "getRun" | "correctRun":
                return self._run(workflow, asked)
            case "listRuns":
                return _page(workflow, asked.query)
            case "getAccuracy":
                if isinstance(workflow, Untrained):
                    raise Refusal("model_not_ready", f"{workflow.name} has no model yet.")
                return workflow.accuracy()
            case "startRetraining":
                return _retraining(workflow.name, 0)
            case "getRetraining":
                retraining_id = asked.places["retraining_id"]
                self.asked[f"retrainings/{retraining_id}"] += 1
                told = _retraining(workflow.name, self.asked[f"retrainings/{retraining_id}"])
                return _failed(told) if retraining_id == "failed" else told
        assert asked.operation == "getWorkflow"
        return workflow.detail()

    def _known(self, name: str) -> Workflow:
        if name not in self.workflows:
            raise Refusal("workflow_not_found", f"There is no workflow called {name}. Near matches: rnaseq-quant.")
        return self.workflows[name]

    def _run(self, workflow: Workflow, asked: Asked) -> RunStory:
        key = (workflow.name, asked.places["run_id"])
        story = self.stories.get(key) or _story(workflow, key[1])
        if asked.operation == "correctRun":
            story = self.stories[key] = changed(story, RunCorrection.model_validate_json(asked.body), NOW)
        return story

    def _budget(self, asked: Asked) -> Budget:
        team = asked.places["team"]
        if team == "refused":
            raise Refusal("invalid_request", "This team cannot have a budget.")
        if asked.operation == "deleteBudget":
            return Budget(team=team, limit_usd=self.limits.pop(team), updated_at=NOW)
        self.limits[team] = BudgetRequest.model_validate_json(asked.body).limit_usd
        return Budget(team=team, limit_usd=self.limits[team], updated_at=NOW)

    def _budgets(self, query: dict[str, list[str]]) -> BudgetsResponse:
        this_month = f"{datetime.now(UTC):%Y-%m}"
        month = query.get("month", [this_month])[0]
        spent = SPENT if month == this_month and self.workflows else {}
        limits = self.limits if month >= this_month else {}
        spent = spent or ({"genomics": 12.0} if month < this_month and self.workflows else {})
        lines = []
        for team in [*spent, *(name for name in limits if name not in spent)]:
            limit = limits.get(team) if team else None
            usd = spent.get(team, 0.0)
            works = [WorkflowSpend(workflow_name="wgs-joint-calling", spent_usd=usd, runs=4)] if usd else []
            lines.append(
                BudgetLine(
                    team=team,
                    limit_usd=limit,
                    spent_usd=usd,
                    runs=4 if usd else 0,
                    remaining_usd=None if limit is None else limit - usd,
                    over_budget=limit is not None and usd > limit,
                    workflows=works,
                )
            )
        return BudgetsResponse(month=month, budgets=lines, uncounted_runs=3 if len(spent) > 1 else 0)

    def _predict_batch(self, batch: BatchRequest) -> BatchResponse:
        answers: list[Prediction | ErrorBody] = []
        for row in batch.requests:
            try:
                answers.append(self._predict(PredictionRequest.model_validate(row)))
            except Refusal as refused:
                answers.append(refused.body())
        predictions = [answer for answer in answers if isinstance(answer, Prediction)]
        return BatchResponse(predictions=answers, total=total(predictions, "the same each time"))

    def _keep(
        self, team: str | None, question: PredictionRequest | BatchRequest, said: Prediction | BatchResponse
    ) -> BaseModel:
        """Keep a question and its answer, and return the answer with the id that it has now."""
        number = len(self.kept) + 1
        update: dict[str, object] = {"prediction_id": _prediction_id(number)}
        if isinstance(said, BatchResponse):
            update["predictions"] = [
                each.model_copy(update={"prediction_id": kept.row_id(_prediction_id(number), index)})
                if isinstance(each, Prediction)
                else each
                for index, each in enumerate(said.predictions)
            ]
        answer = said.model_copy(update=update)
        names = ("batch_request", "batch_answer") if isinstance(said, BatchResponse) else ("request", "answer")
        self.kept.append(
            KeptPrediction(
                prediction_id=_prediction_id(number),
                asked_at=NOW + timedelta(seconds=number),
                asked_by=_CALLER,
                team=team,
                **dict(zip(names, (question, answer), strict=True)),
            )
        )
        return answer

    def _found(self, asked: Asked) -> BaseModel:
        """One of what was kept, or a page of it; the cursor is where the next twenty start."""
        if asked.operation == "getPrediction":
            wanted = kept.whole(asked.places["prediction_id"])
            for each in self.kept:
                if each.prediction_id == wanted:
                    return each
            raise Refusal("prediction_not_found", "No prediction is kept under this id. They are kept for 400 days.")
        told = [kept.summary(each) for each in reversed(self.kept)]
        for member in ("workflow_name", "team"):
            told = [each for each in told if getattr(each, member) in asked.query.get(member, [getattr(each, member)])]
        if asked.query.get("person") == ["me"]:
            told = [each for each in told if each.asked_by == _CALLER]
        if "asked_from" in asked.query:
            told = [each for each in told if each.asked_at >= datetime.fromisoformat(asked.query["asked_from"][0])]
        start = int(asked.query.get("cursor", ["0"])[0])
        more = start + 20 < len(told)
        return PredictionsPage(predictions=told[start : start + 20], next_cursor=str(start + 20) if more else None)

    def _predict(self, request: PredictionRequest) -> Prediction:
        name = request.workflow_name
        self.asked[name] += 1
        if name in FAULTS and self.asked[name] <= FAULTS[name][2]:
            raise Refusal(*FAULTS[name][:2], retry_after=1)
        workflow = self._known(name)
        if isinstance(workflow, Untrained):
            raise Refusal("model_not_ready", f"{name} has no model yet.")
        return workflow.predict(request)


def _prediction_id(number: int) -> str:
    return f"0196f0c2-7d1e-7c3a-9f52-{number:012x}"


_CALLER = Asker(id="k1k2k3", name=None)
_COLLEAGUES = (_CALLER, Asker(id="sub-7f21", name="Ada Lovelace"), Asker(id="sub-90aa", name="Grace Hopper"))


def _past_predictions(workflow: Workflow | None) -> Iterator[KeptPrediction]:
    """Thirty predictions, one an hour, by a model before the one in service."""
    if workflow is None:
        return
    for index in range(30):
        question = PredictionRequest(
            workflow_name=workflow.name,
            input_bytes=(20 + 10 * index) * 1_000_000_000,
            parameters={"aligner": "star"} if index % 2 else None,
            team="genomics" if index % 3 else None,
        )
        answer = workflow.predict(question)
        old = answer.model.model_copy(update={"version": 6, "runs": 61, "trained_at": NOW - timedelta(days=40)})
        answer = answer.model_copy(
            update={"prediction_id": _prediction_id(index + 1), "cost_usd": answer.cost_usd * 0.8, "model": old}
        )
        yield KeptPrediction(
            prediction_id=answer.prediction_id,
            asked_at=NOW - timedelta(hours=30 - index),
            asked_by=_COLLEAGUES[index % 3],
            team=question.team,
            request=question,
            answer=answer,
        )


def _page(workflow: Workflow, query: dict[str, list[str]]) -> RunsPage:
    """List twenty runs at a time; the cursor is where the next twenty start."""
    runs = [run for run in workflow.past_runs() if run.status in query.get("status", [run.status])]
    start = int(query.get("cursor", ["0"])[0])
    more = start + 20 < len(runs)
    return RunsPage(runs=runs[start : start + 20], next_cursor=str(start + 20) if more else None)


def _story(workflow: Workflow, run_id: str) -> RunStory:
    """A run of which a bill waits."""
    run = next((each for each in workflow.past_runs() if each.run_id == run_id), workflow.past_runs()[0])
    bill = HeldBill(cost_usd=run.cost_usd * 1000, held_at=NOW)
    update = {"cost_source": "estimated", "held_bills": [bill], "bill_waits": True}
    return RunStory(run=run.model_copy(update=update), changes=[])


def _record(request: RunsRequest) -> RunsResponse:
    """Refuse runs that cost nothing, and know those whose id says so."""
    message = "The cost must be more than 0."
    rejected = [
        RejectedRun(index=index, run_id=str(run.get("run_id")), error="invalid_request", message=message)
        for index, run in enumerate(request.runs)
        if run.get("cost_usd") == 0
    ]
    unchanged = sum(run.get("run_id") == "known" for run in request.runs)
    return RunsResponse(accepted=len(request.runs) - unchanged - len(rejected), unchanged=unchanged, rejected=rejected)


_STEPS: tuple[StepName, ...] = (
    "prepare_dataset",
    "train_model",
    "verify_artifact",
    "compare_models",
    "update_endpoint",
    "promote",
)


def _retraining(name: str, step: int) -> Retraining:
    """Take another step each time that someone asks; four, then the challenger is rejected."""
    is_running = step < 4
    states: list[StepState] = ["done" if index < step else "pending" for index in range(len(_STEPS))]
    if is_running:
        states[step] = "current"
    else:
        states[4:] = ["skipped", "skipped"]
    return Retraining(
        retraining_id="retrain-1",
        workflow_name=name,
        status="running" if is_running else "no_update",
        started_at=NOW,
        ended_at=None if is_running else NOW + timedelta(seconds=step),
        reason=None if is_running else "Not promoted: no better than version 7 beyond noise",
        model_version=None,
        steps=[
            RetrainingStep(
                step=each,
                title=each.replace("_", " ").capitalize(),
                state=state,
                started_at=NOW if state in {"done", "current"} else None,
                ended_at=NOW + timedelta(seconds=3) if state == "done" else None,
            )
            for each, state in zip(_STEPS, states, strict=True)
        ],
    )


def _failed(retraining: Retraining) -> Retraining:
    """Let it have failed in training."""
    states: list[StepState] = ["done", "failed", "skipped", "skipped", "skipped", "skipped"]
    steps = [
        step.model_copy(
            update={
                "state": state,
                "started_at": NOW,
                "ended_at": None if state == "skipped" else NOW + timedelta(seconds=3),
            }
        )
        for step, state in zip(retraining.steps, states, strict=True)
    ]
    update = {"status": "failed", "reason": KILLED.reason, "steps": steps, "ended_at": NOW}
    return retraining.model_copy(update=update)


@contextmanager
def fake_site(
    config: Path,
    *,
    workflows: list[Workflow] | None = None,
    key: str | None = API_KEY,
    identity: FakeIdentity | None = None,
    web_port: int = 0,
) -> Iterator[tuple[str, FakeApi]]:
    """Serve the built app against a fake API; yields the app's URL and the API. `config` is the file to write.

    With an identity provider, which is served too, its tokens and no key open the API.
    """
    api = FakeApi(WORKFLOWS if workflows is None else workflows)
    access: dict[str, object] = {"apiKey": key} if key else {}
    if identity:
        access = {"signIn": identity.config()}
        api.key, api.access_tokens = None, identity.access_tokens
    config.write_text(json.dumps({"apiUrl": api.url} | access))
    web = WebServer(REPOSITORY / "web" / "dist", web_port, config)
    url = f"http://{HOST}:{web.server_port}"
    with ExitStack() as running:
        if identity:
            identity.app_url = url
            running.enter_context(serving(identity))
        running.enter_context(serving(api))
        running.enter_context(serving(web))
        yield url, api


if __name__ == "__main__":
    with fake_site(REPOSITORY / "build" / "fake-web-config.json", web_port=int(sys.argv[1])) as (url, _):
        print(url, flush=True)
        threading.Event().wait()
