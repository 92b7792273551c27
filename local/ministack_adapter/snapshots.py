"""Snapshots of ministack's services while it runs, so that `kill -9` loses half a second and not everything.

ministack writes its state to disk when it is asked to stop, and only then. DynamoDB has a journal of its own, and S3
keeps objects on disk as they are put.
"""

import json
import logging
import threading
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from ministack import app
from ministack.core import persistence
from ministack.services import cloudwatch, cloudwatch_logs, stepfunctions

from local.ministack_adapter.patching import Untyped, existing

PAUSE_SECONDS = 0.4
_MAX_SHARE_OF_TIME = 0.1
_JOURNALED = "dynamodb"
_RECORDS_SECONDS = 30
_logger = logging.getLogger(__name__)
_Handler = Callable[..., Awaitable[Any]]


class Snapshots:
    """Writes every service whose state differs from what is on disk, soon after requests came in."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._directory = directory
        self._asked = threading.Event()
        self._written: dict[str, str] = {}
        self._configured: dict[str, tuple[str, float]] = {}

    def install(self) -> None:
        """Notice the requests that can change something, and start writing."""
        handlers = existing(app, "SERVICE_HANDLERS")
        for name, handler in list(handlers.items()):
            handlers[name] = self._noticing(handler)
        threading.Thread(target=self._run, name="snapshots", daemon=True).start()

    def write(self) -> None:
        """Write what has changed."""
        for key, get_state in existing(app, "_build_persistence_save_dict")().items():
            if key != _JOURNALED and (key not in _RECORDS or self._is_due(key)):
                self._write_one(key, get_state)

    def _is_due(self, key: str) -> bool:
        """Logs and metrics grow with every request: written when what is configured changes, else now and then."""
        configured, now = _RECORDS[key](), time.monotonic()
        before, when = self._configured.get(key, ("", 0.0))
        if configured == before and now - when < _RECORDS_SECONDS:
            return False
        self._configured[key] = configured, now
        return True

    def _noticing(self, handler: _Handler) -> _Handler:
        async def noticed(
            method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]
        ) -> Untyped:
            answer = await handler(method, path, headers, body, query)
            if not _only_reads(method, headers):
                self._asked.set()
            return answer

        return noticed

    def _run(self) -> None:
        while True:
            self._asked.wait()
            self._asked.clear()
            time.sleep(PAUSE_SECONDS)
            started = time.monotonic()
            self.write()
            time.sleep((time.monotonic() - started) * (1 / _MAX_SHARE_OF_TIME - 1))
            if _executions_run():
                self._asked.set()  # They change without requests.

    def _write_one(self, key: str, get_state: Callable[[], dict[str, Any] | None]) -> None:
        try:
            state = get_state()
            if state is None:
                return
            wrapped = {"__ministack_format__": existing(persistence, "_state_format_version")(key), "payload": state}
            text = json.dumps(wrapped, default=existing(persistence, "_json_default"))
        except RuntimeError:  # A dictionary changed while it was copied.
            self._asked.set()
            return
        except (TypeError, ValueError):
            _logger.exception("The state of %s cannot be written", key)
            return
        if self._written.get(key) == text:
            return
        temporary = self._directory / f"{key}.json.snapshot"
        temporary.write_text(text)
        temporary.replace(self._directory / f"{key}.json")
        self._written[key] = text


def _log_groups() -> str:
    groups = list(existing(cloudwatch_logs, "_log_groups")._data.items())
    return repr([(name, {**group, "streams": None}) for name, group in groups])


def _alarms() -> str:
    return repr(list(existing(cloudwatch, "_alarms")._data.items()))


_RECORDS = {"cloudwatch_logs": _log_groups, "cloudwatch": _alarms}


def _only_reads(method: str, headers: dict[str, str]) -> bool:
    action = headers.get("x-amz-target", "").rpartition(".")[2]
    return method in {"GET", "HEAD"} or action.startswith(("Get", "List", "Describe", "Query", "Scan", "BatchGet"))


def _executions_run() -> bool:
    executions = list(existing(stepfunctions, "_executions")._data.values())
    return any(execution.get("status") == "RUNNING" for execution in executions)
