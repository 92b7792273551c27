"""Every number that is stored has bounds that the store takes, and every text that comes in can be seen."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from contract.base import MIN_COST_USD, MIN_NUMBER, STORED
from contract.budgets import Budget, BudgetRequest
from contract.endpoint_records import EndpointRecord
from contract.predictions import PredictionRequest
from contract.runs import Run
from functions.shared.adapters.items import from_attribute, to_attribute
from tests.contract.test_shapes import REQUEST, RUN

DYNAMODB = 9.9e125
"""Developer Guide, "Supported data types": the largest number; the one nearest to 0 is 1e-130."""


def _numbers(schema: dict[str, Any], place: str) -> Iterator[tuple[str, dict[str, Any]]]:
    if schema.get("type") in {"number", "integer"}:
        yield place, schema
    for key, part in schema.items():
        if isinstance(part, dict) and key != "not":
            yield from _numbers(part, f"{place}.{key}")
        elif isinstance(part, list):
            for number, element in enumerate(part):
                if isinstance(element, dict):
                    yield from _numbers(element, f"{place}.{key}[{number}]")


@pytest.mark.parametrize("shape", [Run, Budget, EndpointRecord])
def test_every_stored_number_has_bounds_that_can_be_stored(shape: type[BaseModel]) -> None:
    numbers = dict(_numbers(shape.model_json_schema(), shape.__name__))
    assert numbers
    for place, schema in numbers.items():
        lowest = schema.get("minimum", schema.get("exclusiveMinimum"))
        assert lowest is not None, place
        assert -DYNAMODB <= lowest <= schema["maximum"] <= DYNAMODB, place


@pytest.mark.parametrize(
    "number", [5e-324, 1e-300, 1e-131, 1e-130, 0.1, 0.0, -0.0, 1e15, 2**53 + 2.0, 1e17, 1e100, 1.7976931348623157e125]
)
@pytest.mark.parametrize("sign", [1, -1])
def test_the_store_takes_every_double_within_bounds(number: float, sign: int) -> None:
    text = to_attribute(sign * number)["N"]
    digits = text.lstrip("-").split("e")[0].replace(".", "").strip("0")
    assert len(digits) <= 38
    assert from_attribute({"N": text}) == (sign * number if number >= 1e-130 else 0)


@pytest.mark.parametrize("cost", [5e-324, 1e-300, 1e-131, 1e-100, 9.99e-10, 1.000001e9])
@pytest.mark.parametrize("member", ["cost_usd", "estimated_cost_usd"])
def test_a_cost_that_nobody_pays_is_refused(cost: float, member: str) -> None:
    with pytest.raises(ValidationError):
        Run.model_validate_json(json.dumps(RUN | {member: cost}))


@pytest.mark.parametrize("limit", [5e-324, 1e-131, 9.99e-10, -1e-131, 1.1e9])
def test_a_limit_that_nobody_sets_is_refused(limit: float) -> None:
    with pytest.raises(ValidationError):
        BudgetRequest.model_validate_json(json.dumps({"limit_usd": limit}))


def test_the_smallest_costs_and_limits_are_taken() -> None:
    assert Run.model_validate_json(json.dumps(RUN | {"cost_usd": MIN_COST_USD})).cost_usd == MIN_COST_USD
    assert BudgetRequest.model_validate_json('{"limit_usd": 0}').limit_usd == 0


@pytest.mark.parametrize("value", [5e-324, -1e-300, 1e-101, 1.1e15, -1e16, 10**15 + 1, 1e300])
def test_a_parameter_that_cannot_be_stored_is_refused(value: float) -> None:
    for shape, body in ((Run, RUN), (PredictionRequest, REQUEST)):
        with pytest.raises(ValidationError):
            shape.model_validate_json(json.dumps(body | {"parameters": {"p": value}}))


@pytest.mark.parametrize("value", [MIN_NUMBER, -MIN_NUMBER, 0.0, -0.0, 1e15, -(10**15)])
def test_all_other_numbers_are_parameters(value: float) -> None:
    assert Run.model_validate_json(json.dumps(RUN | {"parameters": {"p": value}})).parameters == {"p": value}


INVISIBLE = {
    "RIGHT-TO-LEFT OVERRIDE": "\u202e",
    "ZERO WIDTH SPACE": "\u200b",
    "ZERO WIDTH JOINER": "\u200d",
    "ZERO WIDTH NO-BREAK SPACE": "\ufeff",
    "SOFT HYPHEN": "\u00ad",
    "LEFT-TO-RIGHT ISOLATE": "\u2066",
    "WORD JOINER": "\u2060",
    "HANGUL FILLER": "\u3164",
    "VARIATION SELECTOR-16": "\ufe0f",
    "TAG LATIN SMALL LETTER A": "\U000e0061",
}


@pytest.mark.parametrize("character", INVISIBLE.values(), ids=INVISIBLE.keys())
@pytest.mark.parametrize(
    "change",
    [
        lambda text: {"workflow_name": text},
        lambda text: {"run_id": text},
        lambda text: {"engine": text},
        lambda text: {"tags": {"team": text}},
        lambda text: {"parameters": {"genome": text}},
    ],
    ids=["workflow_name", "run_id", "engine", "tag", "parameter"],
)
def test_text_that_cannot_be_seen_is_refused_by_the_name_of_the_character(character: str, change: Any) -> None:  # noqa: ANN401
    body = json.dumps(RUN | change(f"rna{character}seq"))
    with pytest.raises(ValidationError, match=f"U\\+{ord(character):04X}"):
        Run.model_validate_json(body)
    assert Run.model_validate_json(body, context=STORED), "what was accepted once stays readable"


@pytest.mark.parametrize("name", ["Ärzte", "ゲノム解析", "جينوم", "גנום", "रन", "a\u00a0b", "🧬 run", "e\u0301"])
def test_other_scripts_are_names(name: str) -> None:
    assert Run.model_validate_json(json.dumps(RUN | {"workflow_name": name})).workflow_name == name
