"""Cells of tables that people bring, by the rules of `contract.tables`. All raise ValueError with the words for it."""

import json
import math
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from contract import tables
from contract.tables import WORDS

_NUMBER, _GROUPED, _TIME, _CLOCK, _DURATION = (
    re.compile(pattern, re.ASCII)
    for pattern in (
        *(tables.NUMBER_PATTERN, tables.GROUPED_PATTERN),
        *(tables.TIME_PATTERN, tables.CLOCK_PATTERN, tables.DURATION_PATTERN),
    )
)
_INTEGER = re.compile(r"^-?\d{1,15}$", re.ASCII)
_ZONED = re.compile(r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,6})?(Z|[+-]\d{2}:\d{2})$", re.ASCII)
_LONGEST = tables.LONGEST_SHOWN


def problem(word: str, text: str = "", **more: str) -> ValueError:
    """Return an error in the words of the contract."""
    return ValueError(WORDS[word].format(text=text[:_LONGEST], **more))


def _match(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    """Match a text that is not longer than any number or time; longer ones would take Python long to convert."""
    return pattern.match(text) if len(text) <= _LONGEST else None


def words(name: str) -> list[str]:
    """Return the words of a name as they are written."""
    return [word for word in re.split(r"[\W_]+", re.sub(tables.WORD_PATTERN, r"\1 \2", name)) if word]


def normal(name: str) -> str:
    """Return a name in lower case, with one underscore between its words: Input size (GB) is input_size_gb."""
    return "_".join(words(name)).lower()


def is_number(text: str) -> bool:
    """Say whether a text is a number that is not negative, and nothing else."""
    return _match(_NUMBER, text) is not None


def read_money(text: str) -> float:
    """Return dollars, with or without a sign for them."""
    number = text
    for sign in tables.MONEY_SIGNS:
        number = number.removeprefix(sign).removesuffix(sign).strip()
    if _match(_GROUPED, number):
        number = number.replace(",", "")
    if not _match(_NUMBER, number):
        digits = any(each.isdigit() for each in number)
        left = {each for each in number if not each.isdigit()} - set(".,+-eE ()")
        word = "currency" if digits and left else "money_comma" if digits and "," in number else "money"
        raise problem(word, text)
    if not math.isfinite(float(number)):
        raise problem("money", text)
    return float(number)


def read_time(text: str) -> tuple[str, str | None]:
    """Return a time in ISO 8601 with its zone, and the word for what was assumed about it."""
    if _match(_ZONED, text):
        _checked(text, text)
        return text, None
    match = _match(_TIME, text)
    if not match:
        raise problem("time", text)
    year, month, day, hour, minute, second, fraction, zone = match.groups()
    clock = f"{hour or '0':>02}:{minute or '00'}:{second or '00'}{(fraction or '')[:7]}"
    written = f"{year}-{month:>02}-{day:>02}T{clock}{_zone(zone)}"
    _checked(written, text)
    return written, None if zone else "assumed_zone" if hour else "assumed_midnight"


def _zone(zone: str | None) -> str:
    if zone is None or zone[0] not in "+-":
        return "Z"
    return zone if ":" in zone else f"{zone[:3]}:{zone[3:]}"


def _checked(written: str, text: str) -> None:
    try:
        datetime.fromisoformat(written)
    except ValueError:
        raise problem("time", text) from None


def read_duration(text: str, unit: str | None = None) -> float:
    """Return the seconds that something took; a bare number is in the unit of its column."""
    if match := _match(_CLOCK, text):
        days, hours, minutes, seconds = match.groups()
        return int(days or 0) * 86400 + int(hours) * 3600 + int(minutes) * 60 + float(seconds)
    if _match(_NUMBER, text):
        if unit is None:
            raise problem("duration_unit", text)
        return float(text) * tables.DURATIONS[unit]
    if match := _match(_DURATION, text):
        days, hours, minutes, seconds = (float(each or 0) for each in match.groups())
        return days * 86400 + hours * 3600 + minutes * 60 + seconds
    raise problem("duration", text)


def read_object(text: str) -> dict[str, Any]:
    """Return a JSON object."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise problem("object", text, example='{"paired": true}')
    return value


def read_scalar(text: str) -> bool | float | str:
    """Return the boolean, number or text that a parameter's value looks like."""
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    if _match(_INTEGER, text):
        return int(text)
    if _match(_NUMBER, text.removeprefix("-")) and abs(float(text)) <= 1e15:
        return float(text)
    return text


def _one_of(word: str, values: dict[Any, list[str]]) -> Callable[[str], str]:
    meaning = {name: str(value) for value, names in values.items() for name in names}

    def read(text: str) -> str:
        name = normal(text)
        if name not in meaning:
            raise problem("unfinished" if word == "status" and name in tables.UNFINISHED else word, text)
        return meaning[name]

    return read


read_status = _one_of("status", tables.STATUSES)
read_cost_source = _one_of("cost_source", tables.COST_SOURCES)
read_purchase_option = _one_of("purchase_option", tables.PURCHASE_OPTIONS)
