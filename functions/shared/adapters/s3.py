"""The artefacts bucket in S3."""

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from functions.shared.adapters.aws import code_of, unavailable
from functions.shared.errors import BadArtifact

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client


class ArtifactsBucket:
    """Objects in one bucket, by S3 URI."""

    def __init__(self, client: "S3Client", bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def uri(self, key: str) -> str:
        """Return the S3 URI of a key."""
        return f"s3://{self._bucket}/{key}"

    def read(self, uri: str, max_bytes: int) -> bytes | None:
        """Return an object's content, or None when there is none."""
        key = self._key(uri)
        try:
            with unavailable("artefacts bucket"):
                answer = self._client.get_object(Bucket=self._bucket, Key=key)
                if answer["ContentLength"] > max_bytes:
                    raise BadArtifact(f"{key} has {answer['ContentLength']} bytes; at most {max_bytes} are read")
                return answer["Body"].read()
        except ClientError as error:
            if code_of(error) in {"NoSuchKey", "404"}:
                return None
            raise

    def write(self, uri: str, content: bytes, content_type: str) -> None:
        """Write an object."""
        with unavailable("artefacts bucket"):
            self._client.put_object(Bucket=self._bucket, Key=self._key(uri), Body=content, ContentType=content_type)

    def _key(self, uri: str) -> str:
        prefix = self.uri("")
        if not uri.startswith(prefix) or uri == prefix:
            raise BadArtifact(f"{uri} is not in the artefacts bucket")
        return uri.removeprefix(prefix)
