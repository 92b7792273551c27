"""What executions tell waits for the disk, and is told once."""

import threading
from contextvars import copy_context

from cloud.ministack_adapter.delivery import _later, once_kept, tell_so_far


def test_what_is_told_waits_until_it_is_kept() -> None:
    order: list[str] = []
    tell = _later(order.append)
    with once_kept(lambda: order.append("kept")):
        tell("told")
        assert order == []
    assert order == ["kept", "told", "kept"]


def test_outside_of_executions_nothing_waits() -> None:
    order: list[str] = []
    _later(order.append)("told")
    assert order == ["told"]


def test_the_branches_of_a_map_tell_each_message_once() -> None:
    told: list[int] = []
    tell = _later(told.append)

    def branch(number: int) -> None:
        for step in range(200):
            tell(number * 1000 + step)
            tell_so_far(lambda: None)

    with once_kept(lambda: None):
        threads = [threading.Thread(target=copy_context().run, args=(branch, number)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(told) == [number * 1000 + step for number in range(4) for step in range(200)]


def test_a_full_disk_keeps_nobody_from_being_told() -> None:
    told: list[str] = []

    def keep() -> None:
        raise OSError

    with once_kept(keep):
        _later(told.append)("told")
    assert told == ["told"]
