"""DynamoDB items and shapes: the only place that knows DynamoDB's attribute values.

Numbers travel as exact text: Python's shortest text of a float reads back as the same float. It has 17 digits at most,
of the 38 that DynamoDB takes.
"""

import json
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from contract.base import STORED, Shape
from functions.shared.errors import MalformedRecord

Item = dict[str, Any]
"""Attribute name → attribute value, such as {"N": "1.5"}."""
SMALLEST_NUMBER = 1e-130
"""DynamoDB holds no number nearer to 0, but 0 (Developer Guide, "Supported data types"). It holds none beyond 1e126
either; the bounds in `contract/` keep every number below that."""

_EXACT_INTEGERS = 2**53
"""Beyond this a float is written with its exponent."""


def to_item(shape: Shape) -> Item:
    """Return a shape as an item; a member that has its default value is left out."""
    return {name: to_attribute(value) for name, value in shape.model_dump(mode="json", exclude_defaults=True).items()}


def from_item[S: Shape](item: Mapping[str, Any], shape: type[S]) -> S:
    """Read an item.

    Raises:
        MalformedRecord: it is not of that shape.
    """
    try:
        values = {name: from_attribute(attribute) for name, attribute in item.items()}
        return shape.model_validate_json(json.dumps(values), context=STORED)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise MalformedRecord(f"{shape.__name__} {place}: {first['msg']}") from error
    except ValueError as error:
        raise MalformedRecord(f"{shape.__name__}: {error}") from error


def to_attribute(value: object) -> dict[str, Any]:  # noqa: PLR0911 - one return for each type
    """Return a JSON value as an attribute value."""
    match value:
        case None:
            return {"NULL": True}
        case bool():
            return {"BOOL": value}
        case int():
            return {"N": str(value)}
        case float():
            return {"N": _number(value)}
        case str():
            return {"S": value}
        case list():
            return {"L": [to_attribute(element) for element in value]}
        case dict():
            return {"M": {name: to_attribute(element) for name, element in value.items()}}
        case _:
            raise TypeError(f"{type(value).__name__} has no place in an item")


def _number(value: float) -> str:
    """Write a float: one that is nearer to 0 than any number that can be stored becomes the 0 that it is nearest to."""
    if abs(value) < SMALLEST_NUMBER:
        return "0"
    return str(int(value)) if value.is_integer() and abs(value) < _EXACT_INTEGERS else repr(value)


def from_attribute(attribute: Mapping[str, Any]) -> object:
    """Return an attribute value as a JSON value; a whole number is an int."""
    ((kind, value),) = attribute.items()
    match kind:
        case "N":
            return int(value) if value.lstrip("-").isdigit() else float(value)
        case "NULL":
            return None
        case "L":
            return [from_attribute(element) for element in value]
        case "M":
            return {name: from_attribute(element) for name, element in value.items()}
        case "S" | "BOOL":
            return value
        case _:
            raise ValueError(f"attribute type {kind} is none that we write")
