"""The local SageMaker as one object. The fronts that put it on a port only adapt."""

import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from cloud.sagemaker.context import Context
from cloud.sagemaker.errors import SageMakerError
from cloud.sagemaker.faults import Faults
from cloud.sagemaker.hosting import Hosting
from cloud.sagemaker.registry import Registry
from cloud.sagemaker.resources import Action
from cloud.sagemaker.service_model import ServiceModel
from cloud.sagemaker.training import TrainingJobs


@dataclass(frozen=True)
class HttpAnswer:
    """An answer as HTTP carries it."""

    status: int
    headers: dict[str, str]
    body: bytes


class SageMaker:
    """All actions of the control plane, and InvokeEndpoint."""

    def __init__(self, context: Context) -> None:
        self.model = ServiceModel("sagemaker")
        self.training = TrainingJobs(context)
        self.hosting = Hosting(context)
        self._store = context.store
        self._runner = context.runner
        self._faults = Faults(context.directory)
        self._actions: dict[str, Action] = (
            self.training.actions | self.hosting.actions | Registry(context).actions | context.tags.actions
        )

    @cached_property
    def actions(self) -> frozenset[str]:
        """The names of the actions that it has."""
        return frozenset(self._actions)

    def adopt(self) -> None:
        """Answer for what an earlier server left. Call it before any request."""
        self._runner.keep(self.hosting.roots() | self.training.roots())
        self.hosting.adopt()

    def resume(self) -> None:
        """Carry on with what an earlier server left. Call it once S3 can be reached."""
        self.hosting.resume()
        self.training.resume()

    def close(self) -> None:
        """Stop every container; the state stays."""
        self.training.close()
        self.hosting.close()
        self._store.close()

    def call(self, action: str, request: object) -> dict[str, Any]:
        """One action of the control plane. Raises SageMakerError."""
        self._faults.check(action)
        known = self.model.validate(action, request)
        if action not in self._actions:
            raise SageMakerError("UnknownOperationException", f"{action} is not implemented by the local SageMaker.")
        return self.model.shape(action, self._actions[action](known))

    def control_plane(self, target: str, body: bytes) -> HttpAnswer:
        """Answer a JSON 1.1 request, whose X-Amz-Target header is `target`."""
        try:
            answer = self.call(target.rpartition(".")[2], _parse(body))
        except SageMakerError as error:
            return _error_answer(error, "application/x-amz-json-1.1")
        return HttpAnswer(200, {"Content-Type": "application/x-amz-json-1.1"}, json.dumps(answer).encode())

    def data_plane(self, endpoint: str, headers: dict[str, str], body: bytes) -> HttpAnswer:
        """Answer POST /endpoints/{endpoint}/invocations. Header names are in lower case."""
        if "x-amzn-sagemaker-target-model" in headers:
            error = SageMakerError("ValidationError", f"Endpoint {endpoint} is not a multi-model endpoint.")
            return _error_answer(error, "application/json")
        forwarded = {
            "Content-Type": headers.get("content-type", "application/octet-stream"),
            "Accept": headers.get("accept", "*/*"),
        }
        if "x-amzn-sagemaker-custom-attributes" in headers:
            forwarded["X-Amzn-SageMaker-Custom-Attributes"] = headers["x-amzn-sagemaker-custom-attributes"]
        try:
            answer, variant = self.hosting.invoke(endpoint, body, forwarded)
        except SageMakerError as error:
            return _error_answer(error, "application/json")
        answered = {"Content-Type": answer.content_type, "x-Amzn-Invoked-Production-Variant": variant}
        if answer.custom_attributes:
            answered["X-Amzn-SageMaker-Custom-Attributes"] = answer.custom_attributes
        return HttpAnswer(200, answered, answer.body)


def _parse(body: bytes) -> object:
    try:
        parsed: object = json.loads(body or b"{}")
    except ValueError as error:
        raise SageMakerError("SerializationException", "The request body is not valid JSON.") from error
    return parsed


def _error_answer(error: SageMakerError, content_type: str) -> HttpAnswer:
    body = {"__type": error.code, "message": error.message, "Message": error.message} | error.members
    headers = {"Content-Type": content_type, "x-amzn-ErrorType": error.code}
    return HttpAnswer(error.status, headers, json.dumps(body).encode())
