"""The runs, in DynamoDB."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from contract.runs import BESIDES, RecordedRun, Run, RunsQuery
from functions.shared.adapters.aws import unavailable
from functions.shared.adapters.items import Item, from_item, to_item
from functions.shared.adapters.tables import readable
from functions.shared.errors import MalformedRecord
from functions.shared.ports import History, RunPosition

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

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
