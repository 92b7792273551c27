"""What runs cost whom in which month, as exact sums."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from contract.budgets import TEAM_TAG
from contract.runs import Run

SMALLEST_USD = Decimal("1e-12")
"""Sums are exact to this: a DynamoDB number has 38 digits, and so a million runs at the largest cost still fit."""


@dataclass(frozen=True)
class Line:
    """Whose spending it is, on what, and when (UTC)."""

    month: str
    team: str | None
    workflow_name: str


@dataclass(frozen=True)
class Amount:
    """Money, and the runs that it was spent on."""

    usd: Decimal = Decimal(0)
    runs: int = 0

    def __add__(self, other: "Amount") -> "Amount":
        """Return both together."""
        return Amount(self.usd + other.usd, self.runs + other.runs)


def line_of(run: Run) -> Line:
    """Return the line that a run belongs to; whatever its status, it was paid for."""
    return Line(f"{run.completed_at:%Y-%m}", team_of(run.tags), run.workflow_name)


def team_of(tags: Mapping[str, str] | None) -> str | None:
    """Return the team that pays for a run with these tags."""
    return (tags or {}).get(TEAM_TAG, "").strip() or None


def exact(cost_usd: float) -> Decimal:
    """Return a cost as the decimal number that people see."""
    return Decimal(repr(float(cost_usd))).quantize(SMALLEST_USD)


def total(writes: Iterable[tuple[Run | None, Run | None]]) -> dict[Line, Amount]:
    """Sum by line what writing runs adds, each in place of what is recorded of it; None is a run that costs nothing."""
    sums: dict[Line, Amount] = {}
    for run, recorded in writes:
        for each, sign in ((run, 1), (recorded, -1)):
            if each is not None:
                line = line_of(each)
                sums[line] = sums.get(line, Amount()) + Amount(sign * exact(each.cost_usd), sign)
    return {line: amount for line, amount in sums.items() if amount != Amount()}
