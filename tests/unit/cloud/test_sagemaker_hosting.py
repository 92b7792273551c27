"""Models, endpoint configurations and endpoints."""

import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any

import pytest

from cloud.sagemaker.context import Limits
from cloud.sagemaker.errors import SageMakerError
from tests.unit.cloud.sagemaker_bench import Bench

ARN = "arn:aws:sagemaker:us-east-1:000000000000"
HEADERS = {"Content-Type": "application/json"}


def invoke(bench: Bench, name: str = "e", **body: object) -> bytes:
    return bench.sagemaker.hosting.invoke(name, json.dumps(body).encode(), HEADERS)[0].body


def refusal(call: Callable[..., object], *arguments: object, **named: object) -> SageMakerError:
    with pytest.raises(SageMakerError) as raised:
        call(*arguments, **named)
    return raised.value


def serve(bench: Bench, content: bytes = b'{"v": 1}', name: str = "one") -> dict[str, Any]:
    bench.make_config(name, content)
    bench.call("CreateEndpoint", EndpointName="e", EndpointConfigName=name)
    return bench.settled_endpoint("e")


def test_created_endpoint_answers(bench: Bench) -> None:
    endpoint = serve(bench)
    assert endpoint["EndpointStatus"] == "InService"
    assert endpoint["EndpointConfigName"] == "one"
    assert endpoint["ProductionVariants"][0]["CurrentServerlessConfig"] == {"MemorySizeInMB": 1024, "MaxConcurrency": 2}
    assert invoke(bench) == b'{"v": 1}'


def test_instance_variant(bench: Bench) -> None:
    bench.make_config("one", InstanceType="ml.m5.large", InitialInstanceCount=1)
    bench.call("CreateEndpoint", EndpointName="e", EndpointConfigName="one")
    variant = bench.settled_endpoint("e")["ProductionVariants"][0]
    assert (variant["CurrentInstanceCount"], variant["DesiredInstanceCount"]) == (1, 1)


def test_sick_container_fails_the_endpoint(bench: Bench) -> None:
    endpoint = serve(bench, b"sick")
    assert endpoint["EndpointStatus"] == "Failed"
    assert endpoint["FailureReason"] == (
        "The primary container for production variant AllTraffic did not pass the ping health check."
        " Please check CloudWatch logs for this endpoint."
    )
    assert not bench.runner.servings[0].running
    assert refusal(invoke, bench).message == "Endpoint e of account 000000000000 not found."
    bench.call("DeleteEndpoint", EndpointName="e")


def test_update_is_blue_green(bench: Bench) -> None:
    serve(bench)
    old = bench.runner.servings[0]
    bench.make_config("two", b'{"v": 2}')
    bench.call("UpdateEndpoint", EndpointName="e", EndpointConfigName="two")
    endpoint = bench.settled_endpoint("e")
    assert (endpoint["EndpointStatus"], endpoint["EndpointConfigName"]) == ("InService", "two")
    assert invoke(bench) == b'{"v": 2}'
    assert old.wait(10) is not None


def test_old_container_ends_only_after_its_last_answer(bench: Bench) -> None:
    serve(bench)
    old = bench.runner.servings[0]
    old.may_answer.clear()
    answers = []
    asking = threading.Thread(target=lambda: answers.append(invoke(bench)))
    asking.start()
    assert old.received.wait(10)
    bench.make_config("two", b'{"v": 2}')
    bench.call("UpdateEndpoint", EndpointName="e", EndpointConfigName="two")
    bench.settled_endpoint("e")
    assert old.running
    old.may_answer.set()
    asking.join(10)
    assert answers == [b'{"v": 1}']
    assert old.wait(10) is not None


def test_failed_update_goes_back(bench: Bench) -> None:
    serve(bench)
    bench.make_config("two", b"sick")
    bench.call("UpdateEndpoint", EndpointName="e", EndpointConfigName="two")
    endpoint = bench.settled_endpoint("e")
    assert (endpoint["EndpointStatus"], endpoint["EndpointConfigName"]) == ("InService", "one")
    assert "did not pass the ping health check" in endpoint["FailureReason"]
    assert invoke(bench) == b'{"v": 1}'


def test_update_shows_what_is_pending(bench: Bench) -> None:
    serve(bench)
    bench.make_config("two", b"sick")  # Its ping takes long enough to look.
    bench.call("UpdateEndpoint", EndpointName="e", EndpointConfigName="two")
    endpoint = bench.call("DescribeEndpoint", EndpointName="e")
    assert (endpoint["EndpointStatus"], endpoint["EndpointConfigName"]) == ("Updating", "one")
    assert endpoint["PendingDeploymentSummary"]["EndpointConfigName"] == "two"
    for action in ("UpdateEndpoint", "DeleteEndpoint"):
        request = {"EndpointName": "e"} | ({"EndpointConfigName": "two"} if action == "UpdateEndpoint" else {})
        assert (
            refusal(bench.call, action, **request).message == f'Cannot update in-progress endpoint "{ARN}:endpoint/e".'
        )


def test_missing_artefact_is_refused_by_create_model(bench: Bench) -> None:
    error = refusal(
        bench.call, "CreateModel", ModelName="m", PrimaryContainer={"Image": "i", "ModelDataUrl": "s3://bucket/none"}
    )
    assert (error.code, error.message) == ("ValidationException", "Could not find model data at s3://bucket/none.")


def test_artefact_gone_meanwhile_fails_the_endpoint(bench: Bench) -> None:
    bench.make_config("one")
    bench.s3.objects.pop("s3://bucket/one.tar.gz")
    bench.call("CreateEndpoint", EndpointName="e", EndpointConfigName="one")
    endpoint = bench.settled_endpoint("e")
    assert endpoint["EndpointStatus"] == "Failed"
    assert "Failed to download model data" in endpoint["FailureReason"]


def test_model_error(bench: Bench) -> None:
    serve(bench)
    for status, side in ((400, "client"), (503, "server")):
        error = refusal(invoke, bench, status=status)
        assert (error.code, error.status) == ("ModelError", 424)
        assert error.members["OriginalStatusCode"] == status
        assert error.members["OriginalMessage"] == "broken"
        assert error.message.startswith(f'Received {side} error ({status}) from primary with message "broken".')


def test_dead_container_is_started_again(bench: Bench) -> None:
    serve(bench)
    bench.runner.servings[0].stop(0)
    assert invoke(bench) == b'{"v": 1}'
    assert len(bench.runner.servings) == 2


def test_invocations_wait_for_a_container_that_is_starting(make_bench: Callable[..., Bench]) -> None:
    bench = make_bench(Limits(ping_timeout=10))
    serve(bench)
    bench.runner.servings[0].stop(0)
    bench.runner.healthy_at_once = False
    with ThreadPoolExecutor(4) as clients:
        asked = [clients.submit(invoke, bench)]
        while len(bench.runner.servings) < 2 or not bench.runner.servings[1].pinged.wait(0.01):
            pass
        asked += [clients.submit(invoke, bench) for _ in range(3)]
        assert not wait(asked, timeout=0.3).done
        bench.runner.servings[1].healthy = True
        assert [answer.result(10) for answer in asked] == [b'{"v": 1}'] * 4
    assert len(bench.runner.servings) == 2


def test_container_that_keeps_dying_is_left_alone(bench: Bench) -> None:
    serve(bench)
    for _ in range(3):
        bench.runner.servings[-1].stop(0)
        invoke(bench)
    bench.runner.servings[-1].stop(0)
    error = refusal(invoke, bench)
    assert (error.code, error.members["OriginalStatusCode"]) == ("ModelError", 503)
    assert len(bench.runner.servings) == 4


def test_body_limits(bench: Bench) -> None:
    serve(bench)
    hosting = bench.sagemaker.hosting
    too_long = b'{"x": "' + b"x" * 4 * 1024**2 + b'"}'
    assert refusal(hosting.invoke, "e", too_long, HEADERS).message.endswith("less than or equal to 4194304")
    bench.make_config("two", InstanceType="ml.m5.large", InitialInstanceCount=1)
    bench.call("UpdateEndpoint", EndpointName="e", EndpointConfigName="two")
    bench.settled_endpoint("e")
    assert hosting.invoke("e", too_long, HEADERS)[0].status == 200
    longer = too_long + b" " * 2 * 1024**2
    assert refusal(hosting.invoke, "e", longer, HEADERS).message.endswith("less than or equal to 6291456")


def test_restart_serves_again(bench: Bench) -> None:
    serve(bench)
    bench.runner.servings[0].stop(0)
    bench.s3.objects.clear()  # The model is on disk already.
    server = bench.new_server()
    server.adopt()
    assert invoke(bench) == b'{"v": 1}'


def test_restart_carries_on_creating(bench: Bench) -> None:
    bench.make_config("one", b'{"v": 1}')
    bench.sagemaker.hosting._pool.shutdown()  # The server dies before it begins.
    with pytest.raises(RuntimeError):
        bench.call("CreateEndpoint", EndpointName="e", EndpointConfigName="one")
    assert bench.call("DescribeEndpoint", EndpointName="e")["EndpointStatus"] == "Creating"
    server = bench.new_server()
    server.adopt()
    server.resume()
    assert bench.settled_endpoint("e")["EndpointStatus"] == "InService"


def test_endpoint_outlives_its_configuration_and_model(bench: Bench) -> None:
    serve(bench)
    bench.call("DeleteEndpointConfig", EndpointConfigName="one")
    bench.call("DeleteModel", ModelName="one")
    bench.runner.servings[0].stop(0)
    assert invoke(bench) == b'{"v": 1}'


def test_deleted_endpoint_leaves_nothing(bench: Bench) -> None:
    serve(bench)
    bench.call("DeleteEndpoint", EndpointName="e")
    assert (
        refusal(bench.call, "DescribeEndpoint", EndpointName="e").message
        == f'Could not find endpoint "{ARN}:endpoint/e".'
    )
    assert bench.runner.servings[0].wait(10) is not None
    assert refusal(invoke, bench).code == "ValidationError"


def test_names_that_exist(bench: Bench) -> None:
    serve(bench)
    container = {"Image": "i"}
    variants = [{"VariantName": "v", "ModelName": "one", "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}]
    for call, title, kind in (
        (lambda: bench.call("CreateModel", ModelName="one", PrimaryContainer=container), "model", "model/one"),
        (
            lambda: bench.call("CreateEndpointConfig", EndpointConfigName="one", ProductionVariants=variants),
            "endpoint configuration",
            "endpoint-config/one",
        ),
        (lambda: bench.call("CreateEndpoint", EndpointName="e", EndpointConfigName="one"), "endpoint", "endpoint/e"),
    ):
        assert refusal(call).message == f'Cannot create already existing {title} "{ARN}:{kind}".'


def test_names_that_do_not_exist(bench: Bench) -> None:
    for action, member, title, kind in (
        ("DescribeModel", "ModelName", "model", "model"),
        ("DeleteModel", "ModelName", "model", "model"),
        ("DescribeEndpointConfig", "EndpointConfigName", "endpoint configuration", "endpoint-config"),
        ("DeleteEndpointConfig", "EndpointConfigName", "endpoint configuration", "endpoint-config"),
        ("DeleteEndpoint", "EndpointName", "endpoint", "endpoint"),
    ):
        error = refusal(bench.call, action, **{member: "none"})
        assert (error.code, error.message) == ("ValidationException", f'Could not find {title} "{ARN}:{kind}/none".')


def test_tags(bench: Bench) -> None:
    bench.call(
        "CreateModel", ModelName="m", PrimaryContainer={"Image": "i"}, Tags=[{"Key": "project", "Value": "runquote"}]
    )
    arn = f"{ARN}:model/m"
    bench.call(
        "AddTags", ResourceArn=arn, Tags=[{"Key": "workflow", "Value": "rna"}, {"Key": "project", "Value": "rq"}]
    )
    assert bench.call("ListTags", ResourceArn=arn)["Tags"] == [
        {"Key": "project", "Value": "rq"},
        {"Key": "workflow", "Value": "rna"},
    ]
    bench.call("DeleteTags", ResourceArn=arn, TagKeys=["project", "absent"])
    assert bench.call("ListTags", ResourceArn=arn)["Tags"] == [{"Key": "workflow", "Value": "rna"}]
    bench.call("DeleteModel", ModelName="m")
    assert bench.call("ListTags", ResourceArn=arn)["Tags"] == []


def test_lists(bench: Bench) -> None:
    serve(bench)
    assert [e["EndpointName"] for e in bench.call("ListEndpoints", StatusEquals="InService")["Endpoints"]] == ["e"]
    assert bench.call("ListEndpoints", NameContains="other")["Endpoints"] == []
    assert [c["EndpointConfigName"] for c in bench.call("ListEndpointConfigs")["EndpointConfigs"]] == ["one"]
    assert [m["ModelName"] for m in bench.call("ListModels")["Models"]] == ["one"]


def test_http_answers(bench: Bench) -> None:
    serve(bench)
    headers = {"content-type": "application/json", "accept": "application/json"}
    answer = bench.sagemaker.data_plane("e", headers, b'{"status": 500}')
    assert (answer.status, answer.headers["x-amzn-ErrorType"]) == (424, "ModelError")
    assert json.loads(answer.body)["OriginalStatusCode"] == 500
    answer = bench.sagemaker.data_plane("e", headers, b"{}")
    assert (answer.status, answer.headers["x-Amzn-Invoked-Production-Variant"]) == (200, "AllTraffic")
    answer = bench.sagemaker.control_plane("SageMaker.DescribeEndpoint", b"not json")
    assert (answer.status, json.loads(answer.body)["__type"]) == (400, "SerializationException")
    answer = bench.sagemaker.control_plane("SageMaker.CreateAutoMLJob", b"{}")
    assert answer.status == 400


def test_restart_goes_on_with_a_container_that_outlived_it(bench: Bench) -> None:
    serve(bench)
    root = bench.runner.orders[0].root
    bench.runner.outlived[root] = bench.runner.servings[0]
    server = bench.new_server()
    server.adopt()
    assert bench.runner.kept == {root}
    assert invoke(bench) == b'{"v": 1}'
    assert len(bench.runner.servings) == 1
