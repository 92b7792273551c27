"""The trail of what people changed of runs, in DynamoDB: one item for each change, so that none grows."""

from typing import TYPE_CHECKING, Any

from contract.corrections import RunChange
from contract.names import run_key
from functions.shared.adapters.aws import unavailable
from functions.shared.adapters.items import from_item, to_item

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient


class ChangesTable:
    """Table `run_changes`."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def of(self, workflow_name: str, run_id: str) -> list[RunChange]:
        """Return the changes of a run, in order."""
        request: dict[str, Any] = {
            "TableName": self._table,
            "KeyConditionExpression": "run_key = :key",
            "ExpressionAttributeValues": {":key": {"S": run_key(workflow_name, run_id)}},
            "ConsistentRead": True,
        }
        changes: list[RunChange] = []
        while True:
            with unavailable("changes table"):
                page = self._client.query(**request)
            for item in page["Items"]:
                del item["run_key"]
                changes.append(from_item(item, RunChange))
            if "LastEvaluatedKey" not in page:
                return changes
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def addition(self, change: RunChange) -> dict[str, Any]:
        """Return the action of a transaction that adds a change, which nothing ever replaces."""
        key = {"run_key": {"S": run_key(change.workflow_name, change.run_id)}}
        return {
            "Put": {
                "TableName": self._table,
                "Item": {**to_item(change), **key},
                "ConditionExpression": "attribute_not_exists(run_key)",
                "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            }
        }
