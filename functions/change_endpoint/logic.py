"""Brings a workflow's endpoint to the challenger's config, and back where the promotion cannot be recorded.

Each call looks and takes one step: create, update, wait, adopt, or give up. Between calls the state machine waits, and
hands in what the last call returned.
"""

from dataclasses import dataclass
from typing import Any

from contract.states import ChangeEndpointRequest, EndpointChange, Plan, SoFar, StateError
from functions.shared.errors import EndpointBusy, InvalidInput, MalformedRecord, Refused
from functions.shared.observability import logger
from functions.shared.ports import Endpoint, EndpointRecords, Hosting

SETTLED = frozenset({"InService", "Failed", "UpdateRollbackFailed", "OutOfService"})
"""Statuses in which an endpoint stays by itself (botocore's model of sagemaker, EndpointStatus)."""
UNCERTAIN = frozenset(
    {
        *("DependencyUnavailable", "Lambda.ServiceException", "Lambda.AWSLambdaException", "Lambda.SdkClientException"),
        *("Lambda.ClientExecutionTimeoutException", "Lambda.Unknown", "Runtime.ExitError", "Sandbox.Timedout"),
        "States.Timeout",
    }
)
"""Errors of Promote after which nobody knows whether the record was written."""
_WENT_BACK = "The endpoint did not take the new model and went back to the one before"


@dataclass(frozen=True)
class Patience:
    """How long an endpoint is waited for, in seconds."""

    poll: int
    """Between looks, at first; later a quarter of what was waited already."""
    most: int
    """In all, after which it is looked at once more."""


class EndpointChanger:
    """Changes endpoints."""

    def __init__(self, hosting: Hosting, records: EndpointRecords, patience: Patience) -> None:
        self._hosting = hosting
        self._records = records
        self._patience = patience

    def step(self, request: ChangeEndpointRequest) -> EndpointChange:
        """Look, take one step, and return how far the change is.

        `in_service` asks for the promotion to be recorded, `over` for the conclusion.

        Raises:
            InvalidInput: there is no plan.
            DependencyUnavailable: SageMaker or the record does not answer; asking again is safe.
        """
        plan, change = request.so_far.plan, request.so_far.change
        if plan is None:
            raise InvalidInput("so_far.plan: Field required")
        if change is None:
            change = EndpointChange(target=plan.name)
        if request.so_far.promotion_error is not None and change.purpose == "promotion":
            change = _way_back(change, request.so_far.promotion_error, recorded=self._is_recorded(request.so_far))
        return change if change.status == "over" else self._step(plan, change)

    def _step(self, plan: Plan, change: EndpointChange) -> EndpointChange:
        endpoint = self._hosting.describe(plan.endpoint_name)
        change = _remembering(change, endpoint)
        if endpoint is None:
            return self._absent(plan, change)
        if endpoint.status == "InService" and endpoint.config == change.target:
            return _with(change, status="in_service" if change.purpose == "promotion" else "over")
        if endpoint.status == "InService" and not change.requested:
            return self._update(plan, change)
        if endpoint.status == "Failed" and not change.requested:
            return self._replace(plan, change, endpoint)
        if endpoint.status in SETTLED:
            return _over(change, "EndpointFailed", endpoint.failure_reason or _WENT_BACK)
        return self._wait(plan, change, endpoint)

    def _absent(self, plan: Plan, change: EndpointChange) -> EndpointChange:
        if change.purpose == "promotion" and not change.requested:
            return self._create(plan, change)
        if change.created:
            return self._wait(plan, change, None)
        # It was there: somebody deleted it, and none will come.
        return _over(change, "EndpointMissing", f"Endpoint {plan.endpoint_name} was deleted while it was changed")

    def _is_recorded(self, so_far: SoFar) -> bool:
        """Say whether the record names our model: an earlier try of Promote wrote it, and its answer was lost."""
        if so_far.plan is None or so_far.package is None:
            return False
        try:
            record = self._records.get(so_far.plan.workflow_name)
        except MalformedRecord:
            return False
        return record is not None and record.model_package_arn == so_far.package.ModelPackageArn

    def _create(self, plan: Plan, change: EndpointChange) -> EndpointChange:
        try:
            self._hosting.create(plan.endpoint_name, change.target)
        except Refused as refusal:
            endpoint = self._hosting.describe(plan.endpoint_name)
            if endpoint is None:
                return _refused(change, refusal)
            return self._wait(plan, change, endpoint)  # the name is taken: by an earlier try, or by somebody else
        return self._wait(plan, _with(change, requested=True, created=True), None)

    def _update(self, plan: Plan, change: EndpointChange) -> EndpointChange:
        try:
            self._hosting.update(plan.endpoint_name, change.target)
        except Refused as refusal:
            endpoint = self._hosting.describe(plan.endpoint_name)
            if endpoint is None or endpoint.status in SETTLED:
                return _refused(change, refusal)
            return self._wait(plan, change, endpoint)  # somebody else changes it
        return self._wait(plan, _with(change, requested=True), None)

    def _replace(self, plan: Plan, change: EndpointChange, endpoint: Endpoint) -> EndpointChange:
        """Delete an endpoint that failed, which is all that can be done with it; a later call makes it anew."""
        try:
            self._hosting.delete(plan.endpoint_name)
        except EndpointBusy:
            logger.info("endpoint is busy", extra={"workflow_name": plan.workflow_name})
        except Refused as refusal:
            return _refused(change, refusal)
        return self._wait(plan, change, endpoint)

    def _wait(self, plan: Plan, change: EndpointChange, endpoint: Endpoint | None) -> EndpointChange:
        waited = change.waited_seconds
        if waited >= self._patience.most:
            status = endpoint.status if endpoint else "not there"
            cause = f"Endpoint {plan.endpoint_name} was still {status} after {waited} seconds"
            return _over(change, "EndpointTimeout", cause)
        wait = min(max(self._patience.poll, waited // 4), self._patience.most - waited)
        return _with(change, status="changing", wait_seconds=wait, waited_seconds=waited + wait)


def _way_back(change: EndpointChange, error: StateError, *, recorded: bool) -> EndpointChange:
    """Turn round, unless it is or may be the wrong way or there is nothing to go back to."""
    if recorded or error.Error in UNCERTAIN:
        # What serves goes on serving; whether it is the record's model, the next promotion settles.
        return _with(change, status="over", uncertain=True, error=error)
    if change.previous is None:
        return _with(change, status="over", error=error)
    return EndpointChange(purpose="rollback", target=change.previous, error=error)


def _remembering(change: EndpointChange, endpoint: Endpoint | None) -> EndpointChange:
    """Remember what served before: retired after a promotion, restored if that cannot be recorded."""
    if endpoint is None or change.requested or change.purpose == "rollback" or endpoint.config == change.target:
        return change
    return _with(change, previous=endpoint.config if endpoint.status != "Failed" else None)


def _refused(change: EndpointChange, refusal: Refused) -> EndpointChange:
    return _over(change, "EndpointRefused", f"{refusal.code}: {refusal}")


def _over(change: EndpointChange, error: str, cause: str) -> EndpointChange:
    """Give up. Of a way back, what it was for is told, not that it failed too."""
    if change.purpose == "rollback":
        logger.error("no way back", extra={"error": error, "cause": cause})
    return _with(change, status="over", error=change.error or StateError(Error=error, Cause=cause))


def _with(change: EndpointChange, **changes: Any) -> EndpointChange:  # noqa: ANN401 - members of a change
    return change.model_copy(update=changes)
