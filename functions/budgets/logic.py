"""What teams spent in a month, against what they may spend."""

from collections.abc import Sequence

from pydantic import TypeAdapter, ValidationError

from contract.base import Team, refuse_dots, refuse_invisible
from contract.budgets import Budget, BudgetLine, BudgetsResponse, SpendRecord, WorkflowSpend
from contract.validation_words import quoted
from functions.shared.errors import ApiError
from functions.shared.ports import BudgetRecords, Clock, SpendRecords, WorkflowRecords
from functions.shared.spend import SMALLEST_USD, exact

_TEAM: TypeAdapter[str] = TypeAdapter(Team)


class Budgets:
    """The budgets of teams."""

    def __init__(
        self, *, spend: SpendRecords, budgets: BudgetRecords, workflows: WorkflowRecords, clock: Clock
    ) -> None:
        self._spend = spend
        self._budgets = budgets
        self._workflows = workflows
        self._clock = clock

    def of_month(self, month: str | None) -> BudgetsResponse:
        """Tell what every team spent in a month, this month if none is named.

        A limit is held against its own month and later ones: nobody was told of it before it was set.

        Raises:
            DependencyUnavailable: the tables cannot be read.
        """
        chosen = month or f"{self._clock.now():%Y-%m}"
        limits = {
            budget.team: budget.limit_usd for budget in self._budgets.all() if f"{budget.updated_at:%Y-%m}" <= chosen
        }
        spent: dict[str | None, list[SpendRecord]] = {team: [] for team in limits}
        for record in self._spend.of_month(chosen):
            spent.setdefault(record.team, []).append(record)
        lines = [_line(team, records, limits.get(team) if team else None) for team, records in spent.items()]
        lines.sort(key=lambda line: (line.team is None, (line.team or "").casefold(), line.team or ""))
        uncounted = sum(max(record.runs - record.spend_runs, 0) for record in self._workflows.all())
        return BudgetsResponse(month=chosen, budgets=lines, uncounted_runs=uncounted)

    def set(self, team: str, limit_usd: float) -> Budget:
        """Set what a team may spend in a month, from this one on; the limit that it has already stays as it is.

        Raises:
            ApiError: no team can have that name.
            DependencyUnavailable: the budget cannot be written.
        """
        budget = Budget(team=_new_name(team), limit_usd=limit_usd, updated_at=self._clock.now())
        for present in self._budgets.all():
            if (present.team, present.limit_usd) == (budget.team, limit_usd):
                return present
        self._budgets.put(budget)
        return budget

    def delete(self, team: str) -> Budget:
        """Delete a team's budget, not what it spent; return what is gone.

        Raises:
            ApiError: the team has none.
            DependencyUnavailable: the budget cannot be deleted.
        """
        name = _name(team)
        budget = self._budgets.delete(name)
        if budget is None:
            raise ApiError("budget_not_found", f"The team {quoted(name)} has no budget.")
        return budget


def _name(given: str) -> str:
    """Check a team's name."""
    try:
        return _TEAM.validate_python(given)
    except ValidationError:
        raise ApiError(
            "invalid_request",
            "The team must have 1 to 256 characters, none of them control characters, and no space at either end.",
        ) from None


def _new_name(given: str) -> str:
    """Check the name of a team that may have no budget yet."""
    name = _name(given)
    try:
        refuse_invisible(name)
        refuse_dots(name)
    except ValueError as error:
        raise ApiError("invalid_request", f"The team {error}.") from None
    return name


def _line(team: str | None, records: Sequence[SpendRecord], limit_usd: float | None) -> BudgetLine:
    workflows = [
        WorkflowSpend(workflow_name=record.workflow_name, spent_usd=record.spent_usd, runs=record.runs)
        for record in records
    ]
    spent = sum((exact(record.spent_usd) for record in records), start=0 * SMALLEST_USD)
    remaining = None if limit_usd is None else exact(limit_usd) - spent
    return BudgetLine(
        team=team,
        limit_usd=limit_usd,
        spent_usd=float(spent),
        runs=sum(record.runs for record in records),
        remaining_usd=None if remaining is None else float(remaining),
        over_budget=remaining is not None and remaining < 0,
        workflows=sorted(workflows, key=lambda each: (-each.spent_usd, each.workflow_name)),
    )
