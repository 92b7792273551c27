import io
import json
import os
from collections.abc import Iterator
from typing import Any

import pytest

# Powertools reads these when the functions are imported, as Lambda sets them before any code runs.
os.environ.setdefault("POWERTOOLS_SERVICE_NAME", "tests")
os.environ.setdefault("POWERTOOLS_METRICS_NAMESPACE", "Runquote")
os.environ.setdefault("POWERTOOLS_LOG_LEVEL", "INFO")

from moto import mock_aws

from functions.shared.adapters import aws
from functions.shared.adapters.recording import RunsWriter
from functions.shared.observability import logger, metrics
from tests.fakes.ports import FakeClock


@pytest.fixture(autouse=True)
def no_metrics_left() -> Iterator[None]:
    metrics.clear_metrics()
    yield
    metrics.clear_metrics()


@pytest.fixture
def aws_environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An environment in which no call can reach a real account, with clients of its own."""
    for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    _forget_clients()
    yield
    _forget_clients()


def _forget_clients() -> None:
    for made_once in vars(aws).values():
        if hasattr(made_once, "cache_clear"):
            made_once.cache_clear()


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """What the functions log."""
    stream = io.StringIO()
    monkeypatch.setattr(logger.registered_handler, "stream", stream)
    return stream


def lines(log: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.getvalue().splitlines()]


@pytest.fixture
def dynamodb(aws_environment: None) -> Iterator[Any]:
    with mock_aws():
        client: Any = aws.dynamodb_for_writes()
        tables = {
            "runs": ("workflow_name", "run_id"),
            "workflows": ("workflow_name",),
            "endpoints": ("workflow_name",),
            "changes": ("run_key", "number"),
            "spend": ("month", "line"),
            "budgets": ("team",),
            "callers": ("caller", "day"),
        }
        for table, keys in tables.items():
            indexed = ["completed_at"] if table == "runs" else []
            index: dict[str, Any] = {
                "IndexName": "by_completion",
                "KeySchema": [
                    {"AttributeName": "workflow_name", "KeyType": "HASH"},
                    {"AttributeName": "completed_at", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "ALL"},
            }
            client.create_table(
                TableName=table,
                BillingMode="PAY_PER_REQUEST",
                AttributeDefinitions=[
                    {"AttributeName": name, "AttributeType": "N" if name == "number" else "S"}
                    for name in [*keys, *indexed]
                ],
                KeySchema=[
                    {"AttributeName": name, "KeyType": kind}
                    for name, kind in zip(keys, ("HASH", "RANGE"), strict=False)
                ],
                **({"GlobalSecondaryIndexes": [index]} if indexed else {}),
            )
        yield client


def writer(client: Any, clock: FakeClock | None = None) -> RunsWriter:  # noqa: ANN401 - moto takes any client
    """Records runs in the tables of `dynamodb`."""
    return RunsWriter(
        client,
        "runs",
        changes_table="changes",
        workflows_table="workflows",
        spend_table="spend",
        clock=clock or FakeClock(),
    )


@pytest.fixture
def runs(dynamodb: Any) -> RunsWriter:  # noqa: ANN401 - as above
    return writer(dynamodb)
