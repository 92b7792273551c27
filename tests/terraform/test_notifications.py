"""Who is told when a retraining ends without telling anyone."""

import json
import time
from collections.abc import Iterator

import pytest

from contract.states import STATE_ERRORS, RetrainNotification
from tests.terraform.conftest import SLOW_FUNCTION_SECONDS, Deployment


@pytest.mark.parametrize(
    ("status", "error", "told"),
    [
        ("RUNNING", None, False),
        ("SUCCEEDED", None, False),
        ("ABORTED", None, True),
        ("TIMED_OUT", None, True),
        ("FAILED", "States.Runtime", True),
        ("FAILED", "States.DataLimitExceeded", True),
        ("FAILED", "NotificationFailed", True),
        ("FAILED", "TrainingFailed", False),
        ("FAILED", "States.Timeout", False),
        *(("FAILED", error, False) for error in STATE_ERRORS),
    ],
)
def test_the_rule_is_for_ends_that_the_execution_could_not_tell(
    deployment: Deployment, status: str, error: str | None, told: bool
) -> None:
    assert matches(deployment, deployment.outputs["retrain_state_machine_arn"], status, error) == told


def test_the_rule_is_for_retrain_alone(deployment: Deployment) -> None:
    assert not matches(deployment, deployment.outputs["retrain_all_state_machine_arn"], "ABORTED", None)


def matches(deployment: Deployment, machine: str, status: str, error: str | None) -> bool:
    """Whether EventBridge's own matcher passes such an event."""
    event = {
        "id": "1",
        "account": "000000000000",
        "source": "aws.states",
        "time": "2026-01-01T00:00:00Z",
        "region": "us-east-1",
        "resources": [],
        "detail-type": "Step Functions Execution Status Change",
        "detail": {"stateMachineArn": machine, "status": status, "error": error},
    }
    answer = deployment.cloud.client("events").test_event_pattern(
        EventPattern=deployment.one("aws_cloudwatch_event_rule", "silent_end")["event_pattern"], Event=json.dumps(event)
    )
    return bool(answer["Result"])


@pytest.fixture
def queue(deployment: Deployment) -> Iterator[str]:
    """A queue that receives the model updates."""
    sqs, sns = deployment.cloud.client("sqs"), deployment.cloud.client("sns")
    url = sqs.create_queue(QueueName="updates")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    subscription = sns.subscribe(
        TopicArn=deployment.outputs["model_updates_topic_arn"],
        Protocol="sqs",
        Endpoint=arn,
        Attributes={"RawMessageDelivery": "true"},
        ReturnSubscriptionArn=True,
    )
    yield url
    sns.unsubscribe(SubscriptionArn=subscription["SubscriptionArn"])
    sqs.delete_queue(QueueUrl=url)


def test_an_aborted_retraining_is_told_of_once(deployment: Deployment, queue: str) -> None:
    states = deployment.cloud.client("stepfunctions")
    execution = states.start_execution(
        stateMachineArn=deployment.outputs["retrain_state_machine_arn"], input='{"workflow_name": "rnaseq-quant"}'
    )["executionArn"]
    states.stop_execution(executionArn=execution)
    assert states.describe_execution(executionArn=execution)["status"] == "ABORTED"

    bodies: list[str] = []
    sqs = deployment.cloud.client("sqs")
    deadline = time.monotonic() + SLOW_FUNCTION_SECONDS + 30
    while not bodies and time.monotonic() < deadline:
        bodies += [each["Body"] for each in sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=2).get("Messages", [])]
    # Long enough for the function that was running to end, had the state machine gone on.
    late = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=SLOW_FUNCTION_SECONDS + 2).get("Messages", [])
    assert len(bodies) == 1
    assert not late
    notification = RetrainNotification.model_validate_json(bodies[0])
    assert notification.outcome == "failed"
    assert notification.notification_id == notification.execution_arn == execution
    assert "ABORTED" in notification.message
