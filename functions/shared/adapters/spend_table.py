"""What was spent, in DynamoDB."""

from collections.abc import Mapping
from itertools import batched
from typing import TYPE_CHECKING, Any

from contract.budgets import SpendRecord
from contract.names import spend_line
from contract.workflows import WorkflowRecord
from functions.shared.adapters.aws import unavailable
from functions.shared.adapters.items import Item, to_attribute
from functions.shared.adapters.tables import readable
from functions.shared.spend import Amount, Line

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

_TRANSACTION_LINES = 99
"""A transaction takes 100 actions (API reference, TransactWriteItems); one of them is on the workflow."""


def spend_key(line: Line) -> Item:
    """Return the key of a line."""
    return {"month": {"S": line.month}, "line": {"S": spend_line(line.team, line.workflow_name)}}


def spend_addition(table: str, line: Line, amount: Amount) -> dict[str, Any]:
    """Return the action of a transaction that adds to a line. DynamoDB adds decimal numbers exactly."""
    return _update(table, line, amount, "SET team = :team, workflow_name = :workflow ADD spent_usd :usd, runs :runs")


def spend_replacement(table: str, line: Line, amount: Amount) -> dict[str, Any]:
    """Return the action of a transaction that sets a line to an amount, whatever it says now."""
    setting = "SET team = :team, workflow_name = :workflow, spent_usd = :usd, runs = :runs"
    return _update(table, line, amount, setting)


def _update(table: str, line: Line, amount: Amount, expression: str) -> dict[str, Any]:
    return {
        "Update": {
            "TableName": table,
            "Key": spend_key(line),
            "UpdateExpression": expression,
            "ExpressionAttributeValues": {
                ":team": to_attribute(line.team),
                ":workflow": {"S": line.workflow_name},
                ":usd": {"N": f"{amount.usd:f}"},
                ":runs": {"N": str(amount.runs)},
            },
        }
    }


class SpendTable:
    """Table `spend`."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def of_month(self, month: str) -> list[SpendRecord]:
        """Return every line of a month."""
        items: list[Item] = []
        start: dict[str, Any] = {}
        while True:
            with unavailable("spend table"):
                page = self._client.query(
                    TableName=self._table,
                    KeyConditionExpression="#month = :month",
                    ExpressionAttributeNames={"#month": "month"},
                    ExpressionAttributeValues={":month": {"S": month}},
                    **start,
                )
            items += page["Items"]
            if "LastEvaluatedKey" not in page:
                return readable(items, SpendRecord)
            start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}


class LedgerTable:
    """Table `spend`, to be written anew from the runs."""

    def __init__(self, client: "DynamoDBClient", table: str, workflows_table: str) -> None:
        self._client = client
        self._table = table
        self._workflows_table = workflows_table

    def replace(self, record: WorkflowRecord, lines: Mapping[Line, Amount]) -> bool:
        """Set the lines of a workflow, and that they hold all its runs; return False if any was recorded meanwhile.

        Lines beyond one transaction are written in several, each on the same condition: what was recorded between two
        of them is in the lines already, and the next attempt sets all of them again.
        """
        chunks = list(batched(lines.items(), _TRANSACTION_LINES, strict=False))
        for number, chunk in enumerate(chunks, start=1):
            unchanged = self._unchanged(record, is_last=number == len(chunks))
            replacements: list[Any] = [spend_replacement(self._table, line, amount) for line, amount in chunk]
            try:
                with unavailable("spend table"):
                    self._client.transact_write_items(TransactItems=[unchanged, *replacements])
            except (
                self._client.exceptions.TransactionCanceledException,
                self._client.exceptions.TransactionInProgressException,
            ):
                return False
        return True

    def _unchanged(self, record: WorkflowRecord, *, is_last: bool) -> Any:  # noqa: ANN401 - one of two actions
        """Return the action that fails if anything has been recorded since; the last one says that all is there."""
        seen = record.latest_recorded_at
        values = {":runs": to_attribute(record.runs), ":at": to_attribute(seen.isoformat() if seen else None)}
        item = {
            "TableName": self._workflows_table,
            "Key": {"workflow_name": {"S": record.workflow_name}},
            "ConditionExpression": "runs = :runs AND latest_recorded_at = :at",
            "ExpressionAttributeValues": values,
        }
        if is_last:
            return {"Update": {**item, "UpdateExpression": "SET spend_runs = :runs"}}
        return {"ConditionCheck": item}
