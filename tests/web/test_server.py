"""The local static server answers as the hosting does."""

import gzip
import http.client
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.api import serving
from tools.web import HOST, WebServer


@pytest.fixture
def site(tmp_path: Path) -> Iterator[tuple[int, Path]]:
    """A port that serves a small app, and its configuration file."""
    root = tmp_path / "dist"
    (root / "assets").mkdir(parents=True)
    (root / "index.html").write_text("<!doctype html>the app")
    (root / "assets" / "app-1a2b.js").write_text("let a = 1;" * 100)
    (tmp_path / "secret.txt").write_text("not yours")
    config = tmp_path / "config.json"
    config.write_text('{"apiUrl": "http://127.0.0.1:4566/restapis/abc/v1"}')
    server = WebServer(root, 0, config)
    with serving(server):
        yield server.server_port, config


def get(port: int, path: str, method: str = "GET", **headers: str) -> tuple[http.client.HTTPResponse, bytes]:
    connection = http.client.HTTPConnection(HOST, port, timeout=10)
    connection.request(method, path, headers=headers)
    response = connection.getresponse()
    body = response.read()
    connection.close()
    return response, body


def test_pages_are_the_app_and_are_checked_again(site: tuple[int, Path]) -> None:
    for path in ("/", "/batch", "/models/rnaseq-quant?x=1"):
        response, body = get(site[0], path)
        assert (response.status, body) == (200, b"<!doctype html>the app")
        assert response.headers["Content-Type"] == "text/html; charset=utf-8"
        assert response.headers["Cache-Control"] == "no-cache"


def test_assets_are_compressed_and_kept(site: tuple[int, Path]) -> None:
    response, body = get(site[0], "/assets/app-1a2b.js", **{"Accept-Encoding": "gzip"})
    assert gzip.decompress(body) == b"let a = 1;" * 100
    assert response.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert "immutable" in response.headers["Cache-Control"]
    plain, body = get(site[0], "/assets/app-1a2b.js")
    assert plain.headers["Content-Encoding"] is None
    assert body.startswith(b"let a")


@pytest.mark.parametrize(
    "path", ["/missing.js", "/../secret.txt", "/%2e%2e/secret.txt", "/assets/../../secret.txt", "/a%00.js", "/.env"]
)
def test_nothing_else_is_served(site: tuple[int, Path], path: str) -> None:
    response, body = get(site[0], path)
    assert response.status == 404
    assert b"not yours" not in body


def test_configuration_is_read_anew_and_opens_the_policy_for_its_api_alone(site: tuple[int, Path]) -> None:
    port, config = site
    response, body = get(port, "/config.json")
    assert json.loads(body)["apiUrl"].endswith("/v1")
    assert response.headers["Cache-Control"] == "no-store"
    assert "connect-src 'self' http://127.0.0.1:4566;" in response.headers["Content-Security-Policy"]
    config.write_text('{"apiUrl": "https://api.example.org/v1"}')
    response, _ = get(port, "/")
    policy = response.headers["Content-Security-Policy"]
    assert "connect-src 'self' https://api.example.org;" in policy
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    sign_in = {"url": "https://sign-in.example.org"}
    config.write_text(json.dumps({"apiUrl": "https://api.example.org/v1", "signIn": sign_in}))
    response, _ = get(port, "/")
    allowed = "connect-src 'self' https://api.example.org https://sign-in.example.org;"
    assert allowed in response.headers["Content-Security-Policy"]


def test_a_build_that_is_taken_away_is_not_found(site: tuple[int, Path]) -> None:
    port, config = site
    (config.parent / "dist" / "index.html").unlink()
    assert get(port, "/", **{"Accept-Encoding": "gzip"})[0].status == 404


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:{port}", "127.0.0.1", "127.0.0.1:1", "localhost.evil.example:{port}"]
)
@pytest.mark.parametrize("path", ["/config.json", "/", "/assets/app-1a2b.js"])
def test_no_other_name_is_answered(site: tuple[int, Path], host: str, path: str) -> None:
    response, body = get(site[0], path, Host=host.format(port=site[0]))
    assert response.status == 421
    assert b"own names" in body


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "LocalHost", "[::1]"])
def test_every_name_of_this_machine_is_answered(site: tuple[int, Path], name: str) -> None:
    assert get(site[0], "/config.json", Host=f"{name}:{site[0]}")[0].status == 200


def test_the_configuration_is_for_the_apps_own_pages(site: tuple[int, Path]) -> None:
    for where in ("same-origin", "none"):
        response, _ = get(site[0], "/config.json", **{"Sec-Fetch-Site": where})
        assert response.status == 200
        assert not [name for name in response.headers if name.lower().startswith("access-control-")]
    for where in ("same-site", "cross-site"):
        assert get(site[0], "/config.json", **{"Sec-Fetch-Site": where})[0].status == 403


def test_the_port_outside_of_a_container_is_one_of_ours(site: tuple[int, Path]) -> None:
    config = site[1]
    server = WebServer(config.parent / "dist", 0, config, public_port=8123)
    with serving(server):
        port = server.server_port
        assert get(port, "/", Host="127.0.0.1:8123")[0].status == 200
        assert get(port, "/", Host=f"127.0.0.1:{port}")[0].status == 200


def test_missing_configuration_and_other_methods(site: tuple[int, Path]) -> None:
    port, config = site
    config.unlink()
    assert get(port, "/config.json")[0].status == 503
    assert get(port, "/")[0].status == 200
    assert get(port, "/", method="POST")[0].status == 501
    head, body = get(port, "/", method="HEAD")
    assert (head.headers["Content-Length"], body) == ("22", b"")
