"""What the table of routes says of the functions holds: their operations, what these read, and the errors they make."""

import ast
import inspect
import re
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, get_args

import pytest
from botocore import xform_name

from contract import gateway
from contract.errors import STATUS, ErrorCode
from contract.routes import PLACES, RIGHTS, ROUTES, Route, errors_of, shape

REPOSITORY = Path(__file__).parents[2]
FUNCTIONS = sorted({route.function for route in ROUTES})
CODES = frozenset(STATUS)


def handler(function: str) -> ModuleType:
    return import_module(f"functions.{function}.handler")


def rows(function: str) -> list[Route]:
    return [route for route in ROUTES if route.function == function]


def codes_in(source: str) -> set[str]:
    """The codes of errors that a module writes down."""
    constants = (node.value for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Constant))
    return {value for value in constants if isinstance(value, str) and value in CODES}


def names_in(source: str) -> set[str]:
    """The names that a function uses."""
    return {node.id for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name)}


def asked(route: Route) -> set[str]:
    """The shapes of what a route is asked with."""
    return {shape(name).__name__ for name in (*route.bodies, route.query) if name}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_has_the_operations_of_its_rows_and_no_others(function: str) -> None:
    differing = set(handler(function).OPERATIONS) ^ {route.operation for route in rows(function)}
    assert not differing, f"in OPERATIONS of functions/{function}/handler.py or in contract/routes.py, not in both"


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.operation)
def test_an_operation_reads_what_its_row_promises(route: Route) -> None:
    operation = handler(route.function).OPERATIONS.get(route.operation)
    if operation is None:
        pytest.skip("there is no such operation, as the test above says")
    shapes = set().union(*map(asked, ROUTES))
    assert names_in(inspect.getsource(operation)) & shapes == asked(route)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_makes_no_error_that_its_rows_do_not_promise(function: str) -> None:
    made = {code for path in (REPOSITORY / "functions" / function).glob("*.py") for code in codes_in(path.read_text())}
    unpromised = made - {code for route in rows(function) for code in errors_of(route)}
    assert not unpromised, f"functions/{function} makes them, and none of its rows in contract/routes.py promises them"


def test_no_row_promises_an_error_that_nobody_makes() -> None:
    made = {code for path in (REPOSITORY / "functions").rglob("*.py") for code in codes_in(path.read_text())}
    assert {code for route in ROUTES for code in route.errors} <= made
    assert not [route.operation for route in ROUTES if len(set(errors_of(route))) < len(errors_of(route))]


def test_what_is_written_down_is_found() -> None:
    assert codes_in('raise ApiError("run_not_found", "There is no run.")') == {"run_not_found"}
    assert names_in("f(request.read(Run), budgets.Budget)") == {"f", "request", "Run", "budgets"}
    assert set(get_args(ErrorCode)) == CODES


def test_operations_and_addresses_are_given_once() -> None:
    for key in (lambda route: route.operation, lambda route: (route.method, route.path)):
        assert len(set(map(key, ROUTES))) == len(ROUTES)
    names = [gateway.path_name(path) for path in gateway.paths()]
    assert len(set(names)) == len(names)


def test_every_route_is_for_somebody_and_the_description_alone_for_anybody() -> None:
    assert {route.right for route in ROUTES} - {None} == set(RIGHTS)
    assert [route.operation for route in ROUTES if route.right is None] == ["getOpenApi"]
    assert all(route.right == "viewer" for route in ROUTES if route.method == "GET" and route.right)
    assert not [route for route in ROUTES if route.method in {"PUT", "DELETE"} and route.right == "viewer"]


def test_every_name_in_a_path_is_described() -> None:
    named = {part[1:-1] for path in gateway.paths() for part in path.split("/") if part.startswith("{")}
    assert named == set(PLACES)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"right": "reader"}, "getRun: there is no right 'reader'"),
        ({"path": "/x/{run}"}, "{run} in its path is not in"),
    ],
)
def test_a_row_that_cannot_be_is_refused_in_words(changes: dict[str, Any], words: str) -> None:
    row = next(route for route in ROUTES if route.operation == "getRun")
    with pytest.raises(ValueError, match=words):
        replace(row, **changes)


def test_the_generated_client_calls_every_operation() -> None:
    source = (REPOSITORY / "tests" / "integration" / "generated_client" / "caller.py").read_text()
    called = set(re.findall(r"(\w+)\.sync(?:_detailed)?\(", source))
    assert {xform_name(route.operation) for route in ROUTES} == called


def test_an_exception_of_a_scanner_stands_with_its_method() -> None:
    text = gateway.terraform()
    for route in ROUTES:
        block = text.split(f'resource "aws_api_gateway_method" "{gateway.route_name(route)}" {{')[1].split("\n}")[0]
        for check, why in route.exceptions.items():
            assert f"  # checkov:skip={check}: {why}\n" in block
        assert ("CKV2_AWS_53" in block) == (not route.bodies)
