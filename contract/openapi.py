"""The OpenAPI 3.1 document, made of the routes and the shapes."""

import re
from typing import Any

from pydantic import BaseModel, RootModel, TypeAdapter
from pydantic.json_schema import models_json_schema

from contract.errors import STATUS, ErrorBody
from contract.predictions import PredictionRequest
from contract.routes import PLACES, RIGHTS, ROUTES, Route, errors_of, shape
from contract.runs import Run


class OpenApiDocument(RootModel[dict[str, Any]]):
    """The OpenAPI document itself, as the API serves it."""


def document() -> dict[str, Any]:
    """Return the OpenAPI document."""
    shapes = {shape(name) for route in ROUTES for name in (route.answer, *route.bodies)} | {ErrorBody}
    ordered = sorted(shapes, key=lambda each: each.__name__)
    _, schema = models_json_schema(
        [(each, "validation") for each in ordered], ref_template="#/components/schemas/{model}"
    )
    schemas = schema["$defs"]
    # Each row is validated alone at run time (one bad row loses no other), so the shape holds plain objects;
    # the document says what a good row is.
    schemas["RunsRequest"]["properties"]["runs"]["items"] = _row(Run)
    schemas["BatchRequest"]["properties"]["requests"]["items"] = _row(PredictionRequest)
    paths: dict[str, Any] = {}
    for route in ROUTES:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Runquote",
            "version": "1",
            "summary": "What will this workflow run cost?",
            "description": "Sizes in bytes (GB is 10^9), money in USD, times in ISO 8601 UTC. "
            "x-right names the right that a route is for. Rights are not enforced yet: whoever may call the API may "
            "call every route.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "."}],  # where this document is served, whatever host and stage
        "x-rights": dict(RIGHTS),
        "security": [{"apiKey": []}, {"signIn": []}],  # which of the two, a deployment decides
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "apiKey": {"type": "apiKey", "in": "header", "name": "x-api-key"},
                "signIn": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
            },
        },
    }


def _row(row: type[BaseModel]) -> dict[str, Any]:
    return {"anyOf": [_reference(row), {"type": "object", "description": "Any other is answered with an error"}]}


def _reference(of: type[BaseModel]) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{of.__name__}"}


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


def _query_parameters(query: type[BaseModel]) -> list[dict[str, Any]]:
    """Return the members of a shape as parameters; one that holds a list is repeated for each element."""
    found = []
    for name, schema in query.model_json_schema()["properties"].items():
        present: dict[str, Any] = next((each for each in schema.pop("anyOf", []) if each != {"type": "null"}), {})
        description = {"description": schema.pop("description")} if "description" in schema else {}
        value = {key: value for key, value in (schema | present).items() if key not in {"default", "title"}}
        found.append({"name": name, "in": "query", **description, "schema": value})
    return found


def _operation(route: Route) -> dict[str, Any]:
    operation: dict[str, Any] = {"operationId": route.operation, "summary": route.summary}
    if route.right is None:
        operation["security"] = []
    else:
        operation["x-right"] = route.right
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": TypeAdapter(PLACES[name]).json_schema()}
        for name in re.findall(r"{(\w+)}", route.path)
    ]
    if route.query:
        parameters += _query_parameters(shape(route.query))
    if parameters:
        operation["parameters"] = parameters
    if route.bodies:
        references = [_reference(shape(body)) for body in route.bodies]
        schema = references[0] if len(references) == 1 else {"anyOf": references}
        operation["requestBody"] = {"required": True, "content": _json(schema)}
    successes = {
        str(status): {"description": "Success", "content": _json(_reference(shape(route.answer)))}
        for status in route.statuses
    }
    operation["responses"] = successes | _failures(route)
    return operation


def _failures(route: Route) -> dict[str, Any]:
    codes = errors_of(route)
    return {
        str(status): {
            "description": ", ".join(code for code in STATUS if code in codes and STATUS[code] == status),
            "content": _json(_reference(ErrorBody)),
        }
        for status in sorted({STATUS[code] for code in codes})
    }
