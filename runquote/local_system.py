"""The local system of a checkout, which `make up` describes in a file below the working folder.

Whoever wrote that file decides where requests go. So it counts only in a checkout of this project, if nobody but the
user can have written it, and for an address of this machine, where `make up` serves.
"""

import ipaddress
import os
import stat
import tomllib
from pathlib import Path
from urllib.parse import urlsplit

OUTPUTS = Path("build/local/outputs.json")
"""What `make up` leaves in a checkout of Runquote."""
_PROJECT = Path("pyproject.toml")


def distrust() -> str | None:
    """Say why the file in the working folder does not count; None if it does, or if there is none."""
    if not OUTPUTS.exists():
        return None
    if not _is_checkout():
        return "this is no checkout of Runquote"
    for path in (*reversed(OUTPUTS.parents), OUTPUTS, _PROJECT):
        if not _is_own(path):
            return f"{'the working folder' if path == Path() else path} is not yours alone to change"
    return None


def is_loopback(url: str) -> bool:
    """Say whether an address is of this machine."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _is_checkout() -> bool:
    try:
        project = tomllib.loads(_PROJECT.read_text(encoding="utf-8")).get("project", {})
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(project, dict) and project.get("name") == "runquote" and Path("contract").is_dir()


def _is_own(path: Path) -> bool:
    """Say whether a file or folder, and no link to one, is the user's, and nobody else may write to it."""
    if not hasattr(os, "getuid"):
        return False
    found = path.lstat()
    others = found.st_mode & stat.S_IWOTH or (found.st_mode & stat.S_IWGRP and not _is_private(found.st_gid))
    return found.st_uid == os.getuid() and not stat.S_ISLNK(found.st_mode) and not others


def _is_private(group_id: int) -> bool:
    """Say whether a group holds its user alone, as the group of each user does where files are made for it to write."""
    import grp
    import pwd

    try:
        user, group = pwd.getpwuid(os.getuid()), grp.getgrgid(group_id)
    except KeyError:
        return False
    return group.gr_name == user.pw_name and set(group.gr_mem) <= {user.pw_name}
