"""Lambda handler of `rebuild_spend`."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from contract.budgets import RebuildSpendRequest
from functions.rebuild_spend.logic import SpendRebuilder
from functions.rebuild_spend.settings import Settings
from functions.shared.adapters import aws
from functions.shared.adapters.runs_table import RunsTable
from functions.shared.adapters.spend_table import LedgerTable
from functions.shared.adapters.workflows_table import WorkflowsTable
from functions.shared.clock import SystemClock
from functions.shared.steps import run_step


def handler(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """Rebuild what was spent."""
    return run_step(event, RebuildSpendRequest, rebuilder().rebuild)


@cache
def rebuilder() -> SpendRebuilder:
    """Put the function together, once."""
    settings, dynamodb = Settings.from_environment(), aws.patient_dynamodb()
    return SpendRebuilder(
        workflows=WorkflowsTable(dynamodb, settings.workflows_table),
        runs=RunsTable(dynamodb, settings.workflow_runs_table),
        ledger=LedgerTable(dynamodb, settings.spend_table, settings.workflows_table),
        clock=SystemClock(),
    )
