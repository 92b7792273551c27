"""S3 objects that are on disk before their upload is answered.

ministack writes each object to disk and answers 200 also where that failed: after a restart it would be gone.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from ministack.services import s3

from cloud.ministack_adapter.patching import wrap


class NotKeptError(OSError):
    """The disk did not take an object. It is answered with 500, which clients try again."""


def install() -> None:
    """Make the change."""
    wrap(s3, "_persist_object", _or_refuse)


def _or_refuse(persist: Callable[[str, str, Any], None]) -> Callable[[str, str, Any], None]:
    def persist_object(bucket: str, key: str, obj: Any) -> None:  # noqa: ANN401 - ministack's own record
        persist(bucket, key, obj)
        path = s3._object_disk_path(bucket, key)
        if path is not None and isinstance(obj, dict) and (obj.get("body") is not None or not Path(path).exists()):
            raise NotKeptError(f"The object {key} could not be written to disk")

    return persist_object
