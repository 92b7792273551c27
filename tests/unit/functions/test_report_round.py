"""`report_round`: a report of each retraining, and an error that names those that failed."""

from typing import Any

from contract.states import ReportRoundRequest, ReportRoundResponse, StateError, WorkflowToRetrain
from functions.report_round.logic import RoundReporter
from functions.shared.ports import Execution
from tests.fakes.ports import FakeStateMachine
from tests.fakes.shapes import NOW


def ended(name: str, status: str = "SUCCEEDED", error: str | None = None, **output: str) -> Execution:
    return Execution(name, status, {}, NOW, NOW, output, error)


def report(*names: str, executions: list[Execution]) -> ReportRoundResponse:
    workflows = [WorkflowToRetrain(workflow_name=name, execution_name=name) for name in names]
    machine = FakeStateMachine(*executions)
    return RoundReporter(machine).report(ReportRoundRequest(workflows=workflows))


def outcomes(told: ReportRoundResponse) -> dict[str, Any]:
    return {each.workflow_name: (each.outcome, each.message) for each in told.retrainings}


def test_each_is_reported_and_the_failed_are_named() -> None:
    told = report(
        "better",
        "same",
        "busy",
        "broken",
        "stopped",
        "refused",
        executions=[
            ended("better", outcome="promoted", message="Promoted: better"),
            ended("same", outcome="no_update", message="within noise"),
            ended("busy", "FAILED", "AlreadyRunning"),
            ended("broken", "FAILED", "TrainingFailed"),
            ended("stopped", "ABORTED"),
        ],
    )
    assert outcomes(told) == {
        "better": ("promoted", "Promoted: better"),
        "same": ("no_update", "within noise"),
        "busy": ("already_running", "Another execution is retraining it"),
        "broken": ("failed", "TrainingFailed"),
        "stopped": ("failed", "ABORTED"),
        "refused": ("failed", "It could not be started"),
    }
    assert told.error == StateError(
        Error="WorkflowsFailed", Cause='3 of 6 retrainings failed: ["broken", "stopped", "refused"]'
    )


def test_a_round_in_which_none_failed_is_no_failure() -> None:
    assert report(executions=[]) == ReportRoundResponse(retrainings=[], error=None)
    assert report("busy", executions=[ended("busy", "FAILED", "AlreadyRunning")]).error is None
