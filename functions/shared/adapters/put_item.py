"""DynamoDB's PutItem, for what every answer waits for: signed by botocore, sent over a connection that is kept.

A client's `put_item` takes twice the CPU (`python -m bench.keeping`).
"""

import json
import ssl
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlsplit

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.httpsession import get_cert_path

from functions.shared.adapters.items import Item
from functions.shared.errors import DependencyUnavailable

_SECONDS = 0.6
"""How long to wait for a connection, and for an answer."""
_HEADERS = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": "DynamoDB_20120810.PutItem"}


class PutItem:
    """Puts items into one table; for one thread."""

    def __init__(self, credentials: Credentials, endpoint_url: str, region: str, table: str) -> None:
        self._signature = SigV4Auth(credentials, "dynamodb", region)  # asks for credentials anew each time
        self._url = f"{endpoint_url.rstrip('/')}/"
        self._table = table
        self._connection = _connection(endpoint_url)

    def __call__(self, item: Item) -> None:
        """Put an item, whether one of its key is there or not.

        Raises:
            DependencyUnavailable: DynamoDB did not take it.
        """
        body = json.dumps({"TableName": self._table, "Item": item}, separators=(",", ":")).encode()
        request = AWSRequest("POST", self._url, headers=_HEADERS, data=body)
        self._signature.add_auth(request)
        status, answer = self._sent(body, dict(request.headers))
        if status != 200:
            raise DependencyUnavailable(f"{self._table}: {status} {answer[:200]!r}")

    def _sent(self, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        try:
            try:
                return self._exchanged(body, headers)
            except ConnectionError:  # A kept connection that was closed while nobody asked; the same item twice is one.
                return self._exchanged(body, headers)
        except (OSError, HTTPException) as error:
            raise DependencyUnavailable(f"{self._table}: {type(error).__name__}") from error

    def _exchanged(self, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        try:
            self._connection.request("POST", "/", body, headers)
            answer = self._connection.getresponse()
            return answer.status, answer.read()
        except (OSError, HTTPException):
            self._connection.close()  # What comes late must not be taken for the next answer.
            raise


def _connection(endpoint_url: str) -> HTTPConnection:
    parts = urlsplit(endpoint_url)
    if parts.scheme == "http":
        return HTTPConnection(parts.netloc, timeout=_SECONDS)
    trust = ssl.create_default_context(cafile=get_cert_path(True))
    return HTTPSConnection(parts.netloc, timeout=_SECONDS, context=trust)
