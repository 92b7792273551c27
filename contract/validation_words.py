"""Validation errors in the words of the person who wrote the request."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

_MOST_PROBLEMS = 3
_LONGEST_NAME = 64
_LABELS = {
    "workflow_name": "The workflow name",
    "run_id": "The run id",
    "input_bytes": "The input size",
    "output_bytes": "The output size",
    "cost_usd": "The cost",
    "status": "The status",
    "started_at": "The start",
    "completed_at": "The end",
    "cost_source": "The cost source",
    "estimated_cost_usd": "The estimated cost",
    "parameters": "The parameters",
    "tags": "The tags",
    "engine": "The engine",
    "purchase_option": "The purchase option",
    "reason": "The reason",
    "values": "The values",
    "bill": "The bill",
    "requests": "The list of requests",
    "runs": "The list of runs",
    "tag": "The tag",
    "held": "The filter",
    "completed_from": "The earliest completion",
    "completed_before": "The latest completion",
    "limit": "The limit",
    "cursor": "The cursor",
    "month": "The month",
    "team": "The team",
    "limit_usd": "The monthly limit",
}
_SIZES = {"input_bytes", "output_bytes"}
_PARAMETER_VALUE = "must be a number, true, false, or text of at most 256 characters on one line"
_NAME_RULE = "names begin with a letter and hold at most 64 letters, digits, and the signs _ . -"
_NUMBER_TYPES = {
    "finite_number",
    "float_parsing",
    "float_type",
    "int_from_float",
    "int_parsing",
    "int_parsing_size",
    "int_type",
}


def sentence(error: ValidationError, shape: type[BaseModel], *, members: bool = False) -> str:
    """Say in one sentence what is wrong with a request, naming each field: to programs, by its member, too."""
    problems: dict[str, str] = {}
    for problem in error.errors(include_url=False):
        place, words = _problem(dict(problem), shape)
        if members and place in _LABELS:
            words = f"{words} ({place})"
        if place not in problems or problem["type"] == "value_error":  # which says more than what other types would be
            problems[place] = words
    found = list(problems.values())
    more = len(found) - _MOST_PROBLEMS
    rest = [f"there {'is' if more == 1 else 'are'} {more} more"] if more > 0 else []
    text = "; ".join([*found[:_MOST_PROBLEMS], *rest])
    return f"{text.replace('the ', 'The ', 1) if text.startswith('the ') else text}."


def required_members(shape: type[BaseModel]) -> str:
    """Name the members that a request must have."""
    names = [name for name, field in shape.model_fields.items() if field.is_required()]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _problem(  # noqa: PLR0911 - one return for each kind of problem
    problem: Mapping[str, Any], shape: type[BaseModel]
) -> tuple[str, str]:
    """Return the place of a problem, and the words for it."""
    kind, location = problem["type"], problem["loc"]
    if kind == "json_invalid":
        reason = problem.get("ctx", {}).get("error", "")
        return "", f"the body is not valid JSON ({reason}): send an object with {required_members(shape)}"
    if not location:
        if kind == "value_error":
            return problem["msg"], _own_words(problem)
        return "", f"the body must be a JSON object with {required_members(shape)}"
    if location[0] in {"values", "bill"} and len(location) > 1:
        location = location[1:]
    field = str(location[0])
    if kind == "extra_forbidden":
        return field, f"{quoted(field)} is not a known member; a request has {_members(shape)}"
    if field in {"parameters", "tags"} and len(location) > 1:
        name = str(location[1])
        if "[key]" in location:
            return f"{field}.{name}", f"{quoted(name)} in {field} is not a name: {_NAME_RULE}"
        rule = _PARAMETER_VALUE if field == "parameters" else "must be text of at most 256 characters on one line"
        if kind == "value_error":
            rule = _own_words(problem)
        return f"{field}.{name}", f"{quoted(name)} in {field} {rule}"
    return field, f"{_LABELS.get(field) or quoted(field)} {value_rule(problem, field)}"


def _members(shape: type[BaseModel]) -> str:
    names = list(shape.model_fields)
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else names[0]


_FORMS = {
    ("string_pattern_mismatch", "month"): "must be a month from 01 to 12 of a year, like 2026-11",
    ("dict_type", "requests"): "must hold objects",
    ("dict_type", "runs"): "must hold objects",
}
_RULES = {
    "missing": "is required",
    "greater_than": "must be more than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
    "string_type": "must be text",
    "string_too_short": "must not be empty",
    "string_too_long": "must have at most {max_length} characters",
    "literal_error": "must be {expected}",
    "too_short": "must not be empty",
    "too_long": "must have at most {max_length} entries",
    "list_type": "must be a list",
    "dict_type": "must be an object",
    "model_type": "must be an object",
    "string_pattern_mismatch": "has a form, or holds signs, that it cannot have",
}


def value_rule(problem: Mapping[str, Any], field: str = "") -> str:
    """Say what a value must be, in the words that follow its name."""
    kind = problem["type"]
    words = _FORMS.get((kind, field)) or _RULES.get(kind)
    if words:
        return words.format(**{name: _plain(value) for name, value in problem.get("ctx", {}).items()})
    if kind == "value_error":
        return _own_words(problem)
    if kind in _NUMBER_TYPES:
        quotes = ", without quotes" if isinstance(problem["input"], str) else ""
        return f"must be a whole number of bytes{quotes}" if field in _SIZES else "must be a finite number"
    if kind.startswith(("datetime", "timezone")):
        return "must be a time in ISO 8601 with its zone, like 2026-01-31T09:30:00Z"
    return f"is not valid: {problem['msg']}"


def _plain(value: object) -> object:
    """Write a bound as people do: 1,000,000,000 and 0, and no 0.0."""
    return f"{value:,}".removesuffix(".0") if isinstance(value, (int, float)) else value


def _own_words(problem: Mapping[str, Any]) -> str:
    return str(problem["msg"]).removeprefix("Value error, ")


def quoted(text: str) -> str:
    """Quote what someone wrote: on one line, and not at any length."""
    printable = "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)
    return f'"{printable[:_LONGEST_NAME]}…"' if len(printable) > _LONGEST_NAME else f'"{printable}"'
