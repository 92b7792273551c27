"""Leaves nothing that no record owns: what served before a promotion, or a challenger that came to nothing."""

from contract.states import Plan, SoFar
from functions.conclude.outcomes import Outcome, is_unheard
from functions.shared.errors import DependencyUnavailable, EndpointBusy, MalformedRecord, Refused
from functions.shared.observability import logger
from functions.shared.ports import Approvals, Clock, EndpointRecords, Hosting

PAUSES_SECONDS = (1, 2, 4, 8)
"""An endpoint cannot be deleted while it is coming up."""


class Tidier:
    """Tidies up after retrainings. What cannot be done is logged: the outcome stands."""

    def __init__(self, hosting: Hosting, approvals: Approvals, endpoints: EndpointRecords, clock: Clock) -> None:
        self._hosting = hosting
        self._approvals = approvals
        self._endpoints = endpoints
        self._clock = clock

    def tidy(self, so_far: SoFar, outcome: Outcome) -> None:
        """Say in the registry what became of the version, and delete what is no longer needed."""
        plan, package, change = so_far.plan, so_far.package, so_far.change
        if plan is None or package is None:
            return  # nothing was made that serves
        try:
            if outcome.kind == "promoted":
                self._approvals.approve(package.ModelPackageArn, outcome.message)
                if change is not None and change.previous is not None:
                    self._hosting.delete_model(change.previous)  # its artefact stays in the registry
            elif is_unheard(so_far):
                logger.warning("left as it is", extra={"workflow_name": plan.workflow_name})
            elif outcome.error is None:
                self._approvals.reject(package.ModelPackageArn, outcome.message)
            else:
                self._approvals.reject(package.ModelPackageArn, f"Not promoted: {outcome.error.Error}")
                self._clean(plan, created=change is not None and change.created)
        except (DependencyUnavailable, EndpointBusy, Refused) as error:
            logger.error(
                "not tidied up",
                extra={"workflow_name": plan.workflow_name, "exception_type": type(error).__name__, "why": str(error)},
            )

    def _clean(self, plan: Plan, *, created: bool) -> None:
        """Delete the challenger, unless it is in use or may come into use: the next promotion then retires it."""
        endpoint = self._hosting.describe(plan.endpoint_name)
        if endpoint is not None and endpoint.config == plan.name:
            if not created and self._is_owned(plan.workflow_name):
                return
            self._delete_endpoint(plan.endpoint_name)
        elif endpoint is not None and endpoint.status != "InService":
            return
        self._hosting.delete_model(plan.name)

    def _is_owned(self, workflow_name: str) -> bool:
        try:
            return self._endpoints.get(workflow_name) is not None
        except MalformedRecord:
            return True

    def _delete_endpoint(self, name: str) -> None:
        for pause in PAUSES_SECONDS:
            try:
                self._hosting.delete(name)
            except EndpointBusy:
                self._clock.pause(pause)
            else:
                return
        self._hosting.delete(name)
