"""Runs npm in `web/`, with the packages that its lock file names: `python -m local.npm run build`."""

import hashlib
import shutil
import subprocess
import sys

from local.tools import REPOSITORY, node_environment

WEB = REPOSITORY / "web"
INSTALLED = WEB / "node_modules" / ".installed-lock.json"
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
    """Run npm with these arguments, after `npm ci` where the lock file has changed; return its exit code."""
    environment = node_environment()
    command = shutil.which("npm", path=environment["PATH"]) or "npm"
    lock = (WEB / "package-lock.json").read_bytes()
    if not INSTALLED.exists() or INSTALLED.read_bytes() != lock:
        print("Installing the web app's packages", file=sys.stderr)
        install = [command, "ci", "--no-audit", "--no-fund", "--loglevel=error"]
        subprocess.run(install, cwd=WEB, env=environment, check=True, stdout=subprocess.DEVNULL)
        INSTALLED.write_bytes(lock)
    output = subprocess.DEVNULL if quiet else None
    command_line = [command, "--silent", *arguments]
    return subprocess.run(command_line, cwd=WEB, env=environment, check=False, stdout=output, stderr=output).returncode


if __name__ == "__main__":
    sys.exit(npm(*sys.argv[1:]))
