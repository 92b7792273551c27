"""The local SageMaker on a port of its own, for clouds that it cannot be part of."""

import re
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cloud.gate import RefusedError, Rules, refusal
from cloud.sagemaker.core import HttpAnswer, SageMaker
from cloud.signatures import Received

_INVOCATION = re.compile(r"/endpoints/([^/?]+)/invocations")
_MAX_BODY_BYTES = 64 * 1024**2


def make_server(sagemaker: SageMaker, host: str, port: int, rules: Rules) -> ThreadingHTTPServer:
    """A server that answers AWS SDKs at this address, as the rules allow."""

    class Handler(BaseHTTPRequestHandler):
        """Control plane by X-Amz-Target, invocations by path, GET /ping for health checks."""

        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1  # Head and body leave in one packet.

        def log_message(self, *_arguments: object) -> None:
            """Stay silent: the core logs what matters."""

        def do_GET(self) -> None:
            """Health check."""
            if self._is_let_in(None):
                known = self.path == "/ping"
                self._send(HttpAnswer(200 if known else 404, {"Content-Type": "text/plain"}, b""))

        def do_POST(self) -> None:
            """One action."""
            length = int(self.headers.get("Content-Length") or 0)
            if length > _MAX_BODY_BYTES:
                self.close_connection = True
                self._send(HttpAnswer(413, {"Content-Type": "text/plain"}, b""))
                return
            body = self.rfile.read(length)
            if not self._is_let_in(body):
                return
            invocation = _INVOCATION.fullmatch(self.path)
            if invocation is not None:
                headers = {name.lower(): value for name, value in self.headers.items()}
                self._send(sagemaker.data_plane(invocation[1], headers, body))
            else:
                self._send(sagemaker.control_plane(self.headers.get("X-Amz-Target", ""), body))

        def _is_let_in(self, body: bytes | None) -> bool:
            """Answer a request that is refused. One with a body does something, and must be signed."""
            path, _, query = self.path.partition("?")
            headers = tuple((name.lower(), value) for name, value in self.headers.items())
            request = Received(self.command, path, query, headers)
            try:
                rules.check_host(request)
                rules.check_no_page(request)
                if body is not None:
                    rules.check_signed(request, body)
            except RefusedError as error:
                kind, text = refusal(error, request)
                self._send(HttpAnswer(403, {"Content-Type": kind, "x-amzn-ErrorType": error.code}, text))
                return False
            return True

        def _send(self, answer: HttpAnswer) -> None:
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body)))
            self.send_header("x-amzn-RequestId", str(uuid.uuid4()))
            self.end_headers()
            self.wfile.write(answer.body)
            self.wfile.flush()

    server = ThreadingHTTPServer((host, port), Handler)
    server.daemon_threads = True
    return server
