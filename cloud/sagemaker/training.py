"""Training jobs: the queue, the life of a job, and the actions on it."""

import json
import logging
import math
import re
import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from cloud.sagemaker.artefacts import ArtefactError
from cloud.sagemaker.context import Context
from cloud.sagemaker.errors import SageMakerError, unsupported, validation_exception
from cloud.sagemaker.resources import Action, now, page
from cloud.sagemaker.runner import Container, Order
from cloud.sagemaker.store import AlreadyExistsError, Document

KIND = "training-job"
MAX_FAILURE_REASON = 1024
DEFAULT_MAX_RUNTIME = 86_400  # Seconds; what SageMaker uses when StoppingCondition gives none.
_ENDED = {"Completed", "Failed", "Stopped"}
_NOT_STARTED = {"Starting", "Pending", "Downloading"}
_STATUS_MESSAGES = {
    "Starting": "Preparing the instances for training",
    "Pending": "Waiting for other training jobs to end",
    "Downloading": "Downloading input data",
    "Training": "Training image download completed. Training in progress.",
    "Uploading": "Uploading generated training model",
    "Stopping": "Stopping the training job",
    "Stopped": "Training job stopped",
    "MaxRuntimeExceeded": "Resource released due to training job runtime exceeding the limit",
    "Completed": "Training job completed",
    "Failed": "Training job failed",
}
_logger = logging.getLogger(__name__)


class JobFailedError(Exception):
    """The job cannot go on; the message becomes its FailureReason."""


class TrainingJobs:
    """Runs a few jobs at once; the others wait, still InProgress."""

    def __init__(self, context: Context) -> None:
        self._store = context.store
        self._tags = context.tags
        self._account = context.account
        self._artefacts = context.artefacts
        self._runner = context.runner
        self._directory = context.directory / "training-jobs"
        self._slots = context.limits.training_slots
        self._stop_grace = context.limits.training_stop_grace
        self._publish_log = context.publish_log
        self._pool = ThreadPoolExecutor(self._slots, thread_name_prefix="training")
        self._changed = threading.Condition(threading.RLock())
        self._busy = 0
        self._containers: dict[str, Container] = {}
        self._closing = False
        self.actions: dict[str, Action] = {
            "CreateTrainingJob": self.create,
            "DescribeTrainingJob": self.describe,
            "StopTrainingJob": self.stop,
            "ListTrainingJobs": self.list,
        }

    def roots(self) -> set[Path]:
        """The roots of the containers that may still train for an earlier server."""
        jobs = [job for job in self._store.all(KIND) if job["TrainingJobStatus"] == "InProgress"]
        return {self._root(job["TrainingJobName"]) / "ml" for job in jobs}

    def resume(self) -> None:
        """After a restart: carry on with what still trains or waits to, and fail what died with the last server."""
        for job in self._store.all(KIND):
            name = job["TrainingJobName"]
            if job["TrainingJobStatus"] == "Stopping":
                self._end(name, "Stopped", "Stopped")
            elif job["TrainingJobStatus"] == "InProgress" and job["SecondaryStatus"] in _NOT_STARTED:
                self._queue(name)
            elif job["TrainingJobStatus"] == "InProgress" and (container := self._runner.adopt(self._order(job))):
                self._containers[name] = container
                self._queue(name)
            elif job["TrainingJobStatus"] == "InProgress":
                self._end(
                    name,
                    "Failed",
                    "Failed",
                    FailureReason="InternalServerError: The local cloud stopped while the job was training."
                    " Please try again.",
                )

    def close(self) -> None:
        """Kill what trains. It is failed by the next `resume`."""
        with self._changed:
            self._closing = True
            containers = list(self._containers.values())
        for container in containers:
            container.stop(0)
        self._pool.shutdown(wait=True, cancel_futures=True)

    def create(self, request: dict[str, Any]) -> dict[str, Any]:
        """CreateTrainingJob."""
        name = request["TrainingJobName"]
        _refuse_unsupported(request)
        arn = self._account.arn(KIND, name)
        created = now()
        job = {key: value for key, value in request.items() if key != "Tags"} | {
            "TrainingJobArn": arn,
            "TrainingJobStatus": "InProgress",
            "CreationTime": created,
            "LastModifiedTime": created,
            "StoppingCondition": {"MaxRuntimeInSeconds": DEFAULT_MAX_RUNTIME} | request.get("StoppingCondition", {}),
        }
        with self._changed:
            job |= _transition(job, "Starting" if self._busy < self._slots else "Pending", created)
            try:
                self._store.insert(KIND, name, job)
            except AlreadyExistsError:
                raise SageMakerError(
                    "ResourceInUse",
                    "Training job names must be unique within an AWS account and region, and a training job with"
                    f" this name already exists ({arn})",
                ) from None
            self._tags.create(arn, request)
            self._queue(name)
        return {"TrainingJobArn": arn}

    def describe(self, request: dict[str, Any]) -> dict[str, Any]:
        """DescribeTrainingJob."""
        return self._get(request["TrainingJobName"])

    def stop(self, request: dict[str, Any]) -> dict[str, Any]:
        """StopTrainingJob: asks; the job is Stopped when its program has ended."""
        name = request["TrainingJobName"]
        with self._changed:
            job = self._get(name)
            if job["TrainingJobStatus"] == "Stopping":
                return {}
            if job["TrainingJobStatus"] in _ENDED:
                raise validation_exception(
                    f"The request was rejected because the training job is in status {job['TrainingJobStatus']}."
                )
            container = self._containers.get(name)
            self._change(name, "Stopping", TrainingJobStatus="Stopping")
        if container is not None:
            threading.Thread(target=container.stop, args=(self._stop_grace,), daemon=True).start()
        return {}

    def list(self, request: dict[str, Any]) -> dict[str, Any]:
        """ListTrainingJobs."""
        jobs, token = page(
            self._store.all(KIND), request, name="TrainingJobName", status="TrainingJobStatus", newest_first=True
        )
        return {"TrainingJobSummaries": jobs, "NextToken": token}

    def wait_until_ended(self, name: str, timeout: float) -> Document | None:
        """The job once it has ended, or None when it has not within `timeout` seconds."""
        with self._changed:
            self._changed.wait_for(lambda: self._get(name)["TrainingJobStatus"] in _ENDED, timeout)
            job = self._get(name)
        return job if job["TrainingJobStatus"] in _ENDED else None

    def _get(self, name: str) -> Document:
        job = self._store.get(KIND, name)
        if job is None:
            # Not ResourceNotFound, whatever the model says: https://github.com/aws/aws-sdk/issues/165
            raise validation_exception("Requested resource not found.")
        return job

    def _queue(self, name: str) -> None:
        self._pool.submit(self._run, name)

    def _run(self, name: str) -> None:
        with self._changed:
            self._busy += 1
        root = self._root(name)
        try:
            if name in self._containers:
                self._finish(self._get(name), self._containers[name])
            else:
                self._train(name)
        except (JobFailedError, ArtefactError) as error:
            self._fail(name, str(error))
        except Exception:
            _logger.exception("Training job %s", name)
            self._fail(name, "InternalServerError: We encountered an internal error. Please try again.")
        finally:
            with self._changed:
                self._busy -= 1
                container = self._containers.pop(name, None)
            if container is not None:
                container.stop(0)
            shutil.rmtree(root / "ml", ignore_errors=True)
            if (root / "log.txt").exists() and not self._closing:
                self._publish_log(name, root / "log.txt")

    def _train(self, name: str) -> None:
        job = self._advance(name, "Downloading")
        if job is None:
            return
        order = self._order(job)
        shutil.rmtree(order.root, ignore_errors=True)  # From a server that was killed while downloading.
        self._prepare(job, order.root)
        with self._changed:
            job = self._advance(name, "Training", TrainingStartTime=now())
            if job is None:
                return
            try:
                container = self._containers[name] = self._runner.start(order)
            except OSError as error:
                raise JobFailedError(f"InternalServerError: {error}") from error
        self._finish(job, container)

    def _finish(self, job: Document, container: Container) -> None:
        """Wait for the program's end, or bring it about; upload what it wrote."""
        name, order = job["TrainingJobName"], self._order(job)
        ml_root, log = order.root, order.log
        ends = job["TrainingStartTime"] + job["StoppingCondition"]["MaxRuntimeInSeconds"]
        code = container.wait(max(0, ends - now()))
        if code is None:
            container.stop(self._stop_grace)
        if self._closing:
            return  # The next server fails the job: it died, it did not fail.
        stopped = self._get(name)["TrainingJobStatus"] == "Stopping"
        if code and not stopped:
            raise JobFailedError(_algorithm_error(ml_root, code))
        self._upload(job, ml_root, log, announce=not stopped)
        if stopped:
            self._end(name, "Stopped", "Stopped")
        elif code is None:
            self._end(name, "Stopped", "MaxRuntimeExceeded")
        else:
            self._end(name, "Completed", "Completed")

    def _prepare(self, job: Document, ml_root: Path) -> None:
        for folder in ("model", "output/data", "input/config", "input/data"):
            (ml_root / folder).mkdir(parents=True)
        channels = job.get("InputDataConfig", [])
        for channel in channels:
            uri = channel["DataSource"]["S3DataSource"]["S3Uri"]
            target = ml_root / "input/data" / channel["ChannelName"]
            try:
                count = self._artefacts.download_prefix(uri, target)
            except ArtefactError as error:
                raise JobFailedError(f"ClientError: Data download failed:{error}") from error
            if not count:
                raise JobFailedError(
                    f'ClientError: Data download failed:No S3 objects found under S3 URL "{uri}" given in input data'
                    f" source. Please ensure that the bucket exists in the selected region ({self._account.region}),"
                    f' that objects exist under that S3 prefix, and that the role "{job["RoleArn"]}" has'
                    ' "s3:ListBucket" permissions on the bucket.'
                )
        config = ml_root / "input/config"
        _write_json(config / "hyperparameters.json", job.get("HyperParameters", {}))
        _write_json(config / "inputdataconfig.json", {c["ChannelName"]: _channel_config(c, job) for c in channels})
        _write_json(config / "resourceconfig.json", _resource_config(job))

    def _root(self, name: str) -> Path:
        return self._directory / name

    def _order(self, job: Document) -> Order:
        root = self._root(job["TrainingJobName"])
        isolated: bool = job.get("EnableNetworkIsolation", False)
        return Order("train", _image(job), root / "ml", root / "log.txt", self._environment(job), isolated)

    def _environment(self, job: Document) -> dict[str, str]:
        environment: dict[str, str] = job.get("Environment", {})
        return environment | {
            "AWS_REGION": self._account.region,
            "AWS_DEFAULT_REGION": self._account.region,
            "TRAINING_JOB_NAME": job["TrainingJobName"],
            "TRAINING_JOB_ARN": job["TrainingJobArn"],
        }

    def _upload(self, job: Document, ml_root: Path, log: Path, *, announce: bool) -> None:
        name = job["TrainingJobName"]
        if announce:
            self._change(name, "Uploading")
        prefix = f"{job['OutputDataConfig']['S3OutputPath'].rstrip('/')}/{name}/output"
        model = f"{prefix}/model.tar.gz"
        self._artefacts.upload_directory(ml_root / "model", model)
        if any((ml_root / "output/data").iterdir()):
            self._artefacts.upload_directory(ml_root / "output/data", f"{prefix}/output.tar.gz")
        definitions = job["AlgorithmSpecification"].get("MetricDefinitions", [])
        self._store.update(
            KIND,
            name,
            {
                "ModelArtifacts": {"S3ModelArtifacts": model},
                "FinalMetricDataList": final_metrics(definitions, log.read_text(errors="replace")),
            },
        )

    def _advance(self, name: str, secondary: str, **changes: object) -> Document | None:
        """The next step of a job, unless it was asked to stop: then it is Stopped, and None returned."""
        with self._changed:
            if self._get(name)["TrainingJobStatus"] == "Stopping":
                self._end(name, "Stopped", "Stopped")
                return None
            return self._change(name, secondary, **changes)

    def _fail(self, name: str, reason: str) -> None:
        self._end(name, "Failed", "Failed", FailureReason=reason[:MAX_FAILURE_REASON])

    def _end(self, name: str, status: str, secondary: str, **changes: object) -> None:
        with self._changed:
            job, ended = self._get(name), now()
            times: Document = {}
            if "TrainingStartTime" in job:
                seconds = max(1, math.ceil(ended - job["TrainingStartTime"]))
                times = {"TrainingTimeInSeconds": seconds, "BillableTimeInSeconds": seconds}
            self._change(name, secondary, TrainingJobStatus=status, TrainingEndTime=ended, **times, **changes)
            self._changed.notify_all()

    def _change(self, name: str, secondary: str, **changes: object) -> Document:
        with self._changed:
            job = self._get(name)
            return self._store.update(KIND, name, _transition(job, secondary, now()) | changes) or job


def final_metrics(definitions: list[dict[str, str]], log: str) -> list[dict[str, Any]]:
    """The last finite number that each metric's regular expression finds in the log, looking at line by line."""
    found = []
    for definition in definitions:
        regex = re.compile(definition["Regex"])
        values = [_number(match) for line in log.splitlines() for match in regex.finditer(line)]
        finite = [value for value in values if value is not None and math.isfinite(value)]
        if finite:
            found.append({"MetricName": definition["Name"], "Value": finite[-1], "Timestamp": now()})
    return found


def _number(match: re.Match[str]) -> float | None:
    try:
        return float(match[1] if match.re.groups else match[0])
    except (TypeError, ValueError):
        return None


def _transition(job: Document, secondary: str, when: float) -> Document:
    transitions = [dict(step) for step in job.get("SecondaryStatusTransitions", [])]
    if transitions:
        transitions[-1].setdefault("EndTime", when)
    step = {"Status": secondary, "StartTime": when, "StatusMessage": _STATUS_MESSAGES[secondary]}
    if secondary in {"Completed", "Failed", "Stopped", "MaxRuntimeExceeded"}:
        step["EndTime"] = when
    return {
        "SecondaryStatus": secondary,
        "SecondaryStatusTransitions": [*transitions, step],
        "LastModifiedTime": when,
    }


def _refuse_unsupported(request: dict[str, Any]) -> None:
    algorithm = request.get("AlgorithmSpecification", {})
    if not algorithm.get("TrainingImage"):
        raise unsupported("A training job without AlgorithmSpecification.TrainingImage")
    if algorithm["TrainingInputMode"] == "Pipe":
        raise unsupported("TrainingInputMode Pipe")
    if request["OutputDataConfig"].get("CompressionType", "GZIP") != "GZIP":
        raise unsupported("OutputDataConfig.CompressionType NONE")
    for definition in algorithm.get("MetricDefinitions", []):
        try:
            re.compile(definition["Regex"])
        except re.error as error:
            raise validation_exception(f"Invalid regex for metric {definition['Name']}: {error}") from error
    for channel in request.get("InputDataConfig", []):
        source = channel["DataSource"].get("S3DataSource", {})
        if source.get("S3DataType") != "S3Prefix":
            raise unsupported(f"A data source of channel {channel['ChannelName']} other than S3Prefix")
        if channel.get("CompressionType", "None") != "None" or channel.get("RecordWrapperType", "None") != "None":
            raise unsupported(f"CompressionType or RecordWrapperType of channel {channel['ChannelName']}")


def _image(job: Document) -> str:
    image: str = job["AlgorithmSpecification"]["TrainingImage"]
    return image


def _channel_config(channel: dict[str, Any], job: Document) -> dict[str, Any]:
    """A channel in inputdataconfig.json: https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-algo-running-container.html"""
    mode = channel.get("InputMode", job["AlgorithmSpecification"]["TrainingInputMode"])
    return {
        "TrainingInputMode": mode,
        "S3DistributionType": channel["DataSource"]["S3DataSource"].get("S3DataDistributionType", "FullyReplicated"),
        "RecordWrapperType": "None",
    } | ({"ContentType": channel["ContentType"]} if "ContentType" in channel else {})


def _resource_config(job: Document) -> dict[str, Any]:
    """resourceconfig.json: one host, named as SageMaker names the first one."""
    kind = job.get("ResourceConfig", {}).get("InstanceType", "local")
    return {
        "current_host": "algo-1",
        "current_instance_type": kind,
        "current_group_name": "homogeneousCluster",
        "hosts": ["algo-1"],
        "instance_groups": [{"instance_group_name": "homogeneousCluster", "instance_type": kind, "hosts": ["algo-1"]}],
        "network_interface_name": "lo",
    }


def _algorithm_error(ml_root: Path, code: int) -> str:
    try:
        reason = (ml_root / "output/failure").read_text(errors="replace")[:MAX_FAILURE_REASON]
    except OSError:
        reason = ""
    ending = f", exit code: {code}"
    return f"AlgorithmError: {reason.strip()}"[: MAX_FAILURE_REASON - len(ending)] + ending


def _write_json(path: Path, value: object) -> None:
    path.write_text(json.dumps(value))
