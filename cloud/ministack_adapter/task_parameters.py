"""Step Functions: what a state's parameters become."""

import json
from collections.abc import Callable, Iterator
from typing import Any

from ministack.services import stepfunctions

from cloud.ministack_adapter.patching import Untyped, existing, wrap

_PUBLISH = "arn:aws:states:::sns:publish"


def install() -> None:
    """Make the changes."""
    wrap(stepfunctions, "_resolve_params_obj", _with_missing_paths)
    dispatch = existing(stepfunctions, "_SERVICE_DISPATCH")
    dispatch[_PUBLISH] = _with_attributes(dispatch[_PUBLISH])


def _with_missing_paths(resolve: Callable[..., Any]) -> Callable[..., Any]:
    """A path that finds nothing fails the execution with States.Runtime, as on AWS; ministack makes it null.

    https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html (States.ParameterPathFailure is
    what the guide calls it; executions end with States.Runtime and this text.)
    """

    def resolve_parameters(template: Untyped, data: Untyped, context: Untyped = None) -> Untyped:
        for field, path in template.items() if isinstance(template, dict) else ():
            if field.endswith(".$") and isinstance(path, str) and path.startswith("$"):
                source, plain = (context or {}, path[1:]) if path.startswith("$$.") else (data, path)
                if not _finds(plain, source):
                    raise stepfunctions._ExecutionError(
                        "States.Runtime",
                        f"The JSONPath '{path}' specified for the field '{field}' could not be found in the input"
                        f" '{json.dumps(source)}'",
                    )
        return resolve(template, data, context)

    return resolve_parameters


def _finds(path: str, data: Untyped) -> bool:
    """Whether a definite path leads somewhere. A path with a wildcard may find nothing, on AWS too."""
    tokens = existing(stepfunctions, "_parse_jsonpath_tokens")(path)
    if tokens is None or any(kind == "wildcard" for kind, _ in tokens):
        return True
    for kind, key in tokens:
        in_object = kind == "field" and isinstance(data, dict) and key in data
        in_list = kind == "index" and isinstance(data, list) and -len(data) <= key < len(data)
        if not in_object and not in_list:
            return False
        data = data[key]
    return True


def _with_attributes(publish: Callable[[str, dict[str, Any]], Any]) -> Callable[[str, dict[str, Any]], Any]:
    """Publish with MessageAttributes, which ministack drops: its SNS reads them as the Query protocol spells them."""

    def publish_with_attributes(resource: str, parameters: dict[str, Any]) -> Untyped:
        return publish(resource, parameters | dict(_query_attributes(parameters.get("MessageAttributes", {}))))

    return publish_with_attributes


def _query_attributes(attributes: dict[str, dict[str, str]]) -> Iterator[tuple[str, str]]:
    for index, (name, value) in enumerate(attributes.items(), start=1):
        entry = f"MessageAttributes.entry.{index}"
        yield f"{entry}.Name", name
        for part, text in value.items():
            yield f"{entry}.Value.{part}", text
