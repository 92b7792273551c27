"""What SAM is given: the plan, the events, and a way from containers to the local cloud."""

import json
import socket
import threading
from pathlib import Path

import pytest

from cloud.relay import _NotOfThisMachineError, _relaying
from cloud.settings import HOST, CloudSettings
from tests.clouds import free_port
from tools import sam


def test_every_function_of_a_plan_is_told_where_the_cloud_is() -> None:
    function = {"type": "aws_lambda_function", "values": {"environment": [{"variables": {"A": "1"}}]}}
    table = {"type": "aws_dynamodb_table", "values": {}}
    content = {"planned_values": {"root_module": {"resources": [table], "child_modules": [{"resources": [function]}]}}}
    changed = sam.with_endpoint(content, "http://172.17.0.1:5")["planned_values"]["root_module"]
    (made,) = changed["child_modules"][0]["resources"]
    assert made["values"]["environment"][0]["variables"] == {"A": "1", "AWS_ENDPOINT_URL": "http://172.17.0.1:5"}
    assert changed["resources"] == [{"type": "aws_dynamodb_table", "values": {}}]


def test_no_method_of_a_plan_names_an_authorizer() -> None:
    authorizer = {"references": ["aws_api_gateway_authorizer.this"]}
    method = {"type": "aws_api_gateway_method", "expressions": {"authorizer_id": authorizer, "http_method": {}}}
    stage = {"type": "aws_api_gateway_stage", "expressions": {"stage_name": {}}}
    content = {"configuration": {"root_module": {"resources": [method, stage]}}}
    changed = sam.without_authorizer(content)["configuration"]["root_module"]["resources"]
    assert [list(each["expressions"]) for each in changed] == [["http_method"], ["stage_name"]]


def test_an_event_is_filled_in_from_the_running_system(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sam, "_model_in_service", lambda name, _: {"evaluation_uri": f"s3://b/{name}.json"})
    settings = CloudSettings()
    event = '{"workflow_name": "x", "evaluation_uri": "${evaluation_uri}"}'
    assert json.loads(sam.filled_in(event, settings))["evaluation_uri"] == "s3://b/x.json"
    request = '{"pathParameters": {"workflow_name": "y"}, "path": "/${evaluation_uri}"}'
    assert json.loads(sam.filled_in(request, settings))["path"] == "/s3://b/y.json"
    assert sam.filled_in("[1]", settings) == "[1]"
    with pytest.raises(sam.SamError, match=r"\$\{price\} is none of evaluation_uri"):
        sam.filled_in('{"workflow_name": "x", "a": "${price}"}', settings)
    with pytest.raises(sam.SamError, match="workflow_name"):
        sam.filled_in('["${evaluation_uri}"]', settings)


def test_without_a_local_cloud_sam_is_not_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sam, "engine_problem", lambda: None)
    with pytest.raises(sam.SamError, match="`make up` starts it"), sam.started(CloudSettings(tmp_path, 1), "invoke"):
        pytest.fail("started")
    monkeypatch.setattr(sam, "engine_problem", lambda: "Docker is not installed")
    with pytest.raises(sam.SamError, match="Docker is not installed"), sam.started(CloudSettings(), "invoke"):
        pytest.fail("started")


def test_an_event_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(sam.SamError, match=r"none\.json: there is no such event"):
        sam.main(["invoke", "predict", str(tmp_path / "none.json")])


def test_the_relay_carries_both_directions_to_their_ends() -> None:
    content = bytes(range(256)) * 8192
    with socket.create_server((HOST, 0)) as server:

        def answer() -> None:
            connection, _ = server.accept()
            with connection:
                received = b"".join(iter(lambda: connection.recv(65536), b""))
                connection.sendall(received[::-1])

        thread = threading.Thread(target=answer)
        thread.start()
        with (
            _relaying("127.0.0.1", server.getsockname()[1]) as port,
            socket.create_connection((HOST, port), timeout=30) as client,
        ):
            client.sendall(content)
            client.shutdown(socket.SHUT_WR)
            assert b"".join(iter(lambda: client.recv(65536), b"")) == content[::-1]
        thread.join()


def test_the_relay_ends_a_connection_that_leads_nowhere() -> None:
    with _relaying("127.0.0.1", free_port()) as port, socket.create_connection((HOST, port), timeout=30) as client:
        assert client.recv(1) == b""


def test_the_relay_listens_on_addresses_of_this_machine_only() -> None:
    with pytest.raises(_NotOfThisMachineError), _relaying("198.51.100.1", 80):
        pytest.fail("it listens")
