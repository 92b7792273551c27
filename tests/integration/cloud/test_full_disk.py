"""A disk that fills up under the local cloud: what was answered outlives `kill -9`, and nothing waits for ever."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.clouds import LocalCloud, running_cloud
from tests.integration.cloud.conftest import BUCKET, ROLE, eventually, job_request, programs

ONCE = Config(retries={"total_max_attempts": 1})
KEY = {"KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}], "BillingMode": "PAY_PER_REQUEST"}


class Disk:
    """A file system of 24 MB."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._filler = path / "filler"

    def fill(self) -> None:
        """Leave nothing free."""
        with self._filler.open("ab", buffering=0) as file:
            for size in (2**20, 2**12, 1):
                try:
                    while file.write(b"\0" * size):
                        pass
                except OSError:
                    continue

    def free(self) -> None:
        """Give all of that back."""
        self._filler.unlink(missing_ok=True)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    path = tmp_path / "disk"
    path.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(path)]
    if os.geteuid() or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("only root can mount a small disk")
    yield Disk(path)
    subprocess.run(["umount", "--lazy", str(path)], check=True)


@pytest.fixture
def small(disk: Disk) -> Iterator[LocalCloud]:
    with running_cloud(disk.path / "state", programs()) as running:
        running.client("s3").create_bucket(Bucket=BUCKET)
        running.client("dynamodb").create_table(
            TableName="durable", AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}], **KEY
        )
        yield running
        disk.free()


def put_all(dynamodb: Any, name: str, count: int) -> set[str]:  # noqa: ANN401 - a client
    """Put items; the keys of those that were answered with success."""
    kept = set()
    for number in range(count):
        key = f"{name}-{number}"
        try:
            dynamodb.put_item(TableName="durable", Item={"id": {"S": key}, "text": {"S": "x" * 500}})
            kept.add(key)
        except dynamodb.exceptions.InternalServerError:
            continue
    return kept


def test_what_was_answered_is_there_after_a_full_disk_and_a_crash(small: LocalCloud, disk: Disk) -> None:
    dynamodb = small.client("dynamodb", config=ONCE)
    kept = put_all(dynamodb, "before", 20)
    disk.fill()
    while_full = put_all(dynamodb, "full", 30)
    assert len(while_full) < 30, "the disk was never full"
    seen = {item["id"]["S"] for item in dynamodb.scan(TableName="durable", ConsistentRead=True)["Items"]}
    assert seen == kept | while_full, "what was refused must not be done either"
    disk.free()
    kept |= while_full | put_all(dynamodb, "after", 20)
    assert len(kept) == 40 + len(while_full)
    small.kill()
    small.start()
    items = small.client("dynamodb").scan(TableName="durable", ConsistentRead=True)["Items"]
    assert {item["id"]["S"] for item in items} == kept


def test_an_object_that_the_disk_does_not_take_is_refused(small: LocalCloud, disk: Disk) -> None:
    s3 = small.client("s3", config=ONCE)
    disk.fill()
    with pytest.raises(ClientError, match="500"):
        s3.put_object(Bucket=BUCKET, Key="large", Body=b"x" * 100_000)


def test_an_execution_that_the_disk_does_not_take_is_not_answered_as_started(small: LocalCloud, disk: Disk) -> None:
    states = small.client("stepfunctions", config=ONCE)
    wait = '{"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 600, "End": true}}}'
    machine = states.create_state_machine(name="waits", roleArn=ROLE, definition=wait)["stateMachineArn"]
    disk.fill()
    with pytest.raises(ClientError, match="ServiceUnavailable"):
        states.start_execution(stateMachineArn=machine, name="unkept", input=f'{{"text": "{"x" * 50_000}"}}')
    disk.free()
    assert not states.list_executions(stateMachineArn=machine, statusFilter="RUNNING")["executions"]


def test_a_job_ends_though_its_disk_filled_while_it_trained(small: LocalCloud, disk: Disk) -> None:
    small.client("s3").put_object(Bucket=BUCKET, Key="data/a.csv", Body=b"1,2\n")
    sagemaker = small.client("sagemaker", config=ONCE)
    sagemaker.create_training_job(**job_request("fills", seconds="3"))
    eventually(lambda: sagemaker.describe_training_job(TrainingJobName="fills"), lambda job: "TrainingStartTime" in job)
    disk.fill()
    job = eventually(
        lambda: sagemaker.describe_training_job(TrainingJobName="fills"),
        lambda job: job["TrainingJobStatus"] != "InProgress",
        60,
    )
    assert job["TrainingJobStatus"] == "Failed"
    disk.free()
    eventually(lambda: sagemaker.describe_training_job(TrainingJobName="fills"), bool)
    small.kill()
    small.start()
    again = small.client("sagemaker").describe_training_job(TrainingJobName="fills")
    assert (again["TrainingJobStatus"], again["FailureReason"]) == ("Failed", job["FailureReason"])
