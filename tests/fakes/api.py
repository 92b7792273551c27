"""An API over HTTP that answers as a test wants it: routes, keys and errors are the contract's, the rest is made up."""

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from pydantic import BaseModel

from contract.corrections import ChangeKind, RunChange, RunCorrection, RunStory
from contract.errors import STATUS, ErrorBody, ErrorCode
from contract.routes import ROUTES

API_KEY = "a-key-for-tests-only"
_HOST = "127.0.0.1"
_STAGE = "/v1/"
_HEADERS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Headers": "authorization,content-type,x-api-key",
    "Access-Control-Allow-Methods": "GET,POST,PUT,DELETE,OPTIONS",
    "Access-Control-Expose-Headers": "Retry-After",
    "Access-Control-Max-Age": "600",
    "Content-Type": "application/json",
}


@dataclass(frozen=True)
class Asked:
    """One request: the operation of its route, the parts of its address, and what came with it."""

    operation: str
    places: dict[str, str]
    query: dict[str, list[str]]
    body: bytes

    @property
    def name(self) -> str:
        """The workflow that the address names."""
        return self.places["workflow_name"]

    def json(self) -> Any:  # noqa: ANN401 - as JSON is
        return json.loads(self.body)


class Refusal(Exception):
    """What is answered with an error."""

    def __init__(self, code: ErrorCode, message: str, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.retry_after = retry_after

    def body(self) -> ErrorBody:
        return ErrorBody(error=self.code, message=str(self), request_id="req-0001")


class FakeServer(ThreadingHTTPServer):
    """Serves on a free port; `answers` makes the answers, and what was asked is remembered."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__((_HOST, 0), _Handler)
        self.requests: list[tuple[str, str]] = []
        """Method and address of each."""
        self.headers: list[dict[str, str]] = []
        self.redirect_to: str | None = None
        self.key: str | None = API_KEY
        """Lets in who has it; None where people sign in."""
        self.access_tokens: set[str] = set()
        """These do, too."""

    @property
    def url(self) -> str:
        return f"http://{_HOST}:{self.server_port}{_STAGE.rstrip('/')}"

    def answers(self, asked: Asked) -> BaseModel:
        """Answer a request. Raises Refusal."""
        raise NotImplementedError


class _Handler(BaseHTTPRequestHandler):
    server: FakeServer
    protocol_version = "HTTP/1.1"
    wbufsize = -1

    def do_OPTIONS(self) -> None:
        self._send(204, None)

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"] or 0))
        path = self.path.removeprefix(_STAGE)
        self.server.requests.append((self.command, path))
        self.server.headers.append({name.lower(): value for name, value in self.headers.items()})
        if self.server.redirect_to:
            return self._send(307, None, Location=f"{self.server.redirect_to}/{path}")
        try:
            self._let_in()
            status, answer = self._answer(path, body)
        except Refusal as refused:
            wait = {} if refused.retry_after is None else {"Retry-After": str(refused.retry_after)}
            return self._send(STATUS[refused.code], refused.body(), **wait)
        return self._send(status, answer)

    do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815 - the names that http.server calls

    def _let_in(self) -> None:
        sent, key = self.headers["authorization"], self.headers["x-api-key"]
        if sent is None and key is not None and key == self.server.key:
            return
        if sent is None and self.server.key:
            raise Refusal("forbidden", "The API key is missing or not valid.")
        if key is not None or (sent or "").removeprefix("Bearer ") not in self.server.access_tokens:
            raise Refusal("unauthorized", "The access token has ended: sign in.")

    def _answer(self, path: str, body: bytes) -> tuple[int, BaseModel]:
        address = urlsplit("/" + path)
        for route in ROUTES:
            pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(route.path))
            found = re.fullmatch(pattern, address.path)
            if found and route.method == self.command:
                if len(body) > route.max_body_bytes:
                    raise Refusal("payload_too_large", "The body is too large")
                places = {name: unquote(value) for name, value in found.groupdict().items()}
                asked = Asked(route.operation, places, parse_qs(address.query), body)
                return route.statuses[0], self.server.answers(asked)
        raise Refusal("not_found", "There is nothing at this address.")

    def _send(self, status: int, answer: BaseModel | None, **more: str) -> None:
        content = answer.model_dump_json().encode() if answer else b""
        self.send_response(status)
        for name, value in {**_HEADERS, **more, "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def serving(server: ThreadingHTTPServer) -> Iterator[None]:
    """Serve in the background until the block ends."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def changed(story: RunStory, correction: RunCorrection, at: datetime) -> RunStory:
    """Do what a person asks of a run, without a check."""
    before = story.run
    update: dict[str, Any] = {"version": before.version + 1, "changes": before.changes + 1}
    kind: ChangeKind = "corrected"
    if correction.bill:
        kind = "bill_refused" if correction.bill.decision == "refuse" else "bill_accepted"
        update |= {"held_bills": [], "bill_waits": False}
        if correction.bill.decision == "accept":
            update |= {"cost_usd": correction.bill.cost_usd, "cost_source": "billed"}
    if correction.withdrawn is not None:
        kind = "withdrawn" if correction.withdrawn else "restored"
        update["withdrawn"] = correction.withdrawn
    if correction.values:
        update |= correction.values.model_dump(include=correction.values.model_fields_set)
    after = before.model_copy(update=update)
    change = RunChange(
        workflow_name=after.workflow_name,
        run_id=after.run_id,
        number=after.changes,
        kind=kind,
        at=at,
        by="k1k2k3",
        reason=correction.reason,
        before=before,
        after=after,
    )
    return RunStory(run=after, changes=[*story.changes, change])
