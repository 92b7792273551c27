"""Signs requests to the local cloud, and tells whether they were (AWS Signature Version 4).

botocore's own signers compute what the signature must be; nothing of their canonicalisation is repeated here.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from botocore import auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as SigningKey

from cloud.settings import REGION, Credentials

MAX_SKEW = timedelta(minutes=5)
"""How far a signature's time may be from ours, as on AWS."""
MAX_EXPIRES = 7 * 24 * 3600
_ALGORITHM = "AWS4-HMAC-SHA256"
_TIME = "%Y%m%dT%H%M%SZ"
_AUTHORIZATION = re.compile(
    rf"{_ALGORITHM} +Credential=(?P<scope>[^, ]+), *SignedHeaders=(?P<headers>[^, ]+), *Signature=(?P<value>\w+)"
)
_HASH = re.compile(r"[0-9a-f]{64}")
_UNHASHED = re.compile(r"UNSIGNED-PAYLOAD|STREAMING-[A-Z0-9-]+")
"""What S3's clients may say instead of the body's hash."""

_SIGNERS: tuple[Any, Any] = (auth.SigV4Auth, auth.SigV4QueryAuth)
"""For requests signed in their headers, and in their address."""
_S3_SIGNERS: tuple[Any, Any] = (auth.S3SigV4Auth, auth.S3SigV4QueryAuth)


class SignatureError(Exception):
    """A request that is not signed as it must be."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Received:
    """A request as it came: nothing decoded."""

    method: str
    path: str
    query: str
    headers: tuple[tuple[str, str], ...]
    """Names are in lower case."""

    def all(self, name: str) -> list[str]:
        """Return every value of a header."""
        return [value for each, value in self.headers if each == name]

    def one(self, name: str) -> str | None:
        """Return the header's value, or None where it is missing or there are several."""
        values = self.all(name)
        return values[0] if len(values) == 1 else None


@dataclass(frozen=True)
class Signature:
    """What a request says about its signature."""

    access_key_id: str
    date: str
    region: str
    service: str
    signed_headers: str
    time: str
    value: str
    expires: int | None = None
    """Seconds, for an address that was signed beforehand."""


def signature_of(request: Received) -> Signature:
    """Read it from the headers, or from the address. Raises SignatureError when there is none."""
    header = request.one("authorization")
    if header is not None and (found := _AUTHORIZATION.fullmatch(header.strip())):
        time = request.one("x-amz-date") or ""
        return _signature(found["scope"], found["headers"], time, found["value"])
    query = {name: values[-1] for name, values in parse_qs(request.query).items() if name.startswith("X-Amz-")}
    if header is None and query.get("X-Amz-Algorithm") == _ALGORITHM:
        scope, headers, time, value, expires = (
            query.get(f"X-Amz-{name}", "") for name in ("Credential", "SignedHeaders", "Date", "Signature", "Expires")
        )
        if not re.fullmatch(r"[0-9]{1,6}", expires) or not 0 < int(expires) <= MAX_EXPIRES:
            raise SignatureError("AuthorizationQueryParametersError", "X-Amz-Expires must be 1 to 604800 seconds.")
        return _signature(scope, headers, time, value, int(expires))
    raise SignatureError("MissingAuthenticationToken", "The request is not signed (with Signature Version 4).")


def _signature(scope: str, headers: str, time: str, value: str, expires: int | None = None) -> Signature:
    parts = scope.split("/")
    if len(parts) != 5 or parts[4] != "aws4_request" or not re.fullmatch(r"[0-9]{8}T[0-9]{6}Z", time):
        raise SignatureError("IncompleteSignature", "The signature's scope or time is not as it should be.")
    key, date, region, service, _ = parts
    return Signature(key, date, region, service, headers, time, value, expires)


def verify(request: Received, signature: Signature, body: bytes, credentials: Credentials, now: datetime) -> None:
    """Raise SignatureError unless the request is as whoever knows the credentials signed it, and not long ago."""
    _check_key(signature, credentials)
    _check_time(signature, now)
    _check_what_is_signed(request, signature, body)
    signer, signed = _signer(signature, credentials), _as_signed(request, signature, body)
    wanted = signer.signature(signer.string_to_sign(signed, signer.canonical_request(signed)), signed)
    complete = signer.signed_headers(signer.headers_to_sign(signed)) == signature.signed_headers
    if not hmac.compare_digest(wanted.encode(), signature.value.encode()) or not complete:
        raise SignatureError("SignatureDoesNotMatch", "The signature is not of this request with these credentials.")


def _check_key(signature: Signature, credentials: Credentials) -> None:
    if not hmac.compare_digest(signature.access_key_id.encode(), credentials.access_key_id.encode()):
        raise SignatureError("InvalidClientTokenId", "The access key ID is not this local cloud's.")


def _check_time(signature: Signature, now: datetime) -> None:
    try:
        signed_at = datetime.strptime(signature.time, _TIME).replace(tzinfo=UTC)
    except ValueError:
        raise SignatureError("IncompleteSignature", "The signature's time is none.") from None
    lasts = MAX_SKEW if signature.expires is None else timedelta(seconds=signature.expires)
    if signature.date != signature.time[:8] or not signed_at - MAX_SKEW <= now <= signed_at + lasts:
        raise SignatureError("RequestExpired", f"The signature is of {signature.time}; it is {now:{_TIME}}.")


def _check_what_is_signed(request: Received, signature: Signature, body: bytes) -> None:
    names = signature.signed_headers.split(";")
    must = {"host", *(name for name, _ in request.headers if name.startswith("x-amz-"))}
    if missing := must - set(names):
        raise SignatureError("SignatureDoesNotMatch", f"The signature must cover the header {min(missing)}.")
    declared = request.one("x-amz-content-sha256")
    if declared is None and not request.all("x-amz-content-sha256"):
        return  # botocore hashes the body itself then
    if declared is not None and _HASH.fullmatch(declared):
        if hmac.compare_digest(hashlib.sha256(body).hexdigest(), declared):
            return
    elif declared is not None and signature.service == "s3" and _UNHASHED.fullmatch(declared):
        return
    raise SignatureError("XAmzContentSHA256Mismatch", "The signed hash is not the body's.")


def _signer(signature: Signature, credentials: Credentials) -> Any:  # noqa: ANN401 - botocore has no types here
    key = SigningKey(credentials.access_key_id, credentials.secret_access_key)
    kinds = _S3_SIGNERS if signature.service == "s3" else _SIGNERS
    return kinds[signature.expires is not None](key, signature.service, signature.region)


def _as_signed(request: Received, signature: Signature, body: bytes) -> AWSRequest:
    """What the client had when it signed: without the signature, and without what was added since."""
    query = "&".join(part for part in request.query.split("&") if not part.startswith("X-Amz-Signature="))
    url = f"http://{request.one('host')}{request.path}{f'?{query}' if query else ''}"
    signed = AWSRequest(method=request.method, url=url, data=body)
    names = set(signature.signed_headers.split(";"))
    for name, value in request.headers:
        if name in names:
            signed.headers.add_header(name, value)
    signed.context["timestamp"] = signature.time
    return signed


def signed_headers(credentials: Credentials, service: str, request: AWSRequest) -> dict[str, str]:
    """Return the headers of a request that no SDK makes, signed."""
    request.headers["Host"] = urlsplit(str(request.url)).netloc
    signer = (_S3_SIGNERS if service == "s3" else _SIGNERS)[0]
    signer(SigningKey(*credentials), service, REGION).add_auth(request)
    return dict(request.headers.items())
