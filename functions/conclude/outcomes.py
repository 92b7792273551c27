"""What an execution of `retrain` came to, from what it collected."""

import json
from dataclasses import dataclass
from typing import Any

from contract.states import SoFar, StateError
from contract.workflows import RetrainOutcome


@dataclass(frozen=True)
class Outcome:
    """How a retraining ended."""

    kind: RetrainOutcome
    message: str
    model_version: int | None = None
    error: StateError | None = None
    """What the execution fails with: none when it did what it was for, be it that there was nothing to do."""


SUBJECTS: dict[RetrainOutcome, str] = {
    "promoted": "Runquote: model promoted",
    "no_update": "Runquote: no updates",
    "insufficient_data": "Runquote: insufficient data",
    "failed": "Runquote: retraining failed",
}


def outcome(so_far: SoFar, recorded_version: int | None) -> Outcome:
    """Tell the outcome; `recorded_version` is that of this execution's model, if the endpoint record has it."""
    reason = so_far.comparison.reason if so_far.comparison else ""
    version = so_far.promotion.model_version if so_far.promotion else recorded_version
    if version is not None:
        return Outcome("promoted", reason, version)
    error = failure(so_far)
    if error is None:
        return Outcome("no_update", reason)
    if error.Error == "InsufficientData":
        return Outcome("insufficient_data", error.Cause)
    if error.Error == "AlreadyRunning":  # the execution that holds the claim goes on
        return Outcome("no_update", error.Cause, error=error)
    return Outcome("failed", f"{error.Error}: {error.Cause}", error=error)


def is_unheard(so_far: SoFar) -> bool:
    """Say whether nobody heard if the endpoint record was written.

    So it is also where Promote failed and then `change_endpoint` could not be asked what follows from that.
    """
    change = so_far.change
    if change is None or so_far.promotion is not None:
        return False
    return change.uncertain or (change.status == "in_service" and so_far.promotion_error is not None)


def failure(so_far: SoFar) -> StateError | None:
    """Return what went wrong, under a name and in a sentence that people can use; None if nothing did."""
    training = so_far.training.error if so_far.training else None
    change = so_far.change.error if so_far.change else None
    error = so_far.error or change or training
    if error is None:
        return None if so_far.comparison and not so_far.comparison.is_better else _NOTHING
    doubts = [doubt for doubt in (so_far.model_refusal, so_far.config_refusal) if doubt]
    said = "".join(f" (before that: {_sentence(doubt.Cause)})" for doubt in doubts)
    return StateError(Error=_name(error.Error), Cause=_sentence(error.Cause) + said)


_NOTHING = StateError(Error="Incomplete", Cause="The execution came to its end without a verdict")


def _name(error: str) -> str:
    """Give an error that was caught a name of its own: the rule for ends that no Catch sees goes by States names."""
    return f"Caught.{error}" if error.startswith("States.") else error


def _sentence(cause: str) -> str:
    """Return the sentence in a function's error, which arrives as JSON."""
    try:
        told: Any = json.loads(cause)
    except ValueError:
        return cause
    message = told.get("errorMessage") if isinstance(told, dict) else None
    return message if isinstance(message, str) else cause
