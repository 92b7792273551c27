"""A run and what became of it."""

from typing import Protocol

from pydantic import TypeAdapter, ValidationError

from contract.base import Label
from contract.corrections import RunStory
from contract.runs import RecordedRun
from contract.validation_words import quoted
from functions.shared.errors import ApiError
from functions.shared.ports import RunTrail

_RUN_ID: TypeAdapter[str] = TypeAdapter(Label)


class _Runs(Protocol):
    def get(self, workflow_name: str, run_id: str) -> RecordedRun | None: ...


def find(runs: _Runs, workflow_name: str, run_id: str) -> RecordedRun:
    """Find a run by the names in an address.

    Raises:
        ApiError: no run can have that id, or none has it.
    """
    try:
        _RUN_ID.validate_python(run_id)
        _RUN_ID.validate_python(workflow_name)
    except ValidationError:
        words = "must have 1 to 200 characters, none of them control characters, and no space at either end."
        raise ApiError("invalid_request", f"The names of workflow and run {words}") from None
    run = runs.get(workflow_name, run_id)
    if run is None:
        raise ApiError("run_not_found", f"There is no run {quoted(run_id)} of {quoted(workflow_name)}.")
    return run


def story(runs: _Runs, trail: RunTrail, workflow_name: str, run_id: str) -> RunStory:
    """Return a run with every change of it.

    Raises:
        ApiError: there is no such run.
    """
    run = find(runs, workflow_name, run_id)
    return RunStory(run=run, changes=trail.of(workflow_name, run_id) if run.changes else [])
