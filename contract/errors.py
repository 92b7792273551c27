"""Every error that a client can see."""

from typing import Literal

from contract.base import Shape

ErrorCode = Literal[
    "invalid_request",
    "payload_too_large",
    "unsupported_media_type",
    "unauthorized",
    "forbidden",
    "not_found",
    "method_not_allowed",
    "too_many_requests",
    "too_many_workflows",
    "workflow_not_found",
    "model_not_ready",
    "retraining_not_found",
    "budget_not_found",
    "prediction_not_found",
    "run_not_found",
    "run_conflict",
    "retraining_conflict",
    "run_changed",
    "model_warming",
    "endpoint_misconfigured",
    "model_error",
    "model_timeout",
    "unavailable",
    "internal_error",
]

STATUS: dict[ErrorCode, int] = {
    "invalid_request": 400,
    "payload_too_large": 413,
    "unsupported_media_type": 415,
    "unauthorized": 401,
    "forbidden": 403,
    "not_found": 404,
    "method_not_allowed": 405,
    "too_many_requests": 429,
    "too_many_workflows": 429,
    "workflow_not_found": 404,
    "model_not_ready": 404,
    "retraining_not_found": 404,
    "budget_not_found": 404,
    "prediction_not_found": 404,
    "run_not_found": 404,
    "run_conflict": 409,
    "retraining_conflict": 409,
    "run_changed": 409,
    "model_warming": 503,
    "endpoint_misconfigured": 503,
    "model_error": 502,
    "model_timeout": 504,
    "unavailable": 503,
    "internal_error": 500,
}
"""The HTTP status of each code."""


class ErrorBody(Shape):
    """Body of every error: a code for programs, a sentence for people."""

    error: ErrorCode
    message: str
    request_id: str
