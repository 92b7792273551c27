"""Ends a retraining, however it went: approves or rejects, tidies up, records the verdict, words the message.

It may be called again at any time: it says the same, and what it did is done.
"""

from typing import Any

from contract.states import ConcludeRequest, Conclusion, RetrainNotification, SoFar
from contract.workflows import LastRetraining
from functions.conclude import outcomes
from functions.conclude.outcomes import Outcome
from functions.conclude.tidying import Tidier
from functions.shared.errors import DependencyUnavailable, MalformedRecord, Refused
from functions.shared.observability import logger
from functions.shared.ports import Clock, EndpointRecords, Examined, Verdicts

_NAMELESS = "(none)"


class Concluder:
    """Concludes retrainings."""

    def __init__(self, *, tidier: Tidier, endpoints: EndpointRecords, verdicts: Verdicts, clock: Clock) -> None:
        self._tidier = tidier
        self._endpoints = endpoints
        self._verdicts = verdicts
        self._clock = clock

    def conclude(self, request: ConcludeRequest) -> Conclusion:
        """Return what is to be told, and what the execution is to end with.

        Neither SageMaker nor a table that does not answer changes the outcome: what could not be done is logged, the
        claim of an execution that has ended is no claim, and the next retraining finds what is left.
        """
        so_far, workflow_name = request.so_far, _workflow_name(request)
        outcome = outcomes.outcome(so_far, self._recorded_version(so_far))
        self._tidier.tidy(so_far, outcome)
        if outcome.error is None or outcome.error.Error != "AlreadyRunning":
            self._record(workflow_name, request, outcome)
        logger.info("concluded", extra={"workflow_name": workflow_name, "outcome": outcome.kind})
        return Conclusion(
            subject=outcomes.SUBJECTS[outcome.kind],
            notification=RetrainNotification(
                notification_id=request.execution_arn,
                outcome=outcome.kind,
                workflow_name=workflow_name,
                message=outcome.message,
                execution_arn=request.execution_arn,
                model_version=outcome.model_version,
            ),
            error=outcome.error,
        )

    def _recorded_version(self, so_far: SoFar) -> int | None:
        """Return the version of this execution's model where nobody heard if its record was written, and it was."""
        plan, package = so_far.plan, so_far.package
        if plan is None or package is None or not outcomes.is_unheard(so_far):
            return None
        try:
            record = self._endpoints.get(plan.workflow_name)
        except (DependencyUnavailable, MalformedRecord):
            return None
        is_ours = record is not None and record.model_package_arn == package.ModelPackageArn
        return record.model_version if record is not None and is_ours else None

    def _record(self, workflow_name: str, request: ConcludeRequest, outcome: Outcome) -> None:
        """Record the verdict and give the claim back.

        After a failure the runs stay unexamined, so that the schedule tries again; runs that training itself found too
        few are not tried again until there are more.
        """
        plan = request.so_far.plan
        examined = Examined(plan.runs, plan.revisions) if plan and outcome.error is None else None
        ended = LastRetraining(
            outcome=outcome.kind,
            reason=outcome.message,
            ended_at=self._clock.now(),
            execution_arn=request.execution_arn,
        )
        try:
            self._verdicts.record(workflow_name, ended, examined)
        except (DependencyUnavailable, Refused) as error:
            logger.error("verdict not recorded", extra={"workflow_name": workflow_name, "why": str(error)})


def _workflow_name(request: ConcludeRequest) -> str:
    """Return the name that was asked for; without one there is still something to tell."""
    given: Any = request.input.get("workflow_name") if isinstance(request.input, dict) else None
    return given if isinstance(given, str) and given else _NAMELESS
