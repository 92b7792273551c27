"""The bases and bounds that all shapes share."""

import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
)

MAX_BYTES = 10**17
"""Largest accepted size: 100 PB, ten times the largest sequencing archive we know of."""
MAX_COST_USD = 1e9
"""Largest accepted cost of one run."""
MIN_COST_USD = 1e-9
"""Smallest accepted cost other than 0: less than the smallest Lambda function costs in a millisecond (1.7e-9 USD).
Source: https://aws.amazon.com/lambda/pricing/"""
MAX_NUMBER = 1e15
MIN_NUMBER = 1e-100
"""Largest and smallest number other than 0 that a parameter may be, whatever its sign. DynamoDB holds 1e-130 to
9.9e125 with 38 digits (Developer Guide, "Supported data types"), so every accepted number can be stored."""
MAX_MEASURE = 1e100
"""Largest accepted measure of a model, such as its error: a larger one measures nothing, and could not be stored."""
MAX_COUNT = 10**12
"""Largest accepted number of things."""
MAX_BATCH = 500
"""Most rows in one request."""
MAX_BODY_BYTES = 16 * 1024
"""Largest body of a single request; a batch may have `MAX_BATCH_BODY_BYTES`."""
MAX_BATCH_BODY_BYTES = 1024 * 1024
MAX_REASON_LENGTH = 500
MAX_TEAM_LENGTH = 256


if TYPE_CHECKING:
    from pydantic._internal._model_construction import ModelMetaclass as _ModelMetaclass
else:
    _ModelMetaclass = type(BaseModel)  # which pydantic gives no public name

_PYDANTIC = frozenset(name for name in dir(BaseModel) if not name.startswith("__"))


class _Plain(_ModelMetaclass):
    """Lists a shape's own members to `help()` and to completion: pydantic's forty work, and tell a reader nothing."""

    def __dir__(cls) -> list[str]:  # noqa: N805 - it is a metaclass
        return [name for name in super().__dir__() if name not in _PYDANTIC]


class Shape(BaseModel, metaclass=_Plain):
    """A shape that we write and read ourselves: immutable, no unknown keys, no NaN or infinity."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, protected_namespaces=())

    def __dir__(self) -> list[str]:
        return [name for name in super().__dir__() if name not in _PYDANTIC]


STORED: Mapping[str, bool] = {"stored": True}
"""Validation context of what was accepted once: rules that came later do not make it unreadable."""


class Request(Shape):
    """A shape that comes from outside: as `Shape`, no value is coerced from another type, and all text can be seen."""

    model_config = ConfigDict(strict=True)

    @field_validator("*", mode="after")
    @classmethod
    def _visible(cls, value: object, info: ValidationInfo) -> object:
        if info.context != STORED:
            for text in value.values() if isinstance(value, dict) else (value,):
                refuse_invisible(text)
        return value


def _integral(value: object) -> object:
    """Take 1.2e11 for the integer that it is: R and JavaScript write large sizes that way."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


_CONTROL = r"\u0000-\u001f\u007f-\u009f\u2028\u2029"
_INVISIBLE = (
    r"\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164"
    r"\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb" + "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
"""Characters that take no room or turn the direction of what follows, so that two names may look alike or a name like
another: Unicode's Default_Ignorable_Code_Point, the blank of Braille, and the marks of interlinear annotation."""
_LABEL_PATTERN = rf"^[^\s{_CONTROL}{_INVISIBLE}]([^{_CONTROL}{_INVISIBLE}]*[^\s{_CONTROL}{_INVISIBLE}])?$"
TEXT = rf"^[^{_CONTROL}{_INVISIBLE}]*$"
_STORED_LABEL = rf"[^\s{_CONTROL}]([^{_CONTROL}]*[^\s{_CONTROL}])?"


def refuse_invisible(value: object) -> None:
    """Refuse text that holds a character which nobody sees; say which, since nobody sees it.

    Raises:
        ValueError: naming the character.
    """
    found = re.search(f"[{_INVISIBLE}]", value) if isinstance(value, str) else None
    if found:
        name = unicodedata.name(found[0], "no name")
        raise ValueError(f"must not hold characters that cannot be seen, like U+{ord(found[0]):04X} ({name})")


def refuse_dots(value: str) -> None:
    """Refuse the two names that no address can hold, as browsers take them for steps between folders.

    Raises:
        ValueError: it is one of them (https://url.spec.whatwg.org/#double-dot-path-segment).
    """
    if value in {".", ".."}:
        raise ValueError("must not be . or .., which have no address")


Addressable = Field(json_schema_extra={"not": {"enum": [".", ".."]}})
"""Says of a name in the document that it is neither."""


def _label(value: str) -> str:
    # pydantic's own `pattern` engine lets `$` match before a final newline in some modes; `fullmatch` does not.
    if not re.fullmatch(_STORED_LABEL, value):
        raise ValueError("must not be empty, start or end with a space, or hold control characters")
    return value


def _no_control(value: str) -> str:
    if re.search(f"[{_CONTROL}]", value):
        raise ValueError("must not hold control characters")
    return value


def _utc(value: datetime) -> datetime:
    if not 2000 <= value.year <= 2100:
        raise ValueError("must lie between the years 2000 and 2100")
    return value.astimezone(UTC)


Label = Annotated[
    str,
    Field(min_length=1, max_length=200, json_schema_extra={"pattern": _LABEL_PATTERN}),
    AfterValidator(_label),
]
"""Printable text on one line."""
Reason = Annotated[
    str,
    Field(min_length=1, max_length=MAX_REASON_LENGTH, json_schema_extra={"pattern": _LABEL_PATTERN}),
    AfterValidator(_label),
]
"""Why somebody decided something, in words on one line."""
WorkflowName = Annotated[
    str,
    Field(min_length=1, max_length=128, json_schema_extra={"pattern": _LABEL_PATTERN}, examples=["rnaseq-quant"]),
    AfterValidator(_label),
]
"""Names are taken exactly: `rna_seq` and `rna-seq` are two workflows."""
Team = Annotated[
    str,
    Field(
        min_length=1, max_length=MAX_TEAM_LENGTH, json_schema_extra={"pattern": _LABEL_PATTERN}, examples=["genomics"]
    ),
    AfterValidator(_label),
]
"""What the tag `team` of a run says: who pays for it."""
RetrainingId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,80}$")]
PredictionId = Annotated[
    str,
    Field(
        pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}(\.[1-9][0-9]{0,2})?$",
        examples=["0f8fad5b-d9cb-469f-a165-70867728950e"],
    ),
]
"""The row of a batch has the batch's id, a point and its number from 1: with either, the whole batch is found."""
"""Also the name of the execution, of which Step Functions takes at most 80 characters."""
Bytes = Annotated[int, Field(gt=0, le=MAX_BYTES), BeforeValidator(_integral)]
OutputBytes = Annotated[int, Field(ge=0, le=MAX_BYTES), BeforeValidator(_integral)]
CostUsd = Annotated[float, Field(ge=0, le=MAX_COST_USD)]
"""What something costs by our own answer."""


def _storable(smallest: float) -> Any:  # noqa: ANN401 - pydantic's own type of a field
    """A field whose numbers other than 0 are no nearer to 0 than that, whatever their sign."""
    return Field(
        json_schema_extra={"not": {"exclusiveMinimum": -smallest, "exclusiveMaximum": smallest, "not": {"const": 0}}}
    )


def _no_trifle(smallest: float, written: str) -> AfterValidator:
    def check(value: float, info: ValidationInfo) -> float:
        if 0 < abs(value) < smallest and info.context != STORED:
            raise ValueError(f"is too close to 0: write 0, or at least {written}")
        return value

    return AfterValidator(check)


PaidUsd = Annotated[CostUsd, _storable(MIN_COST_USD), _no_trifle(MIN_COST_USD, "0.000000001")]
"""What was paid, or may be."""
Measure = Annotated[float, Field(ge=0, le=MAX_MEASURE)]
Count = Annotated[int, Field(ge=0, le=MAX_COUNT), BeforeValidator(_integral)]
Share = Annotated[float, Field(ge=0, le=1)]
UtcTime = Annotated[AwareDatetime, Field(json_schema_extra={"pattern": "^(20[0-9]{2}|2100)-"}), AfterValidator(_utc)]
Month = Annotated[str, Field(pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])$", examples=["2026-11"])]
"""A calendar month in UTC."""
PARAMETER_NAME = r"^[A-Za-z][A-Za-z0-9_.-]{0,63}$"
ParameterName = Annotated[str, Field(pattern=PARAMETER_NAME)]
"""No leading underscore, so that no name can mean something to a JavaScript object."""
ParameterValue = (
    bool
    | Annotated[int, Field(ge=-int(MAX_NUMBER), le=int(MAX_NUMBER))]
    | Annotated[float, Field(ge=-MAX_NUMBER, le=MAX_NUMBER), _storable(MIN_NUMBER), _no_trifle(MIN_NUMBER, "1e-100")]
    | Annotated[str, Field(max_length=256, json_schema_extra={"pattern": TEXT}), AfterValidator(_no_control)]
)


def _by_name(schema: dict[str, Any]) -> None:
    """Say that no name but such a one may be; patterns of properties leave all others free."""
    ((pattern, value),) = schema.pop("patternProperties").items()
    schema |= {"additionalProperties": value, "propertyNames": {"pattern": pattern}}


Parameters = Annotated[dict[ParameterName, ParameterValue], Field(max_length=50, json_schema_extra=_by_name)]
TagValue = Annotated[str, Field(max_length=256, json_schema_extra={"pattern": TEXT}), AfterValidator(_no_control)]
Tags = Annotated[dict[ParameterName, TagValue], Field(max_length=20, json_schema_extra=_by_name)]


def _rising(value: tuple[int, int]) -> tuple[int, int]:
    if value[0] > value[1]:
        raise ValueError("must rise")
    return value


BytesRange = Annotated[tuple[Bytes, Bytes], AfterValidator(_rising)]
"""The smallest and the largest."""
