"""Installs Python packages: `python -m tools.packages LOCK FOLDER` makes an environment of what a lock names.

Nothing here waits long for a package index that cannot be reached: it is asked for one package first, without retries,
and without an answer only what uv's cache holds is tried. Uses the standard library alone, since it runs before
anything is installed.
"""

import fcntl
import os
import re
import subprocess
import sys
from pathlib import Path

from tools.programs import REPOSITORY, ToolMissingError, last_line, uv

WAY_OUT = (
    "On a closed network, set UV_DEFAULT_INDEX to your package index (uv does not read pip.conf), UV_FIND_LINKS to a"
    " folder of wheels, or HTTPS_PROXY."
)


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
            make_environment(folder, lock)
            stamp.write_bytes(lock.read_bytes())
    return folder / "bin"


def make_environment(folder: Path, lock: Path) -> None:
    """Make an environment of the Python that runs this, with exactly what the lock names. Raises ToolMissingError."""
    _require([uv(), "venv", "--quiet", "--allow-existing", f"--python={sys.executable}", str(folder)], str(folder))
    sync(lock, folder / "bin" / "python")


def sync(lock: Path, python: Path) -> None:
    """Make the environment of `python` exactly what the lock names. Raises ToolMissingError."""
    uv_pip(lock, "sync", "--require-hashes", "--compile-bytecode", f"--python={python}", str(lock))


def uv_pip(lock: Path, *arguments: str) -> None:
    """Run a `uv pip` command that needs the packages of a lock, from the index or from uv's cache. ToolMissingError."""
    command = [uv(), "pip", arguments[0], "--quiet", *arguments[1:]]
    name = os.path.relpath(lock, REPOSITORY)
    problem = index_problem(lock)
    if not problem:
        _require(command, name)
    elif subprocess.run([*command, "--offline"], cwd=REPOSITORY, capture_output=True, check=False).returncode:
        raise ToolMissingError(
            f"The package index cannot be reached ({problem}), and uv's cache lacks packages of {name}. {WAY_OUT}"
        )


def index_problem(lock: Path) -> str | None:
    """Why the index that uv would ask cannot be reached, in one line, or None. Takes seconds."""
    first = re.search(r"^[\w.-]+==[\w.]+", lock.read_text(), re.MULTILINE)
    if not first:
        return None
    command = [uv(), "pip", "compile", "--quiet", "--no-deps", "--refresh", f"--python={sys.executable}", "-"]
    hurry = {"UV_HTTP_RETRIES": "0", "UV_HTTP_TIMEOUT": "5", "UV_HTTP_CONNECT_TIMEOUT": "5"}
    try:
        asked = subprocess.run(
            command, env=os.environ | hurry, input=first[0], capture_output=True, text=True, timeout=12, check=False
        )
    except subprocess.TimeoutExpired:
        return "no answer"
    return None if asked.returncode == 0 else last_line(asked.stderr)


def _require(command: list[str], name: str) -> None:
    if subprocess.run(command, cwd=REPOSITORY, check=False).returncode:
        raise ToolMissingError(f"uv could not install {name}, for the reason above. {WAY_OUT}")


if __name__ == "__main__":
    try:
        lock_file, asked = Path(sys.argv[1]), Path(sys.argv[2]).absolute()
        if asked == Path(sys.prefix):
            sync(lock_file, Path(sys.executable))
        else:
            make_environment(asked, lock_file)
    except ToolMissingError as missing:
        sys.exit(str(missing))
