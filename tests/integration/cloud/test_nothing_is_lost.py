"""`kill -9` between a write and the next request."""

import json
from functools import partial
from pathlib import Path

import pytest

from cloud.lifecycle import CloudError
from cloud.ministack_adapter.journal_files import JOURNAL, set_aside
from tests.clouds import LocalCloud, running_cloud
from tests.integration.cloud.conftest import BUCKET, ROLE, Machines, eventually


def holds(snapshot: Path, text: str) -> bool:
    return snapshot.exists() and text in snapshot.read_text()


def test_nothing_is_lost(cloud: LocalCloud, machines: Machines) -> None:
    dynamodb, s3, sqs, events = (cloud.client(name) for name in ("dynamodb", "s3", "sqs", "events"))
    dynamodb.create_table(
        TableName="durable",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    queue = sqs.create_queue(QueueName="aborted-by-crash")["QueueUrl"]
    queue_arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    execution = machines.start({"Wait": {"Type": "Wait", "Seconds": 600, "End": True}})
    pattern = {"source": ["aws.states"], "detail": {"status": ["ABORTED"], "executionArn": [execution]}}
    events.put_rule(Name="aborted-by-crash", EventPattern=json.dumps(pattern))
    events.put_targets(Rule="aborted-by-crash", Targets=[{"Id": "queue", "Arn": queue_arn}])
    for service, name in (
        ("eventbridge", "aborted-by-crash"),
        ("sqs", "aborted-by-crash"),
        ("stepfunctions", execution),
    ):
        snapshot = cloud.settings.state_directory / "ministack" / f"{service}.json"
        eventually(partial(holds, snapshot, name), bool)

    for round_ in range(3):
        s3.put_object(Bucket=BUCKET, Key=f"durable/{round_}", Body=b"x")
        for number in range(20):
            key = {"id": {"S": f"{round_}-{number}"}}
            dynamodb.put_item(TableName="durable", Item=key | {"n": {"N": "1"}})
            dynamodb.update_item(
                TableName="durable",
                Key=key,
                UpdateExpression="ADD n :one",
                ExpressionAttributeValues={":one": {"N": "1"}},
            )
        dynamodb.delete_item(TableName="durable", Key={"id": {"S": f"{round_}-0"}})
        dynamodb.transact_write_items(
            TransactItems=[{"Put": {"TableName": "durable", "Item": {"id": {"S": f"{round_}-t"}, "n": {"N": "2"}}}}]
        )
        cloud.kill()
        cloud.start()
        items = dynamodb.scan(TableName="durable", ConsistentRead=True)["Items"]
        assert len(items) == 20 * (round_ + 1)
        assert {item["n"]["N"] for item in items} == {"2"}
        assert s3.get_object(Bucket=BUCKET, Key=f"durable/{round_}")["Body"].read() == b"x"

    ended = machines.client.describe_execution(executionArn=execution)
    assert (ended["status"], ended["error"]) == ("ABORTED", "LocalCloud.Restarted")
    told = eventually(lambda: sqs.receive_message(QueueUrl=queue).get("Messages"), bool)
    assert json.loads(told[0]["Body"])["detail"]["executionArn"] == execution


def test_state_survives_an_orderly_stop_too(cloud: LocalCloud) -> None:
    client = cloud.client("stepfunctions")
    arn = client.create_state_machine(
        name="kept",
        roleArn=ROLE,
        definition=json.dumps({"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}),
        tracingConfiguration={"enabled": True},
    )["stateMachineArn"]
    cloud.stop()
    cloud.start()
    assert client.describe_state_machine(stateMachineArn=arn)["tracingConfiguration"] == {"enabled": True}


def test_a_journal_that_cannot_be_read_is_said_in_words(tmp_path: Path) -> None:
    with running_cloud(tmp_path) as running:
        journal = tmp_path / "ministack" / JOURNAL / "0.jsonl"
        running.client("dynamodb").create_table(
            TableName="durable",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        running.kill()
        journal.write_text(f"rubbish\n{journal.read_text()}")
        with pytest.raises(CloudError, match=r"ended while starting: Line 1 of .* cannot be read, .* `make up` sets"):
            running.start()
        assert set_aside(journal.parent)
        running.start()
        assert running.client("dynamodb").list_tables()["TableNames"] == ["durable"]
