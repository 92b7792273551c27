"""When the schedule next starts a round."""

import io
from datetime import UTC, datetime

import pytest

from functions.workflows import handler
from functions.workflows.schedule import next_start
from tests.unit.functions.conftest import lines

NOW = datetime(2026, 11, 25, 2, 0, 30, tzinfo=UTC)  # a Wednesday


@pytest.mark.parametrize(
    ("expression", "timezone", "expected"),
    [
        ("cron(0 3 * * ? *)", "UTC", "2026-11-25T03:00:00Z"),
        ("cron(0 2 * * ? *)", "UTC", "2026-11-26T02:00:00Z"),
        ("cron( 0  3 * * ?  * )", "UTC", "2026-11-25T03:00:00Z"),
        ("cron(0/15 * * * ? *)", "UTC", "2026-11-25T02:15:00Z"),
        ("cron(30 4 ? * MON-FRI *)", "UTC", "2026-11-25T04:30:00Z"),
        ("cron(0 3 ? * SUN *)", "UTC", "2026-11-29T03:00:00Z"),
        ("cron(0 3 ? * 1 *)", "UTC", "2026-11-29T03:00:00Z"),  # AWS counts from Sunday, 1
        ("cron(0 3 ? * 2#1 *)", "UTC", "2026-12-07T03:00:00Z"),
        ("cron(0 3 ? * 6L *)", "UTC", "2026-11-27T03:00:00Z"),
        ("cron(0 3 L * ? *)", "UTC", "2026-11-30T03:00:00Z"),
        ("cron(0 3 1W * ? *)", "UTC", "2026-12-01T03:00:00Z"),
        ("cron(0 0 29 2 ? *)", "UTC", "2028-02-29T00:00:00Z"),
        ("cron(0 3 * * ? *)", "Europe/Berlin", "2026-11-26T02:00:00Z"),
        ("cron(30 3 * * ? *)", "Europe/Berlin", "2026-11-25T02:30:00Z"),
        ("cron(0 3 ? * SUN *)", "Asia/Tokyo", "2026-11-28T18:00:00Z"),
        ("at(2026-12-24T18:00:00)", "UTC", "2026-12-24T18:00:00Z"),
        ("at(2026-12-24T18:00:00)", "America/New_York", "2026-12-24T23:00:00Z"),
    ],
)
def test_the_next_start(expression: str, timezone: str, expected: str) -> None:
    assert next_start(expression, timezone, NOW) == datetime.fromisoformat(expected)


def test_three_in_the_morning_stays_three_when_the_hour_changes() -> None:
    before = datetime(2026, 3, 28, 12, 0, tzinfo=UTC)
    assert next_start("cron(0 3 * * ? *)", "Europe/Berlin", before) == datetime(2026, 3, 29, 1, 0, tzinfo=UTC)


@pytest.mark.parametrize("expression", ["rate(1 day)", "at(2026-11-25T02:00:00)", "cron(0 3 * * ? 2025)"])
def test_what_never_comes_or_cannot_be_told(expression: str, log: io.StringIO) -> None:
    assert next_start(expression, "UTC", NOW) is None
    assert lines(log) == []


@pytest.mark.parametrize(
    ("expression", "timezone"), [("cron(nonsense)", "UTC"), ("at(soon)", "UTC"), ("cron(0 3 * * ? *)", "Mars/Base")]
)
def test_what_cannot_be_read_is_logged_and_breaks_nothing(expression: str, timezone: str, log: io.StringIO) -> None:
    assert next_start(expression, timezone, NOW) is None
    assert lines(log)[0]["message"] == "schedule cannot be read"


@pytest.mark.parametrize(("enabled", "expected"), [("true", "2026-11-25T03:00:00Z"), ("false", None)])
def test_a_schedule_that_is_off_starts_nothing(
    enabled: str, expected: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    tables = ("WORKFLOW_RUNS_TABLE", "RUN_CHANGES_TABLE", "WORKFLOWS_TABLE", "MODEL_ENDPOINTS_TABLE")
    for name in (*tables, "ARTIFACTS_BUCKET", "NAME_PREFIX"):
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("WEB_ORIGIN", "https://example.org")
    monkeypatch.setenv("SCHEDULE_EXPRESSION", "cron(0 3 * * ? *)")
    monkeypatch.setenv("SCHEDULE_TIMEZONE", "UTC")
    monkeypatch.setenv("SCHEDULE_ENABLED", enabled)
    handler.settings.cache_clear()
    assert handler._next_training(NOW) == (datetime.fromisoformat(expected) if expected else None)
    handler.settings.cache_clear()
