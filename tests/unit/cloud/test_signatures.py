"""What botocore signs is let in; what differs from what was signed is not."""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSPreparedRequest, AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials as SigningKey

from cloud.settings import Credentials
from cloud.signatures import Received, SignatureError, signature_of, verify

OWN = Credentials("000000000000", "a-secret-that-was-drawn")
URL = "http://127.0.0.1:4566"


class SentError(Exception):
    """Ends a call once its request is made."""


def sent(service: str, operation: str, credentials: Credentials = OWN, **parameters: object) -> tuple[Received, bytes]:
    """The request that boto3 makes of a call."""
    session: Any = boto3.session.Session(*credentials, region_name="us-east-1")  # boto3 types services by literals
    client = session.client(service, endpoint_url=URL)
    made: list[AWSPreparedRequest] = []

    def catch(request: AWSPreparedRequest, **_: object) -> None:
        made.append(request)
        raise SentError

    client.meta.events.register("before-send", catch)
    with pytest.raises(SentError):
        getattr(client, operation)(**parameters)
    body: Any = made[0].body or b""
    content = body.read() if hasattr(body, "read") else body
    return received(made[0].method, made[0].url, dict(made[0].headers.items())), as_bytes(content)


def as_bytes(content: str | bytes) -> bytes:
    return content.encode() if isinstance(content, str) else content


def received(method: str, url: str, headers: dict[str, Any]) -> Received:
    parts = urlsplit(url)
    given = {name.lower(): value.decode() if isinstance(value, bytes) else value for name, value in headers.items()}
    return Received(method, parts.path, parts.query, tuple(({"host": parts.netloc} | given).items()))


def check(request: Received, body: bytes = b"", now: datetime | None = None) -> None:
    verify(request, signature_of(request), body, OWN, now or datetime.now(UTC))


CALLS: list[tuple[str, str, dict[str, Any]]] = [
    ("dynamodb", "put_item", {"TableName": "t", "Item": {"a": {"S": "ü"}}}),
    ("s3", "put_object", {"Bucket": "bucket", "Key": "a b/ü+%41&=.txt", "Body": b"x" * 100, "Metadata": {"a": "b  c"}}),
    ("s3", "list_objects_v2", {"Bucket": "bucket", "Prefix": "a b/ü+&", "Delimiter": "/"}),
    ("s3", "get_object", {"Bucket": "bucket", "Key": "a//b/../c"}),
    ("lambda", "get_function", {"FunctionName": "arn:aws:lambda:us-east-1:000000000000:function:a", "Qualifier": "1"}),
    ("lambda", "create_function", {"FunctionName": "a", "Role": "arn:aws:iam::0:role/a", "Code": {"ZipFile": b"PK\0"}}),
    ("sns", "publish", {"TopicArn": "arn:aws:sns:us-east-1:000000000000:t", "Message": "a b&c=d"}),
    ("iam", "list_roles", {"PathPrefix": "/a b/"}),
    ("apigateway", "get_resources", {"restApiId": "a", "embed": ["methods"]}),
    ("sagemaker-runtime", "invoke_endpoint", {"EndpointName": "a", "Body": b"{}"}),
    ("logs", "describe_log_groups", {}),
]


@pytest.mark.parametrize(("service", "operation", "parameters"), CALLS, ids=lambda value: str(value)[:30])
def test_what_boto3_signs(service: str, operation: str, parameters: dict[str, Any]) -> None:
    request, body = sent(service, operation, **parameters)
    check(request, body)
    others, body_of_others = sent(service, operation, Credentials(OWN.access_key_id, "guessed"), **parameters)
    with pytest.raises(SignatureError) as refused:
        check(others, body_of_others)
    assert refused.value.code == "SignatureDoesNotMatch"


def changed(request: Received, name: str, value: str) -> Received:
    return replace(request, headers=tuple((each, value if each == name else old) for each, old in request.headers))


def test_nothing_of_it_may_change() -> None:
    request, body = sent("dynamodb", "list_tables")
    stranger, stranger_body = sent("dynamodb", "list_tables", Credentials("AKIAOTHER", OWN.secret_access_key))
    for wrong, content, code in (
        (request, body + b" ", "SignatureDoesNotMatch"),
        (replace(request, path="/other"), body, "SignatureDoesNotMatch"),
        (replace(request, query="a=b"), body, "SignatureDoesNotMatch"),
        (replace(request, method="PUT"), body, "SignatureDoesNotMatch"),
        (changed(request, "host", "evil.example:4566"), body, "SignatureDoesNotMatch"),
        (changed(request, "x-amz-target", "DynamoDB_20120810.DeleteTable"), body, "SignatureDoesNotMatch"),
        (replace(request, headers=(*request.headers, ("x-amz-more", "a"))), body, "SignatureDoesNotMatch"),
        (stranger, stranger_body, "InvalidClientTokenId"),
    ):
        with pytest.raises(SignatureError) as refused:
            check(wrong, content)
        assert refused.value.code == code


def test_a_header_that_came_twice_is_two() -> None:
    request, body = sent("dynamodb", "list_tables")
    with pytest.raises(SignatureError):
        check(replace(request, headers=(*request.headers, ("host", "evil.example"))), body)
    authorization = request.one("authorization") or ""
    twice = replace(request, headers=(*request.headers, ("authorization", authorization)))
    with pytest.raises(SignatureError):
        check(twice, body)


@pytest.mark.parametrize("minutes", [-6, 6])
def test_a_signature_is_of_now(minutes: int) -> None:
    request, body = sent("dynamodb", "list_tables")
    now = datetime.now(UTC)
    check(request, body, now + timedelta(minutes=minutes / 2))
    with pytest.raises(SignatureError) as refused:
        check(request, body, now + timedelta(minutes=minutes))
    assert refused.value.code == "RequestExpired"


def test_the_body_must_be_the_one_whose_hash_is_signed() -> None:
    request, body = sent("s3", "put_object", Bucket="bucket", Key="key", Body=b"what was meant")
    assert request.one("x-amz-content-sha256") == hashlib.sha256(body).hexdigest()
    with pytest.raises(SignatureError) as refused:
        check(request, b"what came")
    assert refused.value.code == "XAmzContentSHA256Mismatch"


@pytest.mark.parametrize("said", ["UNSIGNED-PAYLOAD", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"])
def test_only_s3_takes_bodies_that_are_not_hashed(said: str) -> None:
    def request(service: str) -> Received:
        made = AWSRequest("PUT", f"{URL}/bucket/key", {"Host": "127.0.0.1:4566", "X-Amz-Content-SHA256": said})
        SigV4Auth(SigningKey(*OWN), service, "us-east-1").add_auth(made)
        return received("PUT", f"{URL}/bucket/key", dict(made.headers.items()))

    check(request("s3"), b"any")
    with pytest.raises(SignatureError):
        check(request("lambda"), b"any")


def presigned(seconds: int) -> Received:
    session = boto3.session.Session(*OWN, region_name="us-east-1")
    client = session.client("s3", endpoint_url=URL, config=Config(signature_version="s3v4"))
    url = client.generate_presigned_url("get_object", {"Bucket": "bucket", "Key": "a b/ü+.txt"}, seconds)
    return received("GET", url, {})


def test_an_address_signed_beforehand() -> None:
    request, now = presigned(60), datetime.now(UTC)
    check(request)
    for wrong, at in (
        (replace(request, query=request.query.replace("X-Amz-Expires=60", "X-Amz-Expires=600")), now),
        (replace(request, query=request.query.replace("X-Amz-Expires=60", "X-Amz-Expires=0")), now),
        (replace(request, query=f"{request.query}&versionId=1"), now),
        (replace(request, method="PUT"), now),
        (request, now + timedelta(seconds=62)),
    ):
        with pytest.raises(SignatureError):
            check(wrong, now=at)


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "Bearer abc",
        "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/monitoring/aws4_request",
        "AWS4-HMAC-SHA256 Credential=a/b/c, SignedHeaders=host, Signature=0",
        "AWS4-HMAC-SHA256 Credential=000000000000/20260101/us-east-1/s3/aws4_request, SignedHeaders=, Signature=0",
        "AWS4-ECDSA-P256-SHA256 Credential=000000000000/20260101/s3/aws4_request, SignedHeaders=host, Signature=0",
    ],
)
def test_no_signature(authorization: str | None) -> None:
    headers = {"x-amz-date": "20260101T000000Z"} | ({} if authorization is None else {"authorization": authorization})
    with pytest.raises(SignatureError):
        check(received("POST", f"{URL}/", headers))
