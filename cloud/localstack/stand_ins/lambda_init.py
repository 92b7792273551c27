#!/usr/bin/env python3
"""Stands for LocalStack's `lambda-runtime-init`, the program between LocalStack and a function's runtime.

LocalStack downloads its own; this one is for places that the download does not reach (docs/backends.md). It serves
AWS's Runtime API (https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html) to the command that it is given
(Lambda's /var/runtime/bootstrap when none is), takes invocations from LocalStack at POST /invoke, and reports what
became of them to LOCALSTACK_RUNTIME_ENDPOINT (localstack.services.lambda_.invocation.executor_endpoint is the other
side). No package but Python's own is needed.
"""

import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

COMMAND = sys.argv[1:] or ["/var/runtime/bootstrap"]
SECONDS = int(os.environ["AWS_LAMBDA_FUNCTION_TIMEOUT"])
INVOCATION_PORT = int(os.environ.get("RUNQUOTE_INVOCATION_PORT", "9563"))
INVOCATION_HOST = os.environ.get("RUNQUOTE_INVOCATION_HOST", "0.0.0.0")  # noqa: S104 - in a container of its own
PREFIX = "/2018-06-01/runtime/"
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def tell(path: str, body: bytes) -> None:
    """Report to LocalStack."""
    url = f"{os.environ['LOCALSTACK_RUNTIME_ENDPOINT']}/{path}"
    request = urllib.request.Request(url, body, {"content-type": "application/json"})  # noqa: S310 - LocalStack's
    _DIRECT.open(request, timeout=30).close()


class Sandbox:
    """The runtime's process and the one invocation that it may have at a time."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._given: queue.Queue[dict[str, str]] = queue.Queue()
        self._answered: queue.Queue[tuple[str, bytes]] = queue.Queue()
        self._output: list[str] = []
        self._is_ready = False
        self._process = self._started()

    def _started(self) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            COMMAND,
            env=os.environ | {"AWS_LAMBDA_RUNTIME_API": self._address},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        threading.Thread(target=self._watch, args=(process,), daemon=True).start()
        return process

    def _watch(self, process: "subprocess.Popen[str]") -> None:
        self._output.extend(process.stdout or ())
        message = f"Runtime exited with status {process.wait()}"
        if process is self._process:
            self._answered.put(("error", _error("Runtime.ExitError", message)))

    def stop(self) -> None:
        """End the runtime."""
        self._process.kill()

    def next(self) -> dict[str, str]:
        """Wait for an invocation; the first to ask is the runtime that has loaded the function."""
        if not self._is_ready:
            self._is_ready = True
            tell(f"status/{os.environ['LOCALSTACK_RUNTIME_ID']}/ready", b"{}")
        return self._given.get()

    def answer(self, kind: str, body: bytes) -> None:
        """Take what the runtime made of the invocation."""
        self._answered.put((kind, body))

    def invoke(self, invocation: dict[str, str]) -> None:
        """Run an invocation to its end, which may be that of its time."""
        if self._process.poll() is not None:
            self._process = self._started()
        self._answered = queue.Queue()
        self._output.clear()
        self._given.put(invocation)
        try:
            kind, body = self._answered.get(timeout=SECONDS)
        except queue.Empty:
            kind, body = "error", _error("Sandbox.Timedout", f"Task timed out after {SECONDS}.00 seconds")
            overdue, self._process = self._process, self._started()
            overdue.kill()
        name = invocation["invoke-id"]
        tell(f"invocations/{name}/logs", json.dumps({"logs": "".join(self._output)}).encode())
        tell(f"invocations/{name}/{kind}", body)


def _error(kind: str, message: str) -> bytes:
    return json.dumps({"errorType": kind, "errorMessage": message}).encode()


class RuntimeApi(BaseHTTPRequestHandler):
    """What the runtime calls."""

    protocol_version = "HTTP/1.1"
    sandbox: Sandbox

    def log_message(self, *_arguments: Any) -> None:  # noqa: ANN401 - as the base class has it
        """Stay silent: the output is the function's."""

    def do_GET(self) -> None:
        """The next invocation."""
        given = self.sandbox.next()
        headers = {
            "Lambda-Runtime-Aws-Request-Id": given["invoke-id"],
            "Lambda-Runtime-Deadline-Ms": str(int((time.time() + SECONDS) * 1000)),
            "Lambda-Runtime-Invoked-Function-Arn": given["invoked-function-arn"],
            "Lambda-Runtime-Trace-Id": given["trace-id"],
        }
        self._send(200, given["payload"].encode(), headers)

    def do_POST(self) -> None:
        """Its answer, or an error, also while loading the function."""
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        if self.path == f"{PREFIX}init/error":
            tell(f"status/{os.environ['LOCALSTACK_RUNTIME_ID']}/error", body)
        else:
            self.sandbox.answer(self.path.rpartition("/")[2], body)
        self._send(202, b"{}", {})

    def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body)), "Content-Type": "application/json"}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


class Invocations(RuntimeApi):
    """What LocalStack calls."""

    def do_POST(self) -> None:
        """Accept an invocation; its end is reported when it comes."""
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        threading.Thread(target=self.sandbox.invoke, args=(body,), daemon=True).start()
        self._send(200, b"OK", {})


def main() -> None:
    """Serve until SIGTERM, which ends the runtime too."""
    invocations = ThreadingHTTPServer((INVOCATION_HOST, INVOCATION_PORT), Invocations)
    threading.Thread(target=invocations.serve_forever, daemon=True).start()
    api = ThreadingHTTPServer(("127.0.0.1", 0), RuntimeApi)
    api.daemon_threads = True
    RuntimeApi.sandbox = Sandbox(f"127.0.0.1:{api.server_address[1]}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    try:
        api.serve_forever()
    finally:
        RuntimeApi.sandbox.stop()


if __name__ == "__main__":
    main()
