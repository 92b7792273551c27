"""The sample events in `tests/events/`: proxy events as API Gateway (REST) sends them, and inputs of steps.

A step's event is named like its function. `${…}` in one is filled in by `tools.sam` from the running system.
"""

import base64
import copy
import json
from pathlib import Path
from typing import Any

from contract.routes import ROUTES

DIRECTORY = Path(__file__).parent.parent / "events"


def load(name: str) -> dict[str, Any]:
    event: dict[str, Any] = json.loads((DIRECTORY / f"{name}.json").read_text())
    return event


def function_of(name: str) -> str:
    """The slug of the function that an event is for."""
    event = load(name)
    for route in ROUTES:
        if (event.get("httpMethod"), event.get("resource")) == (route.method, route.path):
            return route.function
    return name


def post(
    resource: str, body: object, *, content_type: str | None = "application/json", **changes: object
) -> dict[str, Any]:
    """Return the event of a POST; a body that is no text is sent as JSON."""
    event = copy.deepcopy(load("predict"))
    text = body if isinstance(body, str) or body is None else json.dumps(body)
    event.update({"resource": resource, "path": resource, "body": text})
    for headers in ("headers", "multiValueHeaders"):
        del event[headers]["Content-Type"]
    if content_type is not None:
        event["headers"]["Content-Type"] = content_type
    return event


def in_base64(event: dict[str, Any]) -> dict[str, Any]:
    body = base64.b64encode(event["body"].encode()).decode()
    return {**event, "body": body, "isBase64Encoded": True}


def get(resource: str, **path_parameters: str) -> dict[str, Any]:
    event = copy.deepcopy(load("workflow_detail"))
    return {**event, "resource": resource, "pathParameters": path_parameters or None}


def body_of(answer: dict[str, Any]) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(answer["body"])
    return body
