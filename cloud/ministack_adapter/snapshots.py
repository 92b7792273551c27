"""Snapshots of ministack's services while it runs, so that `kill -9` loses half a second and not everything.

ministack writes its state to disk when it is asked to stop, and only then. DynamoDB has a journal of its own, S3 keeps
objects on disk as they are put, and an execution is on disk before its start is answered: one that was lost would end
without telling anybody.
"""

import json
import logging
import os
import threading
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from ministack import app
from ministack.core import persistence
from ministack.services import cloudwatch, cloudwatch_logs, lambda_svc, stepfunctions

from cloud.ministack_adapter.patching import Untyped, existing, wrap

PAUSE_SECONDS = 0.4
_MAX_SHARE_OF_TIME = 0.1
_JOURNALED = "dynamodb"
_EXECUTIONS = "stepfunctions"
_MESSAGES = "sqs"
_COSTLY_SECONDS = 30
_START_SECONDS = 10
_logger = logging.getLogger(__name__)
_Handler = Callable[..., Awaitable[Any]]
_GetState = Callable[[], dict[str, Any] | None]


class Snapshots:
    """Writes every service whose state differs from what is on disk, soon after requests came in."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._directory = directory
        self._asked = threading.Event()
        self._writing = threading.Lock()
        self._written: dict[str, int] = {}
        self._configured: dict[str, tuple[str, float]] = {}
        self._executions = Executions()
        self._executions_included = threading.Event()

    def install(self) -> None:
        """Notice the requests that can change something, and start writing."""
        handlers = existing(app, "SERVICE_HANDLERS")
        for name, handler in list(handlers.items()):
            handlers[name] = self._noticing(handler)
        wrap(app, "save_all", lambda _: lambda services: self._write(services))
        threading.Thread(target=self._run, name="snapshots", daemon=True).start()

    def _noticing(self, handler: _Handler) -> _Handler:
        async def noticed(
            method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]
        ) -> Untyped:
            answer = await handler(method, path, headers, body, query)
            if not _only_reads(method, headers):
                self._asked.set()
            if _takes_message(headers):  # One that was taken would come again after a crash.
                self._write({_MESSAGES: existing(app, "_build_persistence_save_dict")()[_MESSAGES]})
            return answer

        return noticed

    def include_executions(self) -> None:
        """Write executions from now on: those that a restart ended must not be on disk as ended before that is told."""
        self._executions_included.set()

    def keep_executions(self) -> None:
        """Write the executions now, and before them what they told. Raises OSError where that cannot be done.

        In this order a crash in between finds a message and an execution that runs: told twice rather than never.
        """
        self._executions_included.wait(_START_SECONDS)
        services = existing(app, "_build_persistence_save_dict")()
        for key in (_MESSAGES, _EXECUTIONS):
            while key in services and not self._written_now(key, services[key]):
                pass

    def _written_now(self, key: str, get_state: _GetState) -> bool:
        try:
            with self._writing:
                self._write_one(key, get_state)
        except RuntimeError:  # It changed while it was copied.
            return False
        return True

    def _run(self) -> None:
        while True:
            self._asked.wait()
            self._asked.clear()
            time.sleep(PAUSE_SECONDS)
            started = time.monotonic()
            services = existing(app, "_build_persistence_save_dict")()
            self._write({key: get_state for key, get_state in services.items() if self._is_due(key)})
            time.sleep((time.monotonic() - started) * (1 / _MAX_SHARE_OF_TIME - 1))
            if _executions_run():
                self._asked.set()  # They change without requests.

    def _is_due(self, key: str) -> bool:
        """Logs and metrics grow with every request, and functions are hashed with all their code.

        They are written when what is configured changes, and else now and then.
        """
        if key == _EXECUTIONS:
            return self._executions_included.is_set()
        if key not in _COSTLY:
            return key != _JOURNALED
        configured, now = _COSTLY[key](), time.monotonic()
        before, when = self._configured.get(key, ("", 0.0))
        if configured == before and now - when < _COSTLY_SECONDS:
            return False
        self._configured[key] = configured, now
        return True

    def _write(self, services: dict[str, _GetState]) -> None:
        """Write what differs from what is on disk."""
        with self._writing:
            for key, get_state in services.items():
                try:
                    self._write_one(key, get_state)
                except RuntimeError:  # A dictionary changed while it was copied.
                    self._asked.set()
                except OSError as error:  # A full disk: tried again with the next change, or now and then.
                    self._asked.set()
                    _logger.error("The state of %s cannot be written: %s", key, error)  # noqa: TRY400 - no fault of ours
                except (TypeError, ValueError):
                    _logger.exception("The state of %s cannot be written", key)

    def _write_one(self, key: str, get_state: _GetState) -> None:
        if key == _EXECUTIONS:
            payload = self._executions.state_machines_as_json()
        else:
            state = get_state()
            if state is None:
                return
            payload = _as_json(state)
        version = existing(persistence, "_state_format_version")(key)
        text = f'{{"__ministack_format__": {version}, "payload": {payload}}}'
        if self._written.get(key) == hash(text):
            return
        temporary = self._directory / f"{key}.json.snapshot"
        try:
            with temporary.open("w") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
        except OSError:
            temporary.unlink(missing_ok=True)
            raise
        temporary.replace(self._directory / f"{key}.json")
        self._written[key] = hash(text)


class Executions:
    """Step Functions' state as JSON, without converting executions again that have ended.

    Each execution carries its history with all inputs and outputs, some hundred kilobytes; converting all of them at
    every pass would hold up every request for longer and longer.
    """

    _OTHER_PARTS = (
        "state_machines", "tags", "activities", "state_machine_versions", "state_machine_aliases", "map_runs",
    )  # fmt: skip

    def __init__(self) -> None:
        self._ended: dict[tuple[str, str, str], str] = {}

    def state_machines_as_json(self) -> str:
        """What `stepfunctions.get_state` gives, as JSON."""
        others = _as_json({part: existing(stepfunctions, f"_{part}") for part in self._OTHER_PARTS})
        executions = dict(existing(stepfunctions, "_executions")._data)
        self._ended = {key: text for key, text in self._ended.items() if key in executions}
        entries = ", ".join(
            f"{json.dumps(f'{key[0]}\0{key[1]}\0{key[2]!r}')}: {self._execution_as_json(key, execution)}"
            for key, execution in executions.items()
        )
        scoped = f'{{"__account_region_scoped__": true, "data": {{{entries}}}}}'
        return f'{{"executions": {scoped}, {others[1:]}'

    def _execution_as_json(self, key: tuple[str, str, str], execution: dict[str, Any]) -> str:
        if key in self._ended:
            return self._ended[key]
        ended = execution.get("status") != "RUNNING"
        text = _as_json(execution)
        if ended:
            self._ended[key] = text
        return text


def _as_json(state: object) -> str:
    return json.dumps(state, default=existing(persistence, "_json_default"))


def _log_groups() -> str:
    groups = list(existing(cloudwatch_logs, "_log_groups")._data.items())
    return repr([(name, {**group, "streams": None}) for name, group in groups])


def _alarms() -> str:
    return repr(list(existing(cloudwatch, "_alarms")._data.items()))


def _functions() -> str:
    functions = list(existing(lambda_svc, "_functions")._data.items())
    return repr(
        [
            (name, sorted(function.get("versions", ())), {**function, "code_zip": None, "versions": None})
            for name, function in functions
        ]
    )


_COSTLY = {"cloudwatch_logs": _log_groups, "cloudwatch": _alarms, "lambda": _functions}


def _only_reads(method: str, headers: dict[str, str]) -> bool:
    action = headers.get("x-amz-target", "").rpartition(".")[2]
    return method in {"GET", "HEAD"} or action.startswith(("Get", "List", "Describe", "Query", "Scan", "BatchGet"))


def _takes_message(headers: dict[str, str]) -> bool:
    return headers.get("x-amz-target", "").startswith("AmazonSQS.DeleteMessage")


def _executions_run() -> bool:
    executions = list(existing(stepfunctions, "_executions")._data.values())
    return any(execution.get("status") == "RUNNING" for execution in executions)
