"""What each team spends a month, and what it may spend (tables `spend` and `budgets`)."""

from pydantic import Field

from contract.base import Month, PaidUsd, Request, Shape, Team, UtcTime, WorkflowName

TEAM_TAG = "team"
"""The tag of a run that says who pays for it."""


class BudgetRequest(Request):
    """Body of `PUT /budgets/{team}`."""

    limit_usd: PaidUsd = Field(description="What the team may spend in a month")


class Budget(Shape):
    """Answer of `PUT` and `DELETE /budgets/{team}`, and the record in table `budgets`."""

    team: Team
    limit_usd: PaidUsd
    updated_at: UtcTime = Field(description="When it was set so; it is not held against earlier months")


class SpendRecord(Shape):
    """What the runs of one workflow cost one team in one month (table `spend`).

    Written in the transaction that records the runs, whatever their status: failed runs cost too. A workflow has
    lines of its own, so that recording one workflow never waits for another.
    """

    month: Month
    line: str = Field(description="A digest of team and workflow")
    team: str | None
    workflow_name: WorkflowName
    spent_usd: float
    runs: int


class WorkflowSpend(Shape):
    """What runs of one workflow cost."""

    workflow_name: WorkflowName
    spent_usd: float
    runs: int


class BudgetLine(Shape):
    """One team in one month."""

    team: str | None = Field(description="Null for the runs without a team tag")
    limit_usd: PaidUsd | None = Field(description="Null where none was set in that month or before")
    spent_usd: float
    runs: int
    remaining_usd: float | None = Field(description="Negative once the budget is overspent; null without a limit")
    over_budget: bool
    workflows: list[WorkflowSpend] = Field(description="What it was spent on, most first")


class BudgetsResponse(Shape):
    """Answer of `GET /budgets`: the teams with a limit or with runs that completed in the month, by name."""

    month: Month
    budgets: list[BudgetLine]
    uncounted_runs: int = Field(
        description="Runs recorded by an early version that are in no line yet; `rebuild_spend` counts them"
    )


class RebuildSpendRequest(Shape):
    """Input of `rebuild_spend`."""

    everything: bool = Field(default=False, description="Also the workflows whose runs are all counted")


class RebuildSpendResponse(Shape):
    """Output of `rebuild_spend`: what was counted."""

    workflows: int
    runs: int


class BudgetsQuery(Shape):
    """Which month to tell about."""

    month: Month | None = Field(default=None, description="This month if left out")
