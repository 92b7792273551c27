"""Runs npm in `web/`, with the packages that its lock file names: `python -m tools.npm run build`.

`bench/web/` is another such folder.
"""

import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

from tools.programs import REPOSITORY, ToolMissingError, last_line, node_environment

WEB = REPOSITORY / "web"
BUILT = WEB / "dist" / ".built-from"
WAY_OUT = "On a closed network, set NPM_CONFIG_REGISTRY to your own registry's address, or HTTPS_PROXY."


class NpmError(Exception):
    """npm failed; the message is one line for a person."""


def build_web_app() -> None:
    """Build `web/dist`, unless it was built from what the sources are now. NpmError says where to look."""
    folders = [WEB / "src", WEB / "public", WEB / "scripts"]
    sources = sorted(path for folder in folders for path in folder.rglob("*") if path.is_file())
    help_pages = [*sorted((REPOSITORY / "docs").glob("*.md")), REPOSITORY / "contract" / "generated" / "openapi.json"]
    digest = hashlib.sha256()
    for path in [*sources, *sorted(WEB.glob("*.*")), *help_pages]:
        digest.update(f"{path.relative_to(REPOSITORY)}\n".encode() + path.read_bytes())
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
    if installed(folder):
        return
    print(f"Installing the packages of {folder.relative_to(REPOSITORY)}", file=sys.stderr)
    environment = node_environment()
    command = [_npm(environment), "ci", "--no-audit", "--no-fund", "--loglevel=error"]
    problem = registry_problem(folder)
    if problem:
        command.append("--offline")
    answer = subprocess.run(command, cwd=folder, env=environment, check=False, capture_output=True, text=True)
    if answer.returncode:
        lock_name = f"{folder.relative_to(REPOSITORY)}/package-lock.json"
        if not problem:
            raise ToolMissingError(f"npm could not install {lock_name}:\n{answer.stderr.strip()}")
        raise ToolMissingError(
            f"The npm registry cannot be reached ({problem}), and npm's cache lacks packages of {lock_name}. {WAY_OUT}"
        )
    _stamp(folder).write_bytes((folder / "package-lock.json").read_bytes())


def installed(folder: Path = WEB) -> bool:
    """Whether what the lock file in `folder` names is there."""
    return _stamp(folder).exists() and _stamp(folder).read_bytes() == (folder / "package-lock.json").read_bytes()


def _stamp(folder: Path) -> Path:
    return folder / "node_modules" / ".installed-lock.json"


def registry_problem(folder: Path = WEB) -> str | None:
    """Why the registry that npm would ask cannot be reached, in one line, or None. Takes seconds; `npm ci` minutes."""
    environment = node_environment()
    root = json.loads((folder / "package-lock.json").read_text())["packages"][""]
    package = next(iter(root.get("dependencies") or root["devDependencies"]))
    command = [
        _npm(environment),
        "view",
        package,
        "name",
        "--fetch-retries=0",
        "--fetch-timeout=5000",
        "--prefer-online",
    ]
    try:
        asked = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, timeout=12, check=False
        )
    except subprocess.TimeoutExpired:
        return "no answer"
    if asked.returncode == 0:
        return None
    lines = [
        line for line in asked.stderr.splitlines() if "failed, reason" in line or line.startswith("npm error code")
    ]
    return last_line("\n".join(lines) or asked.stderr).removeprefix("code ")


def _npm(environment: dict[str, str]) -> str:
    return shutil.which("npm", path=environment["PATH"]) or "npm"


if __name__ == "__main__":
    try:
        sys.exit(npm(*sys.argv[1:]))
    except ToolMissingError as missing:
        sys.exit(str(missing))
