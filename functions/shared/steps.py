"""The adapter between a state of a state machine and the logic of a function."""

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from functions.shared.errors import InvalidInput
from functions.shared.observability import flush, logger


def run_step[Q: BaseModel](
    event: Mapping[str, Any], request: type[Q], step: Callable[[Q], BaseModel]
) -> dict[str, Any]:
    """Read a state's input, run the step, and return its output.

    What the step raises goes to the state machine, which knows it by its class name.

    Raises:
        InvalidInput: the input is not of the shape that the step takes.
    """
    try:
        taken = read(event, request)
        return step(taken).model_dump(mode="json")
    except Exception as error:
        logger.error("step failed", extra={"exception_type": type(error).__name__, "reason": str(error)[:500]})
        raise
    finally:
        flush()


def read[Q: BaseModel](values: Mapping[str, Any], shape: type[Q]) -> Q:
    """Read values of a shape.

    Raises:
        InvalidInput: with the first thing that is wrong.
    """
    try:
        return shape.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise InvalidInput(f"{place or 'The input'}: {first['msg']}") from None
