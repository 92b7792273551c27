"""The life of a training job."""

import io
import json
import tarfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cloud.sagemaker.context import Limits
from cloud.sagemaker.errors import SageMakerError
from cloud.sagemaker.training import final_metrics
from tests.unit.cloud.sagemaker_bench import Bench, FakeTraining


def statuses(job: dict[str, Any]) -> list[str]:
    return [step["Status"] for step in job["SecondaryStatusTransitions"]]


def members(archive: bytes) -> list[str]:
    return tarfile.open(fileobj=io.BytesIO(archive)).getnames()


def test_completed_job(bench: Bench) -> None:
    def train(root: Path) -> int:
        assert (root / "input/data/train/rows.csv").read_text() == "1,2\n"
        assert json.loads((root / "input/config/hyperparameters.json").read_text()) == {"depth": "3"}
        assert json.loads((root / "input/config/resourceconfig.json").read_text())["current_host"] == "algo-1"
        assert json.loads((root / "input/config/inputdataconfig.json").read_text())["train"] == {
            "TrainingInputMode": "File",
            "S3DistributionType": "FullyReplicated",
            "RecordWrapperType": "None",
        }
        (root / "model/model.json").write_text("{}")
        (root / "output/data/evaluation.json").write_text("{}")
        return 0

    bench.runner.train = train
    job = bench.train(HyperParameters={"depth": "3"}, Environment={"COLOUR": "red"})
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Completed", "Completed")
    assert statuses(job) == ["Starting", "Downloading", "Training", "Uploading", "Completed"]
    assert all("EndTime" in step for step in job["SecondaryStatusTransitions"])
    assert job["ModelArtifacts"] == {"S3ModelArtifacts": "s3://bucket/out/job/output/model.tar.gz"}
    assert (members(bench.s3.objects["s3://bucket/out/job/output/model.tar.gz"])) == ["model.json"]
    assert (members(bench.s3.objects["s3://bucket/out/job/output/output.tar.gz"])) == ["evaluation.json"]
    environment = bench.runner.orders[0].environment
    assert environment["COLOUR"] == "red"
    assert environment["TRAINING_JOB_NAME"] == "job"
    assert environment["TRAINING_JOB_ARN"] == job["TrainingJobArn"]


def test_failure_file_becomes_the_reason(bench: Bench) -> None:
    def train(root: Path) -> int:
        (root / "output/failure").write_text("Only 3 runs.\n")
        return 5

    bench.runner.train = train
    job = bench.train()
    assert job["TrainingJobStatus"] == "Failed"
    assert job["FailureReason"] == "AlgorithmError: Only 3 runs., exit code: 5"
    assert "ModelArtifacts" not in job


def test_long_failure_keeps_its_exit_code(bench: Bench) -> None:
    bench.runner.train = lambda root: (root / "output/failure").write_text("x" * 5000) and 1
    reason = bench.train()["FailureReason"]
    assert len(reason) == 1024
    assert reason.endswith(", exit code: 1")


def test_failure_without_a_file(bench: Bench) -> None:
    bench.runner.train = lambda root: 137
    assert bench.train()["FailureReason"] == "AlgorithmError: , exit code: 137"


def test_no_data(bench: Bench) -> None:
    bench.s3.objects.clear()
    job = bench.train()
    assert job["FailureReason"].startswith(
        'ClientError: Data download failed:No S3 objects found under S3 URL "s3://bucket/data/"'
    )
    assert not bench.runner.orders


def test_name_is_used_up(bench: Bench) -> None:
    bench.train()
    with pytest.raises(SageMakerError) as raised:
        bench.call("CreateTrainingJob", **bench.job_request())
    assert raised.value.code == "ResourceInUse"
    assert raised.value.message == (
        "Training job names must be unique within an AWS account and region, and a training job with this name"
        " already exists (arn:aws:sagemaker:us-east-1:000000000000:training-job/job)"
    )


def test_unknown_job(bench: Bench) -> None:
    for action in ("DescribeTrainingJob", "StopTrainingJob"):
        with pytest.raises(SageMakerError, match=r"^Requested resource not found\.$") as raised:
            bench.call(action, TrainingJobName="nobody")
        assert raised.value.code == "ValidationException"


def started(bench: Bench) -> FakeTraining:
    pause = threading.Event()
    while not bench.runner.trainings:
        pause.wait(0.01)
    return bench.runner.trainings[-1]


def test_stop(bench: Bench) -> None:
    bench.runner.train = lambda root: None
    bench.call("CreateTrainingJob", **bench.job_request())
    container = started(bench)
    bench.call("StopTrainingJob", TrainingJobName="job")
    job = bench.ended_job()
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Stopped", "Stopped")
    assert statuses(job)[-2:] == ["Stopping", "Stopped"]
    assert container.stopped_with_grace == 7
    with pytest.raises(SageMakerError, match="because the training job is in status Stopped"):
        bench.call("StopTrainingJob", TrainingJobName="job")


def test_maximum_runtime(bench: Bench) -> None:
    bench.runner.train = lambda root: (root / "model/partial").write_text("x") and None
    job = bench.train(StoppingCondition={"MaxRuntimeInSeconds": 1})
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Stopped", "MaxRuntimeExceeded")
    assert (members(bench.s3.objects["s3://bucket/out/job/output/model.tar.gz"])) == ["partial"]


def test_jobs_beyond_the_slots_wait(make_bench: Callable[..., Bench]) -> None:
    bench = make_bench(limits=Limits(training_slots=1))
    bench.runner.train = lambda root: None
    bench.call("CreateTrainingJob", **bench.job_request("first"))
    first = started(bench)
    bench.call("CreateTrainingJob", **bench.job_request("second"))
    waiting = bench.call("DescribeTrainingJob", TrainingJobName="second")
    assert (waiting["TrainingJobStatus"], waiting["SecondaryStatus"]) == ("InProgress", "Pending")
    assert len(bench.runner.trainings) == 1
    bench.call("StopTrainingJob", TrainingJobName="second")
    first.end(0)
    assert bench.ended_job("first")["TrainingJobStatus"] == "Completed"
    assert bench.ended_job("second")["TrainingJobStatus"] == "Stopped"
    assert len(bench.runner.trainings) == 1


def test_restart_fails_what_trained_and_runs_what_waited(make_bench: Callable[..., Bench]) -> None:
    bench = make_bench(limits=Limits(training_slots=1))
    bench.runner.train = lambda root: None
    for name in ("training", "waiting"):
        bench.call("CreateTrainingJob", **bench.job_request(name))
        started(bench)
    crashed = bench.sagemaker
    bench.runner.train = lambda root: 0
    bench.new_server().resume()
    lost = bench.ended_job("training")
    assert lost["TrainingJobStatus"] == "Failed"
    assert lost["FailureReason"].startswith("InternalServerError: ")
    assert bench.ended_job("waiting")["TrainingJobStatus"] == "Completed"
    crashed.training.close()


def test_metrics_are_the_last_finite_match() -> None:
    log = "mape=0.5;\nmape=0.25;\nmape=nan;\nloss=abc;\n"
    definitions = [
        {"Name": "mape", "Regex": "mape=([^;]+);"},
        {"Name": "loss", "Regex": "loss=([^;]+);"},
        {"Name": "whole line", "Regex": "^mape=([0-9.]+);$"},
        {"Name": "absent", "Regex": "absent=([0-9.]+)"},
    ]
    assert [(m["MetricName"], m["Value"]) for m in final_metrics(definitions, log)] == [
        ("mape", 0.25),
        ("whole line", 0.25),
    ]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"AlgorithmSpecification": {"TrainingImage": "i", "TrainingInputMode": "Pipe"}}, "TrainingInputMode Pipe"),
        ({"OutputDataConfig": {"S3OutputPath": "s3://b/o", "CompressionType": "NONE"}}, "CompressionType NONE"),
    ],
)
def test_what_it_cannot_do_it_refuses(bench: Bench, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(SageMakerError, match=f"{message} is not supported by the local SageMaker"):
        bench.call("CreateTrainingJob", **bench.job_request(**changes))


def test_list(bench: Bench) -> None:
    for name in ("a-1", "a-2", "b-1"):
        bench.train(name)
    first = bench.call("ListTrainingJobs", NameContains="A-", MaxResults=1, SortBy="Name", SortOrder="Ascending")
    assert [job["TrainingJobName"] for job in first["TrainingJobSummaries"]] == ["a-1"]
    second = bench.call(
        "ListTrainingJobs", NameContains="A-", SortBy="Name", SortOrder="Ascending", NextToken=first["NextToken"]
    )
    assert [job["TrainingJobName"] for job in second["TrainingJobSummaries"]] == ["a-2"]
    assert "NextToken" not in second
    assert bench.call("ListTrainingJobs", StatusEquals="Failed")["TrainingJobSummaries"] == []


def test_restart_carries_on_with_a_container_that_outlived_it(bench: Bench) -> None:
    bench.runner.train = lambda root: (root / "model/model.json").write_text("{}") and None
    bench.call("CreateTrainingJob", **bench.job_request())
    started(bench)
    root = bench.runner.orders[0].root
    # The same container seen by the next server; the killed one, of which a thread is left here, must not see its end.
    container = FakeTraining(None)
    bench.runner.outlived[root] = container
    server = bench.new_server()
    server.adopt()
    assert bench.runner.kept == {root}
    server.resume()
    assert bench.call("DescribeTrainingJob", TrainingJobName="job")["SecondaryStatus"] == "Training"
    container.end(0)
    assert bench.ended_job()["TrainingJobStatus"] == "Completed"
    assert "s3://bucket/out/job/output/model.tar.gz" in bench.s3.objects


def test_an_image_that_cannot_run_is_the_reason(bench: Bench) -> None:
    def refuse(root: Path) -> int:
        raise OSError("The container could not be started: no such image")

    bench.runner.train = refuse
    assert bench.train()["FailureReason"] == "InternalServerError: The container could not be started: no such image"
