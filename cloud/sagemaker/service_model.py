"""Requests checked and answers shaped by botocore's own model of the service."""

import re
from collections.abc import Callable, Iterator
from functools import cache, cached_property
from typing import Any

from botocore.loaders import Loader
from botocore.model import ListShape, MapShape, OperationModel, Shape, StructureShape
from botocore.model import ServiceModel as BotocoreModel

from cloud.sagemaker.errors import SageMakerError, validation_exception

# Whatever JSON can hold; a recursive type would only move the casts into every branch below.
Json = Any

# Patterns in AWS models are Java's. Python has no \p{...}, so the Unicode classes become near enough ranges.
_JAVA_CLASSES = {
    r"\p{Alnum}": r"a-zA-Z0-9",
    r"\p{L}": r"\w",
    r"\p{N}": r"\d",
    r"\p{Z}": r"\s",
    r"\p{M}": r"\u0300-\u036f",
    r"\p{S}": r"$+<=>^`|~\u00a2-\u00b4\u2000-\U0001ffff",
    r"\p{P}": r"!-#%-*,-/:;?@\[-\]_{}\u00a1-\u00bf\u2010-\u206f",
}
_PYTHON_TYPES: dict[str, type | tuple[type, ...]] = {
    "structure": dict,
    "map": dict,
    "list": list,
    "string": str,
    "boolean": bool,
    "integer": int,
    "long": int,
    "float": (int, float),
    "double": (int, float),
    "timestamp": (int, float, str),
}


class ServiceModel:
    """One AWS service as botocore describes it."""

    def __init__(self, service: str) -> None:
        self._service = service

    @cached_property
    def _model(self) -> BotocoreModel:
        return BotocoreModel(Loader().load_service_model(self._service, "service-2"))

    def operation(self, action: str) -> OperationModel:
        """The operation of that name; UnknownOperationException when the service has none."""
        if action not in self._model.operation_names:
            raise SageMakerError("UnknownOperationException", f"The requested operation {action} is not known.")
        return self._model.operation_model(action)

    def validate(self, action: str, request: object) -> dict[str, Any]:
        """The request without members that the service does not know (AWS ignores those too).

        Raises ValidationException with AWS's wording for every broken constraint at once, and
        SerializationException for a value of another JSON type.
        """
        shape = self.operation(action).input_shape
        if shape is None:
            return {}
        if not isinstance(request, dict):
            raise SageMakerError("SerializationException", "Start of structure or map found where not expected.")
        failures = list(_violations(shape, request, ""))
        if failures:
            count = f"{len(failures)} validation error{'s' if len(failures) > 1 else ''} detected"
            raise validation_exception(f"{count}: {'; '.join(failures)}")
        known: dict[str, Any] = _known(shape, request)
        return known

    def unknown_members(self, action: str, request: dict[str, Any]) -> list[str]:
        """Dotted paths of members that the operation does not have."""
        shape = self.operation(action).input_shape
        return list(_unknown(shape, request, "")) if shape is not None else []

    def shape(self, action: str, answer: dict[str, Any]) -> dict[str, Any]:
        """The answer with only the members that the operation's output has."""
        shape = self.operation(action).output_shape
        if shape is None:
            return {}
        shaped: dict[str, Any] = _known(shape, answer)
        return shaped

    def with_times(self, action: str, answer: dict[str, Any], convert: Callable[[float], str | int]) -> dict[str, Any]:
        """The answer with every timestamp, in seconds since 1970, converted."""
        shape = self.operation(action).output_shape
        if shape is None:
            return answer
        converted: dict[str, Any] = _with_times(shape, answer, convert)
        return converted


@cache
def python_pattern(java_pattern: str) -> re.Pattern[str]:
    """A pattern of an AWS model as a Python one."""
    # Java lets a quantifier follow an anchor ("${1,128}" in CustomerMetadataKey); Python wants it in a group.
    pattern = java_pattern.replace(r"\z", r"\Z").replace("${", "(?:$){")
    for java, python in _JAVA_CLASSES.items():
        pattern = pattern.replace(java, python)
    return re.compile(pattern)


def _violations(shape: Shape, value: Json, path: str) -> Iterator[str]:
    expected = _PYTHON_TYPES[shape.type_name]
    if not _is(value, expected):
        raise SageMakerError("SerializationException", f"Expected {shape.type_name} at '{path}'.")
    if isinstance(shape, StructureShape):
        yield from _structure_violations(shape, value, path)
    elif isinstance(shape, MapShape):
        yield from _size_violations(shape, value, path)
        for key, item in value.items():
            yield from _violations(shape.key, key, f"{path}.{key}.key")
            yield from _violations(shape.value, item, f"{path}.{key}")
    elif isinstance(shape, ListShape):
        yield from _size_violations(shape, value, path)
        for index, item in enumerate(value, start=1):
            yield from _violations(shape.member, item, f"{path}.{index}.member")
    else:
        yield from _scalar_violations(shape, value, path)


def _structure_violations(shape: StructureShape, value: dict[str, Any], path: str) -> Iterator[str]:
    for name, member in shape.members.items():
        where = f"{path}.{_lower_first(name)}" if path else _lower_first(name)
        if value.get(name) is not None:
            yield from _violations(member, value[name], where)
        elif name in shape.required_members:
            yield _failure("null", where, "Member must not be null", quoted=False)


def _size_violations(shape: Shape, value: Json, path: str) -> Iterator[str]:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if low is not None and len(value) < low:
        yield _failure(value, path, f"Member must have length greater than or equal to {low}")
    if high is not None and len(value) > high:
        yield _failure(value, path, f"Member must have length less than or equal to {high}")


def _scalar_violations(shape: Shape, value: Json, path: str) -> Iterator[str]:
    if shape.type_name == "string":
        yield from _size_violations(shape, value, path)
        pattern, allowed = shape.metadata.get("pattern"), shape.metadata.get("enum")
        if pattern and not python_pattern(pattern).fullmatch(value):
            yield _failure(value, path, f"Member must satisfy regular expression pattern: {pattern}")
        if allowed and value not in allowed:
            yield _failure(value, path, f"Member must satisfy enum value set: [{', '.join(allowed)}]")
    elif shape.type_name in {"integer", "long", "float", "double"}:
        low, high = shape.metadata.get("min"), shape.metadata.get("max")
        if low is not None and value < low:
            yield _failure(value, path, f"Member must have value greater than or equal to {low}")
        if high is not None and value > high:
            yield _failure(value, path, f"Member must have value less than or equal to {high}")


def _is(value: Json, expected: type | tuple[type, ...]) -> bool:
    return isinstance(value, expected) and (expected is bool or not isinstance(value, bool))


def _failure(value: object, path: str, constraint: str, *, quoted: bool = True) -> str:
    shown = f"'{value}'" if quoted else value
    return f"Value {shown} at '{path}' failed to satisfy constraint: {constraint}"


def _lower_first(name: str) -> str:
    return name[:1].lower() + name[1:]


def _known(shape: Shape, value: Json) -> Json:
    if isinstance(shape, StructureShape):
        return {
            name: _known(member, value[name]) for name, member in shape.members.items() if value.get(name) is not None
        }
    if isinstance(shape, MapShape):
        return {key: _known(shape.value, item) for key, item in value.items()}
    if isinstance(shape, ListShape):
        return [_known(shape.member, item) for item in value]
    return value


def _with_times(shape: Shape, value: Json, convert: Callable[[float], str | int]) -> Json:
    if isinstance(shape, StructureShape):
        return {name: _with_times(shape.members[name], item, convert) for name, item in value.items()}
    if isinstance(shape, ListShape):
        return [_with_times(shape.member, item, convert) for item in value]
    return convert(value) if shape.type_name == "timestamp" else value


def _unknown(shape: Shape, value: Json, path: str) -> Iterator[str]:
    if isinstance(shape, StructureShape) and isinstance(value, dict):
        for name, item in value.items():
            where = f"{path}.{name}" if path else name
            if name in shape.members:
                yield from _unknown(shape.members[name], item, where)
            else:
                yield where
    elif isinstance(shape, MapShape) and isinstance(value, dict):
        for key, item in value.items():
            yield from _unknown(shape.value, item, f"{path}.{key}")
    elif isinstance(shape, ListShape) and isinstance(value, list):
        for index, item in enumerate(value):
            yield from _unknown(shape.member, item, f"{path}[{index}]")
