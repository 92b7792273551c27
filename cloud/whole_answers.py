"""The head of an answer goes out together with the start of its body, in one write.

hypercorn writes them apart. The AWS SDK for Go, which Terraform's provider uses, can close a connection upon the head
of an answer that came faster than its own writing of the request ended
(https://github.com/aws/aws-sdk-go-v2/issues/2737): it then lost the body and sent the request again. On loopback with
busy cores that happened in two applies of five, and now and then to what must not be done twice ("Alias already
exists"). What has arrived by then it still reads, so the body has to arrive with the head.
"""

import h11
from hypercorn.events import RawData
from hypercorn.protocol.h11 import H11Protocol

Sent = h11.Response | h11.InformationalResponse | h11.Data | h11.EndOfMessage


async def _send_together(protocol: H11Protocol, event: Sent) -> None:
    try:
        data = protocol.connection.send(event)
    except h11.LocalProtocolError:
        if protocol.connection.their_state != h11.ERROR:
            raise
        return
    held = getattr(protocol, "_held_head", b"") + (data or b"")
    protocol._held_head = held if isinstance(event, h11.Response) else b""  # type: ignore[attr-defined]
    if held and not isinstance(event, h11.Response):
        await protocol.send(RawData(data=held))


def install() -> None:
    """Make the change, in every hypercorn of this process."""
    H11Protocol._send_h11_event = _send_together  # type: ignore[method-assign, assignment]
