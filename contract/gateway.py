"""API Gateway's side of the routes: `terraform/routes.tf`, and the models of request bodies.

Every resource is written out, since SAM CLI links no function to a route that `for_each` made, and scanners read their
exceptions from comments. What a person decides about the API is in `terraform/api.tf`.

API Gateway validates with JSON Schema draft 4 and answers with its own words, so its models only say what a body is at
all (an object with its required members); bounds are checked, and explained, in the functions.
"""

import re
from itertools import groupby
from typing import Any

from contract.routes import ROUTES, Route, shape

_HEAD = """\
# Written by `make generate` from contract/routes.py, which is the place to change a route.
"""
_CALLER = """\
  authorization = local.caller.authorization
  authorizer_id = local.caller.authorizer_id
  authorization_scopes = local.caller.scopes
  api_key_required = local.caller.needs_key
"""
_ANYBODY = """\
  authorization = "NONE"
  api_key_required = false
"""
_WITHOUT_BODY = {"CKV2_AWS_53": "there is no body; the function checks path and query"}
_ATTRIBUTE = re.compile(r"( +)(\S+) = (.*[^{[])")


def request_models() -> dict[str, Any]:
    """Return API Gateway's request models by operation (JSON Schema draft 4)."""
    return {route.operation: _request_model(route) for route in ROUTES if route.bodies}


def terraform() -> str:
    """Return `terraform/routes.tf`, formatted as `terraform fmt` does."""
    return _aligned("\n".join([_HEAD, _locals(), *map(_path, paths()), *map(_route, ROUTES)]))


def paths() -> list[str]:
    """Return every path and every beginning of one, each after the one that it continues."""
    whole = [route.path.split("/") for route in ROUTES]
    return sorted({"/".join(parts[:length]) for parts in whole for length in range(2, len(parts) + 1)})


def path_name(path: str) -> str:
    """Return a path's name in Terraform: `/budgets/{team}` is `budgets_team`."""
    return re.sub(r"\W+", "_", path).strip("_")


def route_name(route: Route) -> str:
    """Return a route's name in Terraform: `setBudget` is `set_budget`."""
    return re.sub(r"(?=[A-Z])", "_", route.operation).lower()


def _request_model(route: Route) -> dict[str, Any]:
    alternatives = [
        [name for name, field in shape(body).model_fields.items() if field.is_required()] for body in route.bodies
    ]
    required = {"required": alternatives[0]} if len(alternatives) == 1 else {}
    return {
        "$schema": "http://json-schema.org/draft-04/schema#",
        "title": route.operation,
        "type": "object",
        **required,
    }


def _locals() -> str:
    methods = {
        path: [route.method for route in ROUTES if route.path == path]
        for path in sorted({each.path for each in ROUTES})
    }
    preflights = [f'    {path_name(path)} = [{_id(path)}, "{",".join(methods[path])},OPTIONS"]\n' for path in methods]
    made = [f"aws_api_gateway_integration.{route_name(route)}" for route in ROUTES]
    integrations = [f"    {integration}.id, {integration}.uri,\n" for integration in made]
    return f"""\
locals {{
  # Paths that answer a browser's preflight, with the methods that they allow.
  preflights = {{
{"".join(preflights)}  }}

  # What answers, for the deployment, which is a snapshot of it.
  integrations = [
{"".join(integrations)}  ]
}}
"""


def _path(path: str) -> str:
    parent, _, part = path.rpartition("/")
    return f"""\
resource "aws_api_gateway_resource" "{path_name(path)}" {{
  rest_api_id = aws_api_gateway_rest_api.this.id
  parent_id = {_id(parent) if parent else "aws_api_gateway_rest_api.this.root_resource_id"}
  path_part = "{part}"
}}
"""


def _route(route: Route) -> str:
    name = route_name(route)
    return f"""\
# {route.method} {route.path}

{_model(route) if route.bodies else ""}resource "aws_api_gateway_method" "{name}" {{
{_exceptions(route)}  rest_api_id = aws_api_gateway_rest_api.this.id
  resource_id = {_id(route.path)}
  operation_name = "{route.operation}"
  http_method = "{route.method}"
{_CALLER if route.right else _ANYBODY}{_checks(route)}}}

resource "aws_api_gateway_integration" "{name}" {{
  rest_api_id = aws_api_gateway_rest_api.this.id
  resource_id = {_id(route.path)}
  http_method = aws_api_gateway_method.{name}.http_method
  type = "AWS_PROXY"
  integration_http_method = "POST"
  uri = module.{route.function}.invoke_arn
}}

resource "aws_lambda_permission" "{name}" {{
  statement_id = "{name}"
  action = "lambda:InvokeFunction"
  function_name = module.{route.function}.function_name
  qualifier = module.{route.function}.alias_name
  principal = "apigateway.amazonaws.com"
  source_arn = "${{aws_api_gateway_rest_api.this.execution_arn}}/*/{route.method}{re.sub(r"{\w+}", "*", route.path)}"

  lifecycle {{
    create_before_destroy = true # so that the route answers while its permission is replaced
  }}
}}
"""


def _model(route: Route) -> str:
    return f"""\
resource "aws_api_gateway_model" "{route_name(route)}" {{
  rest_api_id = aws_api_gateway_rest_api.this.id
  name = "{route.operation}"
  description = "Body of {route.method} {route.path}"
  content_type = "application/json"
  schema = jsonencode(local.gateway_models.{route.operation})
}}

"""


def _exceptions(route: Route) -> str:
    exceptions = {**({} if route.bodies else _WITHOUT_BODY), **route.exceptions}
    lines = [f"  # checkov:skip={check}: {why}\n" for check, why in exceptions.items()]
    return "".join([*lines, "\n"]) if lines else ""


def _checks(route: Route) -> str:
    """Return what API Gateway checks of a request before it asks the function."""
    places = [f'"method.request.path.{place}" = true' for place in re.findall(r"{(\w+)}", route.path)]
    text = f"  request_parameters = {{ {', '.join(places)} }}\n" if places else ""
    if route.bodies:
        model = f"aws_api_gateway_model.{route_name(route)}.name"
        # `$default` catches every other content type, which would otherwise skip the model.
        text += f"""\
  request_validator_id = aws_api_gateway_request_validator.this.id
  request_models = {{
    "application/json" = {model}
    "$default" = {model}
  }}
"""
    return text


def _id(path: str) -> str:
    return f"aws_api_gateway_resource.{path_name(path)}.id"


def _aligned(text: str) -> str:
    """Align the equals signs of attributes that follow each other."""
    lines: list[str] = []
    for _, group in groupby(text.splitlines(), lambda line: (found := _ATTRIBUTE.fullmatch(line)) and found[1]):
        found = [(line, _ATTRIBUTE.fullmatch(line)) for line in group]
        width = max(len(match[2]) if match else 0 for _, match in found)
        lines += [f"{match[1]}{match[2]:{width}} = {match[3]}" if match else line for line, match in found]
    return "\n".join(lines) + "\n"
