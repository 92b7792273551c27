"""API Gateway, Lambda, alarms, schedules and DynamoDB on the local cloud."""

import json
import os
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.error import HTTPError

import pytest
from botocore.awsrequest import AWSRequest

from cloud.signatures import signed_headers
from tests.clouds import LocalCloud
from tests.integration.cloud.conftest import ROLE, Machines, eventually, make_lambda

KEY = "a-key-of-at-least-twenty-characters"
ECHO = """
import json, os
def handle(event, context):
    return {"statusCode": 200, "body": json.dumps({"pid": os.getpid(), "body": event.get("body")})}
"""


@pytest.fixture(scope="module")
def url(cloud: LocalCloud) -> str:
    """POST /things with a key, a body model and our own error bodies; its URL."""
    client = cloud.client("apigateway")
    function = make_lambda(cloud, "echo", ECHO)
    api = client.create_rest_api(name="api")["id"]
    root = client.get_resources(restApiId=api)["items"][0]["id"]
    resource = client.create_resource(restApiId=api, parentId=root, pathPart="things")["id"]
    schema = {
        "$schema": "http://json-schema.org/draft-04/schema#",
        "type": "object",
        "required": ["name"],
        "properties": {"name": {}, "bytes": {"type": "integer", "minimum": 1}},
        "additionalProperties": False,
    }
    client.create_model(restApiId=api, name="Thing", contentType="application/json", schema=json.dumps(schema))
    validator = client.create_request_validator(restApiId=api, name="body", validateRequestBody=True)["id"]
    where = {"restApiId": api, "resourceId": resource, "httpMethod": "POST"}
    client.put_method(
        **where,
        authorizationType="NONE",
        apiKeyRequired=True,
        requestValidatorId=validator,
        requestModels={"$default": "Thing"},
    )
    uri = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{function}/invocations"
    client.put_integration(**where, type="AWS_PROXY", integrationHttpMethod="POST", uri=uri)
    for response_type, code in (
        ("BAD_REQUEST_BODY", "invalid_request"),
        ("INVALID_API_KEY", "forbidden"),
        ("THROTTLED", "throttled"),
        ("MISSING_AUTHENTICATION_TOKEN", "not_found"),
    ):
        client.put_gateway_response(
            restApiId=api,
            responseType=response_type,
            responseTemplates={
                "application/json": f'{{"error": "{code}", "why": "$context.error.validationErrorString",'
                ' "request_id": "$context.requestId"}'
            },
            responseParameters={"gatewayresponse.header.Retry-After": "'1'"},
        )
    client.create_deployment(restApiId=api, stageName="v1")
    plan = client.create_usage_plan(
        name="plan", apiStages=[{"apiId": api, "stage": "v1"}], throttle={"rateLimit": 100.0, "burstLimit": 200}
    )["id"]
    key = client.create_api_key(name="key", value=KEY, enabled=True)["id"]
    client.create_usage_plan_key(usagePlanId=plan, keyId=key, keyType="API_KEY")
    slow_plan = client.create_usage_plan(
        name="slow", apiStages=[{"apiId": api, "stage": "v1"}], throttle={"rateLimit": 0.001, "burstLimit": 1}
    )["id"]
    slow_key = client.create_api_key(name="slow", value=KEY + "-slow", enabled=True)["id"]
    client.create_usage_plan_key(usagePlanId=slow_plan, keyId=slow_key, keyType="API_KEY")
    return f"{cloud.settings.endpoint_url}/restapis/{api}/v1/_user_request_/things"


def post(url: str, body: bytes, key: str = KEY, content_type: str = "application/json") -> tuple[int, Any, Any]:
    headers = {"x-api-key": key, "Content-Type": content_type}
    request = urllib.request.Request(url, body, headers)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, json.load(answer), answer.headers
    except HTTPError as error:
        return error.code, json.load(error), error.headers


def test_a_good_request(url: str) -> None:
    status, answer, _ = post(url, b'{"name": "x"}')
    assert (status, answer["body"]) == (200, '{"name": "x"}')


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", "application/json; charset=utf-8"])
def test_the_default_model_checks_every_content_type(url: str, content_type: str) -> None:
    status, answer, _ = post(url, b"{}", content_type=content_type)
    assert (status, answer["error"]) == (400, "invalid_request")
    assert post(url, b'{"name": 1}', content_type=content_type)[0] == 200


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"{}", '[object has missing required properties (["name"])]'),
        (b"[]", '[instance type (array) does not match any allowed primitive type (allowed: ["object"])]'),
        (
            b'{"name": 1, "bytes": "x"}',
            '[instance type (string) does not match any allowed primitive type (allowed: ["integer"])]',
        ),
        (
            b'{"name": 1, "bytes": 0}',
            "[numeric instance is lower than the required minimum (minimum: 1, found: 0)]",
        ),
        (
            b'{"name": 1, "__proto__": 0}',
            '[object instance has properties which are not allowed by the schema: ["__proto__"]]',
        ),
        (b"{", "[request body is not valid JSON]"),
    ],
)
def test_bodies_are_refused_with_the_reason(url: str, body: bytes, why: str) -> None:
    status, answer, _ = post(url, body)
    assert (status, answer["why"]) == (400, why)


def test_key_is_needed(url: str) -> None:
    status, answer, _ = post(url, b"{}", key="some-other-key-of-twenty-characters")
    assert (status, answer["error"]) == (403, "forbidden")
    assert answer["request_id"]


def test_unknown_path(url: str) -> None:
    status, answer, _ = post(url + "/none", b"{}")
    assert (status, answer["error"]) == (403, "not_found")


def test_usage_plan_throttles(url: str) -> None:
    assert post(url, b'{"name": "x"}', key=KEY + "-slow")[0] == 200
    status, answer, headers = post(url, b'{"name": "x"}', key=KEY + "-slow")
    assert (status, answer["error"], headers["Retry-After"]) == (429, "throttled", "1")


def test_many_clients_share_few_workers(cloud: LocalCloud, url: str) -> None:
    with ThreadPoolExecutor(16) as clients:
        answers = list(clients.map(lambda _: post(url, b'{"name": "x"}'), range(120)))
    assert {status for status, _, _ in answers} == {200}
    workers = {answer["pid"] for _, answer, _ in answers}
    assert len(workers) <= max(8, 2 * (os.cpu_count() or 1))


def test_alarms_are_read_back_whole(cloud: LocalCloud) -> None:
    client = cloud.client("cloudwatch")
    alarm = {
        "AlarmName": "errors & <more>",
        "AlarmActions": ["arn:aws:sns:us-east-1:000000000000:topic"],
        "Namespace": "AWS/Lambda",
        "MetricName": "Errors",
        "Dimensions": [{"Name": "FunctionName", "Value": "predict"}],
        "Period": 60,
        "Statistic": "Sum",
        "EvaluationPeriods": 2,
        "Threshold": 1.0,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        "TreatMissingData": "notBreaching",
    }
    client.put_metric_alarm(**alarm)
    text = describe_alarms(cloud, b"errors+%26+%3Cmore%3E")
    for part in (
        "<AlarmName>errors &amp; &lt;more&gt;</AlarmName>",
        "<AlarmActions><member>arn:aws:sns:us-east-1:000000000000:topic</member></AlarmActions>",
        "<Dimensions><member><Name>FunctionName</Name><Value>predict</Value></member></Dimensions>",
        "<Period>60</Period>",
        "<Statistic>Sum</Statistic>",
        "<TreatMissingData>notBreaching</TreatMissingData>",
    ):
        assert part in text


def test_percentile_alarms_have_no_other_statistic(cloud: LocalCloud) -> None:
    cloud.client("cloudwatch").put_metric_alarm(
        AlarmName="latency",
        Namespace="AWS/ApiGateway",
        MetricName="Latency",
        ExtendedStatistic="p95",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1.0,
        ComparisonOperator="GreaterThanThreshold",
    )
    text = describe_alarms(cloud, b"latency")
    assert "<ExtendedStatistic>p95</ExtendedStatistic>" in text
    assert "<Statistic>" not in text


def describe_alarms(cloud: LocalCloud, name: bytes) -> str:
    """DescribeAlarms by the Query protocol, which Terraform speaks and boto3 no longer does."""
    url, body = (
        f"{cloud.settings.endpoint_url}/",
        b"Action=DescribeAlarms&Version=2010-08-01&AlarmNames.member.1=" + name,
    )
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    headers = signed_headers(cloud.settings.credentials, "monitoring", AWSRequest("POST", url, form, body))
    request = urllib.request.Request(url, body, headers)
    with urllib.request.urlopen(request, timeout=30) as answer:
        text: str = answer.read().decode()
        return text


def test_schedules_fill_in_their_context(cloud: LocalCloud, machines: Machines) -> None:
    definition = json.dumps({"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}})
    machine = machines.client.create_state_machine(name="scheduled", roleArn=ROLE, definition=definition)
    text = '{"execution": "<aws.scheduler.execution-id>", "attempt": "\\u003caws.scheduler.attempt-number\\u003e"}'
    cloud.client("scheduler").create_schedule(
        Name="soon",
        ScheduleExpression="at(2020-01-01T00:00:00)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": machine["stateMachineArn"], "RoleArn": ROLE, "Input": text},
    )
    started = eventually(
        lambda: machines.client.list_executions(stateMachineArn=machine["stateMachineArn"])["executions"], bool
    )
    execution = machines.client.describe_execution(executionArn=started[0]["executionArn"])
    given = json.loads(execution["input"])
    assert len(given["execution"]) == 36
    assert given["attempt"] == "1"


def test_transactions_say_what_stopped_them(cloud: LocalCloud) -> None:
    client = cloud.client("dynamodb")
    client.create_table(
        TableName="runs",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    client.put_item(TableName="runs", Item={"id": {"S": "a"}, "cost": {"N": "1.5"}})

    def put(name: str) -> dict[str, Any]:
        return {
            "Put": {
                "TableName": "runs",
                "Item": {"id": {"S": name}},
                "ConditionExpression": "attribute_not_exists(id)",
                "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            }
        }

    with pytest.raises(client.exceptions.TransactionCanceledException) as raised:
        client.transact_write_items(TransactItems=[put("b"), put("a")])
    reasons = raised.value.response["CancellationReasons"]
    assert [reason["Code"] for reason in reasons] == ["None", "ConditionalCheckFailed"]
    assert reasons[1]["Item"] == {"id": {"S": "a"}, "cost": {"N": "1.5"}}
    assert "Item" not in client.get_item(TableName="runs", Key={"id": {"S": "b"}})


def test_only_one_of_many_conditional_writes_wins(cloud: LocalCloud, machines: Machines) -> None:
    """From requests and from Step Functions, which reaches DynamoDB from threads of its own."""
    client = cloud.client("dynamodb")
    client.create_table(
        TableName="locks",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    put = {
        "TableName": "locks",
        "Item": {"id": {"S": "one"}},
        "ConditionExpression": "attribute_not_exists(id)",
    }
    state = {"Type": "Task", "Resource": "arn:aws:states:::dynamodb:putItem", "Parameters": put, "End": True}
    branches = [
        {
            "StartAt": "Put",
            "States": {
                "Put": state
                | {"Catch": [{"ErrorEquals": ["DynamoDB.ConditionalCheckFailedException"], "Next": "Lost"}]},
                "Lost": {"Type": "Pass", "Result": "lost", "End": True},
            },
        }
    ] * 8
    arn = machines.start({"Race": {"Type": "Parallel", "Branches": branches, "End": True}})

    def try_to_put(_: int) -> bool:
        try:
            client.put_item(**put)
        except client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    with ThreadPoolExecutor(8) as clients:
        won = sum(clients.map(try_to_put, range(40)))
    won += sum(answer != "lost" for answer in json.loads(machines.ended(arn)["output"]))
    assert won == 1
