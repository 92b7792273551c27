"""SageMaker in Step Functions tasks: the optimized integrations and `aws-sdk:sagemaker:*`."""

import json
import threading
from collections.abc import Callable
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

from ministack.services import stepfunctions

from cloud.ministack_adapter.patching import Untyped, existing, wrap
from cloud.sagemaker.core import SageMaker
from cloud.sagemaker.errors import SageMakerError

OPTIMIZED = "arn:aws:states:::sagemaker:"
AWS_SDK = "arn:aws:states:::aws-sdk:sagemaker:"

# https://docs.aws.amazon.com/step-functions/latest/dg/connect-sagemaker.html, those that our SageMaker has.
OPTIMIZED_ACTIONS = {
    "createTrainingJob": "CreateTrainingJob",
    "createModel": "CreateModel",
    "createEndpointConfig": "CreateEndpointConfig",
    "createEndpoint": "CreateEndpoint",
    "updateEndpoint": "UpdateEndpoint",
}
_POLL_SECONDS = 0.5

task_cancelled: ContextVar[Callable[[], bool]] = ContextVar("task_cancelled", default=lambda: False)
"""Whether the task that runs in this context is no longer wanted: aborted, or timed out."""


def install(sagemaker: SageMaker) -> None:
    """Answer SageMaker tasks with our SageMaker."""
    tasks = SageMakerTasks(sagemaker, existing(stepfunctions, "_ExecutionError"))
    existing(stepfunctions, "_SERVICE_DISPATCH")[OPTIMIZED] = tasks.optimized

    def by_sdk(dispatch: Callable[[str, Any], Any]) -> Callable[[str, Any], Any]:
        def invoke(resource: str, parameters: dict[str, Any]) -> Untyped:
            if resource.startswith(AWS_SDK):
                return tasks.aws_sdk(resource.removeprefix(AWS_SDK), parameters)
            return dispatch(resource, parameters)

        return invoke

    wrap(stepfunctions, "_invoke_aws_sdk_integration", by_sdk)


class SageMakerTasks:
    """SageMaker actions as Step Functions calls them. Failures are raised as `error(name, cause)`."""

    def __init__(self, sagemaker: SageMaker, error: Callable[[str, str], Exception]) -> None:
        self._sagemaker = sagemaker
        self._error = error

    def optimized(self, resource: str, parameters: dict[str, Any]) -> dict[str, Any]:
        """`sagemaker:<action>`, and `sagemaker:createTrainingJob.sync`, which ends with the job.

        Errors of the service are SageMaker.<Shape>Exception when its model has the shape, and otherwise
        SageMaker.AmazonSageMakerException, and times are milliseconds since 1970: both come from the Java SDK 1 that
        Step Functions uses for optimized integrations.
        """
        name, _, pattern = resource.removeprefix(OPTIMIZED).partition(".")
        if name not in OPTIMIZED_ACTIONS or pattern not in {"", "sync"} or (pattern and name != "createTrainingJob"):
            raise self._error("States.Runtime", f"The resource {resource} is not one that the local cloud has.")
        action = OPTIMIZED_ACTIONS[name]
        answer = self._call(action, parameters, "AmazonSageMakerException")
        if pattern == "sync":
            return self._wait_for_training(parameters["TrainingJobName"])
        return answer

    def aws_sdk(self, action: str, parameters: dict[str, Any]) -> dict[str, Any]:
        """`aws-sdk:sagemaker:<action>`, with the Java SDK 2's base error SageMaker.SageMakerException and its times."""
        name = action[:1].upper() + action[1:]
        answer = self._call(name, parameters, "SageMakerException")
        return self._sagemaker.model.with_times(name, answer, _iso_8601)

    def _call(self, action: str, parameters: dict[str, Any], base_error: str) -> dict[str, Any]:
        try:
            unknown = self._sagemaker.model.unknown_members(action, parameters)
            if unknown:
                # Step Functions refuses such a definition (SCHEMA_VALIDATION_FAILED); ministack takes any.
                raise self._error("States.Runtime", f"{action} has no parameter {', '.join(unknown)}.")
            return self._sagemaker.call(action, parameters)
        except SageMakerError as error:
            modelled = {shape.name for shape in self._sagemaker.model.operation(action).error_shapes}
            name = f"{error.code.removesuffix('Exception')}Exception" if error.code in modelled else base_error
            cause = f"{error.message} (Service: SageMaker, Status Code: {error.status}, Error Code: {error.code})"
            raise self._error(f"SageMaker.{name}", cause) from error

    def _wait_for_training(self, name: str) -> dict[str, Any]:
        cancelled = task_cancelled.get()
        ended = None
        while ended is None:
            if cancelled():
                threading.Thread(target=self._stop, args=(name,), daemon=True).start()
                raise self._error("States.TaskFailed", f"The task was cancelled; training job {name} is stopped.")
            ended = self._sagemaker.training.wait_until_ended(name, _POLL_SECONDS)
        job = self._sagemaker.call("DescribeTrainingJob", {"TrainingJobName": name})
        job = self._sagemaker.model.with_times("DescribeTrainingJob", job, _epoch_milliseconds)
        if job["TrainingJobStatus"] != "Completed":
            raise self._error("States.TaskFailed", json.dumps(job))
        return job

    def _stop(self, name: str) -> None:
        try:
            self._sagemaker.call("StopTrainingJob", {"TrainingJobName": name})
        except SageMakerError:
            return  # It ended by itself.


def _iso_8601(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _epoch_milliseconds(seconds: float) -> int:
    return round(seconds * 1000)
