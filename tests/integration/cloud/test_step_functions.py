"""Step Functions on the local cloud: what our state machines rely on, and every change we make to it."""

import hashlib
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.clouds import LocalCloud
from tests.integration.cloud.conftest import ROLE, Machines, eventually, make_lambda

HANDLER = """
import os

class TooFewRunsError(Exception):
    pass

def handle(event, context):
    if event.get("raise"):
        raise TooFewRunsError(event["raise"])
    return {"pid": os.getpid(), "event": event}
"""


def call(function: str, **more: object) -> dict[str, Any]:
    return {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", **more} | {
        "Parameters": {"FunctionName": function, "Payload.$": "$"}
    }


def test_errors_are_caught_by_the_name_of_their_class(cloud: LocalCloud, machines: Machines) -> None:
    make_lambda(cloud, "raises", HANDLER)
    catch = [{"ErrorEquals": ["TooFewRunsError"], "Next": "Caught"}]
    execution = machines.run(
        {"Call": call("raises", Catch=catch, End=True), "Caught": {"Type": "Pass", "End": True}}, {"raise": "only 3"}
    )
    assert execution["status"] == "SUCCEEDED", execution
    caught = json.loads(execution["output"])
    assert caught["Error"] == "TooFewRunsError"
    cause = json.loads(caught["Cause"])
    assert (cause["errorMessage"], cause["errorType"]) == ("only 3", "TooFewRunsError")
    assert "raise TooFewRunsError" in "".join(cause["stackTrace"])


def test_an_error_does_not_cost_the_worker(cloud: LocalCloud) -> None:
    make_lambda(cloud, "survives", HANDLER)
    client = cloud.client("lambda")

    def invoke(**event: str) -> dict[str, Any]:
        answer = client.invoke(FunctionName="survives", Payload=json.dumps(event))
        return {"error": answer.get("FunctionError"), "parsed": json.loads(answer["Payload"].read())}

    pid = invoke()["parsed"]["pid"]
    failed = invoke(**{"raise": "x"})
    assert failed["error"] == "Unhandled"
    assert failed["parsed"]["errorType"] == "TooFewRunsError"
    assert invoke()["parsed"]["pid"] == pid


def test_retry_waits_no_longer_than_its_maximum_and_then_catches(cloud: LocalCloud, machines: Machines) -> None:
    make_lambda(cloud, "retried", HANDLER)
    retry = [{"ErrorEquals": ["TooFewRunsError"], "IntervalSeconds": 90, "MaxDelaySeconds": 1, "MaxAttempts": 1}]
    catch = [{"ErrorEquals": ["States.ALL"], "Next": "Caught"}]
    states = {"Call": call("retried", Retry=retry, Catch=catch, End=True), "Caught": {"Type": "Pass", "End": True}}
    execution = machines.run(states, {"raise": "x"})
    events = machines.client.get_execution_history(executionArn=execution["executionArn"])["events"]
    assert [event["type"] for event in events].count("TaskFailed") == 2


def test_task_timeout(cloud: LocalCloud, machines: Machines) -> None:
    make_lambda(cloud, "slow", "import time\ndef handle(event, context): time.sleep(5)")
    catch = [{"ErrorEquals": ["States.Timeout"], "Next": "Caught"}]
    execution = machines.run(
        {"Call": call("slow", TimeoutSeconds=1, Catch=catch, End=True), "Caught": {"Type": "Pass", "End": True}}
    )
    assert json.loads(execution["output"])["Error"] == "States.Timeout"


def test_machine_timeout_ends_the_execution_and_tells(cloud: LocalCloud, machines: Machines) -> None:
    receive = status_events(cloud, "TIMED_OUT")
    execution = machines.run({"Wait": {"Type": "Wait", "Seconds": 30, "End": True}}, TimeoutSeconds=1)
    assert execution["status"] == "TIMED_OUT"
    assert receive()["executionArn"] == execution["executionArn"]


def test_abort_tells(cloud: LocalCloud, machines: Machines) -> None:
    receive = status_events(cloud, "ABORTED")
    arn = machines.start({"Wait": {"Type": "Wait", "Seconds": 30, "End": True}})
    machines.client.stop_execution(executionArn=arn)
    assert receive()["executionArn"] == arn


def status_events(cloud: LocalCloud, status: str) -> Any:  # noqa: ANN401 - a function that reads one event
    """Subscribe a queue to the executions that end so, through a rule and a topic; reads the next one's detail."""
    sqs, sns, events = cloud.client("sqs"), cloud.client("sns"), cloud.client("events")
    queue = sqs.create_queue(QueueName=f"queue-{status}")["QueueUrl"]
    topic = sns.create_topic(Name=f"topic-{status}")["TopicArn"]
    queue_arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue_arn)
    pattern = {
        "source": ["aws.states"],
        "detail-type": ["Step Functions Execution Status Change"],
        "detail": {"status": [status]},
    }
    events.put_rule(Name=f"rule-{status}", EventPattern=json.dumps(pattern))
    events.put_targets(Rule=f"rule-{status}", Targets=[{"Id": "topic", "Arn": topic}])

    def receive() -> dict[str, Any]:
        messages = eventually(lambda: sqs.receive_message(QueueUrl=queue).get("Messages"), bool)
        detail: dict[str, Any] = json.loads(json.loads(messages[0]["Body"])["Message"])["detail"]
        return detail

    return receive


def test_runtime_errors_are_not_caught(machines: Machines) -> None:
    state = {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:sagemaker:describeEndpoint",
        "Parameters": {"NoSuchParameter": 1},
        "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Caught"}],
        "End": True,
    }
    execution = machines.run({"Call": state, "Caught": {"Type": "Pass", "End": True}})
    assert (execution["status"], execution["error"]) == ("FAILED", "States.Runtime")


def test_a_path_that_is_not_there_fails(machines: Machines) -> None:
    execution = machines.run({"Pass": {"Type": "Pass", "Parameters": {"x.$": "$.a.missing"}, "End": True}}, {"a": {}})
    assert (execution["status"], execution["error"]) == ("FAILED", "States.Runtime")
    assert (
        "The JSONPath '$.a.missing' specified for the field 'x.$' could not be found in the input" in execution["cause"]
    )
    execution = machines.run({"Pass": {"Type": "Pass", "Parameters": {"x.$": "$.a"}, "End": True}}, {"a": None})
    assert json.loads(execution["output"]) == {"x": None}


def test_intrinsics(machines: Machines) -> None:
    parameters = {
        "format.$": "States.Format('{}-{}', $.name, $$.Execution.Name)",
        "text.$": "States.JsonToString($.nested)",
        "parsed.$": "States.StringToJson('{\"a\": 1}')",
        "sum.$": "States.MathAdd($.n, 1)",
        "item.$": "States.ArrayGetItem(States.StringSplit('a,b', ','), 1)",
        "hash.$": "States.Hash($.name, 'SHA-256')",
        "length.$": "States.ArrayLength(States.Array(1, 2, 3))",
        "merged.$": "States.JsonMerge($.nested, States.StringToJson('{\"c\": 2}'), false)",
        "uuid.$": "States.UUID()",
    }
    execution = machines.run(
        {"Pass": {"Type": "Pass", "Parameters": parameters, "End": True}}, {"name": "rna", "n": 1, "nested": {"b": [1]}}
    )
    output = json.loads(execution["output"])
    assert len(output.pop("uuid")) == 36
    assert output.pop("hash") == hashlib.sha256(b"rna").hexdigest()
    assert output == {
        "format": "rna-only",
        "text": '{"b":[1]}',
        "parsed": {"a": 1},
        "sum": 2,
        "item": "b",
        "length": 3,
        "merged": {"b": [1], "c": 2},
    }


def test_map_goes_on_when_one_item_fails(cloud: LocalCloud, machines: Machines) -> None:
    make_lambda(cloud, "item", HANDLER)
    item = {
        "StartAt": "Call",
        "States": {
            "Call": call("item", Catch=[{"ErrorEquals": ["States.ALL"], "Next": "Failed"}], End=True),
            "Failed": {"Type": "Pass", "Result": "failed", "End": True},
        },
    }
    each = {"Type": "Map", "ItemsPath": "$.items", "MaxConcurrency": 2, "ItemProcessor": item, "End": True}
    items = [{"n": 1}, {"raise": "x"}, {"n": 3}]
    output = json.loads(machines.run({"Each": each}, {"items": items})["output"])
    assert [answer if answer == "failed" else answer["Payload"]["event"]["n"] for answer in output] == [1, "failed", 3]


def test_nested_execution(machines: Machines) -> None:
    def nested(arn: str, resource: str = "states:startExecution.sync:2") -> dict[str, Any]:
        return {
            "Type": "Task",
            "Resource": f"arn:aws:states:::{resource}",
            "Parameters": {"StateMachineArn": arn, "Input": {"from": "parent"}},
            "End": True,
        }

    def machine(name: str, state: dict[str, Any]) -> str:
        made = machines.client.create_state_machine(
            name=name, roleArn=ROLE, definition=json.dumps({"StartAt": "Only", "States": {"Only": state}})
        )
        arn: str = made["stateMachineArn"]
        return arn

    good = machine("child-good", {"Type": "Pass", "End": True})
    output = json.loads(machines.run({"Child": nested(good)})["output"])
    assert (output["Status"], output["Output"]) == ("SUCCEEDED", {"from": "parent"})
    output = json.loads(machines.run({"Child": nested(good, "states:startExecution.sync")})["output"])
    assert output["Output"] == '{"from": "parent"}'

    bad = machine("child-bad", {"Type": "Fail", "Error": "Planned", "Cause": "to fail"})
    execution = machines.run({"Child": nested(bad)})
    assert execution["error"] == "States.TaskFailed"
    cause = json.loads(execution["cause"])
    assert (cause["Status"], cause["Error"], cause["Cause"]) == ("FAILED", "Planned", "to fail")

    slow = machine("child-slow", {"Type": "Wait", "Seconds": 60, "End": True})
    parent = machines.start({"Child": nested(slow)})
    running = eventually(
        lambda: machines.client.list_executions(stateMachineArn=slow, statusFilter="RUNNING")["executions"], bool
    )
    machines.client.stop_execution(executionArn=parent)
    assert machines.ended(running[0]["executionArn"])["status"] == "ABORTED"


def test_starting_the_same_execution_twice(machines: Machines) -> None:
    arn = machines.start({"Wait": {"Type": "Wait", "Seconds": 30, "End": True}})
    machine = arn.replace(":execution:", ":stateMachine:").rsplit(":", 1)[0]
    start = machines.client.start_execution
    assert start(stateMachineArn=machine, name="only", input="{}")["executionArn"] == arn
    with pytest.raises(ClientError, match="ExecutionAlreadyExists"):
        start(stateMachineArn=machine, name="only", input='{"other": 1}')
    machines.client.stop_execution(executionArn=arn)
    with pytest.raises(ClientError, match="ExecutionAlreadyExists"):
        start(stateMachineArn=machine, name="only", input="{}")


def test_tracing_configuration_is_kept(cloud: LocalCloud) -> None:
    client = cloud.client("stepfunctions")
    definition = json.dumps({"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}})
    arn = client.create_state_machine(
        name="traced", roleArn=ROLE, definition=definition, tracingConfiguration={"enabled": True}
    )["stateMachineArn"]
    assert client.describe_state_machine(stateMachineArn=arn)["tracingConfiguration"] == {"enabled": True}
    client.update_state_machine(stateMachineArn=arn, tracingConfiguration={"enabled": False})
    assert client.describe_state_machine(stateMachineArn=arn)["tracingConfiguration"] == {"enabled": False}


def test_conditional_update(cloud: LocalCloud, machines: Machines) -> None:
    cloud.client("dynamodb").create_table(
        TableName="versions",
        KeySchema=[{"AttributeName": "name", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "name", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )

    def update(version: str) -> dict[str, Any]:
        state = {
            "Type": "Task",
            "Resource": "arn:aws:states:::dynamodb:updateItem",
            "Parameters": {
                "TableName": "versions",
                "Key": {"name": {"S": "rna"}},
                "UpdateExpression": "SET version = :v",
                "ConditionExpression": "attribute_not_exists(version) OR version < :v",
                "ExpressionAttributeValues": {":v": {"N": version}},
            },
            "End": True,
        }
        return machines.run({"Update": state})

    assert update("2")["status"] == "SUCCEEDED"
    refused = update("1")
    assert (refused["status"], refused["error"]) == ("FAILED", "DynamoDB.ConditionalCheckFailedException")


def test_publish(cloud: LocalCloud, machines: Machines) -> None:
    sqs, sns = cloud.client("sqs"), cloud.client("sns")
    queue = sqs.create_queue(QueueName="published")["QueueUrl"]
    topic = sns.create_topic(Name="published")["TopicArn"]
    queue_arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue_arn)
    parameters = {
        "TopicArn": topic,
        "Subject": "rna: no updates",
        "Message": {"outcome": "no_update"},
        "MessageAttributes": {"outcome": {"DataType": "String", "StringValue": "no_update"}},
    }
    state = {"Type": "Task", "Resource": "arn:aws:states:::sns:publish", "Parameters": parameters, "End": True}
    assert machines.run({"Publish": state})["status"] == "SUCCEEDED"
    message = eventually(lambda: sqs.receive_message(QueueUrl=queue).get("Messages"), bool)[0]
    body = json.loads(message["Body"])
    assert (body["Subject"], json.loads(body["Message"])) == ("rna: no updates", {"outcome": "no_update"})
    assert body["MessageAttributes"]["outcome"]["Value"] == "no_update"
