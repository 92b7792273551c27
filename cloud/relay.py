"""Lets containers reach the local cloud, which listens on 127.0.0.1 alone."""

import contextlib
import re
import socket
import socketserver
import threading
from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path

from cloud.engine import EngineError, docker
from cloud.settings import HOST, CloudSettings

_CHUNK_BYTES = 65536
_RELAYED = "relayed"
_ADDRESS = re.compile(r"[0-9.]+:[0-9]+")
"""No name: what has no name cannot be rebound."""


@contextlib.contextmanager
def reachable_from_containers(settings: CloudSettings, image: str) -> Iterator[str]:
    """Yield the URL at which containers of Docker's default network find this machine's local cloud.

    The local cloud answers signed requests under that name meanwhile.

    On Linux that is the gateway of that network, an address of this machine on which a relay then listens. Docker
    Desktop has the gateway in a virtual machine, and forwards `host.docker.internal` to 127.0.0.1 itself; `image` (any
    with Python) tells its address, since a name would make SDKs address buckets as sub-domains of it.

    Raises:
        EngineError: no engine answers.
    """
    gateway = _gateway()
    try:
        with _relaying(gateway, settings.port) as relayed, _known(settings, f"{gateway}:{relayed}") as host:
            yield f"http://{host}"
    except _NotOfThisMachineError:
        resolve = "import socket; print(socket.gethostbyname('host.docker.internal'))"
        address = docker("run", "--rm", "--entrypoint=python3", image, "-c", resolve)
        with _known(settings, f"{address}:{settings.port}") as host:
            yield f"http://{host}"


def is_relayed(state_directory: Path, host: str) -> bool:
    """Whether containers reach the local cloud of this directory under this name: an address and a port."""
    return bool(_ADDRESS.fullmatch(host)) and (state_directory / _RELAYED / host).exists()


@contextlib.contextmanager
def _known(settings: CloudSettings, host: str) -> Iterator[str]:
    """Let the local cloud answer under this name until the end."""
    file = settings.state_directory / _RELAYED / host
    file.parent.mkdir(mode=0o700, exist_ok=True)
    file.touch(mode=0o600)
    try:
        yield host
    finally:
        file.unlink(missing_ok=True)


class _NotOfThisMachineError(Exception):
    """No interface of this machine has the address."""


def _gateway() -> str:
    """Docker's default network has its first address as gateway unless it names another."""
    read = "{{range .IPAM.Config}}{{.Subnet}} {{.Gateway}}{{end}}"
    subnet, _, gateway = docker("network", "inspect", "bridge", "--format", read).partition(" ")
    try:
        return gateway.strip() or str(next(ip_network(subnet).hosts()))
    except ValueError:
        raise EngineError(f"Docker's default network has no IPv4 subnet: {subnet!r}") from None


@contextlib.contextmanager
def _relaying(address: str, port: int) -> Iterator[int]:
    """Forward connections to a free port of `address` until the end; yield that port."""

    class Connection(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with contextlib.suppress(OSError), socket.create_connection((HOST, port)) as there:
                back = threading.Thread(target=_copy, args=(there, self.request), daemon=True)
                back.start()
                _copy(self.request, there)
                back.join()

    try:
        server = socketserver.ThreadingTCPServer((address, 0), Connection)
    except OSError as error:
        raise _NotOfThisMachineError from error
    server.daemon_threads = True  # a connection that is kept alive must not keep the process
    with server:
        threading.Thread(target=server.serve_forever, args=(0.1,), daemon=True).start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()


def _copy(source: socket.socket, target: socket.socket) -> None:
    """Copy one direction to its end, and end it there; the other may go on."""
    with contextlib.suppress(OSError):
        while content := source.recv(_CHUNK_BYTES):
            target.sendall(content)
        target.shutdown(socket.SHUT_WR)
