"""Training jobs in SageMaker."""

from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from functions.shared.adapters.aws import refusals
from functions.shared.adapters.sagemaker import is_missing
from functions.shared.errors import Refused
from functions.shared.observability import logger
from functions.shared.ports import TrainingJob

if TYPE_CHECKING:
    from types_boto3_sagemaker import SageMakerClient


class SageMakerTraining:
    """The port `TrainingJobs`."""

    def __init__(self, client: "SageMakerClient") -> None:
        self._client = client

    def describe(self, name: str) -> TrainingJob | None:
        """Return a job, or None when there is none of that name."""
        with refusals("SageMaker"):
            try:
                found: Any = self._client.describe_training_job(TrainingJobName=name)
            except ClientError as error:
                if is_missing(error):
                    return None
                raise
        return TrainingJob(
            status=found["TrainingJobStatus"],
            detail=found["SecondaryStatus"],
            model_data_url=found.get("ModelArtifacts", {}).get("S3ModelArtifacts"),
            failure_reason=found.get("FailureReason"),
        )

    def stop(self, name: str) -> None:
        """Ask a job to stop."""
        try:
            with refusals("SageMaker"):
                self._client.stop_training_job(TrainingJobName=name)
        except Refused as error:  # it has ended by itself, as the next look tells
            logger.info("training job not stopped", extra={"job": name, "code": error.code})
