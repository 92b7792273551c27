"""Runs npm in `web/`, with the packages that its lock file names: `python -m local.npm run build`."""

import shutil
import subprocess
import sys

from local.tools import REPOSITORY, node_environment

WEB = REPOSITORY / "web"
INSTALLED = WEB / "node_modules" / ".installed-lock.json"


def npm(*arguments: str) -> int:
    """Run npm with these arguments, after `npm ci` where the lock file has changed; return its exit code."""
    environment = node_environment()
    command = shutil.which("npm", path=environment["PATH"]) or "npm"
    lock = (WEB / "package-lock.json").read_bytes()
    if not INSTALLED.exists() or INSTALLED.read_bytes() != lock:
        print("Installing the web app's packages", file=sys.stderr)
        install = [command, "ci", "--no-audit", "--no-fund", "--loglevel=error"]
        subprocess.run(install, cwd=WEB, env=environment, check=True, stdout=subprocess.DEVNULL)
        INSTALLED.write_bytes(lock)
    return subprocess.run([command, "--silent", *arguments], cwd=WEB, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(npm(*sys.argv[1:]))
