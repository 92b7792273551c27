"""Lambda handler of `select_workflows`."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from contract.states import SelectWorkflowsRequest
from functions.select_workflows.logic import WorkflowSelector
from functions.select_workflows.settings import Settings
from functions.shared.adapters import aws
from functions.shared.adapters.workflows_table import WorkflowsTable
from functions.shared.steps import run_step


def handler(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """Run the step."""
    return run_step(event, SelectWorkflowsRequest, selector().select)


@cache
def selector() -> WorkflowSelector:
    """Put the function together, once."""
    return WorkflowSelector(WorkflowsTable(aws.patient_dynamodb(), Settings.from_environment().workflows_table))
