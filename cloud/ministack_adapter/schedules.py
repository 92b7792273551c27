"""EventBridge Scheduler: the context attributes of a target's input."""

import time
import uuid
from collections.abc import Callable
from typing import Any

from ministack.services import eventbridge

from cloud.ministack_adapter.patching import Untyped, wrap


def install() -> None:
    """Make the change."""
    wrap(eventbridge, "_invoke_target", _with_context)


def _with_context(invoke: Callable[..., Any]) -> Callable[..., Any]:
    """Fill in `<aws.scheduler.*>`, which ministack passes through as it stands.

    https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html. Terraform's
    jsonencode writes the angle brackets as Unicode escapes, so both spellings are filled in.
    """

    def invoke_target(
        target: dict[str, Any], event: dict[str, Any], rule: dict[str, Any], view: object = None
    ) -> Untyped:
        text = target.get("Input")
        if event.get("Source") != "aws.scheduler" or not isinstance(text, str):
            return invoke(target, event, rule, view)
        attributes = {
            "schedule-arn": rule.get("Arn", ""),
            "scheduled-time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(event["Time"])),
            "execution-id": str(uuid.uuid4()),
            "attempt-number": "1",
        }
        for name, value in attributes.items():
            for opening, closing in (("<", ">"), ("\\u003c", "\\u003e")):
                text = text.replace(f"{opening}aws.scheduler.{name}{closing}", value)
        return invoke(target | {"Input": text}, event, rule, view)

    return invoke_target
