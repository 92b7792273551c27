"""Runs npm in `web/`, with the packages that its lock file names: `python -m local.npm run build`.

`bench/web/` is another such folder.
"""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

from local.tools import REPOSITORY, node_environment

WEB = REPOSITORY / "web"
BUILT = WEB / "dist" / ".built-from"


class NpmError(Exception):
    """npm failed; the message is one line for a person."""


def build_web_app() -> None:
    """Build `web/dist`, unless it was built from what the sources are now. NpmError says where to look."""
    sources = sorted(path for folder in ("src", "public") for path in (WEB / folder).rglob("*") if path.is_file())
    digest = hashlib.sha256()
    for path in [*sources, *sorted(WEB.glob("*.*"))]:
        digest.update(f"{path.relative_to(WEB)}\n".encode() + path.read_bytes())
    if BUILT.exists() and BUILT.read_text() == digest.hexdigest():
        return
    if npm("run", "build", quiet=True):
        raise NpmError("The web app did not build: run `make build` to see why")
    BUILT.write_text(digest.hexdigest())


def npm(*arguments: str, quiet: bool = False) -> int:
    """Run npm in `web/` with these arguments and return its exit code."""
    install()
    environment = node_environment()
    output = subprocess.DEVNULL if quiet else None
    command = [_npm(environment), "--silent", *arguments]
    return subprocess.run(command, cwd=WEB, env=environment, check=False, stdout=output, stderr=output).returncode


def install(folder: Path = WEB) -> None:
    """Install what the lock file in `folder` names (`npm ci`), unless that is what is there."""
    lock = (folder / "package-lock.json").read_bytes()
    installed = folder / "node_modules" / ".installed-lock.json"
    if installed.exists() and installed.read_bytes() == lock:
        return
    print(f"Installing the packages of {folder.relative_to(REPOSITORY)}", file=sys.stderr)
    environment = node_environment()
    command = [_npm(environment), "ci", "--no-audit", "--no-fund", "--loglevel=error"]
    subprocess.run(command, cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL)
    installed.write_bytes(lock)


def _npm(environment: dict[str, str]) -> str:
    return shutil.which("npm", path=environment["PATH"]) or "npm"


if __name__ == "__main__":
    sys.exit(npm(*sys.argv[1:]))
