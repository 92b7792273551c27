"""When the schedule next starts a round of retrainings. EventBridge Scheduler itself does not tell.

Expressions: EventBridge Scheduler User Guide, "Schedule types": `cron(…)` and `at(…)` name times in the schedule's time
zone; `rate(…)` counts from the moment at which the schedule was made, which nothing here knows.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from functions.shared.observability import logger


def next_start(expression: str, timezone: str, now: datetime) -> datetime | None:
    """Return when an expression next comes due after `now`; None where it never does, or cannot be told."""
    kind, _, content = expression.removesuffix(")").partition("(")
    following = _FOLLOWING.get(kind)
    if following is None:
        return None
    try:
        zone = UTC if timezone == "UTC" else ZoneInfo(timezone)
        # Clocks are compared as people read them, so that 3:00 stays 3:00 when the hour changes.
        clock = following(content, now.astimezone(zone).replace(tzinfo=UTC))
    except Exception as error:  # whatever is wrong with it: the schedule still runs, and this only tells of it
        problem = {"expression": expression, "timezone": timezone, "problem": f"{type(error).__name__}: {error}"[:200]}
        logger.warning("schedule cannot be read", extra=problem)
        return None
    return clock.replace(tzinfo=zone).astimezone(UTC) if clock else None


def _cron(fields: str, clock: datetime) -> datetime | None:
    from aws_croniter import AwsCroniter  # only the list of workflows needs it

    found: list[datetime | None] = AwsCroniter(re.sub(r"\s+", " ", fields.strip())).get_next(clock)
    return found[0]


def _at(moment: str, clock: datetime) -> datetime | None:
    once = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    return once if once > clock else None


_FOLLOWING: dict[str, Callable[[str, datetime], datetime | None]] = {"cron": _cron, "at": _at}
