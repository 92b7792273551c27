"""What all kinds of resources share: actions, ARNs, times, tags and lists."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from cloud.sagemaker.errors import validation_exception
from cloud.sagemaker.store import Document, Store

Action = Callable[[dict[str, Any]], dict[str, Any]]

DEFAULT_PAGE = 10  # What the List actions return without MaxResults.


@dataclass(frozen=True)
class Account:
    """Whose resources these are."""

    id: str = "000000000000"
    region: str = "us-east-1"

    def arn(self, resource: str, name: str) -> str:
        """The ARN of a SageMaker resource."""
        return f"arn:aws:sagemaker:{self.region}:{self.id}:{resource}/{name}"


def now() -> float:
    """Seconds since 1970, to the millisecond, which is how the JSON protocol carries a timestamp."""
    return round(time.time(), 3)


def page(
    documents: Iterable[Document], request: dict[str, Any], *, name: str, status: str = "", newest_first: bool = False
) -> tuple[list[Document], str | None]:
    """One page of a List action and the token of the next.

    `name` and `status` are the members that NameContains, StatusEquals and SortBy work on; `newest_first` is
    the action's default order.
    """
    kept = [document for document in documents if _matches(document, request, name, status)]
    key = {"Name": name, "Status": status}.get(request.get("SortBy", "CreationTime"), "CreationTime")
    descending = request.get("SortOrder", "Descending" if newest_first else "Ascending") == "Descending"
    kept.sort(key=lambda document: (document.get(key, ""), document.get(name, "")), reverse=descending)
    token = request.get("NextToken", "0")
    if not token.isdecimal():
        raise validation_exception("Invalid pagination token.")
    start = int(token)
    end = start + request.get("MaxResults", DEFAULT_PAGE)
    return kept[start:end], str(end) if end < len(kept) else None


def _matches(document: Document, request: dict[str, Any], name: str, status: str) -> bool:
    created: float = document["CreationTime"]
    modified: float = document.get("LastModifiedTime", created)
    return (
        request.get("NameContains", "").lower() in str(document.get(name, "")).lower()
        and request.get("StatusEquals") in {None, document.get(status)}
        and request.get("CreationTimeAfter", created) <= created <= request.get("CreationTimeBefore", created)
        and request.get("LastModifiedTimeAfter", modified)
        <= modified
        <= request.get("LastModifiedTimeBefore", modified)
    )


class Tags:
    """AddTags, ListTags and DeleteTags, and the tags given when a resource is created."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.actions: dict[str, Action] = {"AddTags": self.add, "ListTags": self.list, "DeleteTags": self.remove}

    def create(self, arn: str, request: dict[str, Any]) -> None:
        """Keep the tags of a creation request; a new resource never inherits those of a deleted one."""
        self._write(arn, request.get("Tags", []))

    def forget(self, arn: str) -> None:
        """Drop the tags of a deleted resource."""
        self._store.delete("tags", arn)

    def add(self, request: dict[str, Any]) -> dict[str, Any]:
        """AddTags: a key that is there gets the new value."""
        tags = self._read(request["ResourceArn"]) | {tag["Key"]: tag["Value"] for tag in request["Tags"]}
        self._write(request["ResourceArn"], _as_list(tags))
        return {"Tags": _as_list(tags)}

    def list(self, request: dict[str, Any]) -> dict[str, Any]:
        """ListTags, always on one page: there are at most 50."""
        return {"Tags": _as_list(self._read(request["ResourceArn"]))}

    def remove(self, request: dict[str, Any]) -> dict[str, Any]:
        """DeleteTags: keys that are not there are ignored."""
        tags = self._read(request["ResourceArn"])
        self._write(request["ResourceArn"], _as_list({k: v for k, v in tags.items() if k not in request["TagKeys"]}))
        return {}

    def _read(self, arn: str) -> dict[str, str]:
        document = self._store.get("tags", arn) or {}
        return {tag["Key"]: tag["Value"] for tag in document.get("Tags", [])}

    def _write(self, arn: str, tags: Iterable[dict[str, str]]) -> None:
        self._store.put("tags", arn, {"Tags": _as_list({tag["Key"]: tag["Value"] for tag in tags})})


def _as_list(tags: dict[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]
