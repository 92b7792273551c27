"""Finds and ends the processes of a local cloud, also when the server that started them was killed."""

import contextlib
import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from cloud.settings import STATE_MARKER

_LOCK = "lock"
_PROC = Path("/proc")
_LOCK_SECONDS = 5  # More than the watcher of a killed server needs.


@contextlib.contextmanager
def sole_owner(state_directory: Path) -> Iterator[int]:
    """Hold the directory, as the file descriptor of a lock; exits with one line when another process keeps it."""
    with (state_directory / _LOCK).open("a+") as lock:
        deadline = time.monotonic() + _LOCK_SECONDS
        while not _locked(lock.fileno()):
            if time.monotonic() > deadline:
                sys.exit(f"Another local cloud is using {state_directory}.")
            time.sleep(0.05)
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield lock.fileno()


def owner_of(state_directory: Path) -> int | None:
    """The process id of the server that holds the directory, whatever its port is."""
    try:
        with (state_directory / _LOCK).open() as lock:
            return None if _locked(lock.fileno()) else int(lock.read())
    except (FileNotFoundError, ValueError):
        return None


def processes_of(state_directory: Path) -> list[int]:
    """Process ids of everything started for the cloud with this state directory, except this process."""
    marker = f"{STATE_MARKER}={state_directory}"
    found = _linux_processes(marker) if _PROC.is_dir() else _other_processes(marker)
    return [pid for pid in found if pid != os.getpid()]


def end_processes_of(state_directory: Path, *, grace: float = 0) -> None:
    """SIGTERM them, wait up to `grace` seconds, then SIGKILL. Without grace they are killed at once."""
    if grace:
        _signal(processes_of(state_directory), signal.SIGTERM)
        deadline = time.monotonic() + grace
        while processes_of(state_directory) and time.monotonic() < deadline:
            time.sleep(0.05)
    while remaining := processes_of(state_directory):  # Again, in case one was starting another.
        _signal(remaining, signal.SIGKILL)
        time.sleep(0.02)


def watch(state_directory: Path) -> None:
    """Wait for the end of standard input, that is for the server to be gone however it went; then end the rest."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    sys.stdin.buffer.read()
    end_processes_of(state_directory)


def start_watcher(state_directory: Path, lock: int) -> None:
    """Start the process that outlives this one just long enough to end what it leaves.

    It shares the lock of `sole_owner`, so that no new server starts what the watcher of the old one would end.
    Linux could have children die with their parent (PR_SET_PDEATHSIG), but not their children's children, and
    macOS has no such thing.
    """
    environment = {name: value for name, value in os.environ.items() if name != STATE_MARKER}
    subprocess.Popen(
        [sys.executable, "-c", _WATCHER, str(state_directory)],
        cwd=Path(__file__).parent.parent,
        env=environment,
        stdin=subprocess.PIPE,  # Kept open, and unread, for as long as this process lives.
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        pass_fds=(lock,),
    )


_WATCHER = "import sys; from pathlib import Path; from cloud.processes import watch; watch(Path(sys.argv[1]))"


def _linux_processes(marker: str) -> Iterator[int]:
    wanted = marker.encode()
    for entry in _PROC.iterdir():
        if entry.name.isdecimal():
            with contextlib.suppress(OSError):  # It ended meanwhile, or is somebody else's.
                if wanted in (entry / "environ").read_bytes().split(b"\0"):
                    yield int(entry.name)


def _other_processes(marker: str) -> Iterator[int]:
    listing = subprocess.run(["/bin/ps", "-axEww", "-o", "pid=,command="], capture_output=True, text=True, check=False)
    for line in listing.stdout.splitlines():
        pid, _, command = line.strip().partition(" ")
        if f"{marker} " in f"{command} ":
            yield int(pid)


def _locked(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _signal(pids: list[int], number: signal.Signals) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)
