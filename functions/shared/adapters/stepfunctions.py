"""Executions in Step Functions. Shapes and errors: botocore's model of stepfunctions."""

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from functions.shared.adapters.aws import unavailable
from functions.shared.errors import NameTaken
from functions.shared.ports import Execution, StateEntered

if TYPE_CHECKING:
    from types_boto3_stepfunctions import SFNClient

_HISTORY_PAGES = 12
"""Of 1,000 events: more than the longest path of our state machines has (their loops wait ever longer, or end with a
training job)."""


class StateMachineExecutions:
    """Executions of the state machines."""

    def __init__(self, client: "SFNClient") -> None:
        self._client = client

    def is_running(self, execution_arn: str) -> bool:
        """Say whether an execution is under way; one that does not exist is not."""
        execution = _describe(self._client, execution_arn)
        return execution is not None and execution.is_running


class StateMachine:
    """Executions of one state machine, by name."""

    def __init__(self, client: "SFNClient", state_machine_arn: str) -> None:
        self._client = client
        self._state_machine_arn = state_machine_arn

    def start(self, name: str, content: Mapping[str, Any]) -> None:
        """Start an execution; one of that name and content that is running is left to run."""
        try:
            with unavailable("Step Functions"):
                self._client.start_execution(
                    stateMachineArn=self._state_machine_arn, name=name, input=json.dumps(dict(content), sort_keys=True)
                )
        except self._client.exceptions.ExecutionAlreadyExists as error:
            raise NameTaken(name) from error

    def describe(self, name: str) -> Execution | None:
        """Return an execution, or None when there is none of that name."""
        return _describe(self._client, self._arn(name))

    def states_entered(self, name: str) -> Sequence[StateEntered]:
        """Return the states that an execution has entered, in order of time."""
        entered: list[StateEntered] = []
        start: dict[str, Any] = {}
        for _ in range(_HISTORY_PAGES):
            with unavailable("Step Functions"):
                page = self._client.get_execution_history(
                    executionArn=self._arn(name), maxResults=1000, includeExecutionData=False, **start
                )
            entered += [
                StateEntered(event["stateEnteredEventDetails"]["name"], event["timestamp"])
                for event in page["events"]
                if "stateEnteredEventDetails" in event
            ]
            if "nextToken" not in page:
                break
            start = {"nextToken": page["nextToken"]}
        return entered

    def _arn(self, name: str) -> str:
        return f"{self._state_machine_arn.replace(':stateMachine:', ':execution:')}:{name}"


def _describe(client: "SFNClient", execution_arn: str) -> Execution | None:
    try:
        with unavailable("Step Functions"):
            found = client.describe_execution(executionArn=execution_arn)
    except (client.exceptions.ExecutionDoesNotExist, client.exceptions.InvalidArn):
        return None
    return Execution(
        name=found["name"],
        status=found["status"],
        input=_object(found.get("input")),
        started_at=found["startDate"],
        ended_at=found.get("stopDate"),
        output=_object(found.get("output")),
        error=found.get("error"),
        cause=found.get("cause"),
    )


def _object(text: str | None) -> dict[str, Any]:
    """Read what should be a JSON object; anyone with an AWS account may have started an execution with anything."""
    try:
        value = json.loads(text or "{}")
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
