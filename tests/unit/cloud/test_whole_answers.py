"""What goes over the wire in one write (cloud/whole_answers.py says why it matters)."""

import asyncio

import h11
import pytest
from hypercorn.asyncio import serve
from hypercorn.config import Config
from hypercorn.protocol.h11 import H11Protocol

from cloud import whole_answers
from cloud.gate import Message, Receive, Send
from tests.clouds import free_port


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(H11Protocol, "_send_h11_event", H11Protocol._send_h11_event)  # put back at the end
    whole_answers.install()


async def slow_in_between(scope: Message, _receive: Receive, send: Send) -> None:
    """Answers, with a pause between head and body, and in two parts for /parts."""
    if scope["type"] != "http":
        return
    body = b"" if scope["path"] == "/empty" else b"body"
    headers = [(b"content-length", b"%d" % (len(body) * (2 if scope["path"] == "/parts" else 1)))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await asyncio.sleep(0.05)
    await send({"type": "http.response.body", "body": body, "more_body": scope["path"] == "/parts"})
    if scope["path"] == "/parts":
        await asyncio.sleep(0.05)
        await send({"type": "http.response.body", "body": body})


async def asked(requests: bytes, answers: int) -> list[bytes]:
    """What each read gets, until this many answers are whole."""
    config, port, ended = Config(), free_port(), asyncio.Event()
    config.bind = [f"127.0.0.1:{port}"]
    server = asyncio.create_task(serve(slow_in_between, config, shutdown_trigger=ended.wait))  # type: ignore[arg-type]
    reader, writer = await connected(port)
    writer.write(requests)
    client, reads = h11.Connection(h11.CLIENT), []
    for _ in range(answers):
        client.send(h11.Request(method="GET", target="/", headers=[("host", "x")]))
        client.send(h11.EndOfMessage())
        while not isinstance(event := client.next_event(), h11.EndOfMessage):
            if event is h11.NEED_DATA:
                reads.append(await asyncio.wait_for(reader.read(65536), 10))
                client.receive_data(reads[-1])
        client.start_next_cycle()
    writer.close()
    ended.set()
    await server
    return reads


async def connected(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    for _ in range(200):
        try:
            return await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.02)
    raise TimeoutError


def request(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nhost: x\r\n\r\n".encode()


@pytest.mark.usefixtures("installed")
def test_head_and_body_arrive_together() -> None:
    (read,) = asyncio.run(asked(request("/"), 1))
    assert read.startswith(b"HTTP/1.1 200")
    assert read.endswith(b"\r\n\r\nbody")


@pytest.mark.usefixtures("installed")
def test_an_answer_without_body_and_one_in_parts_arrive_whole() -> None:
    reads = asyncio.run(asked(request("/empty") + request("/parts") + request("/"), 3))
    assert [read.partition(b"\r\n\r\n")[2] for read in reads if read.startswith(b"HTTP")] == [b"", b"body", b"body"]
    assert reads[2] == b"body"
