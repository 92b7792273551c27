"""Faults of AWS, injected where botocore is about to send: retries and error mapping are botocore's and ours."""

import io
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from botocore.awsrequest import AWSResponse

type Reply = AWSResponse | Exception | None
"""An answer, a failure to get one, or None to let the call through."""


@dataclass
class Injector:
    """Plays one reply after the other, the last for ever, and counts how often it fired."""

    replies: list[Callable[[], Reply]]
    calls: list[str] = field(default_factory=list)

    def attach(self, client: Any, operation: str = "*") -> "Injector":  # noqa: ANN401 - any botocore client
        service = client.meta.service_model.service_id.hyphenize()
        client.meta.events.register_first(f"before-send.{service}.{operation}", self._send)
        return self

    def _send(self, request: Any, event_name: str, **_: object) -> AWSResponse | None:  # noqa: ANN401 - botocore's
        reply = self.replies[min(len(self.calls), len(self.replies) - 1)]()
        self.calls.append(event_name.rsplit(".", 1)[1])
        if isinstance(reply, Exception):
            raise reply
        return reply


class Body(io.BytesIO):
    """A response body as urllib3 gives it; may break off after some bytes."""

    def __init__(self, content: bytes, breaks_with: Exception | None = None) -> None:
        super().__init__(content)
        self.breaks_with = breaks_with

    def read(self, amt: int | None = None, **_: object) -> bytes:
        content = super().read(amt)
        if not content and self.breaks_with:
            raise self.breaks_with
        return content

    def stream(self, amt: int = 1024, **_: object) -> Any:  # noqa: ANN401 - an iterator of bytes
        while content := self.read(amt):
            yield content


def error(code: str, status: int, message: str = "injected", **members: object) -> Callable[[], AWSResponse]:
    """Return an AWS error, as a maker of replies."""
    content = json.dumps({"__type": code, "message": message, "Message": message, **members}).encode()
    return lambda: response(content, status, {"x-amzn-errortype": code})


def response(
    content: bytes, status: int = 200, headers: dict[str, str] | None = None, breaks_with: Exception | None = None
) -> AWSResponse:
    """Return an HTTP answer."""
    fields: Any = headers or {}  # botocore copies them into its own kind of dict
    return AWSResponse("https://aws.invalid/", status, fields, Body(content, breaks_with))


def through() -> None:
    """Let the call through."""
