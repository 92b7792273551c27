"""Finds out what became of a training job: there already, failed, or to be stopped.

Asked at any time and as often as one likes, it looks and takes one step.
"""

from contract.states import Plan, Settled, SettleTrainingRequest, StateError
from functions.shared.errors import InvalidInput
from functions.shared.observability import logger
from functions.shared.ports import TrainingJob, TrainingJobs

_TIMEOUT = "States.Timeout"
_TOO_FEW = "InsufficientData:"
"""With which the container begins its reason when too few runs are left after cleaning."""


class TrainingSettler:
    """Settles trainings."""

    def __init__(self, jobs: TrainingJobs) -> None:
        self._jobs = jobs

    def settle(self, request: SettleTrainingRequest) -> Settled:
        """Return where the model is, that the job goes on, or why there is none.

        A model that a person wants back stands for a job that left it. A job that an earlier try of this execution
        made is adopted; one that outlived every limit is stopped, so that it does not go on costing.

        Raises:
            InvalidInput: there is no plan.
            DependencyUnavailable: SageMaker does not answer.
        """
        plan, error = request.so_far.plan, request.so_far.training_error
        if plan is None:
            raise InvalidInput("so_far.plan: Field required")
        if plan.restored_model_url is not None:
            return Settled(status="completed", model_data_url=plan.restored_model_url)
        job = self._jobs.describe(plan.name)
        if job is None:
            missing = StateError(Error="TrainingFailed", Cause=f"There is no training job {plan.name}")
            return Settled(status="failed", error=error or missing)
        if job.status == "InProgress" and error is not None and error.Error == _TIMEOUT:
            logger.warning("training job stopped", extra={"workflow_name": plan.workflow_name, "job": plan.name})
            self._jobs.stop(plan.name)
        return _settled(plan, job)


def _settled(plan: Plan, job: TrainingJob) -> Settled:
    if job.status == "Completed":
        return Settled(status="completed", model_data_url=job.model_data_url)
    if job.status in {"InProgress", "Stopping"}:
        return Settled(status="in_progress")
    if job.status == "Failed" and job.failure_reason:
        name = "InsufficientData" if _TOO_FEW in job.failure_reason else "TrainingFailed"
        return Settled(status="failed", error=StateError(Error=name, Cause=job.failure_reason))
    stopped = f"Training job {plan.name} was stopped ({job.detail})"
    return Settled(status="failed", error=StateError(Error="TrainingStopped", Cause=stopped))
