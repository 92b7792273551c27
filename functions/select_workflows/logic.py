"""Lists the workflows that have something new to learn from."""

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import zip_longest
from operator import itemgetter

from contract.names import child_execution_name
from contract.states import MINIMUM_RUNS, SelectWorkflowsRequest, SelectWorkflowsResponse, WorkflowToRetrain
from contract.workflows import WorkflowRecord
from functions.shared.observability import logger
from functions.shared.ports import WorkflowRecords, by_name

MAX_PAYLOAD_BYTES = 240 * 1024
"""A state's payload may have 256 KiB (Step Functions quotas). It comes to hold the selection and each one's result."""
MESSAGE_BYTES = 1100
"""Of a result, beside the name once more: the reason in its message is at most 1,024 characters long."""
_NEVER = datetime.min.replace(tzinfo=UTC)


class WorkflowSelector:
    """Selects workflows to retrain."""

    def __init__(self, workflows: WorkflowRecords) -> None:
        self._workflows = workflows

    def select(self, request: SelectWorkflowsRequest) -> SelectWorkflowsResponse:
        """Return the workflows with enough runs and something unexamined that are not retired.

        Those that were tried before, longest untried first, and newcomers, longest waiting first, take turns: however
        many names somebody makes up, half of the places are for the others. Among newcomers those who brought them
        take turns. What does not fit into one execution is
        left for the next, which begins with it.

        Raises:
            DependencyUnavailable: the records cannot be read.
        """
        due = [
            record
            for record in by_name(self._workflows.all())
            if record.retired_at is None and record.succeeded_runs >= MINIMUM_RUNS and _has_something_new(record)
        ]
        selected: list[WorkflowToRetrain] = []
        size = 0
        for record in _taking_turns(due):
            workflow = WorkflowToRetrain(
                workflow_name=record.workflow_name,
                execution_name=child_execution_name(request.execution_name, record.workflow_name),
            )
            size += 2 * len(json.dumps(workflow.model_dump())) + MESSAGE_BYTES
            if size > MAX_PAYLOAD_BYTES:
                break
            selected.append(workflow)
        logger.info("workflows selected", extra={"selected": len(selected), "left": len(due) - len(selected)})
        return SelectWorkflowsResponse(workflows=selected)


def _taking_turns(due: list[WorkflowRecord]) -> Iterator[WorkflowRecord]:
    tried = [(record.last_retraining.ended_at, record) for record in due if record.last_retraining]
    newcomers = [(record.latest_recorded_at or _NEVER, record) for record in due if not record.last_retraining]
    by_caller: dict[str | None, list[WorkflowRecord]] = {}
    for _, record in sorted(newcomers, key=itemgetter(0)):
        by_caller.setdefault(record.recorded_by, []).append(record)
    longest_untried = [record for _, record in sorted(tried, key=itemgetter(0))]
    return _one_of_each(longest_untried, _one_of_each(*by_caller.values()))


def _one_of_each(*queues: Iterable[WorkflowRecord]) -> Iterator[WorkflowRecord]:
    """Take the first of each queue, then the second of each that has one, and so on."""
    return (record for turn in zip_longest(*queues) for record in turn if record is not None)


def _has_something_new(record: WorkflowRecord) -> bool:
    seen = record.examined_runs, record.examined_revisions
    return (record.succeeded_runs, record.revisions) != seen
