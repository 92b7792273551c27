"""The adapter between API Gateway's proxy events and the operations of a function.

Event and answer: API Gateway Developer Guide, "Lambda proxy integrations in API Gateway" (REST, payload 1.0).
"""

import base64
import binascii
import os
import re
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from pydantic import BaseModel, ValidationError

from contract import validation_words
from contract.base import MAX_BODY_BYTES
from contract.errors import ErrorBody
from contract.routes import ROUTES, Route
from functions.shared.errors import ApiError, DependencyUnavailable
from functions.shared.observability import flush, logger
from functions.shared.settings import SettingsError

MAX_DEPTH = 16
"""Deepest nesting that is parsed; the deepest good body has four levels."""
_DECODED = os.environ.get("AWS_SAM_LOCAL") == "true"
"""API Gateway's REST APIs pass path parameters on as they were sent; SAM CLI decodes them first
(https://github.com/aws/aws-sam-cli/issues/3524)."""
_TOKENS = re.compile(rb'"(?:[^"\\]|\\.)*"?|[\[{]|[\]}]', re.DOTALL)
_PASSING: dict[str, str] = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Content-Type": "application/json",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
    "Vary": "Origin",
    "X-Content-Type-Options": "nosniff",
    "Access-Control-Expose-Headers": "x-request-id, retry-after",
}


@dataclass(frozen=True)
class Caller:
    """Who asks: the id of an API key, or of a person where people sign in."""

    id: str = "unknown"
    name: str | None = None


@dataclass(frozen=True)
class HttpRequest:
    """What a client sent."""

    request_id: str
    caller: Caller = field(default_factory=Caller)
    body: bytes = b""
    content_type: str = ""
    path_parameters: Mapping[str, str] = field(default_factory=dict)
    query_parameters: Mapping[str, Sequence[str]] = field(default_factory=dict)
    max_body_bytes: int = MAX_BODY_BYTES

    def read_query[R: BaseModel](self, shape: type[R]) -> R:
        """Read what follows the question mark; a member that is a list may be given more than once.

        Raises:
            ApiError: it is not of that shape.
        """
        members = shape.model_fields
        repeated = {name for name, member in members.items() if isinstance(member.default, list)}
        for name, texts in self.query_parameters.items():
            if name in members and name not in repeated and len(texts) > 1:
                raise ApiError("invalid_request", f"{name} is given {len(texts)} times; once is enough.")
        values = {name: list(texts) if name in repeated else texts[-1] for name, texts in self.query_parameters.items()}
        try:
            return shape.model_validate(values)
        except ValidationError as error:
            raise ApiError("invalid_request", validation_words.sentence(error, shape, members=True)) from None

    def read[R: BaseModel](self, shape: type[R]) -> R:
        """Read the body, strictly.

        Raises:
            ApiError: it is of another type, too large, too deep, or not of that shape.
        """
        self.check_body(validation_words.required_members(shape))
        return read_json(self.body, shape)

    def check_body(self, members: str) -> None:
        """Check all that can be said about a body before it is parsed."""
        media_type = self.content_type.split(";")[0].strip().lower()
        if media_type != "application/json":
            raise ApiError("unsupported_media_type", "Send JSON, with the header Content-Type: application/json.")
        if len(self.body) > self.max_body_bytes:
            message = f"The body has {len(self.body):,} bytes; at most {self.max_body_bytes:,} are taken."
            raise ApiError("payload_too_large", message)
        if not self.body.strip():
            raise ApiError("invalid_request", f"The body is empty: send a JSON object with {members}.")
        if _is_deep(self.body):
            raise ApiError("invalid_request", f"The body is nested deeper than {MAX_DEPTH} levels; it needs {members}.")


@dataclass(frozen=True)
class Answer:
    """What an operation answers."""

    body: BaseModel
    status: int = 200


Operation = Callable[[HttpRequest], Answer]
Operations = Mapping[str, Operation]
"""What a function answers, by the names in `contract.routes`."""


def read_json[R: BaseModel](content: bytes, shape: type[R]) -> R:
    """Read JSON of a shape.

    Raises:
        ApiError: `payload_too_large` for too many rows, else `invalid_request` with a sentence.
    """
    return _read(shape, shape.model_validate_json, content)


def read_parsed[R: BaseModel](content: object, shape: type[R]) -> R:
    """Read what was parsed from JSON before, for a shape that holds no times; raises as `read_json`."""
    return _read(shape, shape.model_validate, content)


def _read[R: BaseModel, C](shape: type[R], validate: Callable[[C], R], content: C) -> R:
    try:
        return validate(content)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        if first["type"] == "too_long" and first["loc"] in {("requests",), ("runs",)}:
            raise ApiError("payload_too_large", validation_words.sentence(error, shape, members=True)) from None
        raise ApiError("invalid_request", validation_words.sentence(error, shape, members=True)) from None


def respond(event: Mapping[str, Any], operations: Operations, web_origin: Callable[[], str]) -> dict[str, Any]:
    """Answer a proxy event: find the operation, run it, and turn whatever happens into an HTTP answer."""
    request_id = str((event.get("requestContext") or {}).get("requestId") or "")
    logger.append_keys(request_id=request_id)
    headers = {**_PASSING, "x-request-id": request_id}
    try:
        headers["Access-Control-Allow-Origin"] = web_origin()
        route = _route(event, operations)
        answer = operations[route.operation](_request(event, request_id, route))
        return _proxy_answer(answer.status, answer.body, headers)
    except Exception as error:
        refusal = _refusal(error)
        if refusal.retry_after_seconds is not None:
            headers["Retry-After"] = str(refusal.retry_after_seconds)
        body = ErrorBody(error=refusal.code, message=refusal.message, request_id=request_id)
        return _proxy_answer(refusal.status, body, headers)
    finally:
        flush()
        logger.remove_keys(["request_id"])


def _refusal(error: Exception) -> ApiError:
    if isinstance(error, ApiError):
        logger.info("refused", extra={"error": error.code, "status": error.status})
        return error
    if isinstance(error, DependencyUnavailable):
        logger.error("dependency unavailable", extra={"cause": str(error)})
        return ApiError("unavailable", "The service is busy and did not answer in time. Try again in a moment.", 2)
    if isinstance(error, SettingsError):
        logger.error("settings", extra={"cause": str(error)})
        return _internal_error()
    # The message of an arbitrary exception may hold what the client sent, so only its place is logged.
    frames = traceback.extract_tb(error.__traceback__)
    place = [f"{'/'.join(frame.filename.split('/')[-3:])}:{frame.lineno} {frame.name}" for frame in frames[-6:]]
    logger.error("internal error", extra={"exception_type": type(error).__name__, "place": place})
    return _internal_error()


def _internal_error() -> ApiError:
    return ApiError(
        "internal_error", "Something went wrong on our side. Try again, and quote the request id if it stays."
    )


def _route(event: Mapping[str, Any], operations: Operations) -> Route:
    """Return the route that was asked for, one of this function's."""
    method, resource = str(event.get("httpMethod")), str(event.get("resource"))
    here = {route.method: route for route in ROUTES if route.path == resource and route.operation in operations}
    if method in here:
        return here[method]
    if here:
        raise ApiError("method_not_allowed", f"This address takes {' and '.join(sorted(here))} requests only.")
    raise ApiError("not_found", "There is nothing at this address.")


def _request(event: Mapping[str, Any], request_id: str, route: Route) -> HttpRequest:
    headers = {str(name).lower(): str(value) for name, value in (event.get("headers") or {}).items()}
    return HttpRequest(
        request_id=request_id,
        caller=_caller(event.get("requestContext") or {}),
        body=_body(event),
        content_type=headers.get("content-type", ""),
        path_parameters=_path_parameters(event),
        query_parameters=event.get("multiValueQueryStringParameters") or {},
        max_body_bytes=route.max_body_bytes,
    )


def _caller(context: Mapping[str, Any]) -> Caller:
    """Return who asks, as API Gateway has checked: by the claims of a token, else by the key."""
    claims = (context.get("authorizer") or {}).get("claims") or {}
    if claims.get("sub"):
        return Caller(str(claims["sub"]), claims.get("email") or claims.get("username"))
    key = (context.get("identity") or {}).get("apiKeyId")
    return Caller(str(key)) if key else Caller()


def _path_parameters(event: Mapping[str, Any]) -> Mapping[str, str]:
    """Return the parts of the address, decoded exactly once: lab%252Fwgs names lab%2Fwgs, and not lab/wgs."""
    sent: Mapping[str, str] = event.get("pathParameters") or {}
    if _DECODED:
        return sent
    try:
        return {name: unquote(value, errors="strict") for name, value in sent.items()}
    except UnicodeDecodeError as error:
        raise ApiError("invalid_request", "The address must be percent-encoded UTF-8.") from error


def _body(event: Mapping[str, Any]) -> bytes:
    text = event.get("body") or ""
    if not event.get("isBase64Encoded"):
        return str(text).encode("utf-8", "surrogatepass")
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ApiError("invalid_request", "The body cannot be decoded.") from error


def _is_deep(body: bytes) -> bool:
    depth = 0
    for token in _TOKENS.finditer(body):
        character = token.group()[:1]
        if character in b"[{":
            depth += 1
            if depth > MAX_DEPTH:
                return True
        elif character in b"]}":
            depth -= 1
    return False


def _proxy_answer(status: int, body: BaseModel, headers: Mapping[str, str]) -> dict[str, Any]:
    return {
        "statusCode": status,
        "headers": dict(headers),
        "body": body.model_dump_json(),
        "isBase64Encoded": False,
    }
