"""`serve` of the SageMaker container: `GET /ping` and `POST /invocations` over one model.

A bare RSGI application in one worker process: a prediction takes less time than handing it to another thread.
Source: https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html
"""

import json
import os
from pathlib import Path
from typing import Any

from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server import Server
from pydantic import ValidationError

from contract.base import MAX_BATCH_BODY_BYTES
from contract.container import Invocation, InvocationResponse
from model.container import answers, artifact, probe
from model.cost_model import CostModel

DEFAULT_ROOT = "/opt/ml"
JSON_HEADERS = [("content-type", "application/json")]


class RefusedError(Exception):
    """A request that is answered with an error."""

    def __init__(self, status: int, error: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.body = json.dumps({"error": error, "message": message}).encode()


class Application:
    """The RSGI application. Answers are JSON; errors are `{"error", "message"}`."""

    def __init__(self, model: CostModel, model_version: int | None) -> None:
        self._model = model
        self._model_version = model_version

    async def __rsgi__(self, scope: Any, protocol: Any) -> None:  # noqa: ANN401 - the interface is RSGI's
        """Answer one request."""
        try:
            status, body = 200, await self._answer(scope, protocol)
        except RefusedError as refused:
            status, body = refused.status, refused.body
        protocol.response_bytes(status, JSON_HEADERS, body)

    async def _answer(self, scope: Any, protocol: Any) -> bytes:  # noqa: ANN401 - the interface is RSGI's
        if scope.path == "/ping":
            return b"{}"
        if scope.path != "/invocations":
            raise RefusedError(404, "not_found", "There is /ping and /invocations.")
        if scope.headers.get("origin") or scope.headers.get("sec-fetch-site"):
            # Where `serve` is a process of a person's machine, any page in their browser finds its port. SageMaker
            # passes on neither header.
            raise RefusedError(403, "forbidden", "No web page may call a model.")
        if scope.method != "POST":
            raise RefusedError(405, "method_not_allowed", "Use POST.")
        if (scope.headers.get("content-type") or "").split(";")[0].strip().lower() != "application/json":
            raise RefusedError(415, "unsupported_media_type", "Send application/json.")
        return self.invoke(await _body(protocol))

    def invoke(self, body: bytes) -> bytes:
        """Answer an `Invocation` with an `InvocationResponse`."""
        try:
            request = Invocation.model_validate_json(body)
        except ValidationError as error:
            first = error.errors(include_url=False, include_context=False, include_input=False)[0]
            place = ".".join(str(part) for part in first["loc"]) or "body"
            raise RefusedError(400, "invalid_request", f"{place}: {first['msg']}") from error
        predictions = answers.predict(
            self._model, request.rows, explain=request.explain, similar_runs=request.similar_runs
        )
        response = InvocationResponse(model_version=self._model_version, predictions=predictions)
        return response.model_dump_json().encode()

    def warm_up(self) -> None:
        """Answer what people ask: so the first request does not pay for what is done only once, and no model serves
        that has no answers.

        Raises:
            BadArtifact: it has none.
        """
        probe.probe(self._model)


async def _body(protocol: Any) -> bytes:  # noqa: ANN401 - the interface is RSGI's
    """Read the body to its end, however large: who is refused while still sending never sees the answer.

    SageMaker itself takes at most 6 MB (https://docs.aws.amazon.com/general/latest/gr/sagemaker.html).
    """
    content, length = bytearray(), 0
    async for chunk in protocol:
        length += len(chunk)
        if length <= MAX_BATCH_BODY_BYTES:
            content += chunk
    if length > MAX_BATCH_BODY_BYTES:
        raise RefusedError(413, "payload_too_large", f"The body may have {MAX_BATCH_BODY_BYTES} bytes.")
    return bytes(content)


def application() -> Application:
    """Load the model and let it answer.

    Raises:
        BadArtifact: the model is not exactly what `train` writes, or has no answers.
    """
    root = Path(os.environ.get("SAGEMAKER_BASE_DIR", DEFAULT_ROOT))
    version = os.environ.get("MODEL_VERSION", "")
    loaded = Application(artifact.read_folder(root / "model").served, int(version) if version.isdecimal() else None)
    loaded.warm_up()
    return loaded


def main() -> None:
    """Serve until SIGTERM. The worker binds the port after it has loaded the model, so /ping answers only then."""
    Server(
        "model.serve:application",
        factory=True,
        address=os.environ.get("SAGEMAKER_BIND_TO_HOST", "0.0.0.0"),  # noqa: S104 - SageMaker connects from outside
        port=int(os.environ.get("SAGEMAKER_BIND_TO_PORT", "8080")),
        interface=Interfaces.RSGI,
        websockets=False,
        log_level=LogLevels.warning,
    ).serve()


if __name__ == "__main__":
    main()
