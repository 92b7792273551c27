"""Says how the retrainings of a round ended: it asks each execution, so that the state machine need not carry that."""

import json

from contract.states import (
    ReportRoundRequest,
    ReportRoundResponse,
    RetrainingReport,
    StateError,
    WorkflowToRetrain,
)
from functions.shared.ports import StartableExecutions


class RoundReporter:
    """Reports rounds."""

    def __init__(self, executions: StartableExecutions) -> None:
        self._executions = executions

    def report(self, request: ReportRoundRequest) -> ReportRoundResponse:
        """Return how each ended, and the error that names those that failed, if any did.

        Raises:
            DependencyUnavailable: Step Functions does not answer.
        """
        reports = [self._report(workflow) for workflow in request.workflows]
        failed = [each.workflow_name for each in reports if each.outcome == "failed"]
        if not failed:
            return ReportRoundResponse(retrainings=reports, error=None)
        cause = f"{len(failed)} of {len(reports)} retrainings failed: {json.dumps(failed, ensure_ascii=False)}"
        return ReportRoundResponse(retrainings=reports, error=StateError(Error="WorkflowsFailed", Cause=cause))

    def _report(self, workflow: WorkflowToRetrain) -> RetrainingReport:
        """The execution's own notification has the details of a failure."""
        execution, name = self._executions.describe(workflow.execution_name), workflow.workflow_name
        if execution is None:
            return RetrainingReport(workflow_name=name, outcome="failed", message="It could not be started")
        if execution.status == "SUCCEEDED":
            told = execution.output
            return RetrainingReport(workflow_name=name, outcome=told["outcome"], message=told["message"])
        if execution.error == "AlreadyRunning":  # nothing failed
            message = "Another execution is retraining it"
            return RetrainingReport(workflow_name=name, outcome="already_running", message=message)
        return RetrainingReport(workflow_name=name, outcome="failed", message=execution.error or execution.status)
