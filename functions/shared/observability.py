"""Logs and metrics: one JSON line per event, never a body, a key or a secret.

Active X-Ray tracing needs no Tracer; importing it would double a cold start.
"""

import os

from aws_lambda_powertools.logging import Logger
from aws_lambda_powertools.metrics import Metrics, MetricUnit

__all__ = ["MetricUnit", "flush", "logger", "metrics"]

logger = Logger(service=os.environ.get("POWERTOOLS_SERVICE_NAME", "runquote"))
metrics = Metrics(
    namespace=os.environ.get("POWERTOOLS_METRICS_NAMESPACE", "Runquote"),
    service=os.environ.get("POWERTOOLS_SERVICE_NAME", "runquote"),
)


def flush() -> None:
    """Write the metrics of this invocation to the log, in CloudWatch's embedded metric format."""
    if metrics.metric_set:
        metrics.flush_metrics()
