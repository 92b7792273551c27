"""Finding a workflow by the name that someone gave, or saying which one they may have meant."""

from contract.states import MINIMUM_RUNS
from functions.shared import words
from functions.shared.errors import ApiError
from functions.shared.explain import quoted
from functions.shared.ports import WorkflowRecords


def not_found(workflow_name: str, known: list[str]) -> ApiError:
    """Return the error for a workflow that does not exist, with names that resemble it."""
    alike = [quoted(name) for name in words.near(workflow_name, known)]
    hint = f" Did you mean {' or '.join(alike)}?" if alike else " GET /workflows lists all of them."
    return ApiError("workflow_not_found", f"We have no past runs of {quoted(workflow_name)}.{hint}")


def missing(workflow_name: str, workflows: WorkflowRecords) -> ApiError:
    """Return why a workflow has no model: it has none yet, or there is no such workflow."""
    record = workflows.get(workflow_name)
    if record is None or record.runs == 0:
        return not_found(workflow_name, workflows.names())
    return ApiError(
        "model_not_ready",
        f"{quoted(workflow_name)} has {words.counted(record.runs, 'run')} recorded but no model yet; "
        f"one is trained by the next retraining once {MINIMUM_RUNS} of them have succeeded.",
    )
