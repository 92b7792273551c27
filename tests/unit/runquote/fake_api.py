"""A small API for tests: answers in the contract's shapes, over HTTP, and remembers what it was sent."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, ClassVar
from urllib.parse import unquote

from pydantic import BaseModel, ValidationError

from contract.accuracy import AccuracyResponse, MeasuredCoverage, MonthAccuracy
from contract.base import MAX_BATCH, MAX_BATCH_BODY_BYTES
from contract.budgets import Budget, BudgetLine, BudgetsResponse, WorkflowSpend
from contract.container import EvaluatedRun, LaterRuns, Metrics, SizeSlice
from contract.corrections import RunChange, RunCorrection, RunStory
from contract.errors import STATUS, ErrorBody, ErrorCode
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

API_KEY = "a-key-for-tests-only"
TOKEN = "header.claims.signature"
GB = 10**9
NEW_RUNS = 0
NOW = datetime(2026, 3, 5, 9, 30, tzinfo=UTC)
METRICS = Metrics(median_ape=0.08, pinball=0.05, coverage_80=0.81, coverage_90=0.9, width_80=0.4)


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
    values = {
        "workflow_name": "rnaseq",
        "run_id": "r-1",
        "status": "SUCCEEDED",
        "started_at": "2026-03-01T08:00:00Z",
        "completed_at": "2026-03-01T09:00:00Z",
        "input_bytes": 120 * GB,
        "cost_usd": 12.5,
        "cost_source": "billed",
    }
    return {**values, **changes}


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


class FakeApi(ThreadingHTTPServer):
    """Knows the workflow `rnaseq`; `failures` are answered first, one to a request."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.runs: dict[tuple[str, str], dict[str, Any]] = {}
        self.requests: list[tuple[str, str]] = []
        self.headers: list[dict[str, str]] = []
        self.redirect_to: str | None = None
        self.failures: list[tuple[ErrorCode, int | None]] = []
        self.outcome: RetrainingStatus = "promoted"
        self.seen = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"


@contextmanager
def fake_api() -> Iterator[FakeApi]:
    with FakeApi() as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


class _Refused(Exception):
    def __init__(self, code: ErrorCode, message: str, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.retry_after = retry_after


class _Handler(BaseHTTPRequestHandler):
    server: FakeApi
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm: ClassVar[bool] = True

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        self._answer({})

    do_DELETE = do_GET  # noqa: N815 - the name that http.server calls

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        self._answer(json.loads(self.rfile.read(length) or "{}"), length)

    do_PUT = do_POST  # noqa: N815 - the name that http.server calls

    def _answer(self, body: dict[str, Any], length: int = 0) -> None:
        path = self.path.removeprefix("/v1/")
        self.server.requests.append((self.command, path))
        self.server.headers.append({name.lower(): value for name, value in self.headers.items()})
        if self.server.redirect_to:
            self.send_response(307)
            self.send_header("Location", f"{self.server.redirect_to}/{path}")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        try:
            self._send(200, self._route(path, body, length))
        except _Refused as error:
            shape = ErrorBody(error=error.code, message=str(error), request_id="q-1")
            self._send(STATUS[error.code], shape, error.retry_after)

    def _route(self, path: str, body: dict[str, Any], length: int) -> BaseModel:
        if length > MAX_BATCH_BODY_BYTES:
            raise _Refused("payload_too_large", "The body is too large")
        if "authorization" in self.headers:
            if self.headers["authorization"] != f"Bearer {TOKEN}" or "x-api-key" in self.headers:
                raise _Refused("unauthorized", "The access token has ended")
        elif self.headers["x-api-key"] != API_KEY:
            raise _Refused("forbidden", "The API key is missing or wrong")
        if self.server.failures:
            code, retry_after = self.server.failures.pop(0)
            raise _Refused(code, f"This is {code}", retry_after)
        if path.partition("?")[0] == "workflows":
            return WorkflowsResponse(workflows=[WorkflowSummary(**summary("rnaseq"))], next_training_at=None)
        if path.startswith("budgets"):
            return self._budgets(path, body)
        if "/retrainings" in path:
            name, _, retraining_id = path.removeprefix("workflows/").partition("/retrainings")
            self.server.seen = self.server.seen + 1 if retraining_id else 0
            return retraining(_known(unquote(name)), self.server.seen, self.server.outcome)
        if path.endswith("/accuracy"):
            return accuracy(_known(unquote(path.removeprefix("workflows/").removesuffix("/accuracy"))))
        if path.startswith("workflows/") and "/runs?" in path:
            name = _known(unquote(path.removeprefix("workflows/").partition("/runs?")[0]))
            mine = [each for (workflow, _), each in self.server.runs.items() if workflow == name]
            kept = [RecordedRun.model_validate_json(json.dumps(each)) for each in mine]
            waiting = [each for each in kept if each.bill_waits or "held=true" not in path]
            return RunsPage(runs=waiting, next_cursor=None)
        if path.startswith("workflows/") and "/runs/" in path:
            return self._run(path, body)
        if path.startswith("workflows/") and self.command == "DELETE":
            name = _known(unquote(path.removeprefix("workflows/")))
            return RetiredWorkflow(workflow_name=name, retired_at=NOW, runs=84)
        if path.startswith("workflows/"):
            return detail(_known(unquote(path.removeprefix("workflows/"))))
        if path == "predictions":
            return prediction(_request(body))
        if path == "predictions/batch":
            return self._batch(body["requests"])
        return self._record(body["runs"])

    def _batch(self, requests: list[dict[str, Any]]) -> BatchResponse:
        assert len(requests) <= MAX_BATCH
        answers: list[Prediction | ErrorBody] = []
        for each in requests:
            try:
                answers.append(prediction(_request(each)))
            except _Refused as error:
                answers.append(ErrorBody(error=error.code, message=str(error), request_id="q-1"))
        known = [each for each in answers if isinstance(each, Prediction)]
        cost = sum(each.cost_usd for each in known if each.beyond_evidence is None)
        left_out = sum(each.beyond_evidence is not None for each in known)
        together = BatchTotal(cost_usd=cost, intervals=intervals(cost), outcomes_usd=outcomes(cost), left_out=left_out)
        return BatchResponse(predictions=answers, total=together)

    def _run(self, path: str, body: dict[str, Any]) -> RunStory:
        """A run as it was recorded; a change takes what it says, and is all the trail."""
        name, _, run_id = path.removeprefix("workflows/").partition("/runs/")
        known = self.server.runs.get((unquote(name), unquote(run_id)))
        if known is None:
            raise _Refused("run_not_found", f"There is no run {unquote(run_id)} of {unquote(name)}.")
        before = RecordedRun.model_validate_json(json.dumps(known))
        if self.command == "GET":
            return RunStory(run=before, changes=[])
        asked = RunCorrection.model_validate_json(json.dumps(body))
        update: dict[str, Any] = {"version": before.version + 1, "changes": before.changes + 1}
        if asked.values:
            update |= asked.values.model_dump(include=asked.values.model_fields_set)
        if asked.withdrawn is not None:
            update["withdrawn"] = asked.withdrawn
        if asked.bill and asked.bill.decision == "accept":
            update |= {"cost_usd": asked.bill.cost_usd, "cost_source": "billed"}
        after = before.model_copy(update=update)
        self.server.runs[unquote(name), unquote(run_id)] = json.loads(after.model_dump_json())
        change = RunChange(
            workflow_name=after.workflow_name,
            run_id=after.run_id,
            number=1,
            kind="corrected",
            at=NOW,
            by="k1",
            reason=asked.reason,
            before=before,
            after=after,
        )
        return RunStory(run=after, changes=[change])

    def _budgets(self, path: str, body: dict[str, Any]) -> BaseModel:
        team = unquote(path.removeprefix("budgets/"))
        if self.command == "GET":
            spend = {"remaining_usd": -2.0, "over_budget": True, "runs": 3, "spent_usd": 12.0, "limit_usd": 10.0}
            workflows = [WorkflowSpend(workflow_name="rnaseq", spent_usd=12.0, runs=3)]
            teamless = BudgetLine(
                team=None, limit_usd=None, spent_usd=1, runs=1, remaining_usd=None, over_budget=False, workflows=[]
            )
            lines = [BudgetLine(team="genomics", workflows=workflows, **spend), teamless]
            return BudgetsResponse(month="2026-11", budgets=lines, uncounted_runs=0)
        if self.command == "DELETE" and team != "genomics":
            raise _Refused("budget_not_found", f"The team {team} has no budget")
        return Budget(team=team, limit_usd=body.get("limit_usd", 10), updated_at=NOW)

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
            there = self.server.runs.get(key)
            if there and there["cost_source"] == "estimated" and row["cost_usd"] > 4 * there["cost_usd"]:
                held.append(HeldRow(index=index, run_id=key[1], cost_usd=row["cost_usd"], message="It waits"))
            elif there is None or there["cost_source"] == "estimated" != row["cost_source"]:
                self.server.runs[key] = row
                accepted += 1
            elif self.server.runs[key] == row:
                unchanged += 1
            else:
                message = "The run was recorded with other values"
                rejected.append(RejectedRun(index=index, run_id=key[1], error="run_conflict", message=message))
        return RunsResponse(accepted=accepted, unchanged=unchanged, rejected=rejected, held=held)

    def _send(self, status: int, shape: BaseModel, retry_after: int | None = None) -> None:
        content = shape.model_dump_json().encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        if retry_after is not None:
            self.send_header("Retry-After", str(retry_after))
        self.end_headers()
        self.wfile.write(content)


def _request(body: dict[str, Any]) -> PredictionRequest:
    try:
        request = PredictionRequest.model_validate_json(json.dumps(body))
    except ValidationError as error:
        raise _Refused("invalid_request", error.errors()[0]["msg"]) from None
    _known(request.workflow_name)
    return request


def _known(name: str) -> str:
    if name != "rnaseq":
        raise _Refused("workflow_not_found", f"We have no past runs of {name}")
    return name
