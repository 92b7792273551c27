"""What is on disk of DynamoDB: whether it can be read, and what may be done where it cannot."""

import json
import os
from pathlib import Path

JOURNAL = "dynamodb-journal"
"""The journals' folder, beside the snapshots."""
_LINE_BEGINS = b'{"write":"'


class BrokenStateError(Exception):
    """What is on disk cannot be read, so something would be missing. The message says where, and what to do."""


def journals(directory: Path) -> list[tuple[int, Path]]:
    """The journals of a directory by number, the first one first."""
    return sorted((int(path.stem), path) for path in directory.glob("*.jsonl"))


def mend(directory: Path) -> None:
    """Take from journals what no write was answered for: a torn last line, and one that another was written behind.

    Raises BrokenStateError for any other line that cannot be read: a write that was answered would be missing.
    """
    for _, path in journals(directory):
        lines = path.read_bytes().splitlines(keepends=True)
        mended = [_whole(line) if line.endswith(b"\n") else b"" for line in lines]
        if None in mended:
            raise BrokenStateError(
                f"Line {mended.index(None) + 1} of {path} cannot be read, so a write would be missing."
                " `make up` sets such lines aside and goes on with all others."
            )
        if mended != lines:
            _replace(path, b"".join(line for line in mended if line))


def set_aside(directory: Path) -> list[Path]:
    """Keep a copy of each journal that is broken, as `<name>.broken`, and the lines of it that can be read.

    Returns the copies. Only for a person's own wish: what those lines said is not done any more.
    """
    copies = []
    for _, path in journals(directory):
        try:
            content = path.read_bytes()
        except OSError:
            continue
        whole = [_whole(line) for line in content.splitlines(keepends=True) if line.endswith(b"\n")]
        if None in whole:
            copy = path.with_suffix(".broken")
            _replace(copy, content)
            _replace(path, b"".join(line for line in whole if line))
            copies.append(copy)
    return copies


def _whole(line: bytes) -> bytes | None:
    """A line that can be read; or what of it was written behind a torn one; or None."""
    begins = len(line)
    while (begins := line.rfind(_LINE_BEGINS, 0, begins)) >= 0:
        if _is_entry(line[begins:]):
            return line[begins:]
    return None


def _is_entry(line: bytes) -> bool:
    try:
        entry = json.loads(line)
    except ValueError:
        return False
    return isinstance(entry, dict) and entry.keys() == {"write", "account", "region", "data"}


def _replace(path: Path, content: bytes) -> None:
    temporary = path.with_name(f"{path.name}.partial")
    temporary.touch(mode=0o600)
    with temporary.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def check_snapshots(directory: Path) -> None:
    """Raise BrokenStateError for a snapshot that is cut off: ministack would go on without it, and then replace it."""
    for path in sorted(directory.glob("*.json")):
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - 1))
            if file.read() != b"}":
                raise BrokenStateError(f"{path} is cut off: put back a copy of it, or `make clean` and begin anew.")
