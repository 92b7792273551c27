"""Lists the workflows that have something new to learn from."""

import json

from contract.names import child_execution_name
from contract.states import SelectWorkflowsRequest, SelectWorkflowsResponse, WorkflowToRetrain
from functions.shared.observability import logger
from functions.shared.ports import WorkflowRecords, by_name

MAX_OUTPUT_BYTES = 160 * 1024
"""A state's payload may have 256 KiB (Step Functions quotas); results of the same workflows need room too."""


class WorkflowSelector:
    """Selects workflows to retrain."""

    def __init__(self, workflows: WorkflowRecords) -> None:
        self._workflows = workflows

    def select(self, request: SelectWorkflowsRequest) -> SelectWorkflowsResponse:
        """Return the workflows with runs that no retraining has examined, by name.

        What does not fit into one output is left for the next time; it is still unexamined then.

        Raises:
            DependencyUnavailable: the records cannot be read.
        """
        due = [
            record.workflow_name
            for record in by_name(self._workflows.all())
            if record.succeeded_runs >= 1 and record.succeeded_runs != record.examined_runs
        ]
        selected: list[WorkflowToRetrain] = []
        size = 0
        for name in due:
            workflow = WorkflowToRetrain(
                workflow_name=name, execution_name=child_execution_name(request.execution_name, name)
            )
            size += len(json.dumps(workflow.model_dump())) + 1
            if size > MAX_OUTPUT_BYTES:
                break
            selected.append(workflow)
        logger.info("workflows selected", extra={"selected": len(selected), "left": len(due) - len(selected)})
        return SelectWorkflowsResponse(workflows=selected)
