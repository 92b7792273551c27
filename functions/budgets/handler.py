"""Lambda handler of `budgets`."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from contract.budgets import BudgetRequest, BudgetsQuery
from functions.budgets.logic import Budgets
from functions.budgets.settings import Settings
from functions.shared.adapters import aws
from functions.shared.adapters.budgets_table import BudgetsTable
from functions.shared.adapters.spend_table import SpendTable
from functions.shared.adapters.workflows_table import WorkflowsTable
from functions.shared.clock import SystemClock
from functions.shared.http import Answer, HttpRequest, Operations, respond


def handler(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """Answer one proxy event."""
    return respond(event, OPERATIONS, lambda: settings().web_origin)


@cache
def settings() -> Settings:
    """Read the environment, once."""
    return Settings.from_environment()


@cache
def budgets() -> Budgets:
    """Put the function together, once."""
    dynamodb = aws.dynamodb_for_reads()
    return Budgets(
        spend=SpendTable(dynamodb, settings().spend_table),
        budgets=BudgetsTable(dynamodb, settings().budgets_table),
        workflows=WorkflowsTable(dynamodb, settings().workflows_table),
        clock=SystemClock(),
    )


def _list(request: HttpRequest) -> Answer:
    return Answer(budgets().of_month(request.read_query(BudgetsQuery).month))


def _set(request: HttpRequest) -> Answer:
    limit = request.read(BudgetRequest).limit_usd
    return Answer(budgets().set(request.path_parameters.get("team", ""), limit))


def _delete(request: HttpRequest) -> Answer:
    return Answer(budgets().delete(request.path_parameters.get("team", "")))


OPERATIONS: Operations = {
    "listBudgets": _list,
    "setBudget": _set,
    "deleteBudget": _delete,
}
