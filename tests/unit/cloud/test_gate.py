"""Which requests reach the local cloud, and to whom a browser shows what it answers."""

import asyncio
from dataclasses import dataclass, field
from urllib.parse import unquote

import pytest
from botocore.awsrequest import AWSRequest

from cloud.gate import Gate, Message, Receive, Rules, Send
from cloud.hosts import loopback_hosts
from cloud.settings import IDENTITY_PATH, Credentials
from cloud.signatures import signed_headers

OWN = Credentials("000000000000", "a-secret-that-was-drawn")
HOST = "127.0.0.1:4566"
WEB = "http://127.0.0.1:8080"
API = "/restapis/abc123/v1/_user_request_/workflows"
RULES = Rules(OWN, loopback_hosts([4566]), lambda: {WEB}, other_hosts=lambda host: host == "172.17.0.1:40000")


@dataclass
class Answer:
    """What came back, and the request that reached the cloud, if it did."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    reached: Message | None = None
    reached_body: bytes = b""


def ask(method: str, path: str, headers: dict[str, str] | None = None, body: bytes = b"", origin: str = "*") -> Answer:
    """Send a request through a gate before a cloud that answers everybody, for pages of this origin."""
    answer = Answer()

    async def cloud(scope: Message, receive: Receive, send: Send) -> None:
        answer.reached = scope
        answer.reached_body = (await receive())["body"]
        start = [
            (b"Access-Control-Allow-Origin", origin.encode()),
            (b"Access-Control-Allow-Headers", b"*"),
            (b"content-type", b"text/plain"),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": start})
        await send({"type": "http.response.body", "body": b"done"})

    parts = [body[: len(body) // 2], body[len(body) // 2 :]]

    async def receive() -> Message:
        return {"type": "http.request", "body": parts.pop(0), "more_body": bool(parts)}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            answer.status = message["status"]
            answer.headers = {name.decode().lower(): value.decode() for name, value in message["headers"]}
        else:
            answer.body += message["body"]

    raw, _, query = path.partition("?")
    given = {"host": HOST} | {name.lower(): value for name, value in (headers or {}).items()}
    scope = {
        "type": "http",
        "method": method,
        "path": unquote(raw),
        "raw_path": raw.encode(),
        "query_string": query.encode(),
        "headers": [(name.encode(), value.encode()) for name, value in given.items()],
    }
    asyncio.run(Gate(cloud, RULES)(scope, receive, send))
    return answer


def signed(method: str, path: str, body: bytes = b"", host: str = HOST, **headers: str) -> dict[str, str]:
    return signed_headers(OWN, "dynamodb", AWSRequest(method, f"http://{host}{path}", headers, body))


def test_what_is_signed_gets_through_as_it_was() -> None:
    body = b'{"TableName": "t"}'
    answer = ask("POST", "/", signed("POST", "/", body, **{"X-Amz-Target": "DynamoDB_20120810.Scan"}), body)
    assert (answer.status, answer.body, answer.reached_body) == (200, b"done", body)
    assert not [name for name in answer.headers if name.startswith("access-control-")]


PAGES: list[dict[str, str]] = [
    {"Origin": "http://127.0.0.1:9999"},
    {"Origin": WEB},
    {"Origin": "null"},
    {"Origin": ""},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-origin"},
    {"Sec-Fetch-Site": "none"},
]


@pytest.mark.parametrize("page", PAGES, ids=str)
@pytest.mark.parametrize("path", ["/", "/bucket/key", "/2015-03-31/functions", "/_ministack/reset", IDENTITY_PATH])
def test_no_page_gets_through_even_if_it_could_sign(page: dict[str, str], path: str) -> None:
    answer = ask("GET", path, signed("GET", path) | page)
    assert (answer.status, answer.reached) == (403, None)
    assert not [name for name in answer.headers if name.startswith("access-control-")]


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"])
@pytest.mark.parametrize(
    "path",
    [
        "/", "/health", "/_ministack/health", "/_ministack/ready", "/_ministack/reset", "/_ministack/config",
        "/_localstack/health", "/_aws/execute-api/abc123/v1/workflows", "/restapis/abc123", "/restapis",
        "/restapis/abc123/v1/_user_request_more", "/restapis/abc123/v1/more/_user_request_/workflows",
        "/bucket/oauth2/token", "/oauth2/token/", "//oauth2/token", "/pool/.well-known/jwks.json",
        "/2015-03-31/functions", "/_ministack/lambda-code/predict", f"{IDENTITY_PATH}/more",
    ],
)  # fmt: skip
def test_nothing_else_gets_through_unsigned(method: str, path: str) -> None:
    answer = ask(method, path, {"Content-Type": "text/plain"}, b"{}")
    assert (answer.status, answer.reached) == (403, None)


def test_who_is_there_is_told_to_programs_alone() -> None:
    assert ask("GET", IDENTITY_PATH).status == 200
    assert ask("POST", IDENTITY_PATH).status == 403


def test_public_keys_are_told_to_programs_alone() -> None:
    keys = "/us-east-1_AbC123/.well-known/jwks.json"
    assert ask("GET", keys).status == 200
    assert ask("GET", keys, {"Origin": WEB}).status == 403
    assert ask("GET", f"/a-bucket{keys}").status == 403


@pytest.mark.parametrize(
    "host", ["evil.example:4566", "evil.example", "127.0.0.1", "127.0.0.1:4567", "localhost.evil.example:4566", ""]
)
@pytest.mark.parametrize("path", [API, "/", IDENTITY_PATH, "/oauth2/authorize"])
def test_no_other_name(host: str, path: str) -> None:
    answer = ask("GET", path, signed("GET", path, host=host or HOST) | {"host": host})
    assert (answer.status, answer.reached) == (403, None)


@pytest.mark.parametrize("host", ["127.0.0.1:4566", "localhost:4566", "LOCALHOST:4566", "[::1]:4566"])
def test_every_name_of_this_machine(host: str) -> None:
    assert ask("GET", API, {"host": host}).status == 200
    assert ask("GET", "/", signed("GET", "/", host=host)).status == 200


def test_a_relayed_name_is_for_signed_requests_alone() -> None:
    relayed = "172.17.0.1:40000"
    assert ask("GET", "/", signed("GET", "/", host=relayed)).status == 200
    assert ask("GET", API, {"host": relayed}).status == 403
    assert ask("GET", "/", {"host": relayed}).status == 403


@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
def test_the_api_is_open_and_shown_to_the_page_that_it_names(method: str) -> None:
    answer = ask(method, API, {"Origin": WEB, "Sec-Fetch-Site": "same-site"}, b"{}", WEB)
    assert answer.headers["access-control-allow-origin"] == WEB
    assert answer.headers["access-control-allow-headers"] == "*"
    assert answer.headers["vary"] == "Origin"
    assert ask(method, API, body=b"{}", origin=WEB).headers["access-control-allow-origin"] == WEB
    for origin in ("http://127.0.0.1:9999", "http://localhost:8080", "null", f"{WEB}.evil.example"):
        other = ask(method, API, {"Origin": origin}, b"{}", WEB)
        assert other.reached is not None
        assert not [name for name in other.headers if name.startswith("access-control-")]
    for everybody in (ask(method, API, {"Origin": WEB}, b"{}"), ask(method, API, body=b"{}")):
        assert not [name for name in everybody.headers if name.startswith("access-control-")]


def test_an_open_request_cannot_be_taken_for_an_action() -> None:
    headers = {"X-Amz-Target": "DynamoDB_20120810.ListTables", "Authorization": "AWS4-HMAC-SHA256 Credential=1/"}
    for method, path in (("POST", API), ("POST", "/oauth2/token")):
        reached = ask(method, path, headers).reached
        assert reached is not None
        assert [name for name, _ in reached["headers"]] == [b"host"]
    reached = ask("GET", API, {"Authorization": "Bearer a.b.c"}).reached
    assert reached is not None
    assert (b"authorization", b"Bearer a.b.c") in reached["headers"]


def test_people_sign_in_from_the_web_app_alone() -> None:
    page = ask("POST", "/oauth2/token", {"Origin": WEB, "Sec-Fetch-Site": "same-site", "Sec-Fetch-Dest": "empty"})
    assert page.headers["access-control-allow-origin"] == WEB
    assert ask("OPTIONS", "/oauth2/token", {"Origin": WEB}).headers["access-control-allow-origin"] == WEB
    form = ask("POST", "/login", {"Origin": f"http://{HOST}", "Sec-Fetch-Dest": "document"})
    assert form.status == 200
    assert "access-control-allow-origin" not in form.headers
    went_there = {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    assert ask("GET", "/oauth2/authorize?client_id=a", went_there).status == 200
    assert ask("POST", "/oauth2/token").status == 200  # a program
    for path in ("/oauth2/revoke", "/oauth2/%72evoke"):  # which ministack would take for an object of S3
        revoked = ask("POST", path, {"Origin": WEB})
        assert (revoked.status, revoked.reached) == (403, None)
        assert revoked.headers["access-control-allow-origin"] == WEB
    for method, path, headers in (
        ("POST", "/oauth2/token", {"Origin": "http://127.0.0.1:9999"}),
        ("OPTIONS", "/oauth2/token", {"Origin": "http://127.0.0.1:9999"}),
        ("POST", "/login", {"Origin": "null"}),
        ("GET", "/oauth2/authorize", {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Dest": "iframe"}),
        ("GET", "/logout", {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "image"}),
    ):
        answer = ask(method, path, headers)
        assert (answer.status, answer.reached) == (403, None)


def test_websockets_are_closed() -> None:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def nothing() -> Message:
        raise AssertionError

    async def cloud(_scope: Message, _receive: Receive, _send: Send) -> None:
        raise AssertionError

    scope: Message = {"type": "websocket", "path": API, "headers": [(b"host", HOST.encode())]}
    asyncio.run(Gate(cloud, RULES)(scope, nothing, send))
    assert sent == [{"type": "websocket.close", "code": 1008}]


@pytest.mark.parametrize(
    ("headers", "kind", "text"),
    [
        ({"Content-Type": "application/x-amz-json-1.0"}, "application/json", '"__type": "MissingAuthenticationToken"'),
        ({"Content-Type": "application/x-www-form-urlencoded"}, "text/xml", "<Code>MissingAuthenticationToken</Code>"),
        (
            {"Authorization": "AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/s3/aws4_request"},
            "application/xml",
            "<Error><Code>MissingAuthenticationToken</Code>",
        ),
    ],
)
def test_a_refusal_is_in_the_words_of_the_protocol(headers: dict[str, str], kind: str, text: str) -> None:
    answer = ask("POST", "/", headers)
    assert answer.headers["content-type"] == kind
    assert text in answer.body.decode()
    assert "docs/backends.md" in answer.body.decode()
