"""Files that only the person who runs the cloud may read: those of the state directory, most of which hold a secret."""

import contextlib
import os
import secrets
import tempfile
from pathlib import Path
from typing import IO

UMASK = 0o077
"""For processes that write into the state directory."""


def make_private(folder: Path) -> None:
    """Make the folder, and take from everybody else what it and all in it allowed them.

    An earlier version left files that others could read. Links are left alone, since what they lead to is not ours.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _close(folder)
    for inside, folders, files in os.walk(folder):
        for name in (*folders, *files):
            _close(Path(inside, name))


def _close(path: Path) -> None:
    with contextlib.suppress(FileNotFoundError, PermissionError):  # gone meanwhile, or another person's
        mode = path.lstat().st_mode
        if mode & UMASK and not path.is_symlink():
            path.chmod(mode & 0o7700)


def write_private(path: Path, text: str) -> None:
    """Write the file anew: whoever reads it meanwhile sees all of the old text or all of the new."""
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # 0600
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def open_private(path: Path, mode: str) -> IO[bytes]:
    """Open a log for `wb` or `ab`."""
    return open(path, mode, opener=lambda name, flags: os.open(name, flags, 0o600))


def drawn_once(path: Path, text: str) -> str:
    """Return what the file holds, which is `text` if there was none. Of several that draw at once, one wins."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(descriptor, "w") as file:
                file.write(text)
            path.hardlink_to(temporary)
        finally:
            Path(temporary).unlink()
    return path.read_text()


def new_secret() -> str:
    """Draw 40 characters that nobody can guess."""
    return secrets.token_hex(20)
