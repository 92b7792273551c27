"""`runquote budgets`: what each team spent in a month, and what it may spend."""

from collections.abc import Sequence
from typing import Annotated

import typer

from contract.budgets import BudgetLine
from contract.judgement import judge_spending
from runquote.cli.output import Format, print_csv, print_json, print_table, say
from runquote.cli.session import Commands, FormatOption, Session, budget, usage
from runquote.sizes import format_amount, format_amounts

budgets = typer.Typer(
    cls=Commands, no_args_is_help=True, help="What each team spent in a month, and what it may spend."
)
TeamArgument = Annotated[str, typer.Argument(help="The team, as the tag `team` of its runs says.")]


@budgets.command("list")
def list_(
    context: typer.Context,
    month: Annotated[str | None, typer.Option(help="A month like 2026-11; else this month.")] = None,
    format: FormatOption = Format.TABLE,
) -> None:
    """List teams with what they spent and what remains."""
    session: Session = context.obj
    with session.client() as client:
        answer = client.budgets(month)
    if format is Format.JSON:
        print_json(**answer.model_dump(mode="json"))
    elif format is Format.CSV:
        print_csv([{"month": answer.month, **_row(line)} for line in answer.budgets])
    elif not answer.budgets:
        say(f"No team has a budget, and no run completed in {answer.month}")
    else:
        columns = ["Team", "Spent", "Budget", "Remaining", "Runs", "Mostly on"]
        print_table(columns, _cells(answer.budgets), right=columns[1:5])
    if answer.uncounted_runs:
        say(f"{answer.uncounted_runs} runs of an early version are in no line: see docs/operating.md", style="yellow")


@budgets.command("set", context_settings={"ignore_unknown_options": True})  # so that -5 is an amount, and a wrong one
def set_(
    context: typer.Context,
    team: TeamArgument,
    limit: Annotated[float, typer.Argument(parser=usage(budget), metavar="USD", help="What it may spend in a month.")],
) -> None:
    """Set what a team may spend in a month. It is told of and stops nothing."""
    session: Session = context.obj
    with session.client() as client:
        answer = client.set_budget(team, limit)
    since = f"{answer.updated_at:%Y-%m}"
    say(f"{answer.team} may spend {format_amount(answer.limit_usd)} a month, from {since} on")


@budgets.command("remove")
def remove(context: typer.Context, team: TeamArgument) -> None:
    """Remove a team's budget; what it spent stays counted."""
    session: Session = context.obj
    with session.client() as client:
        answer = client.delete_budget(team)
    say(f"{answer.team} has no budget any more; it was {format_amount(answer.limit_usd)} a month")


def _cells(lines: Sequence[BudgetLine]) -> list[tuple[object, ...]]:
    amounts = [(line.spent_usd, line.limit_usd, line.remaining_usd) for line in lines]
    written = iter(format_amounts([amount for each in amounts for amount in each if amount is not None]))
    texts = [["" if amount is None else next(written) for amount in each] for each in amounts]
    return [(_team(line), *three, line.runs, _mostly(line)) for line, three in zip(lines, texts, strict=True)]


def _mostly(line: BudgetLine) -> str:
    return ", ".join(each.workflow_name for each in line.workflows[:3]) + _standing(line)


def _standing(line: BudgetLine) -> str:
    """Say how a team stands to its limit, where that deserves a look."""
    verdict = None if line.limit_usd is None else judge_spending(line.spent_usd, line.limit_usd)
    return {"likely exceeds": " (over budget)", "may exceed": " (nearly used up)"}.get(verdict or "", "")


def _row(line: BudgetLine) -> dict[str, object]:
    optional = {"limit_usd": line.limit_usd, "remaining_usd": line.remaining_usd}
    known = {name: "" if amount is None else amount for name, amount in optional.items()}
    return {
        "team": line.team or "",
        "spent_usd": line.spent_usd,
        **known,
        "runs": line.runs,
        "over_budget": line.over_budget,
    }


def _team(line: BudgetLine) -> str:
    return "(no team)" if line.team is None else line.team
