"""Lambda handler of `retrainings`."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from contract.retrainings import RetrainingQuery
from functions.retrainings.logic import Retrainer
from functions.retrainings.settings import Settings
from functions.shared.adapters import aws
from functions.shared.adapters.stepfunctions import StateMachine
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
def retrainer() -> Retrainer:
    """Put the function together, once."""
    workflows = WorkflowsTable(aws.dynamodb_for_reads(), settings().workflows_table)
    return Retrainer(
        workflows=workflows,
        retirements=workflows,
        executions=StateMachine(aws.step_functions_for_requests(), settings().retrain_state_machine_arn),
        clock=SystemClock(),
    )


def _start(request: HttpRequest) -> Answer:
    query = request.read_query(RetrainingQuery)
    retraining, started = retrainer().start(request.path_parameters.get("workflow_name", ""), query.restore_version)
    return Answer(retraining, status=202 if started else 200)


def _describe(request: HttpRequest) -> Answer:
    return Answer(
        retrainer().describe(
            request.path_parameters.get("workflow_name", ""), request.path_parameters.get("retraining_id", "")
        )
    )


OPERATIONS: Operations = {"startRetraining": _start, "getRetraining": _describe}
