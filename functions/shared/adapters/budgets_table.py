"""The teams' budgets, in DynamoDB."""

from typing import TYPE_CHECKING

from contract.budgets import Budget
from functions.shared.adapters.aws import unavailable
from functions.shared.adapters.items import from_item, to_item
from functions.shared.adapters.tables import readable, scan

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient


class BudgetsTable:
    """Table `budgets`."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def all(self) -> list[Budget]:
        """Return every budget."""
        return readable(scan(self._client, self._table), Budget)

    def put(self, budget: Budget) -> None:
        """Write a budget in place of the one that the team has."""
        with unavailable("budgets table"):
            self._client.put_item(TableName=self._table, Item=to_item(budget))

    def delete(self, team: str) -> Budget | None:
        """Delete a team's budget; return it, or None when it has none."""
        with unavailable("budgets table"):
            answer = self._client.delete_item(TableName=self._table, Key={"team": {"S": team}}, ReturnValues="ALL_OLD")
        return from_item(answer["Attributes"], Budget) if answer.get("Attributes") else None
