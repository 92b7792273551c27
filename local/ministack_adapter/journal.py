"""DynamoDB writes that survive `kill -9`: each is on disk before it is answered.

ministack writes its tables to disk when it is asked to stop, and only then. Here every successful write is appended
to a journal, as the request that made it, and replayed after a crash. A snapshot names the journal that starts
after it, so that no write is replayed twice.
"""

import json
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import IO, Any

from ministack import app
from ministack.core import persistence, responses
from ministack.services import dynamodb

from local.ministack_adapter.patching import Untyped, existing, wrap

# The functions behind the actions that change something which must last.
_WRITES = (
    "_create_table", "_delete_table", "_update_table", "_put_item", "_update_item", "_delete_item",
    "_batch_write_item", "_transact_write_items", "_update_ttl", "_update_continuous_backups", "_tag_resource",
    "_untag_resource", "_put_resource_policy", "_delete_resource_policy", "_execute_statement",
    "_batch_execute_statement", "_execute_transaction", "_update_contributor_insights",
)  # fmt: skip
_NUMBER_KEY = "runquote_journal"


class Journal:
    """The files `<number>.jsonl` of a directory, one line per write."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._directory = directory
        self._lock = threading.RLock()
        self._depth = 0
        self._file: IO[str] | None = None
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
        """Do again what the journals after the last snapshot hold; how many writes that was."""
        count = 0
        with self._lock:
            for number, path in self._files():
                if number < self._number:
                    path.unlink()
                    continue
                for line in path.read_text().splitlines(keepends=True):
                    if line.endswith("\n"):  # A write that was cut off by the crash was never answered.
                        self._replay_line(json.loads(line))
                        count += 1
                self._number = number + 1
        return count

    def _replay_line(self, entry: dict[str, Any]) -> None:
        responses._request_account_id.set(entry["account"])
        responses._request_region.set(entry["region"])
        existing(dynamodb, entry["write"]).__runquote_original__(entry["data"])

    def journaled(self, name: str, write: Callable[[dict[str, Any]], Untyped]) -> Callable[[dict[str, Any]], Untyped]:
        """`write` followed by a line in the journal when it succeeded, both before anybody else writes."""

        def journaled(data: dict[str, Any]) -> Untyped:
            with self._lock:
                line = _line(name, data) if not self._depth else ""  # Before the call, which may change `data`.
                self._depth += 1
                try:
                    answer = write(data)
                finally:
                    self._depth -= 1
                if line and answer[0] < 300:
                    self._append(line)
                return answer

        return journaled

    def _append(self, line: str) -> None:
        if self._file is None:
            self._file = (self._directory / f"{self._number}.jsonl").open("a")
        self._file.write(line)
        self._file.flush()  # To the operating system, which outlives this process.

    def numbered(self, get_state: Callable[[], dict[str, Any]]) -> Callable[[], dict[str, Any]]:
        """Snapshots begin a new journal."""

        def numbered_state() -> dict[str, Any]:
            with self._lock:
                state = get_state()
                if self._file is not None:
                    self._file.close()
                    self._file = None
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
                self._file.close()
                self._file = None

    def _files(self) -> list[tuple[int, Path]]:
        return sorted((int(path.stem), path) for path in self._directory.glob("*.jsonl"))


def _line(write: str, data: dict[str, Any]) -> str:
    entry = {"write": write, "account": responses.get_account_id(), "region": responses.get_region(), "data": data}
    return json.dumps(entry, separators=(",", ":")) + "\n"
