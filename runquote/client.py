"""The Python client: the API's routes as methods, its shapes as results."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import batched
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import httpx
from pydantic import BaseModel, ValidationError

from contract.base import MAX_BATCH, ParameterValue
from contract.errors import ErrorBody
from contract.predictions import Prediction
from contract.runs import RejectedRun, RunsResponse
from contract.workflows import WorkflowDetail, WorkflowsResponse, WorkflowSummary
from runquote.sizes import parse_size


class RunquoteError(Exception):
    """The API refused or could not be reached. `code` is the API's error code, or `unreachable`."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Client:
    """Talks to one Runquote API.

    >>> client = Client("http://127.0.0.1:4566/...", api_key="...")  # doctest: +SKIP
    >>> client.predict("rnaseq-quant", input_size="120 GB").cost_usd  # doctest: +SKIP
    """

    def __init__(self, url: str, api_key: str, timeout: float = 30.0) -> None:
        self._http = httpx.Client(
            base_url=url.rstrip("/") + "/", headers={"x-api-key": api_key}, timeout=timeout, trust_env=False
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._http.close()

    def predict(
        self,
        workflow_name: str,
        input_size: int | str,
        output_size: int | str | None = None,
        parameters: Mapping[str, ParameterValue] | None = None,
    ) -> Prediction:
        """Predict what one run will cost. Sizes are bytes, or texts such as "120 GB"."""
        body: dict[str, Any] = {"workflow_name": workflow_name, "input_bytes": _bytes(input_size)}
        if output_size is not None:
            body["output_bytes"] = _bytes(output_size)
        if parameters:
            body["parameters"] = dict(parameters)
        return self._call(Prediction, "POST", "predictions", body)

    def record_runs(self, runs: Iterable[Mapping[str, Any]]) -> Iterator[RunsResponse]:
        """Record runs, 500 to a request; yields the answer to each request, rows numbered over the whole input."""
        for number, batch in enumerate(batched(runs, MAX_BATCH, strict=False)):
            answer = self._call(RunsResponse, "POST", "runs", {"runs": [dict(run) for run in batch]})
            offset = number * MAX_BATCH
            rejected = [RejectedRun(**{**row.model_dump(), "index": row.index + offset}) for row in answer.rejected]
            yield answer.model_copy(update={"rejected": rejected})

    def workflows(self) -> list[WorkflowSummary]:
        """List the workflows that have runs."""
        return self._call(WorkflowsResponse, "GET", "workflows").workflows

    def workflow(self, workflow_name: str) -> WorkflowDetail:
        """Describe one workflow: its curve, recent runs and model versions."""
        return self._call(WorkflowDetail, "GET", f"workflows/{quote(workflow_name, safe='')}")

    def _call[Answer: BaseModel](
        self, shape: type[Answer], method: str, path: str, body: object | None = None
    ) -> Answer:
        try:
            response = self._http.request(method, path, json=body)
        except httpx.HTTPError as error:
            raise RunquoteError("unreachable", f"No answer from {self._http.base_url}: {error}") from error
        if response.is_success:
            return shape.model_validate_json(response.content)
        try:
            error_body = ErrorBody.model_validate_json(response.content)
        except ValidationError:
            raise RunquoteError("internal_error", f"The API answered with status {response.status_code}") from None
        raise RunquoteError(error_body.error, error_body.message)


def _bytes(size: int | str) -> int:
    return parse_size(size) if isinstance(size, str) else size
