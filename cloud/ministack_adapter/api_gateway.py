"""API Gateway: how keys are compared and told, which model a request body is checked against, what is said of one that
fails, and changed methods.
"""

import hmac
import json
from collections.abc import Callable, Iterator
from typing import Any

from ministack.services import apigateway_v1

from cloud.ministack_adapter.patching import Untyped, existing, wrap

_REASON = "validation_error_string"
_VARIABLE = "$context.error.validationErrorString"
_ABOUT_PARTS = {"properties", "additionalProperties", "items", "allOf", "anyOf", "oneOf"}
_NUMERIC_BOUNDS = {"minimum": "lower than the required minimum", "maximum": "greater than the required maximum"}
_TYPE_NAMES = {dict: "object", list: "array", str: "string", bool: "boolean", int: "integer", float: "number"}


def install() -> None:
    """Make the changes."""
    wrap(apigateway_v1, "_resolve_api_key", _in_constant_time)
    wrap(apigateway_v1, "_build_lambda_event_v1", _with_key_id)
    wrap(apigateway_v1, "_check_request_validation", _with_default_model)
    wrap(apigateway_v1, "_gateway_error_response", _with_reason)
    wrap(apigateway_v1, "_update_method", _with_types)


def _in_constant_time(_resolve: Callable[..., Untyped]) -> Callable[..., Untyped]:
    """Compare a key with every one that there is, each in a time that does not tell how much of it was right.

    ministack compares texts, and stops at the first that is equal.
    """

    def resolve_api_key(value: str | None) -> Untyped:
        found = None
        for _scope, key in existing(apigateway_v1, "_api_keys").all_items():
            same = hmac.compare_digest(str(key.get("value") or "").encode(), (value or "").encode())
            if same and value and key.get("enabled", True):
                found = key
        return found

    return resolve_api_key


def _with_key_id(build: Callable[..., Untyped]) -> Callable[..., Untyped]:
    """Tell a function whose key it was, as on AWS; ministack leaves that out.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
    """

    def build_lambda_event(*request: Untyped, **named: Untyped) -> Untyped:
        event = build(*request, **named)
        sent = existing(apigateway_v1, "_header_ci")(event["headers"], "x-api-key")
        key = existing(apigateway_v1, "_resolve_api_key")(sent)
        if key is not None:
            event["requestContext"]["identity"]["apiKeyId"] = key["id"]
        return event

    return build_lambda_event


def _with_default_model(check: Callable[..., Untyped]) -> Callable[..., Untyped]:
    """The model of the body's content type, or else `$default`, or else none, as on AWS.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-method-request-validation.html. ministack
    does not know `$default`, and checks bodies of other types against the model of application/json.
    """

    def check_request_validation(
        method: dict[str, Any], api_id: str, request: dict[str, Any], *received: Untyped
    ) -> Untyped:
        headers, body = received[:2]
        content_type = existing(apigateway_v1, "_header_ci")(headers, "content-type") or "application/json"
        name = content_type.split(";", 1)[0].strip()
        models = method.get("requestModels") or {}
        model = models.get(name) or models.get("$default")
        error = check(method | {"requestModels": {name: model} if model else {}}, api_id, request, *received)
        if error is not None:
            schema = existing(apigateway_v1, "_model_schema")(api_id, model) if model else None
            request[_REASON] = f"[{', '.join(_reasons(schema, body))}]" if schema else error.message
        return error

    return check_request_validation


def _with_reason(render: Callable[..., Untyped]) -> Callable[..., Untyped]:
    """Fill in `$context.error.validationErrorString`, which ministack leaves as it stands.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
    """

    def gateway_error_response(error: Untyped, request: dict[str, Any]) -> Untyped:
        status, headers, body = render(error, request)
        reason = json.dumps(request.get(_REASON, ""))[1:-1]
        text = body.decode() if isinstance(body, bytes) else body
        return status, headers, text.replace(_VARIABLE, reason).encode()

    return gateway_error_response


def _with_types(update: Callable[..., Untyped]) -> Callable[..., Untyped]:
    """Keep the types of what a patch changes, which are all texts in it; scopes are added and removed one by one.

    https://docs.aws.amazon.com/apigateway/latest/api/patch-operations.html. ministack stores the texts.
    """

    def update_method(api_id: str, resource_id: str, http_method: str, data: dict[str, Any]) -> Untyped:
        resource = existing(apigateway_v1, "_resources").get(api_id, {}).get(resource_id) or {}
        method = resource.get("resourceMethods", {}).get(http_method) or {}
        scopes = list(method.get("authorizationScopes") or [])
        operations = []
        for each in data.get("patchOperations", []):
            path, value = each["path"], each.get("value")
            if path == "/apiKeyRequired":
                operations.append(each | {"value": value == "true"})
            elif path == "/authorizationScopes":
                scopes = [scope for scope in scopes if scope != value] + ([value] if each["op"] == "add" else [])
                operations.append({"op": "replace", "path": path, "value": scopes})
            else:
                operations.append(each)
        return update(api_id, resource_id, http_method, data | {"patchOperations": operations})

    return update_method


def _reasons(schema: Untyped, body: bytes) -> list[str]:
    """Why the body does not fit the model, as the validator that API Gateway uses words it."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):  # [[[[… is too deep for Python's reader
        return ["request body is not valid JSON"]
    return list(_violations(schema, value, schema)) or ["instance does not match its schema"]


def _violations(schema: Untyped, value: Untyped, root: Untyped) -> Iterator[str]:
    while isinstance(schema, dict) and "$ref" in schema:
        schema, root = existing(apigateway_v1, "_resolve_schema_ref")(schema["$ref"], root)
    if not isinstance(schema, dict) or existing(apigateway_v1, "_json_schema_valid")(schema, value, root):
        return
    own = {key: rule for key, rule in schema.items() if key not in _ABOUT_PARTS}
    if not existing(apigateway_v1, "_json_schema_valid")(own, value, root):
        yield _violation(schema, value)
    if isinstance(value, dict):
        properties = schema.get("properties") or {}
        if schema.get("additionalProperties") is False and (extra := sorted(value.keys() - properties.keys())):
            yield f"object instance has properties which are not allowed by the schema: {json.dumps(extra)}"
        for name in properties.keys() & value.keys():
            yield from _violations(properties[name], value[name], root)
    if isinstance(value, list):
        for item in value:
            yield from _violations(schema.get("items"), item, root)


def _violation(schema: dict[str, Any], value: Untyped) -> str:
    allowed = schema.get("type")
    missing = [name for name in schema.get("required", []) if isinstance(value, dict) and name not in value]
    if missing:
        return f"object has missing required properties ({json.dumps(missing)})"
    if allowed is not None and not existing(apigateway_v1, "_json_schema_valid")({"type": allowed}, value, schema):
        types = json.dumps(allowed if isinstance(allowed, list) else [allowed])
        found = _TYPE_NAMES.get(type(value), "null")
        return f"instance type ({found}) does not match any allowed primitive type (allowed: {types})"
    for key, words in _NUMERIC_BOUNDS.items():
        beyond = not existing(apigateway_v1, "_json_schema_valid")({key: schema.get(key, value)}, value, schema)
        if isinstance(value, int | float) and beyond:
            return f"numeric instance is {words} ({key}: {schema[key]}, found: {value})"
    return f"instance {json.dumps(value)[:100]} does not match its schema"
