"""The journal of DynamoDB writes, without DynamoDB."""

import threading
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from ministack.services import dynamodb

from local.ministack_adapter.journal import Journal
from local.ministack_adapter.patching import PINNED

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

    put_item.__runquote_original__ = calls.append  # type: ignore[attr-defined]  # as `wrap` leaves it
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
