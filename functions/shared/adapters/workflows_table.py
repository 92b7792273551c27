"""The records of workflows, in DynamoDB: their counts, lease, verdict and whether they are retired."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Any

from contract.workflows import LastRetraining, WorkflowRecord
from functions.shared.adapters.aws import refusals, unavailable
from functions.shared.adapters.items import from_item, to_attribute
from functions.shared.adapters.tables import readable, scan
from functions.shared.errors import WorkflowRetired
from functions.shared.ports import Examined, Lease

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

_MAX_NAMES = 1000


class WorkflowsTable:
    """Table `workflows`."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def get(self, workflow_name: str) -> WorkflowRecord | None:
        """Return the record of a workflow, or None when it has none."""
        with unavailable("workflows table"):
            answer = self._client.get_item(TableName=self._table, Key={"workflow_name": {"S": workflow_name}})
        return from_item(answer["Item"], WorkflowRecord) if "Item" in answer else None

    def all(self) -> list[WorkflowRecord]:
        """Return every workflow."""
        return readable(scan(self._client, self._table), WorkflowRecord)

    def names(self) -> list[str]:
        """Return names of workflows for suggestions: all, or the first of very many."""
        with unavailable("workflows table"):
            page = self._client.scan(TableName=self._table, ProjectionExpression="workflow_name", Limit=_MAX_NAMES)
        return [item["workflow_name"]["S"] for item in page["Items"]]

    def claim(self, workflow_name: str, lease: Lease, replaces: Lease | None = None) -> Lease | None:
        """Take the lease by one conditional write; return None, or the lease that stands in the way."""
        record = self._take(workflow_name, lease, replaces, condition="attribute_not_exists(retired_at)")
        if record is not None and record.retired_at is not None:
            raise WorkflowRetired(workflow_name)
        return _lease(record) if record else None

    def retire(self, workflow_name: str, lease: Lease, at: datetime, replaces: Lease | None = None) -> Lease | None:
        """Take the lease and mark the workflow by one conditional write."""
        values = {":at": to_attribute(at.isoformat()), ":none": {"N": "0"}}
        changes = "retired_at = if_not_exists(retired_at, :at), examined_runs = :none, examined_revisions = :none"
        record = self._take(workflow_name, lease, replaces, changes=changes, values=values)
        return _lease(record) if record else None

    def release(self, workflow_name: str, owner: str) -> None:
        """Give the lease back."""
        self._change(workflow_name, "REMOVE lease_owner, lease_expires_at", "lease_owner = :owner", {":owner": owner})

    def record(self, workflow_name: str, ended: LastRetraining, examined: Examined | None) -> None:
        """Write how an execution ended and give its claim back, if it has one."""
        changes = "SET last_retraining = :ended"
        values: dict[str, object] = {":owner": ended.execution_arn, ":ended": ended.model_dump(mode="json")}
        if examined is not None:
            changes += ", examined_runs = :runs, examined_revisions = :revisions"
            values |= {":runs": examined.runs, ":revisions": examined.revisions}
        with refusals("workflows table"):
            self._change(
                workflow_name, f"{changes} REMOVE lease_owner, lease_expires_at", "lease_owner = :owner", values
            )

    def revive(self, workflow_name: str) -> None:
        """Take the mark away."""
        self._change(workflow_name, "REMOVE retired_at", "attribute_exists(retired_at)")

    def _change(
        self, workflow_name: str, expression: str, condition: str, values: Mapping[str, object] | None = None
    ) -> None:
        """Write under a condition; where that does not hold there is nothing to change."""
        given = {name: to_attribute(value) for name, value in (values or {}).items()}
        named: Any = {"ExpressionAttributeValues": given} if given else {}
        with suppress(self._client.exceptions.ConditionalCheckFailedException), unavailable("workflows table"):
            self._client.update_item(
                TableName=self._table,
                Key={"workflow_name": {"S": workflow_name}},
                UpdateExpression=expression,
                ConditionExpression=condition,
                **named,
            )

    def _take(  # noqa: PLR0913 - what differs between those who take it, by name
        self,
        workflow_name: str,
        lease: Lease,
        replaces: Lease | None,
        *,
        changes: str = "",
        condition: str = "",
        values: Mapping[str, Any] | None = None,
    ) -> WorkflowRecord | None:
        """Take the lease by one conditional write; return None, or the record that stands in the way."""
        terms = {":owner": to_attribute(lease.owner), ":expiry": to_attribute(_text(lease)), **(values or {})}
        free = "attribute_not_exists(lease_owner) OR lease_owner = :owner"
        if replaces is not None:
            free += " OR (lease_owner = :replaced AND lease_expires_at = :replaced_expiry)"
            terms |= {":replaced": to_attribute(replaces.owner), ":replaced_expiry": to_attribute(_text(replaces))}
        conditions = ["attribute_exists(workflow_name)", *([condition] if condition else []), f"({free})"]
        try:
            with unavailable("workflows table"):
                self._client.update_item(
                    TableName=self._table,
                    Key={"workflow_name": {"S": workflow_name}},
                    UpdateExpression=", ".join(
                        ["SET lease_owner = :owner, lease_expires_at = :expiry", *([changes] if changes else [])]
                    ),
                    ConditionExpression=" AND ".join(conditions),
                    ExpressionAttributeValues=terms,
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
        except self._client.exceptions.ConditionalCheckFailedException as error:
            item: Any = error.response.get("Item")
            if not item:
                raise LookupError(workflow_name) from error
            return from_item(item, WorkflowRecord)
        return None


def _lease(record: WorkflowRecord) -> Lease:
    return Lease(record.lease_owner or "", record.lease_expires_at)


def _text(lease: Lease) -> str | None:
    return lease.expires_at.isoformat() if lease.expires_at else None
