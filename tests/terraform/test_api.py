"""The routes of the API: those of the contract, no more and no fewer, and the answers of API Gateway itself."""

import json
import re
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from contract.errors import STATUS, ErrorBody
from contract.routes import ROUTES, Route
from tests.terraform.conftest import Deployment
from tests.terraform.test_root import REPOSITORY

ORIGIN = "http://127.0.0.1:8080"


def methods(deployment: Deployment) -> dict[tuple[str, str], dict[str, Any]]:
    """The methods by (HTTP method, path), each with its integration."""
    paths = {each["values"]["id"]: each["values"]["path"] for each in deployment.of_type("aws_api_gateway_resource")}
    integrations = {
        (each["values"]["http_method"], each["values"]["resource_id"]): each["values"]
        for each in deployment.of_type("aws_api_gateway_integration")
    }
    return {
        (values["http_method"], paths[values["resource_id"]]): values
        | {"integration": integrations[values["http_method"], values["resource_id"]]}
        for values in (each["values"] for each in deployment.of_type("aws_api_gateway_method"))
    }


def call(deployment: Deployment, method: str, path: str, **options: Any) -> httpx.Response:  # noqa: ANN401 - httpx's options
    url = f"{deployment.cloud.settings.endpoint_url}/restapis/{deployment.outputs['api_id']}/v1/_user_request_{path}"
    given = {"x-api-key": deployment.outputs.get("api_key"), "content-type": "application/json"}
    headers = {name: value for name, value in (given | options.pop("headers", {})).items() if value is not None}
    return httpx.request(method, url, headers=headers, timeout=30, trust_env=False, **options)


def test_the_routes_are_those_of_the_openapi_document(deployment: Deployment) -> None:
    document = json.loads((REPOSITORY / "contract" / "generated" / "openapi.json").read_text())
    described = {
        (method.upper(), path): operation["operationId"]
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    }
    made = {key: method["operation_name"] for key, method in methods(deployment).items() if key[0] != "OPTIONS"}
    assert made == described


def test_each_route_goes_to_its_function_and_all_but_the_description_need_a_key(deployment: Deployment) -> None:
    made = methods(deployment)
    for route in ROUTES:
        method = made[route.method, route.path]
        assert method["api_key_required"] == (route.path != "/openapi.json"), route.operation
        assert f":runquote-{route.function.replace('_', '-')}:live/" in method["integration"]["uri"]
        models = {"application/json": route.operation, "$default": route.operation} if route.bodies else {}
        assert (method["request_models"] or {}) == models
        assert bool(method["request_validator_id"]) == bool(route.bodies)


def test_each_route_may_invoke_its_function_and_no_other_may(deployment: Deployment) -> None:
    permissions = deployment.of_type("aws_lambda_permission")
    allowed = {(each["values"]["source_arn"].split("/", 2)[2], each["values"]["function_name"]) for each in permissions}
    assert allowed == {
        (f"{route.method}{re.sub(r'{\w+}', '*', route.path)}", f"runquote-{route.function.replace('_', '-')}")
        for route in ROUTES
    }


def test_the_models_are_the_generated_ones(deployment: Deployment) -> None:
    generated = json.loads((REPOSITORY / "contract" / "generated" / "gateway_models.json").read_text())
    made = {
        each["values"]["name"]: json.loads(each["values"]["schema"])
        for each in deployment.of_type("aws_api_gateway_model")
    }
    assert made == generated


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.operation)
def test_each_route_answers(deployment: Deployment, route: Route) -> None:
    body = (
        {"workflow_name": "x", "input_bytes": 1, "requests": [], "limit_usd": 1, "reason": "x"}
        if route.bodies
        else None
    )
    answer = call(deployment, route.method, re.sub(r"{\w+}", "x", route.path), json=body)
    assert answer.status_code == 200
    assert answer.headers["x-function"] == route.function
    assert answer.text == f"{route.method} {route.path}"


def test_every_path_answers_a_preflight_for_the_one_origin(deployment: Deployment) -> None:
    for path in {route.path for route in ROUTES}:
        # On AWS others are told the one origin too; the local cloud's gate tells them nothing (cloud/gate.py).
        other = call(deployment, "OPTIONS", path, headers={"x-api-key": None, "origin": "https://evil.example"})
        assert not [name for name in other.headers if name.startswith("access-control-")]
        answer = call(deployment, "OPTIONS", path, headers={"x-api-key": None, "origin": ORIGIN})
        assert answer.status_code == 204
        allowed = {route.method for route in ROUTES if route.path == path} | {"OPTIONS"}
        assert set(answer.headers["access-control-allow-methods"].split(",")) == allowed
        assert answer.headers["access-control-allow-origin"] == ORIGIN
        assert set(answer.headers["access-control-allow-headers"].split(",")) == {"content-type", "x-api-key"}
        assert "access-control-allow-credentials" not in answer.headers


def refused(answer: httpx.Response, status: int, error: str, origin: str = ORIGIN) -> ErrorBody:
    body = ErrorBody.model_validate_json(answer.text)
    assert (answer.status_code, body.error) == (status, error)
    assert STATUS[body.error] == status
    assert answer.headers["access-control-allow-origin"] == origin
    assert answer.headers["content-type"] == "application/json"
    return body


@pytest.mark.parametrize("key", [None, "", "local-0123456789abcdeF"])
def test_without_a_valid_key_no_function_runs(deployment: Deployment, key: str | None) -> None:
    answer = call(deployment, "GET", "/workflows", headers={"x-api-key": key})
    refused(answer, 403, "forbidden")
    assert "x-function" not in answer.headers


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/nothing"), ("DELETE", "/workflows"), ("DELETE", "/predictions"), ("POST", "/workflows/x")],
)
def test_an_unknown_path_or_method_is_not_found(deployment: Deployment, method: str, path: str) -> None:
    refused(call(deployment, method, path), 404, "not_found")


@pytest.mark.parametrize("content", ["", "{", "null", "[]", '"text"', '{"workflow_name": "x"}'])
@pytest.mark.parametrize("content_type", ["application/json", "text/plain"])
def test_a_body_that_is_no_request_is_refused_whatever_its_type(
    deployment: Deployment, content: str, content_type: str
) -> None:
    answer = call(deployment, "POST", "/predictions", content=content, headers={"content-type": content_type})
    refused(answer, 400, "invalid_request")


def test_a_missing_member_is_named(deployment: Deployment) -> None:
    answer = call(deployment, "POST", "/predictions", json={"workflow_name": "x"})
    assert "input_bytes" in refused(answer, 400, "invalid_request").message


def test_every_error_of_api_gateway_has_our_shape(deployment: Deployment) -> None:
    responses = {
        each["values"]["response_type"]: each["values"]
        for each in deployment.of_type("aws_api_gateway_gateway_response")
    }
    assert {"DEFAULT_4XX", "DEFAULT_5XX", "THROTTLED", "QUOTA_EXCEEDED", "REQUEST_TOO_LARGE"} <= set(responses)
    for type_, response in responses.items():
        body = ErrorBody.model_validate_json(response["response_templates"]["application/json"])
        assert str(STATUS[body.error]) == response["status_code"], type_
        headers = response["response_parameters"]
        assert headers["gatewayresponse.header.Access-Control-Allow-Origin"] == f"'{ORIGIN}'"
        assert ("gatewayresponse.header.Retry-After" in headers) == (response["status_code"] == "429"), type_
        assert ("gatewayresponse.header.WWW-Authenticate" in headers) == (response["status_code"] == "401"), type_


@pytest.fixture
def slow_key(deployment: Deployment) -> Iterator[str]:
    """A key of its own that may make one request a second."""
    gateway = deployment.cloud.client("apigateway")
    key = gateway.create_api_key(name="slow", value="local-slow-0123456789abcdef", enabled=True)
    plan = gateway.create_usage_plan(
        name="slow",
        throttle={"rateLimit": 1, "burstLimit": 1},
        apiStages=[{"apiId": deployment.outputs["api_id"], "stage": "v1"}],
    )
    gateway.create_usage_plan_key(usagePlanId=plan["id"], keyId=key["id"], keyType="API_KEY")
    yield key["value"]
    gateway.delete_usage_plan_key(usagePlanId=plan["id"], keyId=key["id"])
    gateway.delete_usage_plan(usagePlanId=plan["id"])
    gateway.delete_api_key(apiKey=key["id"])


def test_a_burst_above_the_plan_is_throttled_and_recovers(deployment: Deployment, slow_key: str) -> None:
    limits = deployment.one("aws_api_gateway_usage_plan", "this[0]")["throttle_settings"][0]
    assert (limits["rate_limit"], limits["burst_limit"]) == (50, 100)

    def ask() -> httpx.Response:
        return call(deployment, "GET", "/workflows", headers={"x-api-key": slow_key})

    throttled = next(answer for answer in (ask() for _ in range(100)) if answer.status_code == 429)
    refused(throttled, 429, "too_many_requests")
    assert throttled.headers["retry-after"] == "1"
    deadline = time.monotonic() + 10
    while ask().status_code == 429:
        assert time.monotonic() < deadline
