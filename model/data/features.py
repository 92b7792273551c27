"""What the model sees of a run: log size, output ratio against the usual one, and parameters as numbers."""

import json
from collections import Counter
from collections.abc import Sequence
from functools import cached_property
from itertools import chain
from operator import itemgetter
from types import NoneType
from typing import Any, TypeIs

import numpy as np
from pydantic import Field

from contract.base import ParameterValue, Shape
from model.data import outputs
from model.data.history import Floats, History, Indices, sample

MAX_LEVELS = 12
"""Values of a category that get a term of their own; a value seen once says nothing that can be trusted."""
MAX_SEEN = 200
"""Values of a category that are remembered as known."""
MAX_PARAMETERS = 60
"""Parameters that are looked at: those that most runs record. A run itself has 50 at most."""
MAX_COLUMNS = 100
"""Where parameters would take more columns than this, each category gets fewer terms, but two."""
MOST_OUTPUTS = 20_000
"""Runs that say what output is usual, at most."""
SMALLEST_OUTPUT = 1024.0
"""Bytes under which output sizes are not told apart, so that an empty output is no extreme."""


class NumberParameter(Shape):
    """A numeric parameter, standardised on a log scale where all its values are positive."""

    name: str
    is_log: bool
    centre: float
    scale: float
    low: float
    median: float
    high: float

    def encode(self, values: Floats) -> Floats:
        """Return standardised values, at most one training range outside of the training range; 0 for NaN."""
        low, high = self._standard(np.array([self.low, self.high]))
        usable = np.where(values > 0, values, np.where(np.isnan(values), np.nan, self.low)) if self.is_log else values
        return np.nan_to_num(np.clip(self._standard(usable), 2 * low - high, 2 * high - low))

    def _standard(self, values: Floats) -> Floats:
        return ((np.log(values) if self.is_log else values) - self.centre) / self.scale


class CategoryParameter(Shape):
    """A parameter that is not a number: the values with a term of their own, and their shares of the runs."""

    name: str
    values: tuple[ParameterValue, ...]
    levels: tuple[str, ...]
    shares: tuple[float, ...]


def category_label(value: object) -> str:
    """Write a parameter value as the text by which categories are compared."""
    return value if isinstance(value, str) else json.dumps(value)


def _is_number(value: object) -> TypeIs[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _kinds(values: Sequence[object]) -> set[type]:
    return set(map(type, values))


def _numbers(values: Sequence[object]) -> Floats:
    """Return values as numbers, NaN for what is none."""
    if not _kinds(values) <= {int, float, NoneType}:
        values = [value if _is_number(value) else None for value in values]
    return np.array(values, dtype=float)


def _labels(values: Sequence[Any]) -> Sequence[str | None]:
    """Return the labels of values, None for none."""
    if _kinds(values) <= {str, NoneType}:
        return values
    return [None if value is None else category_label(value) for value in values]


def _column(parameters: Sequence[dict[str, Any]], name: str) -> list[Any]:
    """Return a parameter's values, None where it is missing."""
    try:
        # Most histories record a parameter always; this is four times as fast.
        return list(map(itemgetter(name), parameters))
    except KeyError:
        return [values.get(name) for values in parameters]


class Encoder(Shape):
    """Turns sizes and parameters into the model's columns. Fitted on a history, immutable afterwards.

    Members named `output_` are those of `outputs.UsualOutput`. Models of before `output_effects` and `output_spread`
    were learned have none, and take every stated output size for what it says.
    """

    numbers: tuple[NumberParameter, ...]
    categories: tuple[CategoryParameter, ...]
    output_intercept: float
    output_slope: float
    output_effects: tuple[float, ...] = ()
    output_bounds: tuple[float, float]
    output_spread: float | None = Field(default=None, gt=0)
    output_recorded: bool

    @classmethod
    def fit(cls, history: History) -> "Encoder":
        """Learn which parameters vary, and how output size usually follows input size."""
        numbers: list[NumberParameter] = []
        categories: list[CategoryParameter] = []
        recorded = Counter(chain.from_iterable(history.parameters))
        for name in sorted(sorted(recorded, key=lambda name: (-recorded[name], name))[:MAX_PARAMETERS]):
            values = _column(history.parameters, name)
            kinds = _kinds(values)
            if NoneType in kinds:
                values = [value for value in values if value is not None]
            if not values:
                continue
            if kinds <= {int, float, NoneType}:
                numbers.append(_number(name, values))
            else:
                categories.append(_category(name, values))
        categories = _fewer_terms(categories, MAX_COLUMNS - len(numbers))
        plain = cls(
            numbers=tuple(numbers),
            categories=tuple(categories),
            output_intercept=0.0,
            output_slope=0.0,
            output_bounds=(0.0, 0.0),
            output_recorded=False,
        )
        known = np.flatnonzero(np.isfinite(history.output_bytes))
        return plain._with_outputs(history, known[sample(len(known), MOST_OUTPUTS)]) if len(known) else plain

    def _with_outputs(self, history: History, rows: Indices) -> "Encoder":
        size = history.input_bytes[rows]
        usual = outputs.usual(
            np.log(size),
            self.parameter_columns([history.parameters[row] for row in rows]),
            _log_ratio(size, history.output_bytes[rows]),
        )
        return self.model_copy(
            update={
                "output_intercept": usual.intercept,
                "output_slope": usual.slope,
                "output_effects": usual.effects,
                "output_bounds": usual.bounds,
                "output_spread": usual.spread,
                "output_recorded": True,
            }
        )

    @cached_property
    def factors(self) -> tuple[tuple[str, slice], ...]:
        """Name each parameter that varies, with its columns of `parameter_columns`."""
        found: list[tuple[str, slice]] = []
        start = 0
        for number in self.numbers:
            if number.low < number.high:
                found.append((number.name, slice(start, start + 1)))
                start += 1
        for category in self.categories:
            if len(category.levels) > 1:
                found.append((category.name, slice(start, start + len(category.levels))))
                start += len(category.levels)
        return tuple(found)

    @cached_property
    def width(self) -> int:
        """Number of parameter columns."""
        return self.factors[-1][1].stop if self.factors else 0

    def parameter_columns(self, parameters: Sequence[dict[str, Any]]) -> Floats:
        """Return one row of columns per run, 0 (the average) where a parameter is missing or unknown."""
        columns = np.zeros((len(parameters), self.width))
        places = dict(self.factors)
        for number in self.numbers:
            if number.name in places:
                values = _numbers(_column(parameters, number.name))
                columns[:, places[number.name].start] = number.encode(values)
        for category in self.categories:
            if category.name in places:
                level_of: dict[str | None, int] = {level: place for place, level in enumerate(category.levels)}
                labels = _labels(_column(parameters, category.name))
                levels = np.array([level_of.get(label, -1) for label in labels], dtype=int)
                known = np.flatnonzero(levels >= 0)
                columns[known, places[category.name]] = -np.array(category.shares)
                columns[known, places[category.name].start + levels[known]] += 1.0
        return columns

    def output_column(self, input_bytes: Floats, output_bytes: Floats, columns: Floats) -> Floats:
        """Return log(output/input) minus its usual value for input and parameter columns, NaN where it is unknown."""
        usual = self.output_intercept + self.output_slope * np.log(input_bytes)
        if self.output_effects:
            usual = usual + columns @ np.array(self.output_effects)
        low, high = self.output_bounds
        margin = high - low
        return np.clip(_log_ratio(input_bytes, output_bytes) - usual, low - margin, high + margin)

    def expected_surplus(self, stated: Floats) -> Floats:
        """Return what a stated output surplus counts for; 0, the usual output, for NaN."""
        if self.output_spread is None:
            return np.nan_to_num(stated)
        return np.nan_to_num(outputs.expected_surplus(stated, self.output_spread))

    def unknown(self, parameters: dict[str, Any]) -> list[str]:
        """Name parameters that training never saw, and `name=value` for values outside of what it saw."""
        numbers = {number.name: number for number in self.numbers}
        categories = {category.name: category for category in self.categories}
        found: list[str] = []
        for name, value in parameters.items():
            if name in numbers:
                known = _is_number(value) and numbers[name].low <= value <= numbers[name].high
            elif name in categories:
                seen = [category_label(known) for known in categories[name].values]
                known = len(seen) == MAX_SEEN or category_label(value) in seen
            else:
                found.append(name)
                continue
            if not known:
                found.append(f"{name}={category_label(value)}")
        return found


def _number(name: str, values: list[float]) -> NumberParameter:
    is_log = min(values) > 0
    raw = np.array(values, dtype=float)
    scaled = np.log(raw) if is_log else raw
    return NumberParameter(
        name=name,
        is_log=is_log,
        centre=float(scaled.mean()),
        scale=float(scaled.std()) or 1.0,
        low=float(raw.min()),
        median=float(np.median(raw)),
        high=float(raw.max()),
    )


def _category(name: str, values: list[ParameterValue]) -> CategoryParameter:
    labels = [label for label in _labels(values) if label is not None]
    originals = dict(zip(labels, values, strict=True))
    counts = Counter(labels)
    ordered = sorted(counts, key=lambda level: (-counts[level], level))
    levels = tuple(level for level in ordered[:MAX_LEVELS] if counts[level] > 1)
    return CategoryParameter(
        name=name,
        values=tuple(originals[level] for level in ordered[:MAX_SEEN]),
        levels=levels,
        shares=tuple(counts[level] / len(values) for level in levels),
    )


def _fewer_terms(categories: list[CategoryParameter], columns: int) -> list[CategoryParameter]:
    """Leave each category so many of its terms, the most frequent, that all fit into so many columns."""
    most = next(
        (most for most in range(MAX_LEVELS, 2, -1) if sum(min(len(c.levels), most) for c in categories) <= columns), 2
    )
    return [
        category.model_copy(update={"levels": category.levels[:most], "shares": category.shares[:most]})
        for category in categories
    ]


def _log_ratio(input_bytes: Floats, output_bytes: Floats) -> Floats:
    return np.log(np.maximum(output_bytes, SMALLEST_OUTPUT)) - np.log(input_bytes)
