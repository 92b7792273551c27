"""Retires a workflow: its endpoint record, endpoint, config and model go; its runs, counts and versions stay."""

from datetime import datetime, timedelta
from uuid import uuid4

from contract.names import is_retirement, resource_name, retirement_owner
from contract.validation_words import quoted
from contract.workflows import RetiredWorkflow
from functions.shared import lookup
from functions.shared.errors import ApiError, EndpointBusy
from functions.shared.observability import logger
from functions.shared.ports import (
    Clock,
    EndpointRecords,
    Executions,
    Lease,
    Retirements,
    ServingResources,
    WorkflowRecords,
)

LEASE_SECONDS = 30
"""Longer than a retirement can run (`api_timeout_seconds` in Terraform): one that was killed is soon out of the way,
and one that still runs never deletes what a later retraining made."""


class Retirer:
    """Retires workflows."""

    def __init__(  # noqa: PLR0913 - its ports, by name
        self,
        *,
        workflows: WorkflowRecords,
        retirements: Retirements,
        executions: Executions,
        endpoints: EndpointRecords,
        serving: ServingResources,
        clock: Clock,
        name_prefix: str,
    ) -> None:
        self._workflows = workflows
        self._retirements = retirements
        self._executions = executions
        self._endpoints = endpoints
        self._serving = serving
        self._clock = clock
        self._name_prefix = name_prefix

    def retire(self, workflow_name: str) -> RetiredWorkflow:
        """Retire a workflow; one that is retired already is only tidied up after.

        It is marked first, so that no retraining begins; its record goes next, so that nothing is asked of a model
        that is about to go. Every step can be repeated, and whoever is killed on the way leaves what the next call
        finds.

        Raises:
            ApiError: no workflow has that name, or its endpoint is being changed.
            DependencyUnavailable: AWS does not answer; asking again is safe.
        """
        now = self._clock.now()
        record = lookup.find(workflow_name, self._workflows)
        lease = Lease(retirement_owner(uuid4().hex), now + timedelta(seconds=LEASE_SECONDS))
        self._claim(workflow_name, lease, now)
        self._endpoints.delete(workflow_name)
        try:
            self._serving.delete(resource_name(self._name_prefix, workflow_name))
        except EndpointBusy as error:
            message = f"The endpoint of {quoted(workflow_name)} is still being changed: ask again when that has ended."
            raise ApiError("retraining_conflict", message, LEASE_SECONDS) from error
        self._retirements.release(workflow_name, lease.owner)
        logger.info("workflow retired", extra={"workflow_name": workflow_name})
        return RetiredWorkflow(workflow_name=workflow_name, retired_at=record.retired_at or now, runs=record.runs)

    def _claim(self, workflow_name: str, lease: Lease, now: datetime) -> None:
        """Mark the workflow as retired and take its lease, from a holder that has ended if need be."""
        holder = self._retirements.retire(workflow_name, lease, now)
        if holder is None:
            return
        expired = holder.expires_at is None or holder.expires_at <= now
        busy = not expired and (is_retirement(holder.owner) or self._executions.is_running(holder.owner))
        if busy or self._retirements.retire(workflow_name, lease, now, replaces=holder) is not None:
            what = "It is being retired" if is_retirement(holder.owner) else "A retraining is under way"
            message = f"{what}: {quoted(workflow_name)} can be retired when that has ended."
            raise ApiError("retraining_conflict", message, LEASE_SECONDS)
