"""Container logs in CloudWatch Logs, where SageMaker puts them."""

import contextlib
import logging
import threading
import time
from functools import cached_property
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

TRAINING_GROUP = "/aws/sagemaker/TrainingJobs"
_MAX_LINES = 1_000
_MAX_LINE_CHARACTERS = 1_000  # With the lines of one call, below its limit of 1 MB.
_logger = logging.getLogger(__name__)


class CloudWatchLogs:
    """Copies the logs of training jobs that ended. A failure is noted, no more: the file has it all."""

    def __init__(self) -> None:
        self._making_client = threading.Lock()

    def publish(self, job: str, log: Path) -> None:
        """Put the file's lines into the stream `<job>/algo-1-<seconds since 1970>`."""
        stream = f"{job}/algo-1-{int(time.time())}"
        try:
            lines = log.read_text(errors="replace").splitlines()
            with self._making_client:  # boto3's default session is not safe to make clients from two threads.
                client = self._client
            with contextlib.suppress(client.exceptions.ResourceAlreadyExistsException):
                client.create_log_group(logGroupName=TRAINING_GROUP)
            client.create_log_stream(logGroupName=TRAINING_GROUP, logStreamName=stream)
            for start in range(0, len(lines), _MAX_LINES):
                now = int(time.time() * 1000)
                client.put_log_events(
                    logGroupName=TRAINING_GROUP,
                    logStreamName=stream,
                    logEvents=[
                        {"timestamp": now, "message": line[:_MAX_LINE_CHARACTERS] or " "}
                        for line in lines[start : start + _MAX_LINES]
                    ],
                )
        except (OSError, ClientError, BotoCoreError):
            _logger.warning("%s could not be put into CloudWatch Logs", log, exc_info=True)

    @cached_property
    def _client(self) -> Any:  # noqa: ANN401 - its types are not among the installed ones
        return boto3.client("logs")
