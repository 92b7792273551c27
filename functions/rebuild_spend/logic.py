"""Counts what was spent anew from the runs, while others go on recording."""

from contract.budgets import RebuildSpendRequest, RebuildSpendResponse
from functions.shared import spend
from functions.shared.errors import DependencyUnavailable
from functions.shared.observability import logger
from functions.shared.ports import Clock, RunHistory, SpendLedger, WorkflowRecords

ATTEMPTS = 8


class SpendRebuilder:
    """Rebuilds table `spend`."""

    def __init__(self, *, workflows: WorkflowRecords, runs: RunHistory, ledger: SpendLedger, clock: Clock) -> None:
        self._workflows = workflows
        self._runs = runs
        self._ledger = ledger
        self._clock = clock

    def rebuild(self, request: RebuildSpendRequest) -> RebuildSpendResponse:
        """Count the workflows of which runs are in no line yet; all of them if the request says so.

        Calling it again goes on with what is left, and does no harm.

        Raises:
            DependencyUnavailable: a workflow has runs recorded all the time, or the tables cannot be read or written.
        """
        due = [
            record.workflow_name
            for record in self._workflows.all()
            if record.runs > 0 and (request.everything or record.spend_runs != record.runs)
        ]
        runs = sum(self._rebuild(workflow_name) for workflow_name in due)
        logger.info("spend rebuilt", extra={"workflows": len(due), "runs": runs})
        return RebuildSpendResponse(workflows=len(due), runs=runs)

    def _rebuild(self, workflow_name: str) -> int:
        for attempt in range(ATTEMPTS):
            record = self._workflows.get(workflow_name)
            history = self._runs.all(workflow_name)
            lines = spend.total((run, None) for run in history.rows)
            if history.unreadable:
                logger.error(
                    "runs left out", extra={"runs": len(history.unreadable), "examples": history.unreadable[:5]}
                )
            found = sum(amount.runs for amount in lines.values()) + len(history.unreadable)
            if record is not None and record.runs == found and self._ledger.replace(record, lines):
                return found
            self._clock.pause(min(0.1 * 2**attempt, 5))
        raise DependencyUnavailable(f"runs of {workflow_name} are being recorded all the time")
