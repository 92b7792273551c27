"""API Gateway: which model a request body is checked against."""

from collections.abc import Callable
from typing import Any

from ministack.services import apigateway_v1

from local.ministack_adapter.patching import Untyped, existing, wrap


def install() -> None:
    """Make the change."""
    wrap(apigateway_v1, "_check_request_validation", _with_default_model)


def _with_default_model(check: Callable[..., Any]) -> Callable[..., Any]:
    """The model of the body's content type, or else `$default`, or else none, as on AWS.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-method-request-validation.html. ministack
    does not know `$default`, and checks bodies of other types against the model of application/json.
    """

    def check_request_validation(
        method: dict[str, Any],
        api_id: str,
        request: Untyped,
        *received: Untyped,
    ) -> Untyped:
        headers = received[0]
        content_type = existing(apigateway_v1, "_header_ci")(headers, "content-type") or "application/json"
        name = content_type.split(";", 1)[0].strip()
        models = method.get("requestModels") or {}
        model = models.get(name) or models.get("$default")
        chosen = method | {"requestModels": {name: model} if model else {}}
        return check(chosen, api_id, request, *received)

    return check_request_validation
