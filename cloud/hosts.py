"""Which names a server of this machine answers to.

A page can give a name of its own the address 127.0.0.1 (DNS rebinding) and is then, to the browser, of the same origin
as what it finds there. The Host header tells: it has the page's name.
"""

from collections.abc import Iterable

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
_HTTP_PORT = 80


def loopback_hosts(ports: Iterable[int]) -> frozenset[str]:
    """Every Host header by which a server on these ports of this machine is rightly asked."""
    hosts = {f"{name}:{port}" for port in ports for name in LOOPBACK}
    return frozenset(hosts | ({*LOOPBACK} if _HTTP_PORT in ports else set()))
