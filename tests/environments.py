"""Environments for programs that tests need beside our own packages, since they pin others of what we use."""

from pathlib import Path

from tools.packages import make_environment


def environment(folder: Path, lock: Path) -> Path:
    """Install hash-pinned requirements into an environment of their own; return the folder of its programs."""
    installed = folder / ".installed"
    if not installed.exists() or installed.read_bytes() != lock.read_bytes():
        make_environment(folder, lock)
        installed.write_bytes(lock.read_bytes())
    return folder / "bin"
