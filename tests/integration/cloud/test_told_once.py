"""One message for each execution, whenever the local cloud ends: `kill -9` upon the message, or in training; a stop."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.clouds import LocalCloud, running_cloud
from tests.integration.cloud.conftest import BUCKET, ROLE, eventually, job_request, programs

SILENCE_SECONDS = 2


@dataclass
class Telling:
    """A cloud whose executions tell a topic of their end, and a queue that hears it."""

    cloud: LocalCloud
    queue: str
    topic: str

    def start(self, name: str, **hyperparameters: str) -> str:
        """Start an execution that trains and tells; its ARN."""
        train = {
            "Type": "Task",
            "Resource": "arn:aws:states:::sagemaker:createTrainingJob.sync",
            "Parameters": job_request(name, **hyperparameters),
            "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Tell"}],
            "Next": "Tell",
        }
        tell = {
            "Type": "Task",
            "Resource": "arn:aws:states:::sns:publish",
            "Parameters": {"TopicArn": self.topic, "Message": "told"},
            "Next": "Done",
        }
        states = self.cloud.client("stepfunctions")
        machine = states.create_state_machine(
            name=name,
            roleArn=ROLE,
            definition=json.dumps(
                {"StartAt": "Train", "States": {"Train": train, "Tell": tell, "Done": {"Type": "Succeed"}}}
            ),
        )["stateMachineArn"]
        arn: str = states.start_execution(stateMachineArn=machine, name="only")["executionArn"]
        return arn

    def heard(self, wait: int) -> list[str]:
        """Take one message, or what comes within so many seconds."""
        sqs = self.cloud.client("sqs")
        messages = sqs.receive_message(QueueUrl=self.queue, WaitTimeSeconds=wait).get("Messages", [])
        for message in messages:
            sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"])
        return [message["Body"] for message in messages]

    def status(self, execution: str) -> str:
        status: str = self.cloud.client("stepfunctions").describe_execution(executionArn=execution)["status"]
        return status


@pytest.fixture(scope="module")
def telling(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Telling]:
    directory: Path = tmp_path_factory.mktemp("telling")
    with running_cloud(directory, programs()) as cloud:
        s3, sns, sqs, events = (cloud.client(name) for name in ("s3", "sns", "sqs", "events"))
        s3.create_bucket(Bucket=BUCKET)
        s3.put_object(Bucket=BUCKET, Key="data/a.csv", Body=b"1,2\n")
        topic = sns.create_topic(Name="told")["TopicArn"]
        queue = sqs.create_queue(QueueName="told")["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
        pattern: dict[str, Any] = {"source": ["aws.states"], "detail": {"status": ["ABORTED"]}}
        events.put_rule(Name="aborted", EventPattern=json.dumps(pattern))
        events.put_targets(Rule="aborted", Targets=[{"Id": "topic", "Arn": topic}])
        yield Telling(cloud, queue, topic)


@pytest.mark.parametrize("attempt", range(4))
def test_killed_upon_its_message_an_execution_is_not_told_again(telling: Telling, attempt: int) -> None:
    execution = telling.start(f"killed-{attempt}")
    assert len(eventually(lambda: telling.heard(1), bool, 60)) == 1
    telling.cloud.kill()
    telling.cloud.start()
    assert telling.heard(SILENCE_SECONDS) == []
    assert telling.status(execution) == "SUCCEEDED"


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_an_execution_that_a_restart_ends_is_told_once(telling: Telling, end: str) -> None:
    execution = telling.start(f"{end}-in-training", hang="yes")
    sagemaker = telling.cloud.client("sagemaker")
    eventually(lambda: sagemaker.list_training_jobs(NameContains=f"{end}-in-training")["TrainingJobSummaries"], bool)
    getattr(telling.cloud, end)()
    telling.cloud.start()
    told = eventually(lambda: telling.heard(1), bool, 60)
    assert [execution in body for body in told] == [True]
    for _ in range(2):
        telling.cloud.kill()
        telling.cloud.start()
        assert telling.heard(SILENCE_SECONDS) == []
    assert telling.status(execution) == "ABORTED"
