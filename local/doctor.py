"""`make doctor`: what this machine has, what is missing, and how to get it, a line each."""

import socket
import sys
from collections.abc import Callable

from local import cloud
from local.apply import terraform_command
from local.engine import engine_problem
from local.settings import HOST, CloudSettings, SettingsError
from local.tools import ToolMissingError, chromium, node_directory, uv
from local.webserver import WebSettings


def main() -> int:
    """Print the lines; 1 if something that `make up` needs is missing."""
    needed = [
        _python(),
        _tool("uv", uv),
        _tool("Terraform", lambda: terraform_command()[0]),
        _tool("Node", node_directory),
    ]
    ports = [_cloud_port(), _web_port()]
    optional = [_tool("Chromium (for `make e2e`)", chromium), _docker()]
    for ok, line in (*needed, *ports, *optional):
        print(f"{'✓' if ok else '✗'} {line}")
    return 0 if all(ok for ok, _ in (*needed, *ports)) else 1


def _python() -> tuple[bool, str]:
    return sys.version_info[:2] == (3, 13), f"Python {sys.version.split()[0]} ({sys.executable})"


def _tool(name: str, find: Callable[[], object]) -> tuple[bool, str]:
    try:
        return True, f"{name}: {find()}"
    except ToolMissingError as error:
        return False, str(error)


def _docker() -> tuple[bool, str]:
    problem = engine_problem()
    return (
        not problem,
        "Docker (optional, for RUNNER=docker, BACKEND=compose or localstack, `make image`, `container` and `sam`): "
        f"{problem or 'an engine answers'}",
    )


def _cloud_port() -> tuple[bool, str]:
    settings = CloudSettings.from_environment()
    if cloud.is_running(settings):
        return True, f"Port {settings.port}: this checkout's local cloud"
    return _port(settings.port, "RUNQUOTE_CLOUD_PORT")


def _web_port() -> tuple[bool, str]:
    settings = WebSettings.from_environment(CloudSettings.from_environment().state_directory)
    if settings.process_file.exists():
        return True, f"Port {settings.port}: this checkout's web app"
    return _port(settings.port, "RUNQUOTE_WEB_PORT")


def _port(port: int, variable: str) -> tuple[bool, str]:
    with socket.socket() as probe:
        if probe.connect_ex((HOST, port)) == 0:
            return False, f"Port {port}: taken by another process; stop it, or set {variable}"
    return True, f"Port {port}: free"


if __name__ == "__main__":
    try:
        sys.exit(main())
    except SettingsError as error:
        sys.exit(str(error))
