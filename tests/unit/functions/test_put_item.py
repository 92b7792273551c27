"""PutItem over a kept connection: what is sent, and what becomes of one that does not answer."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from functions.shared.adapters import put_item
from functions.shared.adapters.put_item import PutItem
from functions.shared.errors import DependencyUnavailable

OWN = Credentials("AKIDEXAMPLE", "secret", "token")
ITEM = {"prediction_id": {"S": "one"}, "content": {"B": "AAEC"}}
GOOD = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"


class Peer:
    """A server that gives what it is told to; None closes the connection instead, b"" says nothing."""

    def __init__(self, *answers: bytes | None) -> None:
        self.requests: list[bytes] = []
        self.connections = 0
        self._answers = list(answers)
        self._server = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._server.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._server.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._server.accept()
            except OSError:
                return
            self.connections += 1
            with connection:
                while request := _read(connection):
                    self.requests.append(request)
                    answer = self._answers.pop(0) if self._answers else None
                    if answer is None:
                        break
                    connection.sendall(answer)


def _read(connection: socket.socket) -> bytes:
    received = b""
    while b"\r\n\r\n" not in received:
        if not (more := connection.recv(65536)):
            return b""
        received += more
    head, _, body = received.partition(b"\r\n\r\n")
    length = int(next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length"))[15:])
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


@contextmanager
def peer(*answers: bytes | None) -> Iterator[Peer]:
    found = Peer(*answers)
    yield found
    found.close()


def put(server: Peer) -> PutItem:
    return PutItem(OWN, server.url, "us-east-1", "predictions")


def test_what_is_sent_is_signed_and_the_connection_kept() -> None:
    with peer(GOOD, GOOD) as server:
        subject = put(server)
        subject(ITEM)
        subject(ITEM)
    assert server.connections == 1
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    assert json.loads(body) == {"TableName": "predictions", "Item": ITEM}
    headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
    assert headers["X-Amz-Target"] == "DynamoDB_20120810.PutItem"
    assert headers["X-Amz-Security-Token"] == "token"
    again = AWSRequest(
        "POST",
        f"{server.url}/",
        headers={
            name: headers[name] for name in ("Content-Type", "X-Amz-Target", "X-Amz-Date", "X-Amz-Security-Token")
        },
        data=body,
    )
    again.context["timestamp"] = headers["X-Amz-Date"]
    signature: Any = SigV4Auth(OWN, "dynamodb", "us-east-1")
    text = signature.string_to_sign(again, signature.canonical_request(again))
    assert headers["Authorization"].endswith(f"Signature={signature.signature(text, again)}")


def test_a_connection_that_was_closed_meanwhile_is_made_anew() -> None:
    with peer(GOOD, None, GOOD) as server:
        subject = put(server)
        subject(ITEM)
        subject(ITEM)
    assert (len(server.requests), server.connections) == (3, 2)


@pytest.mark.parametrize(
    "answers", [(b"HTTP/1.1 400 Bad\r\ncontent-length: 2\r\n\r\n{}",), (None, None), (b"",), (b"no\r\n",)]
)
def test_what_is_not_taken_is_said_and_the_next_goes_on(
    answers: tuple[bytes | None, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(put_item, "_SECONDS", 0.1)
    with peer(*answers, GOOD) as server:
        subject = put(server)
        with pytest.raises(DependencyUnavailable, match="predictions"):
            subject(ITEM)
        subject(ITEM)


def test_nobody_there_is_said() -> None:
    with peer() as server:
        subject = put(server)
    with pytest.raises(DependencyUnavailable, match="Refused"):
        subject(ITEM)
