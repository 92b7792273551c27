"""The Python client: the API's routes as methods, its shapes as results."""

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import batched
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self
from urllib.parse import quote

import httpx
from pydantic import ValidationError

from contract.accuracy import AccuracyResponse
from contract.base import MAX_BATCH, MAX_BATCH_BODY_BYTES, STORED, ParameterValue, Shape
from contract.budgets import Budget, BudgetsQuery, BudgetsResponse
from contract.corrections import RunStory
from contract.kept import KeptPrediction, PredictionsPage, PredictionsQuery, PredictionSummary
from contract.retrainings import Retraining, RetrainingQuery
from contract.runs import MAX_PAGE, RecordedRun, RejectedRun, RunsPage, RunsQuery, RunsResponse, RunStatus
from contract.validation_words import sentence
from contract.workflows import RetiredWorkflow, WorkflowDetail, WorkflowsQuery, WorkflowsResponse, WorkflowSummary
from runquote.errors import RunquoteError, error_for
from runquote.notebook import BatchResponse, Prediction
from runquote.sizes import parse_size

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["Client", "RunquoteError"]

_PASSING = {"model_warming", "too_many_requests", "unavailable"}
"""Errors that go away by themselves."""
_BODY_BYTES = MAX_BATCH_BODY_BYTES - 1024


class Client:
    """Talks to one Runquote API.

    `patience` is how many seconds a call may wait, in all, for an error to pass that passes by itself: a model that
    is being started, a limit on requests. Every call may be repeated safely. Errors are `RunquoteError`s.

    `source` says in errors where the address was found. A redirection is not followed, so no key goes elsewhere.

    A deployment takes an API key or, where people sign in, an access token, which the client does not renew.

    >>> client = Client("http://127.0.0.1:4566/...", api_key="...")  # doctest: +SKIP
    >>> client.predict("rnaseq-quant", input_size="120 GB").cost_usd  # doctest: +SKIP
    """

    def __init__(  # noqa: PLR0913 - two that everyone sets, and the rest by name
        self,
        url: str,
        api_key: str | None = None,
        timeout: float = 30.0,
        *,
        token: str | None = None,
        source: str | None = None,
        patience: float = 0.0,
        sleep: Callable[[float], None] = time.sleep,
        on_wait: Callable[[str], None] = lambda _: None,
    ) -> None:
        if not url.startswith(("http://", "https://")):
            raise error_for("unreachable", f"{url!r} is no address of an API: it must start with https:// or http://")
        self._http = httpx.Client(
            base_url=url.rstrip("/") + "/", headers=_access(api_key, token), timeout=timeout, trust_env=False
        )
        self._whence = f" (from {source})" if source else ""
        self._patience = patience
        self._sleep = sleep
        self._on_wait = on_wait

    @classmethod
    def connect(cls, profile: str | None = None, *, timeout: float = 30.0, patience: float = 0.0) -> Self:
        """Connect as the command does: by environment, a profile that `runquote login` saved, or a local system.

        No key need stand in a notebook. Raises SettingsError if nothing is configured.
        """
        from runquote.settings import connection

        found = connection(profile=profile)
        return cls(found.url, found.api_key, timeout, token=found.token, source=found.source, patience=patience)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._http.close()

    def predict(  # noqa: PLR0913 - what there is to ask with, by name
        self,
        workflow_name: str,
        input_size: int | str,
        output_size: int | str | None = None,
        parameters: Mapping[str, ParameterValue] | None = None,
        team: str | None = None,
        *,
        keep: bool = True,
    ) -> Prediction:
        """Predict what one run will cost. Sizes are bytes, or texts such as "120 GB"; `team` is who is to pay.

        The answer is kept, unless nobody is to find it again.
        """
        body: dict[str, Any] = {"workflow_name": workflow_name, "input_bytes": _bytes(input_size)}
        if output_size is not None:
            body["output_bytes"] = _bytes(output_size)
        if parameters:
            body["parameters"] = dict(parameters)
        if team is not None:
            body["team"] = team
        if not keep:
            body["keep"] = False
        return self._call(Prediction, "POST", "predictions", body)

    def predict_batch(
        self, requests: Sequence[Mapping[str, Any]], team: str | None = None, *, keep: bool = True
    ) -> BatchResponse:
        """Predict up to 500 runs, each as `POST /predictions` takes it; answers and errors come in the same order.

        The answers are kept as one prediction, unless nobody is to find it again.
        """
        body: dict[str, Any] = {"requests": [dict(request) for request in requests]}
        if team is not None:
            body["team"] = team
        if not keep:
            body["keep"] = False
        return self._call(BatchResponse, "POST", "predictions/batch", body)

    def prediction(self, prediction_id: str) -> KeptPrediction:
        """Find a prediction again, as it was asked and answered; a row's id finds its batch."""
        return self._call(KeptPrediction, "GET", f"predictions/{quote(prediction_id, safe='')}")

    def predictions(
        self,
        *,
        workflow_name: str | None = None,
        team: str | None = None,
        person: str | None = None,
        asked_from: datetime | None = None,
        asked_before: datetime | None = None,
    ) -> Iterator[PredictionSummary]:
        """List what was asked and answered, the latest first; of one workflow, team or person ("me") at most."""
        cursor = None
        while True:
            query = _query(
                PredictionsQuery,
                workflow_name=workflow_name,
                team=team,
                person=person,
                asked_from=asked_from,
                asked_before=asked_before,
                cursor=cursor,
            )
            page = self._call(PredictionsPage, "GET", "predictions", query=query)
            yield from page.predictions
            cursor = page.next_cursor
            if cursor is None:
                return

    def predict_frame(self, frame: "DataFrame") -> "DataFrame":
        """Predict every row of a frame; see `runquote.frames.predict_frame`. Needs pandas."""
        from runquote.frames import predict_frame

        return predict_frame(self, frame)

    def record_runs(self, runs: Iterable[Mapping[str, Any]]) -> Iterator[RunsResponse]:
        """Record runs, 500 or a megabyte to a request; yields each answer, rows numbered over the whole input."""
        offset = 0
        for batch in _requests(runs):
            answer = self._call(RunsResponse, "POST", "runs", {"runs": batch})
            rejected = [RejectedRun(**{**row.model_dump(), "index": row.index + offset}) for row in answer.rejected]
            held = [row.model_copy(update={"index": row.index + offset}) for row in answer.held]
            yield answer.model_copy(update={"rejected": rejected, "held": held})
            offset += len(batch)

    def workflows(self, *, retired: bool = False) -> list[WorkflowSummary]:
        """List the workflows that have runs; those that are retired only if asked for."""
        query = _query(WorkflowsQuery, retired=True) if retired else None
        return self._call(WorkflowsResponse, "GET", "workflows", query=query).workflows

    def workflow(self, workflow_name: str) -> WorkflowDetail:
        """Describe one workflow: its curve, recent runs and model versions."""
        return self._call(WorkflowDetail, "GET", _workflow(workflow_name))

    def retire(self, workflow_name: str) -> RetiredWorkflow:
        """Retire a workflow: its model and what serves it go, its history stays."""
        return self._call(RetiredWorkflow, "DELETE", _workflow(workflow_name))

    def runs(  # noqa: PLR0913 - what there is to choose by, by name
        self,
        workflow_name: str,
        *,
        status: RunStatus | None = None,
        tags: Mapping[str, str] | None = None,
        completed_from: datetime | None = None,
        completed_before: datetime | None = None,
        held: bool = False,
    ) -> Iterator[RecordedRun]:
        """List the runs of a workflow, those that completed last first; pages are fetched as they are needed."""
        cursor = None
        while True:
            query = _query(
                RunsQuery,
                status=status,
                tag=[f"{name}:{value}" for name, value in (tags or {}).items()],
                completed_from=completed_from,
                completed_before=completed_before,
                held=held or None,
                limit=MAX_PAGE,
                cursor=cursor,
            )
            page = self._call(RunsPage, "GET", f"{_workflow(workflow_name)}/runs", query=query)
            yield from page.runs
            cursor = page.next_cursor
            if cursor is None:
                return

    def run(self, workflow_name: str, run_id: str) -> RunStory:
        """Tell a run's story: what counts now, the bills that wait, and every change with its reason."""
        return self._call(RunStory, "GET", _run(workflow_name, run_id))

    def correct_run(
        self, workflow_name: str, run_id: str, reason: str, values: Mapping[str, Any], version: int | None = None
    ) -> RunStory:
        """Correct values of a run, as the API names them; None takes away what a run may be without.

        Given the version that you saw, nothing is changed if the run was written since.
        """
        return self._change(workflow_name, run_id, reason=reason, values=dict(values), version=version)

    def withdraw_run(self, workflow_name: str, run_id: str, reason: str, *, withdrawn: bool = True) -> RunStory:
        """Take a run out of counts, spend and training, or back in."""
        return self._change(workflow_name, run_id, reason=reason, withdrawn=withdrawn)

    def decide_bill(
        self, workflow_name: str, run_id: str, reason: str, cost_usd: float, decision: Literal["accept", "refuse"]
    ) -> RunStory:
        """Take a bill that waits as what the run cost, or refuse it."""
        bill = {"cost_usd": cost_usd, "decision": decision}
        return self._change(workflow_name, run_id, reason=reason, bill=bill)

    def _change(self, workflow_name: str, run_id: str, **members: object) -> RunStory:
        body = {name: value for name, value in members.items() if value is not None}
        return self._call(RunStory, "PUT", _run(workflow_name, run_id), body)

    def accuracy(self, workflow_name: str) -> AccuracyResponse:
        """Tell what the model in service predicted for runs that it had not seen, against what they cost."""
        return self._call(AccuracyResponse, "GET", f"{_workflow(workflow_name)}/accuracy")

    def retrain(self, workflow_name: str, restore_version: int | None = None) -> Retraining:
        """Start a retraining, or find the one that is under way; or put the model of a version in service."""
        query = _query(RetrainingQuery, restore_version=restore_version)
        return self._call(Retraining, "POST", f"{_workflow(workflow_name)}/retrainings", query=query)

    def retraining(self, workflow_name: str, retraining_id: str) -> Retraining:
        """Tell how far a retraining is, and how it ended."""
        return self._call(Retraining, "GET", f"{_workflow(workflow_name)}/retrainings/{quote(retraining_id, safe='')}")

    def budgets(self, month: str | None = None) -> BudgetsResponse:
        """Tell what each team spent in a month such as "2026-11" (UTC), and may spend; this month by default."""
        return self._call(BudgetsResponse, "GET", "budgets", query=_query(BudgetsQuery, month=month))

    def set_budget(self, team: str, limit_usd: float) -> Budget:
        """Set what a team may spend in a month."""
        return self._call(Budget, "PUT", f"budgets/{quote(team, safe='')}", {"limit_usd": limit_usd})

    def delete_budget(self, team: str) -> Budget:
        """Delete a team's budget; what it spent stays known."""
        return self._call(Budget, "DELETE", f"budgets/{quote(team, safe='')}")

    def _call[S: Shape](
        self, shape: type[S], method: str, path: str, body: object | None = None, query: Shape | None = None
    ) -> S:
        parameters = query.model_dump(mode="json", exclude_none=True) if query else {}
        patience, pause = self._patience, 1.0
        while True:
            try:
                response = self._http.request(method, path, json=body, params=parameters)
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                raise error_for(
                    "unreachable", f"No answer from {self._http.base_url}{self._whence}: {error}"
                ) from error
            if response.is_success:
                return _read(shape, response)
            refused = _error(response)
            wait = _retry_after(response) or pause
            if refused.code not in _PASSING or wait > patience:
                raise refused
            self._on_wait(str(refused))
            self._sleep(wait)
            patience, pause = patience - wait, min(pause * 2, 10.0)


def _access(api_key: str | None, token: str | None) -> dict[str, str]:
    """Return the header that lets a request in."""
    name, secret = ("access token", token) if token is not None else ("API key", api_key)
    if secret is None:
        raise error_for("forbidden", "There is neither an API key nor an access token")
    if not secret.isascii() or not secret.isprintable():
        raise error_for("forbidden", f"The {name} holds characters that no {name} has")
    return {"authorization": f"Bearer {secret}"} if token is not None else {"x-api-key": secret}


def _workflow(workflow_name: str) -> str:
    return f"workflows/{quote(workflow_name, safe='')}"


def _run(workflow_name: str, run_id: str) -> str:
    return f"{_workflow(workflow_name)}/runs/{quote(run_id, safe='')}"


def _requests(runs: Iterable[Mapping[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """Group runs into as many as one request may hold."""
    for rows in batched(runs, MAX_BATCH, strict=False):
        batch: list[dict[str, Any]] = []
        size = 0
        for row in rows:
            length = len(json.dumps(dict(row))) + 1
            if batch and size + length > _BODY_BYTES:
                yield batch
                batch, size = [], 0
            batch.append(dict(row))
            size += length
        yield batch


def _query[S: Shape](shape: type[S], **members: Any) -> S:  # noqa: ANN401 - what the shape says
    try:
        return shape(**members)
    except ValidationError as error:
        raise error_for("invalid_request", sentence(error, shape)) from None


def _read[S: Shape](shape: type[S], response: httpx.Response) -> S:
    try:
        return shape.model_validate_json(response.content, extra="ignore", context=STORED)  # a newer API may tell more
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the answer"
        message = f"What answers at {response.url} is no Runquote API of this version: {where}: {first['msg']}"
        raise error_for("unreachable", message) from None


def _error(response: httpx.Response) -> RunquoteError:
    try:
        answer = response.json()
    except (ValueError, RecursionError):
        answer = {}
    body = answer if isinstance(answer, dict) else {}
    message = body.get("message") or f"The API answered with status {response.status_code}"
    return error_for(body.get("error") or "internal_error", message)


def _retry_after(response: httpx.Response) -> float | None:
    text = response.headers.get("retry-after", "")
    return float(text) if text.isdigit() else None


def _bytes(size: int | str) -> int:
    return parse_size(size) if isinstance(size, str) else size
