"""A static server for the built web app: `python -m tools.web --root web/dist --port 8080 --config FILE`.

It answers as the hosting on AWS does: the headers of `web/headers.json`, `/config.json` by deployment (read from FILE
at each request, so that a new configuration needs no restart), files of `assets/` cached for good since their names
change with their content, and `index.html` for every page that the app itself routes. Binds to 127.0.0.1 unless told
otherwise, and answers under this machine's own names alone: the configuration holds the API key.
"""

import argparse
import functools
import gzip
import json
import mimetypes
import signal
import sys
import threading
from collections.abc import Iterable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

from cloud.hosts import loopback_hosts

HOST = "127.0.0.1"
HEADERS_FILE = Path(__file__).parents[1] / "web" / "headers.json"
CALLED_ORIGINS = "CALLED_ORIGINS"
"""Stands in the headers for the foreign origins that the app may call."""
IMMUTABLE = "public, max-age=31536000, immutable"
REVALIDATE = "no-cache"
COMPRESSED = {".css", ".html", ".js", ".json", ".svg"}
TYPES = {".js": "text/javascript", ".svg": "image/svg+xml", ".woff2": "font/woff2", ".json": "application/json"}


def security_headers(urls: Iterable[str]) -> dict[str, str]:
    """Return the headers of `web/headers.json` that let the app call these addresses' origins and nothing else."""
    parts = [urlsplit(url) for url in urls]
    origins = " ".join(dict.fromkeys(f"{each.scheme}://{each.netloc}" for each in parts))
    headers: dict[str, str] = json.loads(HEADERS_FILE.read_text().replace(CALLED_ORIGINS, origins))
    return headers


@functools.lru_cache(maxsize=64)
def _compressed(path: Path, modified_ns: int) -> bytes:
    """Return the file gzipped; `modified_ns` is there to forget a file that was built anew."""
    del modified_ns
    return gzip.compress(path.read_bytes(), compresslevel=9, mtime=0)


class WebHandler(BaseHTTPRequestHandler):
    """Answers GET and HEAD. A file outside of the root is never read."""

    protocol_version = "HTTP/1.1"
    # The base class writes headers and body apart; with Nagle's algorithm the second write waits 40 ms for an
    # acknowledgement of the first. Buffered, they leave together.
    wbufsize = -1
    disable_nagle_algorithm = True
    timeout = 30

    def __init__(self, root: Path, config: Path, *arguments: object) -> None:
        self.root = root
        self.config = config
        super().__init__(*arguments)  # type: ignore[arg-type]  # the server hands over (request, address, server)

    def do_GET(self) -> None:  # the name that http.server calls
        """Answer with the configuration, a file, or the app's page."""
        if not self._rightly_asked():
            message = b"This server answers under this machine's own names alone.\n"
            return self._send(HTTPStatus.MISDIRECTED_REQUEST, message, "text/plain; charset=utf-8", "no-store")
        path = unquote(urlsplit(self.path).path)
        if path == "/config.json":
            return self._send_config()
        file = self._file(path)
        try:
            body, encoding = self._read(file) if file else (None, None)
        except OSError:  # a new build may take the file away at any moment
            body = None
        if file is None or body is None:
            return self._send(HTTPStatus.NOT_FOUND, b"Not found\n", "text/plain; charset=utf-8", REVALIDATE)
        kind = TYPES.get(file.suffix) or mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        if kind.startswith("text/"):
            kind += "; charset=utf-8"
        cache = IMMUTABLE if file.parent == self.root / "assets" else REVALIDATE
        return self._send(HTTPStatus.OK, body, kind, cache, encoding)

    do_HEAD = do_GET  # noqa: N815  # the name that http.server calls

    def _rightly_asked(self) -> bool:
        """Whether the name is ours, and not one that a page gave this machine's address (DNS rebinding)."""
        hosts = self.headers.get_all("Host") or []
        own: frozenset[str] = self.server.own_hosts  # type: ignore[attr-defined]  # a WebServer
        return len(hosts) == 1 and hosts[0].lower() in own

    def _file(self, path: str) -> Path | None:
        """Return the file of a path, the app's page for a path that looks like a page, or None."""
        # A NUL or an over-long name raises from the file system's own checks.
        try:
            file = (self.root / path.lstrip("/")).resolve()
            if file.is_relative_to(self.root) and file.is_file():
                return file
        except (OSError, ValueError):
            return None
        is_page = "." not in path.rpartition("/")[2]
        return self.root / "index.html" if is_page else None

    def _send_config(self) -> None:
        if self.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}:  # another's page
            return self._send(
                HTTPStatus.FORBIDDEN, b'{"message": "Not for other sites"}', "application/json", "no-store"
            )
        try:
            body = self.config.read_bytes()
        except OSError:
            message = b'{"message": "The configuration is not there yet"}'
            return self._send(HTTPStatus.SERVICE_UNAVAILABLE, message, "application/json", "no-store")
        return self._send(HTTPStatus.OK, body, "application/json", "no-store")

    def _read(self, file: Path) -> tuple[bytes, str | None]:
        """Return the content and its encoding."""
        if file.suffix in COMPRESSED and "gzip" in self.headers.get("Accept-Encoding", ""):
            return _compressed(file, file.stat().st_mtime_ns), "gzip"
        return file.read_bytes(), None

    def _send(self, status: HTTPStatus, body: bytes, kind: str, cache: str, encoding: str | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", cache)
        self.send_header("Vary", "Accept-Encoding")
        if encoding:
            self.send_header("Content-Encoding", encoding)
        for name, value in security_headers(self._called()).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _called(self) -> list[str]:
        """The addresses that the configuration names: the API's, and that of the pages where people sign in."""
        try:
            config = json.loads(self.config.read_bytes())
            return [config["apiUrl"], *([config["signIn"]["url"]] if "signIn" in config else [])]
        except (OSError, ValueError, KeyError, TypeError):
            return [f"http://{HOST}"]

    def log_request(self, code: object = "-", size: object = "-") -> None:
        """Say nothing of answered requests: only failures are worth a line."""

    def log_error(self, format: str, *arguments: object) -> None:
        """Say nothing of browsers that kept a connection open and left."""
        if not any(isinstance(argument, TimeoutError) for argument in arguments):
            super().log_error(format, *arguments)


class WebServer(ThreadingHTTPServer):
    """A thread for each connection; none of them keeps the process from ending."""

    daemon_threads = True

    def __init__(self, root: Path, port: int, config: Path, host: str = HOST, public_port: int | None = None) -> None:
        super().__init__((host, port), functools.partial(WebHandler, root.resolve(), config))
        self.own_hosts = loopback_hosts({self.server_port, public_port or self.server_port})
        """The Host headers that are right: also by the port that leads here from outside of a container."""

    def handle_error(self, request: object, client_address: object) -> None:
        """A browser that hangs up early is no error of ours."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]  # typeshed names the socket type


def main() -> None:
    """Serve until SIGTERM or Ctrl-C. One line on stderr and status 1 when that cannot be."""
    parser = argparse.ArgumentParser(prog="python -m tools.web", description="Serve the built web app.")
    parser.add_argument("--root", type=Path, required=True, help="the folder that `npm run build` made")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--config", type=Path, required=True, help="what /config.json answers")
    parser.add_argument("--host", default=HOST)
    parser.add_argument("--public-port", type=int, help="what leads here from outside of a container")
    options = parser.parse_args()
    if not (options.root / "index.html").is_file():
        sys.exit(f"There is no web app in {options.root}: run `npm ci && npm run build` in web/ first.")
    try:
        server = WebServer(options.root, options.port, options.config, options.host, options.public_port)
    except OSError as error:
        sys.exit(f"Port {options.port} cannot be served: {error.strerror or error}.")
    # shutdown() waits for serve_forever() to end, which the same thread would never reach.
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    try:
        server.serve_forever(poll_interval=0.1)
    except KeyboardInterrupt:
        pass
    finally:
        server.server_close()


if __name__ == "__main__":
    main()
