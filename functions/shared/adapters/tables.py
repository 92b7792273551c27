"""Reading of many items, which all tables share."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from contract.base import Shape
from functions.shared.adapters.aws import unavailable
from functions.shared.adapters.items import Item, from_item
from functions.shared.errors import MalformedRecord
from functions.shared.observability import logger

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient


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
