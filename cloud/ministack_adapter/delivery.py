"""What executions tell, told only once what they did is on disk.

On AWS an execution that published its last message cannot seem to run after a crash. Here it would: it would be aborted
at the next start, and its end told a second time. So messages and status events of an execution wait until its state is
on disk. What they reach (queues) is then written at once.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar, copy_context
from functools import partial

from ministack.services import sns, stepfunctions

from cloud.ministack_adapter.patching import Untyped, wrap

_Keep = Callable[[], None]


class _Waiting:
    """What was held back. The branches of a Map share one, each in a thread of its own: each entry is told by one."""

    def __init__(self) -> None:
        self._entries: list[Callable[[], None]] = []
        self._lock = threading.Lock()

    def add(self, tell: Callable[[], None]) -> None:
        with self._lock:
            self._entries.append(tell)

    def take(self) -> list[Callable[[], None]]:
        with self._lock:
            taken, self._entries = self._entries, []
            return taken


_waiting: ContextVar[_Waiting | None] = ContextVar("waiting", default=None)


def install() -> None:
    """Make the change."""
    wrap(sns, "_fanout", _later)
    wrap(stepfunctions, "_emit_execution_status_event", _later)


def _later(deliver: Callable[..., None]) -> Callable[..., None]:
    def deliver_later(*arguments: Untyped, **named: Untyped) -> None:
        waiting = _waiting.get()
        if waiting is None:
            deliver(*arguments, **named)
        else:
            waiting.add(partial(copy_context().run, _now, partial(deliver, *arguments, **named)))

    return deliver_later


def _now(deliver: Callable[[], None]) -> None:
    _waiting.set(None)  # What a status event reaches in turn is told with it.
    deliver()


@contextmanager
def once_kept(keep: _Keep) -> Iterator[None]:
    """Hold back what is told within, and tell it after `keep` has written the executions to disk."""
    waiting = _Waiting()
    token = _waiting.set(waiting)
    try:
        yield
    finally:
        _waiting.reset(token)
        _written(keep)
        _tell(waiting.take(), keep)


def tell_so_far(keep: _Keep) -> None:
    """Tell what was held back: an execution goes on to something that may take long."""
    waiting = _waiting.get()
    if waiting is not None and (taken := waiting.take()):
        _written(keep)
        _tell(taken, keep)


def _tell(taken: list[Callable[[], None]], keep: _Keep) -> None:
    for tell in taken:
        tell()
    if taken:
        _written(keep)


def _written(keep: _Keep) -> None:
    """Write to disk; a full one must not keep anybody from being told."""
    with suppress(OSError):
        keep()
