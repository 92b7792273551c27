"""`python -m cloud.sagemaker` runs anybody's programs, with the S3 of another cloud, as beside LocalStack."""

import json
import os
import shlex
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import boto3
import httpx
import pytest
from botocore.exceptions import ClientError

from cloud.processes import processes_of
from cloud.settings import REPOSITORY
from tests.clouds import LocalCloud, free_port
from tests.integration.cloud.conftest import BUCKET, CONTAINER, ROLE, eventually, job_request


class Alone:
    """The server, and a folder of somebody's programs in which it was started."""

    def __init__(self, port: int, credentials: tuple[str, str]) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.session = boto3.session.Session(*credentials, region_name="us-east-1")

    def client(self, service: str) -> Any:  # noqa: ANN401 - which client depends on the name
        return self.session.client(service, endpoint_url=self.url)  # type: ignore[call-overload]  # a variable


@pytest.fixture(scope="module")
def alone(cloud: LocalCloud, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Alone]:
    folder, port = tmp_path_factory.mktemp("elsewhere"), free_port()
    commands = []
    for program in ("train", "serve"):
        shutil.copy(CONTAINER / f"{program}.py", folder)
        commands.append(f"--{program}={shlex.join([sys.executable, f'{program}.py'])}")
    own = {name: value for name, value in cloud.environment.items() if name.startswith("AWS_")}
    server = subprocess.Popen(
        [sys.executable, "-m", "cloud.sagemaker", f"--port={port}", "--state=state", *commands],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "HOME": str(folder), "PYTHONPATH": str(REPOSITORY), **own},
    )
    try:
        eventually(lambda: socket.socket().connect_ex(("127.0.0.1", port)), lambda code: code == 0)
        yield Alone(port, cloud.settings.credentials)
    finally:
        server.terminate()
        server.wait(20)
    eventually(lambda: processes_of((folder / "state").resolve()), lambda left: not left)


def test_somebodys_model_is_trained_and_serves(alone: Alone) -> None:
    sagemaker = alone.client("sagemaker")
    sagemaker.create_training_job(**job_request("alone"))
    job = eventually(
        lambda: sagemaker.describe_training_job(TrainingJobName="alone"),
        lambda job: job["TrainingJobStatus"] != "InProgress",
    )
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    container = {"Image": "somebodys-image", "ModelDataUrl": job["ModelArtifacts"]["S3ModelArtifacts"]}
    assert container["ModelDataUrl"].startswith(f"s3://{BUCKET}/")
    sagemaker.create_model(ModelName="alone", PrimaryContainer=container, ExecutionRoleArn=ROLE)
    variant = {"VariantName": "all", "ModelName": "alone", "InitialInstanceCount": 1, "InstanceType": "ml.t2.medium"}
    sagemaker.create_endpoint_config(EndpointConfigName="alone", ProductionVariants=[variant])
    sagemaker.create_endpoint(EndpointName="alone", EndpointConfigName="alone")
    endpoint = eventually(
        lambda: sagemaker.describe_endpoint(EndpointName="alone"), lambda found: found["EndpointStatus"] != "Creating"
    )
    assert endpoint["EndpointStatus"] == "InService", endpoint.get("FailureReason")
    answer = alone.client("sagemaker-runtime").invoke_endpoint(EndpointName="alone", Body=b'{"x": 10}')
    assert json.load(answer["Body"])["y"] == pytest.approx(20)


def test_it_answers_in_the_shapes_of_sagemaker(alone: Alone) -> None:
    sagemaker, runtime = alone.client("sagemaker"), alone.client("sagemaker-runtime")
    sagemaker.create_model_package_group(ModelPackageGroupName="alone")
    group = sagemaker.describe_model_package_group(ModelPackageGroupName="alone")
    assert group["ModelPackageGroupStatus"] == "Completed"
    with pytest.raises(runtime.exceptions.ValidationError):
        runtime.invoke_endpoint(EndpointName="nowhere", Body=b"{}")


def test_it_takes_only_what_is_signed(alone: Alone) -> None:
    for headers in ({}, {"Origin": "http://127.0.0.1:9999"}, {"Host": f"evil.example:{alone.url.rpartition(':')[2]}"}):
        assert httpx.post(f"{alone.url}/", headers=headers, trust_env=False).status_code == 403
    stranger = boto3.session.Session("000000000000", "guessed", region_name="us-east-1")
    with pytest.raises(ClientError, match="SignatureDoesNotMatch"):
        stranger.client("sagemaker", endpoint_url=alone.url).list_models()


@pytest.mark.parametrize("given", [[], ["--train=a"], ["--image=x", "--train=a", "--serve=b"]])
def test_what_runs_must_be_said(given: list[str]) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "cloud.sagemaker", *given], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 2
    assert "give either --image, or both --train and --serve" in ended.stderr
