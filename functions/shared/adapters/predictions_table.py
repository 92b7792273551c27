"""Predictions that are kept, in DynamoDB.

An item holds question and answer as compressed JSON, and beside it what a list tells. A batch that is too large for an
item (400 KB: Developer Guide, "Service, account, and table quotas") goes on in others, which no index holds; they are
written first, so that what is found is whole.
"""

import zlib
from base64 import b64encode
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from contract.base import STORED
from contract.kept import KeptPrediction, PredictionsQuery, PredictionSummary
from functions.shared import kept as keeping
from functions.shared.adapters.aws import unavailable
from functions.shared.adapters.items import Item
from functions.shared.errors import MalformedRecord
from functions.shared.observability import logger
from functions.shared.ports import PredictionPosition, PredictionsFound

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

PART_BYTES = 300_000
"""Most compressed bytes in an item; with names and summary it stays well below 400 KB."""
_FAST = 1  # zlib's level: an answer waits for it
_MAX_BYTES = 64 * 1024 * 1024


class PredictionsWriter:
    """Writes table `predictions`."""

    def __init__(self, put: Callable[[Item], None], retention_days: int) -> None:
        self._put = put
        self._retention = timedelta(days=retention_days)

    def keep(self, kept: KeptPrediction) -> None:
        """Keep a prediction, once."""
        content = zlib.compress(kept.model_dump_json(exclude_defaults=True).encode(), _FAST)
        parts = [content[start : start + PART_BYTES] for start in range(0, len(content), PART_BYTES)]
        expires = {"expires_at": {"N": str(int((kept.asked_at + self._retention).timestamp()))}}
        for number, part in reversed(list(enumerate(parts))):
            described = _described(kept, len(parts)) if number == 0 else {}
            key = {"prediction_id": {"S": _part_id(kept.prediction_id, number)}}
            self._put({**key, **described, **expires, "content": {"B": b64encode(part).decode()}})


class PredictionsTable:
    """Reads table `predictions`."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def get(self, prediction_id: str) -> KeptPrediction | None:
        """Return a prediction, or None where none is kept under that id."""
        head = self._item(prediction_id)
        if head is None:
            return None
        content = [_bytes(head)]
        for number in range(1, int(head["parts"]["N"])):
            part = self._item(_part_id(prediction_id, number))
            if part is None:  # It expires at the same moment, and DynamoDB deletes one after the other.
                return None
            content.append(_bytes(part))
        try:
            text = zlib.decompressobj().decompress(b"".join(content), _MAX_BYTES)
            return KeptPrediction.model_validate_json(text, context=STORED)
        except (ValidationError, zlib.error) as error:
            raise MalformedRecord(f"KeptPrediction {prediction_id}: {type(error).__name__}") from error

    def _item(self, key: str) -> Item | None:
        with unavailable("predictions table"):
            answer = self._client.get_item(TableName=self._table, Key={"prediction_id": {"S": key}})
        return answer.get("Item")

    def page(self, query: PredictionsQuery, after: PredictionPosition | None) -> PredictionsFound:
        """Return predictions that a query with both its times asks for, latest first, and where to go on."""
        found: list[PredictionSummary] = []
        partitions = _partitions(query, after)
        for number, (index, value) in enumerate(partitions, start=1):
            items, last = self._query(index, value, query, query.limit - len(found), after)
            found += _readable(items)
            if last is None and items and len(found) >= query.limit and number < len(partitions):
                last = _position(items[-1])
            if last is not None:
                return PredictionsFound(found, last)
            after = None  # the next partition is read from its end
        return PredictionsFound(found, None)

    def _query(
        self, index: str, value: str, query: PredictionsQuery, limit: int, after: PredictionPosition | None
    ) -> tuple[list[Item], PredictionPosition | None]:
        start: dict[str, Any] = {}
        if after is not None:
            start["ExclusiveStartKey"] = {
                "prediction_id": {"S": after.prediction_id},
                index: {"S": value},
                "place": {"S": _place(after.asked_at, after.prediction_id)},
            }
        with unavailable("predictions table"):
            page = self._client.query(
                TableName=self._table,
                IndexName=f"by_{index}",
                KeyConditionExpression="#index = :value AND place BETWEEN :from AND :before",
                ExpressionAttributeNames={"#index": index},
                ExpressionAttributeValues={
                    ":value": {"S": value},
                    ":from": {"S": _moment(query.asked_from)},
                    # A place at that very moment goes on behind it, and so lies beyond.
                    ":before": {"S": _moment(query.asked_before)},
                },
                ScanIndexForward=False,
                Limit=limit,
                **start,
            )
        last: Any = page.get("LastEvaluatedKey")
        return page["Items"], _position(last) if last else None


def _described(kept: KeptPrediction, parts: int) -> Item:
    summary = keeping.summary(kept)
    found = {
        "place": _place(kept.asked_at, kept.prediction_id),
        "month": f"{kept.asked_at:%Y-%m}",
        "person": kept.asked_by.id,
        "summary": summary.model_dump_json(exclude_defaults=True),
        **({"team": kept.team} if kept.team else {}),
        **({"workflow_name": summary.workflow_name} if summary.workflow_name else {}),
    }
    return {**{name: {"S": text} for name, text in found.items()}, "parts": {"N": str(parts)}}


def _partitions(query: PredictionsQuery, after: PredictionPosition | None) -> list[tuple[str, str]]:
    """Return index and value of each part of an index that may hold what is asked for, latest first."""
    for index, value in (("workflow_name", query.workflow_name), ("team", query.team), ("person", query.person)):
        if value is not None:
            return [(index, value)]
    latest = after.asked_at if after else query.asked_before
    if latest is None or query.asked_from is None:
        raise ValueError("a listing of all predictions needs both times")
    months = []
    month = latest.replace(day=1)
    while f"{month:%Y-%m}" >= f"{query.asked_from:%Y-%m}":
        months.append(("month", f"{month:%Y-%m}"))
        month = (month - timedelta(days=1)).replace(day=1)
    return months


def _part_id(prediction_id: str, number: int) -> str:
    return f"{prediction_id}/{number}" if number else prediction_id


def _place(asked_at: datetime, prediction_id: str) -> str:
    """Return a text that sorts as the times do; ids tell apart what was asked for at the same moment."""
    return f"{_moment(asked_at)}#{prediction_id}"


def _moment(time: datetime | None) -> str:
    return f"{time.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}" if time else ""


def _position(item: Item) -> PredictionPosition:
    moment, _, prediction_id = item["place"]["S"].partition("#")
    asked_at = datetime.strptime(moment, "%Y-%m-%dT%H:%M:%S.%f").replace(tzinfo=UTC)
    return PredictionPosition(asked_at=asked_at, prediction_id=prediction_id)


def _bytes(item: Item) -> bytes:
    content: bytes = item["content"]["B"]
    return content


def _readable(items: Sequence[Item]) -> list[PredictionSummary]:
    found = []
    for item in items:
        try:
            found.append(PredictionSummary.model_validate_json(item["summary"]["S"], context=STORED))
        except ValidationError as error:
            key = item["prediction_id"]["S"]
            logger.warning("unreadable item", extra={"key": key, "problem": f"{error.error_count()} members"})
    return found
