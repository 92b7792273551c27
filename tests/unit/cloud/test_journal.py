"""The journal of DynamoDB writes, without DynamoDB."""

import errno
import json
import os
import threading
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from ministack.services import dynamodb

from cloud.ministack_adapter.journal import Journal
from cloud.ministack_adapter.journal_files import BrokenStateError, check_snapshots, mend, set_aside
from cloud.ministack_adapter.patching import PINNED

OK: tuple[int, dict[str, str], bytes] = (200, {}, b"{}")
REFUSED: tuple[int, dict[str, str], bytes] = (400, {}, b"{}")


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    journal = Journal(tmp_path)
    yield journal
    journal.close()


@pytest.fixture
def replayed(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What a replay calls `_put_item` with."""
    calls: list[dict[str, Any]] = []

    def put_item(data: dict[str, Any]) -> None:
        raise AssertionError("A replay must not be journaled again.")

    put_item.__unchanged_original__ = calls.append  # type: ignore[attr-defined]  # as `wrap` leaves it
    monkeypatch.setattr(dynamodb, "_put_item", put_item)
    return calls


def test_the_version_that_the_adapter_was_written_for() -> None:
    assert version("ministack") == PINNED, "Read what changed in ministack before raising PINNED."


def test_replays_what_was_accepted_in_order(tmp_path: Path, journal: Journal, replayed: list[dict[str, Any]]) -> None:
    put = journal.journaled("_put_item", lambda data: REFUSED if data["n"] == 2 else OK)
    for n in (1, 2, 3):
        put({"n": n})
    assert Journal(tmp_path).replay() == 2
    assert replayed == [{"n": 1}, {"n": 3}]


def test_notes_the_request_and_not_what_became_of_it(
    tmp_path: Path, journal: Journal, replayed: list[dict[str, Any]]
) -> None:
    def clearing(data: dict[str, Any]) -> Any:  # noqa: ANN401 - an answer of ministack
        data.clear()
        return OK

    journal.journaled("_put_item", clearing)({"n": 1})
    Journal(tmp_path).replay()
    assert replayed == [{"n": 1}]


def test_writes_within_writes_are_noted_once(tmp_path: Path, journal: Journal, replayed: list[dict[str, Any]]) -> None:
    inner = journal.journaled("_put_item", lambda _: OK)
    journal.journaled("_put_item", lambda _: inner({"inner": 1}))({"outer": 1})
    Journal(tmp_path).replay()
    assert replayed == [{"outer": 1}]


def test_a_line_cut_off_by_a_crash_is_left_out(
    tmp_path: Path, journal: Journal, replayed: list[dict[str, Any]]
) -> None:
    put = journal.journaled("_put_item", lambda _: OK)
    put({"n": 1})
    put({"n": 2})
    file = tmp_path / "0.jsonl"
    file.write_text(file.read_text()[:-5])
    mend(tmp_path)
    assert Journal(tmp_path).replay() == 1
    assert replayed == [{"n": 1}]


def test_a_snapshot_begins_a_new_journal(tmp_path: Path, journal: Journal, replayed: list[dict[str, Any]]) -> None:
    put = journal.journaled("_put_item", lambda _: OK)
    put({"n": "in the snapshot"})
    snapshot = journal.numbered(lambda: {"tables": {}})()
    put({"n": "after it"})
    restarted = Journal(tmp_path)
    restarted.reading_number(lambda _: None)(snapshot)
    assert restarted.replay() == 1
    assert replayed == [{"n": "after it"}]
    assert [path.name for path in tmp_path.glob("*.jsonl")] == ["1.jsonl"]


def test_writes_do_not_overlap(journal: Journal) -> None:
    inside, overlaps = threading.Event(), []

    def write(_: dict[str, Any]) -> Any:  # noqa: ANN401 - an answer of ministack
        overlaps.append(inside.is_set())
        inside.set()
        threading.Event().wait(0.05)  # Long enough for the other thread to get here, if nothing keeps it out.
        inside.clear()
        return OK

    put = journal.journaled("_put_item", write)
    threads = [threading.Thread(target=put, args=({"n": n},)) for n in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert overlaps == [False, False, False]


def full(after: int) -> Any:  # noqa: ANN401 - stands for os.write
    """A disk that takes so many bytes more, and then none."""
    left = [after]
    write = os.write

    def writing(descriptor: int, content: bytes) -> int:
        if not left[0]:
            raise OSError(errno.ENOSPC, "No space left on device")
        part = content[: left[0]]
        left[0] -= len(part)
        return write(descriptor, part)

    return writing


def test_a_write_that_the_disk_does_not_take_is_refused_and_not_done(
    tmp_path: Path, journal: Journal, replayed: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[int] = []

    def note(data: dict[str, Any]) -> Any:  # noqa: ANN401 - an answer of ministack
        done.append(data["n"])
        return OK

    put = journal.journaled("_put_item", note)
    put({"n": 1})
    with monkeypatch.context() as disk:
        disk.setattr(os, "write", full(after=30))
        status, _, body = put({"n": 2})
    assert (status, json.loads(body)["__type"]) == (500, "InternalServerError")
    put({"n": 3})
    assert done == [1, 3]
    assert Journal(tmp_path).replay() == 2
    assert replayed == [{"n": 1}, {"n": 3}]


def test_a_torn_line_is_taken_back_later_where_the_disk_does_not_even_let_it_be_cut(
    tmp_path: Path, journal: Journal, replayed: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    put = journal.journaled("_put_item", lambda _: OK)
    put({"n": 1})
    with monkeypatch.context() as disk:
        disk.setattr(os, "write", full(after=30))
        disk.setattr(os, "ftruncate", full(after=0))
        assert put({"n": 2})[0] == 500
    put({"n": 3})
    Journal(tmp_path).replay()
    assert replayed == [{"n": 1}, {"n": 3}]


def test_a_write_is_synced_before_it_is_done(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []
    monkeypatch.setattr(os, "fdatasync", lambda _: order.append("synced"))

    def note(_: dict[str, Any]) -> Any:  # noqa: ANN401 - an answer of ministack
        order.append("done")
        return OK

    journal.journaled("_put_item", note)({"n": 1})
    assert order == ["synced", "done"]


def test_what_raises_leaves_no_line(tmp_path: Path, journal: Journal) -> None:
    def broken(_: dict[str, Any]) -> Any:  # noqa: ANN401 - an answer of ministack
        raise RuntimeError

    with pytest.raises(RuntimeError):
        journal.journaled("_put_item", broken)({"n": 1})
    assert Journal(tmp_path).replay() == 0


TORN = '{"write":"_put_item","account":"0","region":"r","da'
LINE = '{"write":"_put_item","account":"0","region":"r","data":{"n":%d}}'


def test_mending_keeps_what_was_written_behind_a_torn_line(tmp_path: Path, replayed: list[dict[str, Any]]) -> None:
    (tmp_path / "0.jsonl").write_text(f"{LINE % 1}\n{TORN}{LINE % 2}\n{LINE % 3}\n{TORN}")
    mend(tmp_path)
    assert (tmp_path / "0.jsonl").read_text() == "".join(f"{LINE % n}\n" for n in (1, 2, 3))
    assert Journal(tmp_path).replay() == 3
    assert replayed == [{"n": 1}, {"n": 2}, {"n": 3}]


def test_a_line_that_cannot_be_read_is_said_and_not_passed_over(tmp_path: Path) -> None:
    content = f"{LINE % 1}\nrubbish\n{LINE % 3}\n"
    (tmp_path / "0.jsonl").write_text(content)
    with pytest.raises(BrokenStateError, match=r"^Line 2 of .*0\.jsonl cannot be read, .*`make up`"):
        mend(tmp_path)
    assert (tmp_path / "0.jsonl").read_text() == content
    assert set_aside(tmp_path) == [tmp_path / "0.broken"]
    assert (tmp_path / "0.broken").read_text() == content
    assert (tmp_path / "0.jsonl").read_text() == f"{LINE % 1}\n{LINE % 3}\n"
    mend(tmp_path)
    assert set_aside(tmp_path) == []


def test_a_snapshot_that_is_cut_off_is_said(tmp_path: Path) -> None:
    (tmp_path / "dynamodb.json").write_text('{"payload": {}}')
    check_snapshots(tmp_path)
    (tmp_path / "dynamodb.json").write_text('{"payload": {')
    with pytest.raises(BrokenStateError, match=r"dynamodb\.json is cut off"):
        check_snapshots(tmp_path)
