"""What the local cloud lets in: it can run code as the person who started it, and every page that person opens can send
requests to 127.0.0.1.

Three kinds of requests are told apart:

- **the API's own routes** and the pages and endpoints where people sign in, which the web app calls: open, as on AWS,
  to whoever has a key or a token; a browser shows the answers to the web app's pages alone;
- **what everybody may know**: whose cloud this is, by which `make` finds its own, and a user pool's public keys, by
  which API Gateway verifies tokens: open to programs;
- **everything else is the control plane**: it must be signed with the credentials that `make up` drew.

A page has no place but in the first kind, and nothing is answered under a name that is not this machine's own.
"""

import json
import re
from collections.abc import Awaitable, Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal
from xml.sax.saxutils import escape

from cloud.settings import IDENTITY_PATH, Credentials
from cloud.signatures import Received, SignatureError, signature_of, verify

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]
Kind = Literal["api", "sign-in", "public", "control plane"]

_API = re.compile(r"/restapis/[^/]+/[^/]+/_user_request_(/.*)?", re.DOTALL)
_SIGN_IN = {
    ("GET", "/oauth2/authorize"), ("POST", "/oauth2/login"), ("POST", "/login"), ("GET", "/logout"),
    ("POST", "/oauth2/token"), ("POST", "/oauth2/revoke"), ("GET", "/oauth2/userInfo"), ("POST", "/oauth2/userInfo"),
}  # fmt: skip
_SIGN_IN_PATHS = {path for _, path in _SIGN_IN}
_ALLOW_ORIGIN = b"access-control-allow-origin"
_PUBLIC_KEYS = re.compile(r"/[a-z0-9-]+_[A-Za-z0-9]+/\.well-known/jwks\.json")
"""A pool's name has a line in it that no bucket's has: what is there cannot be an object."""
HINT = "This local cloud takes only what is signed with its own credentials (docs/backends.md, Who may call)."


class RefusedError(Exception):
    """A request that is not let in."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True)
class Rules:
    """Who may call one server."""

    credentials: Credentials
    own_hosts: Collection[str]
    """The Host headers under which it answers everybody."""
    sign_in_origins: Callable[[], Collection[str]] = frozenset
    """Whose pages may ask for tokens: the web app's."""
    other_hosts: Callable[[str], bool] = lambda _host: False
    """Whether it answers signed requests under one more."""

    def check_host(self, request: Received, *, signed: bool = False) -> None:
        """Refuse a name that is not ours: a page's own, which it gave the address of this machine."""
        host = (request.one("host") or "").lower()
        if host not in self.own_hosts and not (signed and self.other_hosts(host)):
            raise RefusedError("AccessDenied", "This local cloud does not answer under this name (the Host header).")

    def check_no_page(self, request: Received) -> None:
        """Refuse what a page sends. Every browser says so by one of these headers; programs send neither."""
        if request.all("origin") or request.all("sec-fetch-site"):
            raise RefusedError("AccessDenied", "No web page may call the local cloud's services.")

    def check_signed(self, request: Received, body: bytes) -> None:
        """Refuse what is not signed with our credentials, just now."""
        try:
            verify(request, signature_of(request), body, self.credentials, datetime.now(UTC))
        except SignatureError as error:
            raise RefusedError(error.code, f"{error} {HINT}") from error

    def check_may_sign_in(self, request: Received, path: str) -> None:
        """Let the web app's page call, the sign-in page send its form, and a browser go there; no other page."""
        if request.all("origin"):
            own = {f"http://{host}" for host in self.own_hosts}
            allowed = request.one("origin") in own.union(self.sign_in_origins())
        else:
            allowed = request.all("sec-fetch-dest") in ([], ["document"])  # not from a frame, an image, a script
        if not allowed:
            raise RefusedError("AccessDenied", "People sign in from the web app alone.")
        if (request.method, path) == ("POST", "/oauth2/revoke"):  # which ministack would take for S3's
            raise RefusedError("UnsupportedOperation", "Tokens of the local cloud end when they expire.")


def kind_of(method: str, path: str) -> Kind:
    """Tell what is asked for; `path` is decoded, as the application below reads it."""
    if _API.fullmatch(path):
        return "api"
    if (method, path) in _SIGN_IN or (method == "OPTIONS" and path in _SIGN_IN_PATHS):
        return "sign-in"
    if method == "GET" and (path == IDENTITY_PATH or _PUBLIC_KEYS.fullmatch(path)):
        return "public"
    return "control plane"


class Gate:
    """An ASGI application before another: what is refused never reaches that one."""

    def __init__(self, application: Application, rules: Rules) -> None:
        self._application = application
        self._rules = rules

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Let one request through, or answer that it is refused."""
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1008})  # nothing here uses any

    async def _http(self, scope: Message, receive: Receive, send: Send) -> None:
        request, kind = received(scope), kind_of(scope["method"], scope["path"])
        send = self._with_cors(send, request, kind)
        try:
            self._rules.check_host(request, signed=kind == "control plane")
            if kind in {"public", "control plane"}:
                self._rules.check_no_page(request)
            if kind == "sign-in":
                self._rules.check_may_sign_in(request, scope["path"])
            if kind == "control plane":
                signature_of(request)  # before a body is read that may be of any length
                body = await _body(receive)
                self._rules.check_signed(request, body)
                receive = _again(body, receive)
        except SignatureError as error:
            await _refuse(RefusedError(error.code, f"{error} {HINT}"), request, send)
        except RefusedError as error:
            await _refuse(error, request, send)
        else:
            if kind != "control plane":
                scope = _as_open(scope)
            await self._application(scope, receive, send)

    def _with_cors(self, send: Send, request: Received, kind: Kind) -> Send:
        """Let a browser show the answer to the page that it is for.

        The API names its one origin itself. Cognito's endpoints are for the origins that its clients name. ministack
        sends `Access-Control-Allow-Origin: *` with nearly everything.
        """
        origins = request.all("origin")

        def allowed(value: str) -> str | None:
            if kind == "api" and value != "*" and origins in ([], [value]):
                return value
            return origins[0] if kind == "sign-in" and {*origins} & {*self._rules.sign_in_origins()} else None

        async def send_with_cors(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": _for_pages(message.get("headers", []), allowed)}
            await send(message)

        return send_with_cors


def received(scope: Message) -> Received:
    """The request as it came."""
    return Received(
        method=scope["method"],
        path=(scope.get("raw_path") or b"").decode("latin-1"),
        query=scope.get("query_string", b"").decode("latin-1"),
        headers=tuple((name.decode("latin-1").lower(), _text(value)) for name, value in scope["headers"]),
    )


def _text(value: bytes) -> str:
    """Clients sign text as UTF-8."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")


def _as_open(scope: Message) -> Message:
    """Take what names an AWS action or account from a request that nobody signed: it is neither."""
    kept = [
        (name, value)
        for name, value in scope["headers"]
        if name.lower() != b"x-amz-target" and not (name.lower() == b"authorization" and value.startswith(b"AWS"))
    ]
    return {**scope, "headers": kept}


async def _body(receive: Receive) -> bytes:
    parts = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise RefusedError("IncompleteBody", "The request ended before its body did.")
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


def _again(body: bytes, receive: Receive) -> Receive:
    """Receive a body that was read before, and then what else comes."""
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive_again() -> Message:
        return messages.pop() if messages else await receive()

    return receive_again


def _for_pages(
    headers: Iterable[tuple[bytes, bytes]], allowed: Callable[[str], str | None]
) -> list[tuple[bytes, bytes]]:
    """The headers of an answer, those for pages only if they name an origin that is allowed."""
    sent = [(name.lower(), value) for name, value in headers]
    origin = allowed(next((value.decode("latin-1") for name, value in sent if name == _ALLOW_ORIGIN), "*"))
    if origin is None:
        return [(name, value) for name, value in sent if not name.startswith(b"access-control-")]
    others = [(name, value) for name, value in sent if name != _ALLOW_ORIGIN]
    return [*others, (_ALLOW_ORIGIN, origin.encode()), (b"vary", b"Origin")]


async def _refuse(error: RefusedError, request: Received, send: Send) -> None:
    kind, body = refusal(error, request)
    headers = [
        (b"content-type", kind.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"x-amzn-errortype", error.code.encode()),
        (b"connection", b"close"),  # what is left of a body that nobody read
    ]
    await send({"type": "http.response.start", "status": 403, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if request.method == "HEAD" else body})


def refusal(error: RefusedError, request: Received) -> tuple[str, bytes]:
    """Content type and body of a refusal, as the SDK that asked reads it: S3 and the Query protocol in XML."""
    content_type = request.one("content-type") or ""
    code, message = escape(error.code), escape(error.message)
    if "/s3/aws4_request" in (request.one("authorization") or "") + request.query.replace("%2F", "/"):
        return "application/xml", f"<Error><Code>{code}</Code><Message>{message}</Message></Error>".encode()
    if content_type.startswith("application/x-www-form-urlencoded"):
        inner = f"<Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>"
        return "text/xml", f"<ErrorResponse>{inner}</ErrorResponse>".encode()
    return "application/json", json.dumps({"__type": error.code, "message": error.message}).encode()
