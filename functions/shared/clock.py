"""The clocks: wall time for records, a steady one for deadlines."""

import time
from datetime import UTC, datetime


class SystemClock:
    """The clocks of the machine."""

    def now(self) -> datetime:
        """Return the time of day in UTC."""
        return datetime.now(UTC)

    def steady(self) -> float:
        """Return seconds that only grow, for measuring."""
        return time.monotonic()

    def pause(self, seconds: float) -> None:
        """Wait before a retry."""
        time.sleep(seconds)
