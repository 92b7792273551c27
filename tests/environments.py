"""Environments for programs that tests need beside our own packages, since they pin others of what we use."""

import subprocess
from pathlib import Path

from local.tools import uv


def environment(folder: Path, lock: Path) -> Path:
    """Install hash-pinned requirements into an environment of their own; return the folder of its programs."""
    installed = folder / ".installed"
    if not installed.exists() or installed.read_bytes() != lock.read_bytes():
        subprocess.run([uv(), "venv", "--quiet", "--allow-existing", "--python=3.13", str(folder)], check=True)
        sync = [uv(), "pip", "sync", "--quiet", f"--python={folder}", "--require-hashes", "--compile-bytecode"]
        subprocess.run([*sync, str(lock)], check=True)
        installed.write_bytes(lock.read_bytes())
    return folder / "bin"
