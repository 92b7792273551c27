"""Input data, model archives and outputs, between S3 and directories."""

import gzip
import shutil
import tarfile
import threading
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

MAX_EXTRACTED_BYTES = 2 * 1024**3
MAX_EXTRACTED_MEMBERS = 10_000


class ArtefactError(Exception):
    """Data that is not there, or is not what it should be. The message says which and why."""


def split_s3_uri(uri: str) -> tuple[str, str]:
    """Bucket and key of `s3://bucket/key`."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key


class Artefacts:
    """S3, reached like any client does: through AWS_ENDPOINT_URL."""

    def __init__(self) -> None:
        self._making_client = threading.Lock()

    @property
    def _s3(self) -> "S3Client":
        with self._making_client:  # boto3's default session is not safe to make clients from two threads.
            return self._client

    @cached_property
    def _client(self) -> "S3Client":
        # No local cloud has a domain of its own for each bucket.
        config = Config(retries={"total_max_attempts": 4}, read_timeout=60, s3={"addressing_style": "path"})
        return boto3.client("s3", config=config)

    def exists(self, uri: str) -> bool:
        """Whether there is an object at this URI."""
        bucket, key = split_s3_uri(uri)
        try:
            self._s3.head_object(Bucket=bucket, Key=key)
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
                return False
            raise
        return True

    def download_prefix(self, uri: str, target: Path) -> int:
        """Copy every object under the prefix into `target`, keeping relative keys; the number of objects.

        A key is relative to the prefix when the prefix is a folder, and to the prefix's folder otherwise, as in
        SageMaker's S3Prefix channels. Raises ArtefactError when S3 refuses or a key points out of the folder.
        """
        bucket, prefix = split_s3_uri(uri)
        target.mkdir(parents=True, exist_ok=True)
        count = 0
        try:
            for key in self._keys(bucket, prefix):
                file = target / relative_key(key, prefix)
                if not file.resolve().is_relative_to(target.resolve()):
                    raise ArtefactError(f"Object key {key} points outside its channel.")
                file.parent.mkdir(parents=True, exist_ok=True)
                self._s3.download_file(bucket, key, str(file))
                count += 1
        except (ClientError, BotoCoreError) as error:
            raise ArtefactError(f"{error} ({uri})") from error
        return count

    def download_model(self, uri: str, target: Path) -> None:
        """Fetch `model.tar.gz` and extract it as `target`, which appears only when complete.

        Raises ArtefactError with SageMaker's wording for a missing and for a broken archive.
        """
        bucket, key = split_s3_uri(uri)
        archive = target.with_name(target.name + ".tar.gz")
        try:
            self._s3.download_file(bucket, key, str(archive))
        except (ClientError, BotoCoreError) as error:
            raise ArtefactError(
                f'Failed to download model data for container "container_1" from URL: "{uri}". Please ensure that'
                " there is an object located at the URL and that the role passed to CreateModel has permissions to"
                " download the object."
            ) from error
        partial = target.with_name(target.name + ".partial")
        shutil.rmtree(partial, ignore_errors=True)  # From an extraction that was killed.
        try:
            extract(archive, partial)
        except (tarfile.TarError, OSError, EOFError, ArtefactError) as error:
            raise ArtefactError(
                f'Failed to extract model data archive for container "container_1" from URL "{uri}". Please ensure'
                f" that the object located at the URL is a valid tar.gz archive. ({error})"
            ) from error
        finally:
            archive.unlink()
        partial.rename(target)

    def upload_directory(self, directory: Path, uri: str) -> None:
        """Pack a directory as tar.gz and put it at this URI."""
        bucket, key = split_s3_uri(uri)
        archive = directory.with_name(directory.name + ".tar.gz")
        try:
            pack(directory, archive)
            self._s3.upload_file(str(archive), bucket, key)
        except (ClientError, BotoCoreError) as error:
            raise ArtefactError(f"{error} ({uri})") from error
        finally:
            archive.unlink(missing_ok=True)

    def _keys(self, bucket: str, prefix: str) -> Iterator[str]:
        for answer in self._s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
            for item in answer.get("Contents", []):
                if not item["Key"].endswith("/"):  # Consoles make such empty objects to show folders.
                    yield item["Key"]


def relative_key(key: str, prefix: str) -> str:
    """Where the object of that key goes in the folder of a channel with that prefix."""
    folder = prefix if prefix.endswith("/") else prefix + "/"
    if key.startswith(folder) and key != folder:
        return key.removeprefix(folder)
    return key[prefix.rfind("/") + 1 :]


def pack(directory: Path, archive: Path) -> None:
    """Make a tar.gz of a directory's files: same files, same bytes, whenever and by whomever it is made."""
    with archive.open("wb") as raw, gzip.GzipFile("", "wb", fileobj=raw, mtime=0) as compressed:
        _write_tar(directory, compressed)


def _write_tar(directory: Path, stream: gzip.GzipFile) -> None:
    with tarfile.open(fileobj=stream, mode="w") as tar:
        for file in sorted(path for path in directory.rglob("*") if path.is_file()):
            member = tarfile.TarInfo(file.relative_to(directory).as_posix())
            member.size = file.stat().st_size
            member.mode = 0o644
            with file.open("rb") as content:
                tar.addfile(member, content)


def extract(archive: Path, target: Path) -> None:
    """Extract a tar.gz that nobody has vouched for: plain files and folders inside `target`, and not too much."""
    target.mkdir(parents=True, exist_ok=True)
    with tarfile.open(archive, "r:gz") as tar:
        total = 0
        for count, member in enumerate(tar, start=1):
            total += member.size
            if not (member.isreg() or member.isdir()):
                raise ArtefactError(f"{member.name} is neither a file nor a folder")
            if total > MAX_EXTRACTED_BYTES or count > MAX_EXTRACTED_MEMBERS:
                raise ArtefactError("it holds too much")
            if PurePosixPath(member.name).is_absolute():
                raise ArtefactError(f"{member.name} is not a relative path")
            tar.extract(member, target, filter="data")
