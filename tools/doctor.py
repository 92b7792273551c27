"""`make doctor`: what this machine and its network have, what is missing, and how to get it, a line each.

On a closed network the packages themselves may be missing: this needs the standard library alone, and asks everything
at once, so that addresses which do not answer cost their few seconds together.
"""

import os
import re
import socket
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

from cloud import lifecycle
from cloud.engine import LAMBDA_IMAGE, EngineError, docker, engine_problem
from cloud.settings import HOST, REPOSITORY, CloudSettings, SettingsError
from tools import npm, packages, provider
from tools.apply import terraform_command
from tools.network import unreachable
from tools.programs import ToolMissingError, chromium, node_directory, uv
from tools.webserver import WebSettings

Line = tuple[bool, str]
"""Whether it is there, and what there is or how to get it."""
APART = {"sam": "make sam", "localstack": "make localstack", "security": "make terraform"}
"""Environments of requirements/ that are made on first use, and what uses them."""


def main() -> int:
    """Print the lines; 1 if something that `make up` needs is missing."""
    needed: list[Callable[[], Line]] = [
        _python,
        lambda: _tool("uv", uv),
        _python_packages,
        lambda: _tool("Terraform", lambda: terraform_command()[0]),
        _aws_provider,
        lambda: _tool("Node", node_directory),
        _web_packages,
        _cloud_port,
        _web_port,
    ]
    with ThreadPoolExecutor(16) as pool:
        lines = [pool.submit(check) for check in needed]
        optional = [
            pool.submit(_index),
            pool.submit(lambda: _tool("Chromium (for `make e2e` and `make web`)", chromium)),
        ]
        containers = pool.submit(lambda: list(_containers()))
        for line in (*(each.result() for each in (*lines, *optional)), *containers.result()):
            _print(line)
    return 0 if all(each.result()[0] for each in lines) else 1


def _print(line: Line) -> None:
    ok, text = line
    print(f"{'✓' if ok else '✗'} {text.replace('\n', '\n  ')}")


def _python() -> Line:
    ok = sys.version_info[:2] == (3, 13)
    return ok, f"Python {sys.version.split()[0]} ({sys.executable}, of {sys.base_prefix})"


def _tool(name: str, find: Callable[[], object]) -> Line:
    try:
        return True, f"{name}: {find()}"
    except ToolMissingError as error:
        return False, str(error)


def _python_packages() -> Line:
    lock, stamp = REPOSITORY / "requirements" / "dev.txt", REPOSITORY / ".venv" / ".installed"
    if stamp.exists() and stamp.read_bytes() == lock.read_bytes():
        return True, "Python packages: installed"
    return False, "Python packages: not installed; `sh tools/bootstrap.sh` installs them, or says what it lacks"


def _index() -> Line:
    """Only what is not installed yet needs it."""
    missing = [name for name in APART if not (REPOSITORY / "build" / "environments" / name / ".installed").exists()]
    wanted = ", ".join(f"requirements/{name}.txt (`{APART[name]}`)" for name in missing) or "changed packages"
    try:
        problem = packages.index_problem(REPOSITORY / "requirements" / "dev.txt")
    except ToolMissingError:
        return False, "Package index: uv is needed first"
    if problem:
        return False, f"Package index: cannot be reached ({problem}), needed for {wanted}. {packages.WAY_OUT}"
    return True, "Package index (PyPI, or the one that uv is told of): answers"


def _aws_provider() -> Line:
    try:
        return provider.check(terraform_command())
    except ToolMissingError:
        return False, "AWS provider of Terraform: Terraform is needed first"


def _web_packages() -> Line:
    if npm.installed():
        return True, "Packages of the web app: installed"
    try:
        problem = npm.registry_problem()
    except ToolMissingError:
        return False, "Packages of the web app: Node is needed first"
    if problem:
        return False, f"Packages of the web app: the npm registry cannot be reached ({problem}). {npm.WAY_OUT}"
    return True, "Packages of the web app: not installed yet, and the npm registry answers"


def _containers() -> Iterator[Line]:
    problem = engine_problem()
    yield (
        not problem,
        "Docker (optional, for RUNNER=docker, BACKEND=compose or localstack, `make image`, `container` and `sam`): "
        f"{problem or 'an engine answers'}",
    )
    if not problem:
        with ThreadPoolExecutor(4) as pool:
            yield from pool.map(_image, *zip(*_images().items(), strict=True))


def _images() -> dict[str, str]:
    """The images of others that are run or built upon, and by what."""
    bases = dict(re.findall(r"^ARG (\w+)=(\S+)$", (REPOSITORY / "tools" / "Dockerfile").read_text(), re.MULTILINE))
    return {
        bases["BASE"]: "RUNNER=docker, BACKEND=compose or localstack, `make image`, `make container`",
        LAMBDA_IMAGE: "`make sam`, BACKEND=localstack",
        os.environ.get("RUNQUOTE_LOCALSTACK_IMAGE") or bases["LOCALSTACK"]: "BACKEND=localstack",
    }


def _image(name: str, use: str) -> Line:
    try:
        docker("image", "inspect", name, timeout=15)
    except EngineError:
        host = name.split("/")[0] if "." in name.split("/")[0] else "registry-1.docker.io"
        if problem := unreachable(f"https://{host}/v2/"):
            get = f"`docker pull` and `docker save` it elsewhere, and `docker load` it here ({use})"
            return False, f"Image {name}: not here, and its registry cannot be reached ({problem}). {get}"
        return True, f"Image {name}: not here yet, and its registry answers"
    return True, f"Image {name}: here"


def _cloud_port() -> Line:
    settings = CloudSettings.from_environment()
    if lifecycle.is_running(settings):
        return True, f"Port {settings.port}: this checkout's local cloud"
    return _port(settings.port, "RUNQUOTE_CLOUD_PORT")


def _web_port() -> Line:
    settings = WebSettings.from_environment(CloudSettings.from_environment().state_directory)
    if settings.process_file.exists():
        return True, f"Port {settings.port}: this checkout's web app"
    return _port(settings.port, "RUNQUOTE_WEB_PORT")


def _port(port: int, variable: str) -> Line:
    with socket.socket() as probe:
        if probe.connect_ex((HOST, port)) == 0:
            return False, f"Port {port}: taken by another process; stop it, or set {variable}"
    return True, f"Port {port}: free"


if __name__ == "__main__":
    try:
        sys.exit(main())
    except SettingsError as error:
        sys.exit(str(error))
