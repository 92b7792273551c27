"""An identity provider for tests of the web app alone: Cognito's pages and endpoints, for one person and any password.

What matters to the app is as with Cognito: one code for one exchange, whose verifier must fit (PKCE); a session of its
own pages, by cookie; access tokens that end; a refresh token that can be revoked. Signatures are not real: the app gets
its tokens from the provider itself, and the API's check of them is tested against the local cloud.
"""

import base64
import hashlib
import json
import secrets
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qsl, urlencode, urlsplit

from tools.web import HOST

CLIENT_ID = "the-web-app"
SCOPE = "openid email runquote/api"
ISSUER = "https://identity.example/pool"
PERSON = "ada@example.org"
PAGE = """<!doctype html><title>Sign in</title>
<form method="post" action="/login?{}"><label>E-mail <input name="username"></label><button>Sign in</button></form>"""


class FakeIdentity(ThreadingHTTPServer):
    """The provider on a free port of 127.0.0.1."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__((HOST, 0), _Handler)
        self.app_url = ""
        """Where the one client lives: it may be sent back to no other place."""
        self.codes: dict[str, dict[str, str]] = {}
        """What was asked for, by code."""
        self.access_tokens: set[str] = set()
        """Those that the API takes."""
        self.refresh_tokens: set[str] = set()
        self.cookies: set[str] = set()
        self.refreshed = 0

    @property
    def url(self) -> str:
        """Where the app finds it."""
        return f"http://{HOST}:{self.server_port}"

    def config(self) -> dict[str, str]:
        """What the app's config.json says of it."""
        return {"issuer": ISSUER, "url": self.url, "clientId": CLIENT_ID, "scope": SCOPE}

    def tokens(self, nonce: str | None) -> dict[str, Any]:
        """New tokens; with a refresh token for a new session, which has a nonce."""
        now = int(time.time())
        claims = {"iss": ISSUER, "aud": CLIENT_ID, "sub": "1", "email": PERSON, "iat": now, "exp": now + 3600}
        access = secrets.token_urlsafe()
        self.access_tokens.add(access)
        given: dict[str, Any] = {
            "access_token": access,
            "id_token": f"{_part({'alg': 'RS256'})}.{_part(claims | ({'nonce': nonce} if nonce else {}))}.c2lnbmF0dXJl",
            "token_type": "Bearer",
            "expires_in": 3600,
        }
        if nonce:
            given["refresh_token"] = secrets.token_urlsafe()
            self.refresh_tokens.add(given["refresh_token"])
        return given


class _Handler(BaseHTTPRequestHandler):
    server: FakeIdentity
    _ENDS: ClassVar = {"/test/expire": ("access_tokens",), "/test/end": ("access_tokens", "refresh_tokens", "cookies")}

    def do_GET(self) -> None:  # the name that http.server calls
        address = urlsplit(self.path)
        query = dict(parse_qsl(address.query))
        if address.path == "/oauth2/authorize" and self._may_ask(query):
            known = self.headers.get("Cookie", "").removeprefix("session=") in self.server.cookies
            return self._back(query) if known else self._send(200, PAGE.format(address.query), "text/html")
        if address.path == "/logout" and query == {"client_id": CLIENT_ID, "logout_uri": f"{self.server.app_url}/"}:
            self.server.cookies.clear()
            return self._redirect(query["logout_uri"])
        return self._send(400, "This is not how it is asked")

    def do_POST(self) -> None:  # the name that http.server calls
        address = urlsplit(self.path)
        form = dict(parse_qsl(self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()))
        if address.path in self._ENDS:  # what a test does to the provider
            for name in self._ENDS[address.path]:
                getattr(self.server, name).clear()
            return self._send(200, str(self.server.refreshed))
        if address.path == "/login":
            cookie = secrets.token_urlsafe()
            self.server.cookies.add(cookie)
            return self._back(dict(parse_qsl(address.query)), cookie)
        if address.path == "/oauth2/revoke":
            self.server.refresh_tokens.discard(form["token"])
            return self._send(200, "{}")
        if address.path == "/oauth2/token" and form.get("client_id") == CLIENT_ID:
            return self._token(form)
        return self._send(400, "This is not how it is asked")

    def _may_ask(self, query: dict[str, str]) -> bool:
        right = {
            "response_type": "code",
            "client_id": CLIENT_ID,
            "redirect_uri": f"{self.server.app_url}/signed-in",
            "scope": SCOPE,
            "code_challenge_method": "S256",
        }
        return right.items() <= query.items() and {"state", "nonce", "code_challenge"} <= query.keys()

    def _back(self, query: dict[str, str], cookie: str | None = None) -> None:
        code = secrets.token_urlsafe()
        self.server.codes[code] = query
        self._redirect(f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query['state']})}", cookie)

    def _token(self, form: dict[str, str]) -> None:
        answer = None
        if form["grant_type"] == "refresh_token" and form["refresh_token"] in self.server.refresh_tokens:
            self.server.refreshed += 1
            answer = self.server.tokens(nonce=None)
        if form["grant_type"] == "authorization_code" and (asked := self.server.codes.pop(form["code"], None)):
            digest = hashlib.sha256(form["code_verifier"].encode()).digest()
            proven = base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == asked["code_challenge"]
            if proven and form["redirect_uri"] == asked["redirect_uri"]:
                answer = self.server.tokens(asked["nonce"])
        self._send(200 if answer else 400, json.dumps(answer or {"error": "invalid_grant"}))

    def _redirect(self, to: str, cookie: str | None = None) -> None:
        self.send_response(302)
        self.send_header("Location", to)
        if cookie:
            self.send_header("Set-Cookie", f"session={cookie}; HttpOnly; SameSite=Lax")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _send(self, status: int, text: str, kind: str = "application/json") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(text.encode())))
        self.send_header("Access-Control-Allow-Origin", "*")
        self.end_headers()
        self.wfile.write(text.encode())

    def log_request(self, code: object = "-", size: object = "-") -> None:
        pass


def _part(content: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()
