"""Names of workflows that nobody recorded before: each caller may bring so many a day."""

import random
from collections.abc import Sequence
from datetime import timedelta
from itertools import batched
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from contract.names import caller_name
from functions.shared.adapters.aws import THROTTLING, code_of, unavailable
from functions.shared.errors import DependencyUnavailable
from functions.shared.ports import Clock

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

_NAMES = 99
"""A transaction takes 100 actions (API reference, TransactWriteItems): names, and the one that counts them. A batch of
reads takes 100 keys (BatchGetItem)."""
_ATTEMPTS = 8
_KEPT = timedelta(days=7)
"""How long a day's count can be looked at."""


class NewcomersTable:
    """Table `callers`: how many names each brought on a day. A name counts as its record in `workflows` is made."""

    def __init__(self, client: "DynamoDBClient", table: str, *, workflows_table: str, limit: int, clock: Clock) -> None:
        self._client = client
        self._table = table
        self._workflows_table = workflows_table
        self._clock = clock
        self.limit = limit

    def refused(self, workflow_names: Sequence[str], caller_id: str) -> frozenset[str]:
        """Let in those that are new, in order, up to the limit; return those that are beyond it."""
        beyond: list[str] = []
        for names in batched(workflow_names, _NAMES, strict=False):
            unknown = self._unknown(names)
            beyond += self._let_in(unknown, caller_name(caller_id)) if unknown else []
        return frozenset(beyond)

    def _unknown(self, names: Sequence[str]) -> list[str]:
        """Return which names may be new; a key that DynamoDB leaves for later is found out by the transaction."""
        keys = [{"workflow_name": {"S": name}} for name in names]
        wanted: Any = {"Keys": keys, "ProjectionExpression": "workflow_name", "ConsistentRead": True}
        with unavailable("workflows table"):
            found = self._client.batch_get_item(RequestItems={self._workflows_table: wanted})["Responses"]
        known = {item["workflow_name"]["S"] for item in found.get(self._workflows_table, [])}
        return [name for name in names if name not in known]

    def _let_in(self, names: list[str], caller: str) -> list[str]:
        """Make a record of each name and count them, in one transaction; return the names that the limit leaves out."""
        beyond: list[str] = []
        attempts, failed = 0, "ConditionalCheckFailed"
        while names:
            try:
                self._write(names, caller)
            except ClientError as error:
                *taken, full = _reasons(error)
                if failed in taken:  # somebody else has just recorded a run of that name
                    names = [name for name, reason in zip(names, taken, strict=True) if reason != failed]
                elif full == failed:
                    room = max(self.limit - self._count(caller), 0)
                    beyond, names = names[room:] + beyond, names[:room]
                attempts += 1
                if attempts >= _ATTEMPTS:
                    raise DependencyUnavailable("callers table: contention") from error
                self._clock.pause(random.uniform(0, 0.02 * 2**attempts))  # noqa: S311 - jitter, not a secret
            else:
                return beyond
        return beyond

    def _write(self, names: Sequence[str], caller: str) -> None:
        made: list[Any] = [
            {
                "Update": {
                    "TableName": self._workflows_table,
                    "Key": {"workflow_name": {"S": name}},
                    "UpdateExpression": "SET recorded_by = :caller",
                    "ConditionExpression": "attribute_not_exists(workflow_name)",
                    "ExpressionAttributeValues": {":caller": {"S": caller}},
                }
            }
            for name in names
        ]
        expires = int((self._clock.now() + _KEPT).timestamp())
        count: Any = {
            "Update": {
                "TableName": self._table,
                "Key": self._key(caller),
                "UpdateExpression": "SET expires_at = :expires ADD workflows :new",
                "ConditionExpression": "attribute_not_exists(workflows) OR workflows <= :most",
                "ExpressionAttributeValues": {
                    ":expires": {"N": str(expires)},
                    ":new": {"N": str(len(names))},
                    ":most": {"N": str(self.limit - len(names))},
                },
            }
        }
        if len(names) > self.limit:  # also of a day that nobody has counted yet
            count["Update"]["ConditionExpression"] = "workflows <= :most"
        with unavailable("callers table"):
            self._client.transact_write_items(TransactItems=[*made, count])

    def _count(self, caller: str) -> int:
        with unavailable("callers table"):
            answer = self._client.get_item(TableName=self._table, Key=self._key(caller), ConsistentRead=True)
        return int(answer.get("Item", {}).get("workflows", {"N": "0"})["N"])

    def _key(self, caller: str) -> dict[str, Any]:
        return {"caller": {"S": caller}, "day": {"S": f"{self._clock.now():%Y-%m-%d}"}}


def _reasons(error: ClientError) -> list[str]:
    """Return why each action of a transaction was refused; what may pass counts as no reason."""
    if code_of(error) == "TransactionInProgressException":
        return ["None"]
    if code_of(error) != "TransactionCanceledException":
        raise error
    reasons: Any = error.response.get("CancellationReasons", [])
    codes = [reason.get("Code", "None") for reason in reasons]
    if set(codes) - {"None", "ConditionalCheckFailed", "TransactionConflict"} - THROTTLING:
        raise error
    return codes
