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
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import NormalDist
from typing import Any, ClassVar
from urllib.parse import parse_qs, unquote, urlsplit

from pydantic import BaseModel

from contract.accuracy import AccuracyResponse, MeasuredCoverage, MonthAccuracy
from contract.base import BytesRange
from contract.budgets import Budget, BudgetLine, BudgetRequest, BudgetsResponse, WorkflowSpend
from contract.container import (
    EvaluatedRun,
    LaterRuns,
    Metrics,
    ParameterProfile,
    RowPrediction,
    SizeSlice,
)
from contract.errors import STATUS, ErrorBody, ErrorCode
from contract.judgement import coverage_problem
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
from contract.corrections import ChangeKind, RunChange, RunCorrection, RunStory
from contract.runs import HeldBill, RecordedRun, RejectedRun, Run, RunsPage, RunsRequest, RunsResponse
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
from functions.shared import words
from tools.web import HOST, WebServer
from tests.web.fake_identity import FakeIdentity

API_KEY = "a-key-for-tests-only"
REPOSITORY = Path(__file__).parents[2]
NOW = datetime(2026, 3, 5, 9, 30, tzinfo=UTC)
OUTCOMES = 20
HEADERS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Headers": "authorization,content-type,x-api-key",
    "Access-Control-Allow-Methods": "GET,POST,PUT,DELETE,OPTIONS",
    "Access-Control-Expose-Headers": "Retry-After",
    "Access-Control-Max-Age": "600",
}
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
        return Metrics(median_ape=0.084, pinball=0.05, coverage_80=0.82, coverage_90=0.91, width_80=0.7)

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
            prediction_id="0196f0c2-7d1e-7c3a-9f52-3f1f8f0a2b41",
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
        return super().summary().model_copy(
            update={"model_kind": "guess", "evaluated_runs": 18, "metrics": metrics}
        )

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


class FakeApi(ThreadingHTTPServer):
    """The API on a free port of 127.0.0.1."""

    daemon_threads = True

    def __init__(self, workflows: list[Workflow], port: int = 0) -> None:
        super().__init__((HOST, port), _Handler)
        self.workflows = {workflow.name: workflow for workflow in workflows}
        self.stories: dict[tuple[str, str], RunStory] = {}
        self.limits = {"genomics": 200.0, "imaging": 20.0} if workflows else {}
        self.asked: Counter[str] = Counter()
        """Predictions asked for, by workflow: proves that a fault fired and that a retry came."""
        self.access_tokens: set[str] | None = None
        """Where people sign in: the tokens that let them in, in place of the key."""

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.server_port}/v1"


class _Handler(BaseHTTPRequestHandler):
    server: FakeApi
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    routes: ClassVar = ("/v1/workflows", "/v1/predictions")

    def do_OPTIONS(self) -> None:
        self._send(204, None)

    def do_GET(self) -> None:
        if not self._has_key():
            return None
        address = urlsplit(self.path)
        if address.path == "/v1/budgets":
            return self._send(200, self._budgets(parse_qs(address.query)))
        name, _, part = address.path.removeprefix("/v1/workflows").removeprefix("/").partition("/")
        if not name:
            summaries = [workflow.summary() for workflow in self.server.workflows.values()]
            return self._send(200, WorkflowsResponse(workflows=summaries, next_training_at=NOW + timedelta(hours=15)))
        workflow = self.server.workflows.get(unquote(name))
        if workflow is None:
            return self._fail(_not_found(unquote(name)))
        if part.startswith("runs/"):
            story = self.server.stories.get((workflow.name, unquote(part.removeprefix("runs/")))) or _story(workflow, part)
            return self._send(200, story)
        if part == "runs":
            return self._send(200, _page(workflow, parse_qs(address.query)))
        if part == "accuracy":
            model = None if isinstance(workflow, Untrained) else workflow.accuracy()
            missing = _error("model_not_ready", f"{workflow.name} has no model yet.")
            return self._send(200, model) if model else self._fail(missing)
        if part.startswith("retrainings/"):
            self.server.asked[part] += 1
            told = _retraining(workflow.name, self.server.asked[part])
            return self._send(200, _failed(told) if part.endswith("/failed") else told)
        return self._send(200, workflow.detail())

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"] or 0))
        if not self._has_key():
            return None
        if self.path == "/v1/predictions/batch":
            return self._send(200, self._answer_batch(BatchRequest.model_validate_json(body)))
        if self.path.endswith("/retrainings"):
            return self._send(202, _retraining(unquote(self.path.split("/")[3]), 0))
        if self.path == "/v1/runs":
            return self._send(201, _record(RunsRequest.model_validate_json(body)))
        answer = self._answer(PredictionRequest.model_validate_json(body))
        return self._send(STATUS[answer.error] if isinstance(answer, ErrorBody) else 200, answer)

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self._has_key():
            if "/runs/" in self.path:
                return self._correct(RunCorrection.model_validate_json(body))
            team = unquote(self.path.rpartition("/")[2])
            if team == "refused":
                return self._fail(_error("invalid_request", "This team cannot have a budget."))
            self.server.limits[team] = BudgetRequest.model_validate_json(body).limit_usd
            self._send(200, Budget(team=team, limit_usd=self.server.limits[team], updated_at=NOW))
        return None

    def _correct(self, correction: RunCorrection) -> None:
        name, _, part = self.path.removeprefix("/v1/workflows/").partition("/")
        workflow = self.server.workflows[unquote(name)]
        key = (workflow.name, unquote(part.removeprefix("runs/")))
        story = self.server.stories.get(key) or _story(workflow, part)
        self.server.stories[key] = _changed(story, correction)
        self._send(200, self.server.stories[key])

    def do_DELETE(self) -> None:
        if self._has_key():
            team = unquote(self.path.rpartition("/")[2])
            self._send(200, Budget(team=team, limit_usd=self.server.limits.pop(team), updated_at=NOW))

    def _budgets(self, query: dict[str, list[str]]) -> BudgetsResponse:
        this_month = f"{datetime.now(UTC):%Y-%m}"
        month = query.get("month", [this_month])[0]
        spent = SPENT if month == this_month and self.server.workflows else {}
        limits = self.server.limits if month >= this_month else {}
        spent = spent or ({"genomics": 12.0} if month < this_month and self.server.workflows else {})
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

    def _answer_batch(self, batch: BatchRequest) -> BatchResponse:
        answers = [self._answer(PredictionRequest.model_validate(row)) for row in batch.requests]
        predictions = [answer for answer in answers if isinstance(answer, Prediction)]
        return BatchResponse(predictions=answers, total=total(predictions, "the same each time"))

    def _answer(self, request: PredictionRequest) -> Prediction | ErrorBody:
        name = request.workflow_name
        self.server.asked[name] += 1
        if name in FAULTS and self.server.asked[name] <= FAULTS[name][2]:
            return _error(FAULTS[name][0], FAULTS[name][1])
        workflow = self.server.workflows.get(name)
        if workflow is None:
            return _not_found(name)
        if isinstance(workflow, Untrained):
            return _error("model_not_ready", f"{name} has no model yet.")
        return workflow.predict(request)

    def _has_key(self) -> bool:
        tokens = self.server.access_tokens
        if tokens is None and self.headers.get("x-api-key") == API_KEY:
            return True
        if tokens is not None and self.headers.get("authorization", "").removeprefix("Bearer ") in tokens:
            return True
        if tokens is None:
            self._fail(_error("forbidden", "The API key is missing or not valid."))
        else:
            self._fail(_error("unauthorized", "Sign in."))
        return False

    def _fail(self, problem: ErrorBody) -> None:
        self._send(STATUS[problem.error], problem)

    def _send(self, status: int, answer: BaseModel | None) -> None:
        body = answer.model_dump_json().encode() if answer else b""
        self.send_response(status)
        for name, value in HEADERS.items():
            self.send_header(name, value)
        if status in (429, 503):
            self.send_header("Retry-After", "1")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_request(self, code: object = "-", size: object = "-") -> None:
        pass


def _page(workflow: Workflow, query: dict[str, list[str]]) -> RunsPage:
    """List twenty runs at a time; the cursor is where the next twenty start."""
    runs = [run for run in workflow.past_runs() if run.status in query.get("status", [run.status])]
    start = int(query.get("cursor", ["0"])[0])
    more = start + 20 < len(runs)
    return RunsPage(runs=runs[start : start + 20], next_cursor=str(start + 20) if more else None)


def _story(workflow: Workflow, part: str) -> RunStory:
    """A run of which a bill waits."""
    run_id = unquote(part.removeprefix("runs/"))
    run = next((each for each in workflow.past_runs() if each.run_id == run_id), workflow.past_runs()[0])
    bill = HeldBill(cost_usd=run.cost_usd * 1000, held_at=NOW)
    update = {"cost_source": "estimated", "held_bills": [bill], "bill_waits": True}
    return RunStory(run=run.model_copy(update=update), changes=[])


def _changed(story: RunStory, correction: RunCorrection) -> RunStory:
    before = story.run
    update: dict[str, Any] = {"version": before.version + 1, "changes": before.changes + 1}
    kind: ChangeKind = "corrected"
    if correction.bill:
        kind = "bill_refused" if correction.bill.decision == "refuse" else "bill_accepted"
        update |= {"held_bills": [], "bill_waits": False}
        if correction.bill.decision == "accept":
            update |= {"cost_usd": correction.bill.cost_usd, "cost_source": "billed"}
    if correction.withdrawn is not None:
        kind = "withdrawn" if correction.withdrawn else "restored"
        update["withdrawn"] = correction.withdrawn
    if correction.values:
        update |= correction.values.model_dump(include=correction.values.model_fields_set)
    after = before.model_copy(update=update)
    change = RunChange(
        workflow_name=after.workflow_name,
        run_id=after.run_id,
        number=after.changes,
        kind=kind,
        at=NOW,
        by="k1k2k3",
        reason=correction.reason,
        before=before,
        after=after,
    )
    return RunStory(run=after, changes=[*story.changes, change])


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


def _error(code: ErrorCode, message: str) -> ErrorBody:
    return ErrorBody(error=code, message=message, request_id="req-0001")


def _not_found(name: str) -> ErrorBody:
    return _error("workflow_not_found", f"There is no workflow called {name}. Near matches: rnaseq-quant.")


@contextmanager
def serving(server: ThreadingHTTPServer) -> Iterator[None]:
    """Serve in the background until the block ends."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


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
        access, api.access_tokens = {"signIn": identity.config()}, identity.access_tokens
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
