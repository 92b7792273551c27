"""The tables in DynamoDB."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from contract.base import Shape
from contract.endpoint_records import EndpointRecord
from contract.runs import BESIDES, RecordedRun, Run, RunsQuery
from contract.workflows import WorkflowRecord
from functions.shared.aws import unavailable
from functions.shared.errors import MalformedRecord, StalePromotion, WorkflowRetired
from functions.shared.items import Item, from_item, to_attribute, to_item
from functions.shared.observability import logger
from functions.shared.ports import History, Lease, RunPosition

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

_MAX_NAMES = 1000
_RUNS_SEARCHED = 1000
_PAGES_SEARCHED = 5
"""At most 5,000 runs, or 5 MB, are searched in one request."""
_COUNTS = "attribute_not_exists(withdrawn)"
_FIRST, _LAST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2101, 1, 1, tzinfo=UTC)
"""No time that a run may have lies outside (`contract.base.UtcTime`)."""


class RunsTable:
    """Table `workflow_runs`."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def succeeded(self, workflow_name: str) -> History:
        """Read every SUCCEEDED run that counts, ordered by run_id."""
        return self._history(
            FilterExpression=f"#status = :succeeded AND {_COUNTS}",
            ExpressionAttributeNames={"#status": "status"},
            ExpressionAttributeValues={":name": {"S": workflow_name}, ":succeeded": {"S": "SUCCEEDED"}},
        )

    def all(self, workflow_name: str) -> History:
        """Read every run that counts, ordered by run_id."""
        return self._history(FilterExpression=_COUNTS, ExpressionAttributeValues={":name": {"S": workflow_name}})

    def _history(self, **conditions: object) -> History:
        unreadable: list[str] = []
        return History(self._rows(conditions, unreadable), unreadable)

    def _rows(self, conditions: Mapping[str, object], unreadable: list[str]) -> Iterator[Run]:
        request: dict[str, Any] = {
            "TableName": self._table,
            "KeyConditionExpression": "workflow_name = :name",
            "ConsistentRead": True,
            **conditions,
        }
        for item in self._pages(request):
            try:
                yield from_item({name: value for name, value in item.items() if name not in BESIDES}, Run)
            except MalformedRecord as error:
                unreadable.append(f"{item.get('run_id', {}).get('S')}: {error}")

    def _pages(self, request: dict[str, Any]) -> Iterator[Item]:
        start: dict[str, Any] = {}
        while True:
            with unavailable("runs table"):
                page = self._client.query(**request, **start)
            yield from page["Items"]
            if "LastEvaluatedKey" not in page:
                return
            start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}

    def get(self, workflow_name: str, run_id: str) -> RecordedRun | None:
        """Return a run as it is at this moment, or None when there is none."""
        key = {"workflow_name": {"S": workflow_name}, "run_id": {"S": run_id}}
        with unavailable("runs table"):
            answer = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True)
        return from_item(answer["Item"], RecordedRun) if "Item" in answer else None

    def recent(self, workflow_name: str, limit: int) -> list[RecordedRun]:
        """Return the runs that completed last and count, latest first."""
        query = RunsQuery(limit=limit)
        found: list[RecordedRun] = []
        position: RunPosition | None = None
        for _ in range(_PAGES_SEARCHED):
            runs, position = self.page(workflow_name, query, position)
            found += [run for run in runs if not run.withdrawn]
            if position is None or len(found) >= limit:
                break
        return found[:limit]

    def page(
        self, workflow_name: str, query: RunsQuery, after: RunPosition | None
    ) -> tuple[list[RecordedRun], RunPosition | None]:
        """Return runs that a query asks for, latest first, and where to go on."""
        request = _question(self._table, workflow_name, query)
        start: dict[str, Any] = {"ExclusiveStartKey": _index_key(workflow_name, after)} if after else {}
        items: list[Item] = []
        for _ in range(_PAGES_SEARCHED):
            with unavailable("runs table"):
                page = self._client.query(**request, **start)
            items += page["Items"]
            if len(items) > query.limit:
                return readable(items[: query.limit], RecordedRun), _position(items[query.limit - 1])
            if "LastEvaluatedKey" not in page:
                return readable(items, RecordedRun), None
            start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}
        return readable(items, RecordedRun), _position(start["ExclusiveStartKey"])


def _question(table: str, workflow_name: str, query: RunsQuery) -> dict[str, Any]:
    """Return the Query that finds the runs, latest first."""
    # Times are kept as text that ends in Z or in a fraction: text without either comes just before its second.
    bounds = {":from": query.completed_from or _FIRST, ":before": query.completed_before or _LAST}
    values = {":name": workflow_name, **{name: f"{moment:%Y-%m-%dT%H:%M:%S}" for name, moment in bounds.items()}}
    names: dict[str, str] = {}
    filters: list[str] = []
    if query.status is not None:
        names["#status"], values[":status"] = "status", query.status
        filters.append("#status = :status")
    if query.held:
        filters.append("attribute_exists(bill_waits)")
    for number, tag in enumerate(query.tag):
        names[f"#tag{number}"], _, values[f":tag{number}"] = tag.partition(":")
        filters.append(f"tags.#tag{number} = :tag{number}")
    filtered: dict[str, Any] = {"FilterExpression": " AND ".join(filters)} if filters else {}
    if names:
        filtered["ExpressionAttributeNames"] = names
    return {
        "TableName": table,
        "IndexName": "by_completion",
        "KeyConditionExpression": "workflow_name = :name AND completed_at BETWEEN :from AND :before",
        "ExpressionAttributeValues": {name: {"S": value} for name, value in values.items()},
        "ScanIndexForward": False,
        # One more than asked for tells whether there are more. DynamoDB counts before it filters.
        "Limit": _RUNS_SEARCHED if filters else query.limit + 1,
        **filtered,
    }


def _index_key(workflow_name: str, position: RunPosition) -> Item:
    return {"workflow_name": {"S": workflow_name}, **to_item(position)}


def _position(item: Item) -> RunPosition:
    return from_item({name: item[name] for name in RunPosition.model_fields}, RunPosition)


def readable[S: Shape](items: Sequence[Item], shape: type[S]) -> list[S]:
    """Read items, leaving out (and logging) those that are not of the shape."""
    found = []
    for item in items:
        try:
            found.append(from_item(item, shape))
        except MalformedRecord as error:
            logger.warning("unreadable item", extra={"key": item.get("workflow_name"), "problem": str(error)})
    return found


def scan(client: "DynamoDBClient", table: str) -> list[Item]:
    """Read a whole table, a small one."""
    items: list[Item] = []
    start: dict[str, Any] = {}
    while True:
        with unavailable(table):
            page = client.scan(TableName=table, **start)
        items.extend(page["Items"])
        if "LastEvaluatedKey" not in page:
            return items
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}


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
        self._change(workflow_name, "REMOVE lease_owner, lease_expires_at", "lease_owner = :owner", owner=owner)

    def revive(self, workflow_name: str) -> None:
        """Take the mark away."""
        self._change(workflow_name, "REMOVE retired_at", "attribute_exists(retired_at)")

    def _change(self, workflow_name: str, expression: str, condition: str, **values: str) -> None:
        """Write under a condition; where that does not hold there is nothing to change."""
        named: Any = {"ExpressionAttributeValues": {f":{name}": {"S": value} for name, value in values.items()}}
        with suppress(self._client.exceptions.ConditionalCheckFailedException), unavailable("workflows table"):
            self._client.update_item(
                TableName=self._table,
                Key={"workflow_name": {"S": workflow_name}},
                UpdateExpression=expression,
                ConditionExpression=condition,
                **(named if values else {}),
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


class EndpointsTable:
    """Table `model_endpoints`."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def get(self, workflow_name: str) -> EndpointRecord | None:
        """Return a workflow's record, or None."""
        with unavailable("endpoints table"):
            answer = self._client.get_item(TableName=self._table, Key={"workflow_name": {"S": workflow_name}})
        return from_item(answer["Item"], EndpointRecord) if "Item" in answer else None

    def all(self) -> Mapping[str, EndpointRecord]:
        """Return every readable record by workflow."""
        records = readable(scan(self._client, self._table), EndpointRecord)
        return {record.workflow_name: record for record in records}

    def put(self, record: EndpointRecord) -> None:
        """Write a record if it goes forward; the same package again is a repeated call, not a conflict."""
        try:
            with unavailable("endpoints table"):
                self._client.put_item(
                    TableName=self._table,
                    Item=to_item(record),
                    ConditionExpression=(
                        "attribute_not_exists(workflow_name) OR model_version < :version "
                        "OR (model_version = :version AND model_package_arn = :package)"
                    ),
                    ExpressionAttributeValues={
                        ":version": {"N": str(record.model_version)},
                        ":package": {"S": record.model_package_arn},
                    },
                )
        except self._client.exceptions.ConditionalCheckFailedException as error:
            message = f"Version {record.model_version} is not newer than the version in service"
            raise StalePromotion(message) from error

    def delete(self, workflow_name: str) -> None:
        """Delete a workflow's record, if it has one."""
        with unavailable("endpoints table"):
            self._client.delete_item(TableName=self._table, Key={"workflow_name": {"S": workflow_name}})
