"""Lambda handler of `report_round`."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from contract.states import ReportRoundRequest
from functions.report_round.logic import RoundReporter
from functions.report_round.settings import Settings
from functions.shared.adapters import aws
from functions.shared.adapters.stepfunctions import StateMachine
from functions.shared.steps import run_step


def handler(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """Run the step."""
    return run_step(event, ReportRoundRequest, reporter().report)


@cache
def reporter() -> RoundReporter:
    """Put the function together, once."""
    return RoundReporter(StateMachine(aws.step_functions(), Settings.from_environment().retrain_state_machine_arn))
