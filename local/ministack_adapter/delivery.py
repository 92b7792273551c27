"""What executions tell, told only once what they did is on disk.

On AWS an execution that published its last message cannot seem to run after a crash. Here it would: it would be aborted
at the next start, and its end told a second time. So messages and status events of an execution wait until its state is
on disk. What they reach (queues) is then written at once.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar, copy_context
from functools import partial

from ministack.services import sns, stepfunctions

from local.ministack_adapter.patching import Untyped, wrap

_waiting: ContextVar[list[Callable[[], None]] | None] = ContextVar("waiting", default=None)
_Keep = Callable[[], None]


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
            waiting.append(partial(copy_context().run, _now, partial(deliver, *arguments, **named)))

    return deliver_later


def _now(deliver: Callable[[], None]) -> None:
    _waiting.set(None)  # What a status event reaches in turn is told with it.
    deliver()


@contextmanager
def once_kept(keep: _Keep) -> Iterator[None]:
    """Hold back what is told within, and tell it after `keep` has written the executions to disk."""
    waiting: list[Callable[[], None]] = []
    token = _waiting.set(waiting)
    try:
        yield
    finally:
        _waiting.reset(token)
        _tell(waiting, keep)


def tell_so_far(keep: _Keep) -> None:
    """Tell what was held back: an execution goes on to something that may take long."""
    waiting = _waiting.get()
    if waiting:
        token = _waiting.set(None)
        try:
            _tell(waiting, keep)
        finally:
            _waiting.reset(token)
            waiting.clear()


def _tell(waiting: list[Callable[[], None]], keep: _Keep) -> None:
    for step in (keep, *waiting, *([keep] if waiting else [])):
        with suppress(OSError):  # A full disk must not keep anybody from being told.
            step()
