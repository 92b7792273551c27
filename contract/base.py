"""The bases and bounds that all shapes share."""

import re
from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

MAX_BYTES = 10**17
"""Largest accepted size: 100 PB, ten times the largest sequencing archive we know of."""
MAX_COST_USD = 1e9
"""Largest accepted cost of one run."""
MAX_BATCH = 500
"""Most rows in one request."""
MAX_BODY_BYTES = 16 * 1024
"""Largest body of a single request; a batch may have `MAX_BATCH_BODY_BYTES`."""
MAX_BATCH_BODY_BYTES = 1024 * 1024


class Shape(BaseModel):
    """A shape that we write and read ourselves: immutable, no unknown keys, no NaN or infinity."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, protected_namespaces=())


class Request(Shape):
    """A shape that comes from outside: as `Shape`, and no value is coerced from another type."""

    model_config = ConfigDict(strict=True)


def _integral(value: object) -> object:
    """Take 1.2e11 for the integer that it is: R and JavaScript write large sizes that way."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


_CONTROL = r"\u0000-\u001f\u007f-\u009f\u2028\u2029"
_LABEL_PATTERN = rf"^[^\s{_CONTROL}]([^{_CONTROL}]*[^\s{_CONTROL}])?$"


def _label(value: str) -> str:
    # pydantic's own `pattern` engine lets `$` match before a final newline in some modes; `fullmatch` does not.
    if not re.fullmatch(_LABEL_PATTERN[1:-1], value):
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
WorkflowName = Annotated[
    str,
    Field(min_length=1, max_length=128, json_schema_extra={"pattern": _LABEL_PATTERN}, examples=["rnaseq-quant"]),
    AfterValidator(_label),
]
"""Names are taken exactly: `rna_seq` and `rna-seq` are two workflows."""
Team = Annotated[
    str,
    Field(min_length=1, max_length=256, json_schema_extra={"pattern": _LABEL_PATTERN}, examples=["genomics"]),
    AfterValidator(_label),
]
"""What the tag `team` of a run says: who pays for it."""
Bytes = Annotated[int, BeforeValidator(_integral), Field(gt=0, le=MAX_BYTES)]
OutputBytes = Annotated[int, BeforeValidator(_integral), Field(ge=0, le=MAX_BYTES)]
CostUsd = Annotated[float, Field(ge=0, le=MAX_COST_USD)]
Share = Annotated[float, Field(ge=0, le=1)]
UtcTime = Annotated[AwareDatetime, AfterValidator(_utc)]
Month = Annotated[str, Field(pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])$", examples=["2026-11"])]
"""A calendar month in UTC."""
ParameterName = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_.-]{0,63}$")]
"""No leading underscore, so that no name can mean something to a JavaScript object."""
ParameterValue = (
    bool
    | Annotated[int, Field(ge=-(10**15), le=10**15)]
    | Annotated[float, Field(ge=-1e15, le=1e15)]
    | Annotated[str, Field(max_length=256), AfterValidator(_no_control)]
)
Parameters = Annotated[dict[ParameterName, ParameterValue], Field(max_length=50)]
TagValue = Annotated[str, Field(max_length=256), AfterValidator(_no_control)]
Tags = Annotated[dict[ParameterName, TagValue], Field(max_length=20)]
BytesRange = tuple[Bytes, Bytes]
