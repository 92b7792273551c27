"""One local cloud for all tests here, with the programs of `container/` in its containers."""

import io
import json
import sys
import threading
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cloud.engine import docker
from cloud.settings import runner_from
from tests.clouds import LocalCloud, running_cloud

CONTAINER = Path(__file__).parent / "container"
ROLE = "arn:aws:iam::000000000000:role/runquote"
BUCKET = "runquote-test"


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    with running_cloud(tmp_path_factory.mktemp("cloud"), programs()) as running:
        s3 = running.client("s3")
        s3.create_bucket(Bucket=BUCKET)
        s3.put_object(Bucket=BUCKET, Key="data/a.csv", Body=b"1,2\n")
        s3.put_object(Bucket=BUCKET, Key="data/more/b.csv", Body=b"2,4\n3,6\n")
        yield running


def programs() -> dict[str, str]:
    """What makes the local SageMaker run the programs of `container/`, in this process's runner."""
    if runner_from() == "docker":
        return {"RUNQUOTE_RUNNER": "docker", "CLOUD_IMAGE": build_stand_in()}
    return {
        f"CLOUD_{name.upper()}_COMMAND": json.dumps([sys.executable, str(CONTAINER / f"{name}.py")])
        for name in ("train", "serve")
    }


def build_stand_in() -> str:
    """Build an image of the programs of `container/`; its id."""
    return docker("build", "--quiet", "--tag=runquote-test-stand-in", str(CONTAINER), timeout=None)


def eventually[T](read: Callable[[], T], wanted: Callable[[T], bool], seconds: float = 240) -> T:
    """Read until it is as wanted."""
    pause = threading.Event()
    for _ in range(int(seconds / 0.05)):
        value = read()
        if wanted(value):
            return value
        pause.wait(0.05)
    raise TimeoutError(f"Still {value}")


def job_request(name: str, **hyperparameters: str) -> dict[str, Any]:
    return {
        "TrainingJobName": name,
        "RoleArn": ROLE,
        "AlgorithmSpecification": {
            "TrainingImage": "runquote",
            "TrainingInputMode": "File",
            "MetricDefinitions": [{"Name": "slope", "Regex": "slope=([0-9.]+);"}],
        },
        "HyperParameters": hyperparameters,
        "InputDataConfig": [
            {
                "ChannelName": "train",
                "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/data"}},
            }
        ],
        "OutputDataConfig": {"S3OutputPath": f"s3://{BUCKET}/out"},
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
        "StoppingCondition": {"MaxRuntimeInSeconds": 60},
    }


def make_lambda(cloud: LocalCloud, name: str, source: str) -> str:
    """A function whose module is this source; its ARN."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("handler.py", source)
    function = cloud.client("lambda").create_function(
        FunctionName=name,
        Runtime="python3.13",
        Role=ROLE,
        Handler="handler.handle",
        Code={"ZipFile": packed.getvalue()},
        Timeout=20,
    )
    arn: str = function["FunctionArn"]
    return arn


class Machines:
    """State machines of one cloud."""

    def __init__(self, cloud: LocalCloud) -> None:
        self.client = cloud.client("stepfunctions")
        self._count = 0

    def start(self, states: dict[str, Any], argument: object = None, **definition: object) -> str:
        """Start a machine whose first state is the first of these; the execution's ARN."""
        self._count += 1
        machine = self.client.create_state_machine(
            name=f"machine-{self._count}",
            roleArn=ROLE,
            definition=json.dumps({"StartAt": next(iter(states)), "States": states, **definition}),
        )
        started = self.client.start_execution(
            stateMachineArn=machine["stateMachineArn"], name="only", input=json.dumps(argument or {})
        )
        arn: str = started["executionArn"]
        return arn

    def run(self, states: dict[str, Any], argument: object = None, **definition: object) -> dict[str, Any]:
        """Start a machine and wait for its end; the execution."""
        return self.ended(self.start(states, argument, **definition))

    def ended(self, arn: str) -> dict[str, Any]:
        return eventually(
            lambda: self.client.describe_execution(executionArn=arn), lambda found: found["status"] != "RUNNING"
        )


@pytest.fixture(scope="session")
def machines(cloud: LocalCloud) -> Machines:
    return Machines(cloud)
