"""Executions in Step Functions."""

from typing import TYPE_CHECKING

from functions.shared.aws import unavailable

if TYPE_CHECKING:
    from types_boto3_stepfunctions import SFNClient


class StateMachineExecutions:
    """Executions of the state machines."""

    def __init__(self, client: "SFNClient") -> None:
        self._client = client

    def is_running(self, execution_arn: str) -> bool:
        """Say whether an execution is under way; one that does not exist is not."""
        missing = (self._client.exceptions.ExecutionDoesNotExist, self._client.exceptions.InvalidArn)
        try:
            with unavailable("Step Functions"):
                execution = self._client.describe_execution(executionArn=execution_arn)
        except missing:
            return False
        return execution["status"] in {"RUNNING", "PENDING_REDRIVE"}
