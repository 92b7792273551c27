"""DynamoDB writes that survive `kill -9` and a full disk: each is synced to disk before it is done and answered.

ministack writes its tables to disk when it is asked to stop, and only then. Here every write is appended to a journal,
as the request that makes it, then done, and done again after a crash. A write that cannot be noted is refused and not
done, so that no answer ever speaks of what is not on disk. A snapshot names the journal that starts after it, so that
no write is done twice.
"""

import contextlib
import json
import logging
import os
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from ministack import app
from ministack.core import persistence, responses
from ministack.services import dynamodb

from cloud.ministack_adapter.journal_files import journals
from cloud.ministack_adapter.patching import Untyped, existing, wrap

# The functions behind the actions that change something which must last.
_WRITES = (
    "_create_table", "_delete_table", "_update_table", "_put_item", "_update_item", "_delete_item",
    "_batch_write_item", "_transact_write_items", "_update_ttl", "_update_continuous_backups", "_tag_resource",
    "_untag_resource", "_put_resource_policy", "_delete_resource_policy", "_execute_statement",
    "_batch_execute_statement", "_execute_transaction", "_update_contributor_insights",
)  # fmt: skip
_NUMBER_KEY = "runquote_journal"
"""In snapshots, so it stays as earlier versions wrote it."""
_logger = logging.getLogger(__name__)


class Journal:
    """The files `<number>.jsonl` of a directory, one line per write."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._directory = directory
        self._lock = threading.RLock()
        self._depth = 0
        self._file: int | None = None
        self._end = 0
        self._number = 0

    def install(self) -> None:
        """Journal every write. The lock also makes conditional writes from several threads atomic."""
        for name in _WRITES:
            wrap(dynamodb, name, partial(self.journaled, name))
        wrap(dynamodb, "get_state", self.numbered)
        wrap(dynamodb, "load_persisted_state", self.reading_number)
        wrap(app, "_load_persisted_state", self._with_replay)

    def _with_replay(self, load: Callable[[], None]) -> Callable[[], None]:
        def load_persisted_state() -> None:
            load()
            if self.replay():
                existing(persistence, "save_state")("dynamodb", dynamodb.get_state())

        return load_persisted_state

    def replay(self) -> int:
        """Do again what the journals after the last snapshot hold; how many writes that was.

        The last one may have been refused and not yet taken back: it is then refused again.
        """
        count = 0
        with self._lock:
            for number, path in journals(self._directory):
                if number < self._number:
                    path.unlink()
                    continue
                for line in path.read_bytes().splitlines():
                    _do_again(json.loads(line))
                    count += 1
                self._number = number + 1
        return count

    def journaled(self, name: str, write: Callable[[dict[str, Any]], Untyped]) -> Callable[[dict[str, Any]], Untyped]:
        """A line in the journal and then `write`, both before anybody else writes; what is refused leaves no line."""

        def journaled(data: dict[str, Any]) -> Untyped:
            with self._lock:
                if self._depth:
                    return write(data)
                line = _line(name, data)
                try:
                    before = self._append(line)
                except OSError as error:
                    self._take_back(self._end)
                    return not_kept(error)
                self._depth += 1
                accepted = False
                try:
                    answer = write(data)
                    accepted = answer[0] < 300
                finally:
                    self._depth -= 1
                    if not accepted:
                        self._take_back(before)
                return answer

        return journaled

    def _append(self, line: bytes) -> int:
        """Add a line on disk; return where it begins. Raises OSError, after which nothing of it counts."""
        if self._file is None:
            path = self._directory / f"{self._number}.jsonl"
            self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            self._end = os.fstat(self._file).st_size
            _sync_directory(self._directory)
        begins = self._end
        if os.fstat(self._file).st_size != begins:
            os.ftruncate(self._file, begins)
        written = 0
        while written < len(line):
            written += os.write(self._file, line[written:])
        os.fdatasync(self._file)
        self._end += len(line)
        return begins

    def _take_back(self, end: int) -> None:
        """Leave out what was refused. Where the file cannot be cut now, the next write cuts it."""
        self._end = end
        if self._file is not None:
            with contextlib.suppress(OSError):
                os.ftruncate(self._file, end)

    def numbered(self, get_state: Callable[[], dict[str, Any]]) -> Callable[[], dict[str, Any]]:
        """Snapshots begin a new journal."""

        def numbered_state() -> dict[str, Any]:
            with self._lock:
                state = get_state()
                if self._file is not None:
                    self.close()
                    self._number += 1
                return state | {_NUMBER_KEY: self._number}

        return numbered_state

    def reading_number(self, load: Callable[[dict[str, Any]], None]) -> Callable[[dict[str, Any]], None]:
        """`load`, and from then on the journal after that snapshot."""

        def load_persisted_state(data: dict[str, Any]) -> None:
            load(data)
            self._number = data.get(_NUMBER_KEY, 0)

        return load_persisted_state

    def close(self) -> None:
        """Close the file; another write opens it again."""
        with self._lock:
            if self._file is not None:
                self._take_back(self._end)
                os.close(self._file)
                self._file = None


def _do_again(entry: dict[str, Any]) -> None:
    responses._request_account_id.set(entry["account"])
    responses._request_region.set(entry["region"])
    try:
        existing(dynamodb, entry["write"]).__unchanged_original__(entry["data"])
    except Exception:  # As it did then: what raises is answered with an error, and changes nothing.
        _logger.exception("A write of the journal raised: %s", entry["write"])


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def not_kept(error: OSError) -> Untyped:
    """What DynamoDB answers when it is at fault: clients try again, and then give up with an error."""
    message = f"The local cloud could not write to its disk: {error.strerror}"
    return responses.error_response_json("InternalServerError", message, 500)


def _line(write: str, data: dict[str, Any]) -> bytes:
    entry = {"write": write, "account": responses.get_account_id(), "region": responses.get_region(), "data": data}
    return json.dumps(entry, separators=(",", ":")).encode() + b"\n"
