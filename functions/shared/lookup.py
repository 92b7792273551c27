"""Finding a workflow by the name that someone gave, or saying which one they may have meant."""

from pydantic import TypeAdapter, ValidationError

from contract.base import RetrainingId, WorkflowName
from contract.states import MINIMUM_RUNS
from contract.validation_words import quoted
from contract.workflows import WorkflowRecord
from functions.shared import words
from functions.shared.errors import ApiError
from functions.shared.ports import WorkflowRecords

_NAME: TypeAdapter[str] = TypeAdapter(WorkflowName)
_RETRAINING_ID: TypeAdapter[str] = TypeAdapter(RetrainingId)


def is_retraining_id(text: str) -> bool:
    """Say whether a retraining can have that id."""
    return _is(_RETRAINING_ID, text)


def _is(shape: TypeAdapter[str], text: str) -> bool:
    try:
        shape.validate_python(text)
    except ValidationError:
        return False
    return True


def find(given: str, workflows: WorkflowRecords) -> WorkflowRecord:
    """Find a workflow with runs by the name in an address.

    Raises:
        ApiError: no workflow can have that name, or none has it.
    """
    if not _is(_NAME, given):
        raise ApiError(
            "invalid_request",
            "The workflow name must have 1 to 128 characters, none of them control characters, "
            "and no space at either end.",
        )
    record = workflows.get(given)
    if record is None or record.runs + record.withdrawn_runs == 0:
        raise not_found(given, workflows.names())
    return record


def not_found(workflow_name: str, known: list[str]) -> ApiError:
    """Return the error for a workflow that does not exist, with names that resemble it."""
    alike = [quoted(name) for name in words.near(workflow_name, known)]
    if alike:
        hint = f"Did you mean {' or '.join(alike)}?"
    else:
        hint = (
            f"There are some of {words.listed(sorted(known), most=5)}." if known else "There are none of any workflow."
        )
    return ApiError("workflow_not_found", f"We have no past runs of {quoted(workflow_name)}. {hint}")


def missing(workflow_name: str, workflows: WorkflowRecords) -> ApiError:
    """Return why a workflow has no model: it has none yet, is retired, or there is no such workflow."""
    record = workflows.get(workflow_name)
    if record is None or record.runs + record.withdrawn_runs == 0:
        return not_found(workflow_name, workflows.names())
    if record.retired_at is not None:
        return ApiError(
            "workflow_not_found",
            f"{quoted(workflow_name)} was retired on {words.date(record.retired_at)}, so no model answers for it. "
            "A new run of it, or a retraining that is asked for, brings it back.",
        )
    return ApiError("model_not_ready", f"{quoted(workflow_name)} has no model yet: {_why_not(record)}")


def _why_not(record: WorkflowRecord) -> str:
    """Say what is missing to a first model, or what became of the attempt at one."""
    have = words.counted(record.succeeded_runs, "successful run")
    if record.succeeded_runs < MINIMUM_RUNS:
        return f"it has {have} recorded, and a first model needs {MINIMUM_RUNS}."
    last = record.last_retraining
    if last is not None and last.outcome in ("no_update", "failed"):
        ended = "failed" if last.outcome == "failed" else "ended without one"
        return (
            f"it has {have}, but its latest retraining, on {words.date(last.ended_at)}, {ended}: "
            f"{words.failure(last.reason).rstrip('.')}. The next retraining tries again."
        )
    return f"it has {have} recorded, and the next retraining trains one."
