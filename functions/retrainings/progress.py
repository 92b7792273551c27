"""How far an execution of `retrain` is, in words of the people who wait for it."""

from collections.abc import Sequence
from itertools import pairwise

from contract.retrainings import Retraining, RetrainingStatus, RetrainingStep, StepName, StepState
from functions.shared import words
from functions.shared.ports import Execution, StateEntered

STEPS: dict[str, tuple[StepName, str]] = {
    "PrepareDataset": ("prepare_dataset", "Collect the past runs"),
    "TrainModel": ("train_model", "Train a new model"),
    "VerifyArtifact": ("verify_artifact", "Check what training wrote"),
    "CompareModels": ("compare_models", "Compare it with the model in service"),
    "CreateModel": ("update_endpoint", "Put it into service"),
    "Promote": ("promote", "Let it answer from now on"),
}
"""The state with which each step begins, in order."""
ENDING = "Conclude"
"""The state after which no step goes on: what comes then is tidied up, recorded and told."""
_WORDS = {
    "AlreadyRunning": "Another retraining of this workflow was under way.",
    "TIMED_OUT": "It took too long and was ended.",
    "ABORTED": "It was stopped.",
}


def retraining(workflow_name: str, execution: Execution, entered: Sequence[StateEntered]) -> Retraining:
    """Describe an execution by the states that it has entered, in order of time."""
    status, reason, version = _outcome(execution)
    return Retraining(
        retraining_id=execution.name,
        workflow_name=workflow_name,
        status=status,
        started_at=execution.started_at,
        ended_at=execution.ended_at,
        reason=reason,
        model_version=version,
        steps=_steps(status, execution, entered),
    )


def _outcome(execution: Execution) -> tuple[RetrainingStatus, str | None, int | None]:
    if execution.is_running:
        return "running", None, None
    if execution.status == "SUCCEEDED":
        told = execution.output
        return told["outcome"], words.without_addresses(told["message"]), told["model_version"]
    known = _WORDS.get(execution.error or execution.status)
    cause = words.failure(execution.cause or "")[:1024]
    reason = known or cause or _WORDS.get(execution.status) or f"It ended with {execution.error}."
    return "already_running" if execution.error == "AlreadyRunning" else "failed", reason, None


def _steps(status: RetrainingStatus, execution: Execution, entered: Sequence[StateEntered]) -> list[RetrainingStep]:
    first = {each.name: each.at for each in reversed(entered)}
    begun = [name for name in STEPS if name in first]
    ends = {name: first[following] for name, following in pairwise(begun)}
    if begun and not execution.is_running:
        since = first[begun[-1]]
        closing = [each.at for each in entered if each.name == ENDING and each.at >= since]
        ends[begun[-1]] = min(closing, default=execution.ended_at or since)
    return [
        RetrainingStep(
            step=step,
            title=title,
            state=_state(name, begun, status),
            started_at=first.get(name) if name in begun else None,
            ended_at=ends.get(name),
        )
        for name, (step, title) in STEPS.items()
    ]


def _state(name: str, begun: Sequence[str], status: RetrainingStatus) -> StepState:
    if name in begun[:-1]:
        return "done"
    if name in begun:
        return "current" if status == "running" else "failed" if status == "failed" else "done"
    passed_over = any(later in begun for later in list(STEPS)[list(STEPS).index(name) :])
    return "pending" if status == "running" and not passed_over else "skipped"
