"""The tables in DynamoDB."""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import batched
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from contract.base import Shape
from contract.endpoint_records import EndpointRecord
from contract.runs import Run, RunsQuery
from contract.workflows import WorkflowRecord
from functions.shared.aws import THROTTLING, code_of, unavailable
from functions.shared.errors import DependencyUnavailable, MalformedRecord, StalePromotion
from functions.shared.items import Item, from_item, to_attribute, to_item
from functions.shared.observability import logger
from functions.shared.ports import Clock, History, Lease, Recorded, RunPosition
from functions.shared.revisions import is_revision, joined

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

_TRANSACTION_RUNS = 99
"""A transaction takes 100 actions (API reference, TransactWriteItems); one of them counts."""
_CONTENTION_ATTEMPTS = 8
_MAX_NAMES = 1000
_RUNS_SEARCHED = 1000
_PAGES_SEARCHED = 5
"""At most 5,000 runs, or 5 MB, are searched in one request."""
_FIRST, _LAST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2101, 1, 1, tzinfo=UTC)
"""No time that a run may have lies outside (`contract.base.UtcTime`)."""


@dataclass(frozen=True)
class _Write:
    """A run to be written, in place of what is recorded of it if anything is."""

    run: Run
    recorded: Run | None = None

    @property
    def is_accepted(self) -> bool:
        """Whether it adds a run or a bill; an estimate that joins a bill is only noted."""
        return self.recorded is None or is_revision(self.recorded, self.run)


class RunsTable:
    """Table `workflow_runs`."""

    def __init__(self, client: "DynamoDBClient", table: str, workflows_table: str, clock: Clock) -> None:
        self._client = client
        self._table = table
        self._workflows_table = workflows_table
        self._clock = clock

    def record(self, workflow_name: str, runs: Sequence[Run]) -> Recorded:
        """Record runs of one workflow; each transaction counts exactly the runs and bills that it adds."""
        recorded = Recorded()
        for chunk in batched(runs, _TRANSACTION_RUNS, strict=False):
            recorded |= self._record(workflow_name, chunk)
        return recorded

    def _record(self, workflow_name: str, runs: Sequence[Run]) -> Recorded:
        """Write runs as new; those that are there already stop the transaction, and are joined with what is there."""
        pending = {run.run_id: _Write(run) for run in runs}
        recorded = Recorded()
        attempts = 0
        while pending:
            try:
                self._write(workflow_name, list(pending.values()))
            except ClientError as error:
                present = self._present(error, list(pending))
                for run_id, item in present.items():
                    write = _over(item, pending.pop(run_id).run)
                    if write is None:
                        recorded |= Recorded(conflicts=frozenset({run_id}))
                    elif write.run is write.recorded:
                        recorded |= Recorded(unchanged=frozenset({run_id}))
                    else:
                        pending[run_id] = write
                if not present:
                    attempts += 1
                    self._wait_for_turn(attempts)
            else:
                accepted = frozenset(run_id for run_id, write in pending.items() if write.is_accepted)
                return recorded | Recorded(accepted=accepted, unchanged=frozenset(pending) - accepted)
        return recorded

    def _write(self, workflow_name: str, writes: list[_Write]) -> None:
        new = [write.run for write in writes if write.recorded is None]
        revised = [write.run for write in writes if write.recorded is not None and write.is_accepted]
        count: Any = {
            "Update": {
                "TableName": self._workflows_table,
                "Key": {"workflow_name": {"S": workflow_name}},
                "UpdateExpression": "SET latest_recorded_at = :now "
                "ADD runs :runs, succeeded_runs :succeeded, revisions :revisions",
                "ExpressionAttributeValues": {
                    ":now": {"S": self._clock.now().isoformat()},
                    ":runs": {"N": str(len(new))},
                    ":succeeded": {"N": str(sum(run.status == "SUCCEEDED" for run in new))},
                    ":revisions": {"N": str(sum(run.status == "SUCCEEDED" for run in revised))},
                },
            }
        }
        puts: list[Any] = [{"Put": {"TableName": self._table, **_put(write)}} for write in writes]
        with unavailable("runs table"):
            self._client.transact_write_items(TransactItems=[*puts, count])

    def _present(self, error: ClientError, run_ids: list[str]) -> dict[str, Item]:
        """Return the stored items that stopped a transaction; none if it was only contention."""
        if code_of(error) == "TransactionInProgressException":
            return {}
        if code_of(error) != "TransactionCanceledException":
            raise error
        reasons: Any = error.response.get("CancellationReasons", [])
        codes = {reason.get("Code", "None") for reason in reasons}
        unexpected = codes - {"None", "ConditionalCheckFailed", "TransactionConflict"} - THROTTLING
        if unexpected:
            raise error
        return {
            run_id: reason["Item"]
            for run_id, reason in zip(run_ids, reasons, strict=False)
            if reason.get("Code") == "ConditionalCheckFailed"
        }

    def _wait_for_turn(self, attempts: int) -> None:
        if attempts >= _CONTENTION_ATTEMPTS:
            raise DependencyUnavailable("runs table: contention")
        longest = min(0.05 * 2**attempts, 1.0)
        self._clock.pause(random.uniform(0, longest))  # noqa: S311 - jitter, not a secret

    def succeeded(self, workflow_name: str) -> History:
        """Read every SUCCEEDED run, ordered by run_id."""
        unreadable: list[str] = []
        return History(self._rows(workflow_name, unreadable), unreadable)

    def _rows(self, workflow_name: str, unreadable: list[str]) -> Iterator[Run]:
        request: dict[str, Any] = {
            "TableName": self._table,
            "KeyConditionExpression": "workflow_name = :name",
            "FilterExpression": "#status = :succeeded",
            "ExpressionAttributeNames": {"#status": "status"},
            "ExpressionAttributeValues": {":name": {"S": workflow_name}, ":succeeded": {"S": "SUCCEEDED"}},
            "ConsistentRead": True,
        }
        for item in self._pages(request):
            try:
                yield from_item(item, Run)
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

    def recent(self, workflow_name: str, limit: int) -> list[Run]:
        """Return the runs that completed last, latest first."""
        with unavailable("runs table"):
            page = self._client.query(
                TableName=self._table,
                IndexName="by_completion",
                KeyConditionExpression="workflow_name = :name",
                ExpressionAttributeValues={":name": {"S": workflow_name}},
                ScanIndexForward=False,
                Limit=limit,
            )
        return _readable(page["Items"], Run)

    def page(
        self, workflow_name: str, query: RunsQuery, after: RunPosition | None
    ) -> tuple[list[Run], RunPosition | None]:
        """Return runs that a query asks for, latest first, and where to go on."""
        request = _question(self._table, workflow_name, query)
        start: dict[str, Any] = {"ExclusiveStartKey": _index_key(workflow_name, after)} if after else {}
        items: list[Item] = []
        for _ in range(_PAGES_SEARCHED):
            with unavailable("runs table"):
                page = self._client.query(**request, **start)
            items += page["Items"]
            if len(items) > query.limit:
                return _readable(items[: query.limit], Run), _position(items[query.limit - 1])
            if "LastEvaluatedKey" not in page:
                return _readable(items, Run), None
            start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}
        return _readable(items, Run), _position(start["ExclusiveStartKey"])


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
    for number, tag in enumerate(query.tag):
        names[f"#tag{number}"], _, values[f":tag{number}"] = tag.partition(":")
        filters.append(f"tags.#tag{number} = :tag{number}")
    filtered = {"FilterExpression": " AND ".join(filters), "ExpressionAttributeNames": names} if filters else {}
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


def _over(item: Item, run: Run) -> _Write | None:
    """Return how a run is written over a stored item; None if they contradict each other."""
    try:
        recorded = from_item(item, Run)
    except MalformedRecord:
        return None
    both = joined(recorded, run)
    return _Write(both, recorded) if both else None


def _put(write: _Write) -> dict[str, Any]:
    """Return the members of a Put that fails, and tells what is there, if that is not what it replaces."""
    put: dict[str, Any] = {"Item": to_item(write.run), "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
    if write.recorded is None:
        return {**put, "ConditionExpression": "attribute_not_exists(run_id)"}
    # All else is equal, and a run that holds both a bill and an estimate is never written over.
    as_recorded = "cost_source = :source AND cost_usd = :cost AND attribute_not_exists(estimated_cost_usd)"
    return {
        **put,
        "ConditionExpression": as_recorded,
        "ExpressionAttributeValues": {
            ":source": to_attribute(write.recorded.cost_source),
            ":cost": to_attribute(write.recorded.cost_usd),
        },
    }


def _readable[S: Shape](items: Sequence[Item], shape: type[S]) -> list[S]:
    """Read items, leaving out (and logging) those that are not of the shape."""
    found = []
    for item in items:
        try:
            found.append(from_item(item, shape))
        except MalformedRecord as error:
            logger.warning("unreadable item", extra={"key": item.get("workflow_name"), "problem": str(error)})
    return found


def _scan(client: "DynamoDBClient", table: str) -> list[Item]:
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
        return _readable(_scan(self._client, self._table), WorkflowRecord)

    def names(self) -> list[str]:
        """Return names of workflows for suggestions: all, or the first of very many."""
        with unavailable("workflows table"):
            page = self._client.scan(TableName=self._table, ProjectionExpression="workflow_name", Limit=_MAX_NAMES)
        return [item["workflow_name"]["S"] for item in page["Items"]]

    def claim(self, workflow_name: str, lease: Lease, replaces: Lease | None = None) -> Lease | None:
        """Take the lease by one conditional write; return None, or the lease that stands in the way."""
        values = {":owner": to_attribute(lease.owner), ":expiry": to_attribute(_text(lease))}
        free = "attribute_not_exists(lease_owner) OR lease_owner = :owner"
        if replaces is not None:
            free += " OR (lease_owner = :replaced AND lease_expires_at = :replaced_expiry)"
            values |= {":replaced": to_attribute(replaces.owner), ":replaced_expiry": to_attribute(_text(replaces))}
        try:
            with unavailable("workflows table"):
                self._client.update_item(
                    TableName=self._table,
                    Key={"workflow_name": {"S": workflow_name}},
                    UpdateExpression="SET lease_owner = :owner, lease_expires_at = :expiry",
                    ConditionExpression=f"attribute_exists(workflow_name) AND ({free})",
                    ExpressionAttributeValues=values,
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
        except self._client.exceptions.ConditionalCheckFailedException as error:
            item: Any = error.response.get("Item")
            if not item:
                raise LookupError(workflow_name) from error
            record = from_item(item, WorkflowRecord)
            return Lease(record.lease_owner or "", record.lease_expires_at)
        return None


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
        records = _readable(_scan(self._client, self._table), EndpointRecord)
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
