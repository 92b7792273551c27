"""The OpenAPI 3.1 document and the request models of API Gateway, both derived from the shapes.

API Gateway validates with JSON Schema draft 4 and answers with its own words, so its models only say what a body
is at all (an object with its required members); bounds are checked, and explained, in the functions.
"""

import re
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, RootModel, TypeAdapter
from pydantic.json_schema import models_json_schema

from contract.accuracy import AccuracyResponse
from contract.base import Addressable, Label, Team, WorkflowName
from contract.budgets import Budget, BudgetRequest, BudgetsQuery, BudgetsResponse
from contract.corrections import RunCorrection, RunStory
from contract.errors import STATUS, ErrorBody
from contract.predictions import BatchRequest, BatchResponse, Prediction, PredictionRequest
from contract.retrainings import Retraining, RetrainingId, RetrainingQuery
from contract.runs import Run, RunsPage, RunsQuery, RunsRequest, RunsResponse
from contract.workflows import RetiredWorkflow, WorkflowDetail, WorkflowsQuery, WorkflowsResponse


class OpenApiDocument(RootModel[dict[str, Any]]):
    """The OpenAPI document itself, as the API serves it."""


@dataclass(frozen=True)
class Route:
    """One method of the API and the function (by slug) that answers it."""

    method: str
    path: str
    function: str
    operation: str
    summary: str
    response: type[BaseModel]
    statuses: tuple[int, ...] = (200,)
    requests: tuple[type[BaseModel], ...] = ()
    needs_key: bool = True
    query: type[BaseModel] | None = None


ROUTES = (
    Route(
        "POST",
        "/predictions",
        "predict",
        "predict",
        "Predict what one run will cost",
        Prediction,
        requests=(PredictionRequest,),
    ),
    Route(
        "POST",
        "/predictions/batch",
        "predict",
        "predictBatch",
        "Predict up to 500 runs and their total",
        BatchResponse,
        requests=(BatchRequest,),
    ),
    Route(
        "POST",
        "/runs",
        "record_runs",
        "recordRuns",
        "Record one run, or up to 500",
        RunsResponse,
        statuses=(201, 200),  # created, or all of them recorded before
        requests=(Run, RunsRequest),
    ),
    Route(
        "GET",
        "/workflows",
        "workflows",
        "listWorkflows",
        "List the workflows and their models",
        WorkflowsResponse,
        query=WorkflowsQuery,
    ),
    Route(
        "GET",
        "/workflows/{workflow_name}",
        "workflows",
        "getWorkflow",
        "One workflow: curve, recent runs, model versions",
        WorkflowDetail,
    ),
    Route(
        "DELETE",
        "/workflows/{workflow_name}",
        "retire_workflow",
        "retireWorkflow",
        "Retire a workflow: what answers for it goes, its history stays",
        RetiredWorkflow,
    ),
    Route(
        "GET",
        "/openapi.json",
        "workflows",
        "getOpenApi",
        "This document; needs no key",
        OpenApiDocument,
        needs_key=False,
    ),
    Route(
        "GET",
        "/workflows/{workflow_name}/runs",
        "workflows",
        "listRuns",
        "The runs of a workflow, page by page, latest first",
        RunsPage,
        query=RunsQuery,
    ),
    Route(
        "GET",
        "/workflows/{workflow_name}/runs/{run_id}",
        "workflows",
        "getRun",
        "A run, and every change that people made to it",
        RunStory,
    ),
    Route(
        "PUT",
        "/workflows/{workflow_name}/runs/{run_id}",
        "record_runs",
        "correctRun",
        "Correct or withdraw a run, or decide on a bill that waits",
        RunStory,
        requests=(RunCorrection,),
    ),
    Route(
        "GET",
        "/workflows/{workflow_name}/accuracy",
        "workflows",
        "getAccuracy",
        "What the model in service predicted against what runs cost",
        AccuracyResponse,
    ),
    Route(
        "POST",
        "/workflows/{workflow_name}/retrainings",
        "retrainings",
        "startRetraining",
        "Retrain a workflow now, or put the model of a version in service",
        Retraining,
        query=RetrainingQuery,
        statuses=(202, 200),  # started, or one is under way
    ),
    Route(
        "GET",
        "/workflows/{workflow_name}/retrainings/{retraining_id}",
        "retrainings",
        "getRetraining",
        "How far a retraining is, and how it ended",
        Retraining,
    ),
    Route(
        "GET",
        "/budgets",
        "budgets",
        "listBudgets",
        "What each team spent in a month, and may spend",
        BudgetsResponse,
        query=BudgetsQuery,
    ),
    Route(
        "PUT",
        "/budgets/{team}",
        "budgets",
        "setBudget",
        "Set what a team may spend in a month",
        Budget,
        requests=(BudgetRequest,),
    ),
    Route("DELETE", "/budgets/{team}", "budgets", "deleteBudget", "Delete a team's budget", Budget),
)
_PLACES: dict[str, Any] = {
    "workflow_name": Annotated[WorkflowName, Addressable],
    "run_id": Annotated[Label, Addressable],
    "team": Annotated[Team, Addressable],
    "retraining_id": RetrainingId,
}
"""What may stand in an address, percent-encoded."""
_ERROR_STATUSES = sorted(set(STATUS.values()))


def document() -> dict[str, Any]:
    """Return the OpenAPI document."""
    shapes = {shape for route in ROUTES for shape in (route.response, *route.requests)} | {ErrorBody}
    ordered = sorted(shapes, key=lambda shape: shape.__name__)
    _, schema = models_json_schema(
        [(shape, "validation") for shape in ordered], ref_template="#/components/schemas/{model}"
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
            "description": "Sizes in bytes (GB is 10^9), money in USD, times in ISO 8601 UTC.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "."}],  # where this document is served, whatever host and stage
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


def gateway_models() -> dict[str, Any]:
    """Return API Gateway's request models by operation (JSON Schema draft 4)."""
    return {route.operation: _gateway_model(route) for route in ROUTES if route.requests}


def _gateway_model(route: Route) -> dict[str, Any]:
    alternatives = [
        [name for name, field in request.model_fields.items() if field.is_required()] for request in route.requests
    ]
    required = {"required": alternatives[0]} if len(alternatives) == 1 else {}
    return {
        "$schema": "http://json-schema.org/draft-04/schema#",
        "title": route.operation,
        "type": "object",
        **required,
    }


def _row(shape: type[BaseModel]) -> dict[str, Any]:
    return {"anyOf": [_reference(shape), {"type": "object", "description": "Any other is answered with an error"}]}


def _reference(shape: type[BaseModel]) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{shape.__name__}"}


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


def _query_parameters(shape: type[BaseModel]) -> list[dict[str, Any]]:
    """Return the members of a shape as parameters; one that holds a list is repeated for each element."""
    found = []
    for name, schema in shape.model_json_schema()["properties"].items():
        present: dict[str, Any] = next((each for each in schema.pop("anyOf", []) if each != {"type": "null"}), {})
        description = {"description": schema.pop("description")} if "description" in schema else {}
        value = {key: value for key, value in (schema | present).items() if key not in {"default", "title"}}
        found.append({"name": name, "in": "query", **description, "schema": value})
    return found


def _operation(route: Route) -> dict[str, Any]:
    operation: dict[str, Any] = {"operationId": route.operation, "summary": route.summary}
    if not route.needs_key:
        operation["security"] = []
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": TypeAdapter(_PLACES[name]).json_schema()}
        for name in re.findall(r"{(\w+)}", route.path)
    ]
    if route.query:
        parameters += _query_parameters(route.query)
    if parameters:
        operation["parameters"] = parameters
    if route.requests:
        references = [_reference(request) for request in route.requests]
        schema = references[0] if len(references) == 1 else {"anyOf": references}
        operation["requestBody"] = {"required": True, "content": _json(schema)}
    operation["responses"] = {
        **{
            str(status): {"description": "Success", "content": _json(_reference(route.response))}
            for status in route.statuses
        },
        **{
            str(status): {
                "description": ", ".join(code for code, value in STATUS.items() if value == status),
                "content": _json(_reference(ErrorBody)),
            }
            for status in _ERROR_STATUSES
        },
    }
    return operation
