"""Starts retrainings, and tells people how far one is and how it ended."""

from contract.names import execution_name, is_retirement, retraining_name
from contract.retrainings import Retraining
from contract.states import RetrainInput
from contract.validation_words import quoted
from contract.workflows import WorkflowRecord
from functions.retrainings import progress
from functions.shared import lookup
from functions.shared.errors import ApiError, NameTaken
from functions.shared.observability import logger
from functions.shared.ports import Clock, Execution, Retirements, StartableExecutions, WorkflowRecords


class Retrainer:
    """Retrainings of single workflows."""

    def __init__(
        self, *, workflows: WorkflowRecords, retirements: Retirements, executions: StartableExecutions, clock: Clock
    ) -> None:
        self._workflows = workflows
        self._retirements = retirements
        self._executions = executions
        self._clock = clock

    def start(self, workflow_name: str, restore_version: int | None = None) -> tuple[Retraining, bool]:
        """Start a retraining, or put the model of a version in service.

        Returns it and True, or a retraining that is under way and False.

        Who asks twice at once gets the same one twice: the name follows from how the latest one ended, and Step
        Functions starts no second execution of a name.

        Raises:
            ApiError: no workflow has that name, it is being retired, or a version cannot be put in service while
                another execution goes on.
            DependencyUnavailable: AWS does not answer.
        """
        record = lookup.find(workflow_name, self._workflows)
        self._bring_back(record)
        under_way = self._under_way(record)
        if under_way is not None:
            if restore_version not in (None, under_way.input.get("restore_version")):
                message = f"A retraining of {quoted(workflow_name)} is under way: ask again when it has ended."
                raise ApiError("retraining_conflict", message, 30)
            return self._told(record.workflow_name, under_way), False
        asked = RetrainInput(workflow_name=record.workflow_name, restore_version=restore_version)
        content = asked.model_dump(exclude_none=True)
        last = record.last_retraining
        name = retraining_name(record.workflow_name, last.ended_at if last else None, restore_version)
        try:
            self._executions.start(name, content)
        except NameTaken:  # by one that ended and could not record that it did
            name = retraining_name(record.workflow_name, self._clock.now(), restore_version)
            self._executions.start(name, content)
        logger.info("retraining started", extra={"workflow_name": record.workflow_name, "retraining_id": name})
        return self.describe(record.workflow_name, name), True

    def describe(self, workflow_name: str, retraining_id: str) -> Retraining:
        """Tell how far a retraining is.

        Raises:
            ApiError: the workflow has no such retraining.
            DependencyUnavailable: AWS does not answer.
        """
        execution = self._executions.describe(retraining_id) if lookup.is_retraining_id(retraining_id) else None
        name = execution.input.get("workflow_name") if execution else None
        if execution is None or name != workflow_name:
            message = f"{quoted(workflow_name)} has no retraining {quoted(retraining_id)}."
            raise ApiError("retraining_not_found", message)
        return self._told(workflow_name, execution)

    def _bring_back(self, record: WorkflowRecord) -> None:
        """Who asks for a retraining of a retired workflow wants it back."""
        held = record.lease_expires_at is not None and record.lease_expires_at > self._clock.now()
        if held and is_retirement(record.lease_owner or ""):
            message = f"{quoted(record.workflow_name)} is being retired: ask again when that has ended."
            raise ApiError("retraining_conflict", message, 30)
        if record.retired_at is not None:
            self._retirements.revive(record.workflow_name)

    def _under_way(self, record: WorkflowRecord) -> Execution | None:
        if record.lease_owner is None or is_retirement(record.lease_owner):
            return None
        execution = self._executions.describe(execution_name(record.lease_owner))
        return execution if execution is not None and execution.is_running else None

    def _told(self, workflow_name: str, execution: Execution) -> Retraining:
        return progress.retraining(workflow_name, execution, self._executions.states_entered(execution.name))
