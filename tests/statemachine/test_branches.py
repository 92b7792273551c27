"""The real state machines, interpreted by the local cloud with a SageMaker that really trains and serves.

With RUNQUOTE_BACKEND=localstack (`make localstack`) it is LocalStack that interprets them.

The container, and the functions that prepare, judge and promote, are stand-ins, so that each outcome can be had on
demand; those that settle, change, conclude and report are the real ones. Their branches are tests of them alone
(`tests/unit/functions`): here each outcome is walked once.
"""

import inspect
import io
import json
import os
import sys
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.clouds import LocalCloud, running_cloud
from tests.localstack.host import running_localstack
from tests.statemachine import stub_functions
from tests.statemachine.definitions import definition, states
from tools.build import OUTPUT, build
from tools.programs import ToolMissingError

CONTAINER = str(Path(__file__).with_name("container.py"))
STAND_INS = ("prepare_dataset", "verify_artifact", "compare_models", "promote", "select_workflows")
REAL = ("settle_training", "change_endpoint", "conclude", "report_round")
BACKEND = os.environ.get("RUNQUOTE_BACKEND", "embedded")
BUCKET, TABLE, RECORDS = "artifacts", "workflows", "model-endpoints"
PROMOTION = [
    *(name for name, state in states(definition("retrain")) if state["Type"] == "Task" and name != "SettleTraining"),
    "WaitForEndpoint",
]
"""The states of a promotion in which something happens."""
TELLING = ("NotifyOutcome", "Retrain")
"""The states that let one notification go out, by themselves or by an execution that they start."""


@dataclass
class Machine:
    """The deployed state machines and what they report to."""

    cloud: LocalCloud
    arns: dict[str, str]
    queue_url: str

    def client(self, service: str) -> Any:  # noqa: ANN401 - which client depends on the name
        return self.cloud.client(service)

    def run(self, machine: str = "retrain", name: str | None = None, **input_: object) -> dict[str, Any]:
        """Execute to the end."""
        return self.finish(self.start(machine, name, **input_))

    def start(self, machine: str = "retrain", name: str | None = None, **input_: object) -> str:
        """Start an execution; its ARN."""
        execution = self.client("stepfunctions").start_execution(
            stateMachineArn=self.arns[machine], name=name or f"x{uuid4().hex[:12]}", input=json.dumps(input_)
        )
        return str(execution["executionArn"])

    def finish(self, arn: str) -> dict[str, Any]:
        """Wait for the end; the description, with the visited states and the notifications since the last call."""
        states = self.client("stepfunctions")
        deadline = time.monotonic() + 120
        while (description := states.describe_execution(executionArn=arn))["status"] == "RUNNING":
            assert time.monotonic() < deadline, f"{arn} did not end"
            time.sleep(0.1)
        visited = self.visited(arn)
        unheard = description.get("error") == "NotificationFailed"
        told = 0 if unheard else sum(state in TELLING for state in visited)
        return {**description, "visited": visited, "notifications": self._notifications(told)}

    def visited(self, arn: str) -> list[str]:
        """The states that an execution has entered so far, in order."""
        events = self.client("stepfunctions").get_execution_history(executionArn=arn, maxResults=1000)["events"]
        return [event["stateEnteredEventDetails"]["name"] for event in events if "stateEnteredEventDetails" in event]

    def wait_until_in(self, state: str, arn: str) -> None:
        """Wait until an execution has entered a state."""
        deadline = time.monotonic() + 60
        while state not in self.visited(arn):
            assert time.monotonic() < deadline, self.visited(arn)
            time.sleep(0.1)

    def _notifications(self, told: int) -> list[dict[str, Any]]:
        """Return all notifications, which may arrive after the execution that told them has ended."""
        queue, found = self.client("sqs"), list[dict[str, Any]]()
        deadline = time.monotonic() + 30
        while True:
            messages = queue.receive_message(QueueUrl=self.queue_url, MaxNumberOfMessages=10).get("Messages", [])
            for message in messages:
                found.append(json.loads(message["Body"]))
                queue.delete_message(QueueUrl=self.queue_url, ReceiptHandle=message["ReceiptHandle"])
            if not messages:
                if len(found) >= told or time.monotonic() > deadline:
                    return found
                time.sleep(0.1)

    def resources(self) -> dict[str, set[str]]:
        """Names of all endpoints, endpoint configs and models."""
        sagemaker = self.client("sagemaker")
        return {
            "endpoints": {each["EndpointName"] for each in sagemaker.list_endpoints()["Endpoints"]},
            "configs": {each["EndpointConfigName"] for each in sagemaker.list_endpoint_configs()["EndpointConfigs"]},
            "models": {each["ModelName"] for each in sagemaker.list_models()["Models"]},
        }

    @contextmanager
    def fault(self, action: str, code: str, times: int = 1, after: int = 0) -> Iterator[None]:
        """Let SageMaker refuse an action so many times; fails if it was not asked that often."""
        directory = self.cloud.sagemaker_directory
        plan, log = directory / "faults.json", directory / "faults.log"
        log.unlink(missing_ok=True)
        fault = {"action": action, "code": code, "message": "planted", "after": after, "times": times}
        plan.write_text(json.dumps([fault]))
        yield
        plan.unlink()
        assert log.read_text().splitlines() == [f"{action} {code}"] * times

    def made_by(self, execution: dict[str, Any]) -> bool:
        """Whether an endpoint config or model of this execution is there."""
        resources = self.resources()
        return f"t-{execution['name']}" in resources["configs"] | resources["models"]

    def answer(self, endpoint: str) -> str:
        """What the endpoint says: the version of the model that it runs."""
        runtime = self.client("sagemaker-runtime")
        body = runtime.invoke_endpoint(EndpointName=endpoint, ContentType="application/json", Body=b"{}")["Body"]
        return str(body.read().decode())

    def approvals(self, group: str) -> list[str]:
        """Approval status of each version, oldest first."""
        packages = self.client("sagemaker").list_model_packages(ModelPackageGroupName=group)["ModelPackageSummaryList"]
        return [p["ModelApprovalStatus"] for p in sorted(packages, key=lambda p: int(p["ModelPackageVersion"]))]

    def packages(self, group: str) -> list[dict[str, Any]]:
        """All versions, as the registry describes them."""
        sagemaker = self.client("sagemaker")
        listed = sagemaker.list_model_packages(ModelPackageGroupName=group)["ModelPackageSummaryList"]
        return [dict(sagemaker.describe_model_package(ModelPackageName=each["ModelPackageArn"])) for each in listed]

    def record(self, workflow: str) -> dict[str, Any]:
        """The workflow's item."""
        item = self.client("dynamodb").get_item(TableName=TABLE, Key={"workflow_name": {"S": workflow}})["Item"]
        return dict(item)


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    commands = {
        f"CLOUD_{program.upper()}_COMMAND": json.dumps([sys.executable, CONTAINER, program])
        for program in ("train", "serve")
    }
    start = running_localstack if BACKEND == "localstack" else running_cloud
    try:
        with start(tmp_path_factory.mktemp("cloud"), commands) as cloud:
            yield _deploy(cloud)
    except ToolMissingError as error:
        pytest.skip(f"LocalStack cannot be installed here: {error}")


def _deploy(cloud: LocalCloud) -> Machine:
    client = cloud.client
    client("s3").create_bucket(Bucket=BUCKET)
    client("s3").put_object(Bucket=BUCKET, Key="dataset/part.jsonl", Body=b"{}")
    for table in (TABLE, RECORDS):
        client("dynamodb").create_table(
            TableName=table,
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "workflow_name", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "workflow_name", "AttributeType": "S"}],
        )
    topic = client("sns").create_topic(Name="updates")["TopicArn"]
    queue_url = client("sqs").create_queue(QueueName="updates")["QueueUrl"]
    queue = client("sqs").get_queue_attributes(QueueUrl=queue_url, AttributeNames=["QueueArn"])["Attributes"]
    client("sns").subscribe(
        TopicArn=topic, Protocol="sqs", Endpoint=queue["QueueArn"], Attributes={"RawMessageDelivery": "true"}
    )
    names = {"WORKFLOWS_TABLE": TABLE, "MODEL_ENDPOINTS_TABLE": RECORDS}
    stand_in = _package()
    functions = {
        name: _function(cloud, name, f"stub_functions.{name}", stand_in, names | {"BUCKET": BUCKET})
        for name in STAND_INS
    }
    arns: dict[str, str] = {}
    for machine in ("retrain", "unheard", "hurried", "retrain_all"):
        if machine in {"retrain", "hurried"}:  # hurried: gives up in seconds, not in hours
            patience = "3600" if machine == "retrain" else "2"
            functions |= _real(cloud, machine, names | {"ENDPOINT_MAX_SECONDS": patience}, arns.get("retrain", ""))
        substitutions = {f"{name}_arn": arn for name, arn in functions.items()} | {
            "model_updates_topic_arn": topic,
            "retrain_state_machine_arn": arns.get("retrain", ""),
        }
        body = definition(machine if machine.startswith("retrain") else "retrain", substitutions)
        if machine == "unheard":  # nobody is there to be told, and the test does not wait for the retries
            body["States"]["NotifyOutcome"]["Parameters"]["TopicArn"] = topic + "-missing"
            body["States"]["NotifyOutcome"]["Retry"][0].update(IntervalSeconds=1, MaxAttempts=1)
        if machine == "hurried":
            body["States"]["TrainModel"]["TimeoutSeconds"] = 2
        created = client("stepfunctions").create_state_machine(
            name=machine, definition=json.dumps(body), roleArn="arn:aws:iam::000000000000:role/test"
        )
        arns[machine] = created["stateMachineArn"]
    return Machine(cloud, arns, queue_url)


def _package() -> bytes:
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("stub_functions.py", inspect.getsource(stub_functions))
    return package.getvalue()


def _real(cloud: LocalCloud, machine: str, variables: dict[str, str], retrain_arn: str) -> dict[str, str]:
    """Deploy the functions as they are built for AWS; their ARNs."""
    build()
    common = {
        "POWERTOOLS_SERVICE_NAME": "test",
        "POWERTOOLS_METRICS_NAMESPACE": "Runquote",
        "ENDPOINT_POLL_SECONDS": "1",
        "RETRAIN_STATE_MACHINE_ARN": retrain_arn,
    }
    return {
        name: _function(
            cloud,
            f"{name}-{machine}",
            f"functions.{name}.handler.handler",
            (OUTPUT / f"{name}.zip").read_bytes(),
            common | variables,
        )
        for name in REAL
    }


def _function(cloud: LocalCloud, name: str, handler: str, package: bytes, variables: dict[str, str]) -> str:
    function = cloud.client("lambda").create_function(
        FunctionName=name.replace("_", "-"),
        Runtime="python3.13",
        Role="arn:aws:iam::000000000000:role/test",
        Handler=handler,
        Code={"ZipFile": package},
        Timeout=60,
        Environment={"Variables": variables},
    )
    return str(function["FunctionArn"])


def how_it_went(execution: dict[str, Any]) -> dict[str, Any]:
    """What to look at in an execution that ended otherwise."""
    return {"visited": execution.get("visited", [])[-4:], **{name: execution.get(name) for name in ("error", "cause")}}


def _only(execution: dict[str, Any]) -> dict[str, Any]:
    """The one notification of an execution."""
    (notification,) = execution["notifications"]
    return dict(notification)


def test_first_model_is_promoted_and_the_next_one_retires_it(machine: Machine) -> None:
    first = machine.run(workflow_name="wf-promoted", scenario="promoted")
    assert first["status"] == "SUCCEEDED", how_it_went(first)
    assert _only(first)["outcome"] == "promoted"
    assert json.loads(first["output"])["model_version"] == 1
    assert machine.answer("t-wf-promoted") == "1"
    assert machine.record("wf-promoted")["examined_runs"] == {"N": "7"}
    assert machine.record("wf-promoted")["examined_revisions"] == {"N": "2"}
    assert "lease_owner" not in machine.record("wf-promoted")

    second = machine.run(workflow_name="wf-promoted", scenario="promoted")
    assert len(second["visited"]) <= 50
    assert machine.answer("t-wf-promoted") == "2"
    assert machine.approvals("t-wf-promoted") == ["Approved", "Approved"]
    assert not machine.made_by(first)
    assert machine.made_by(second)


def test_a_challenger_that_is_not_better_is_rejected_and_told_of(machine: Machine) -> None:
    execution = machine.run(workflow_name="wf-no-update", scenario="no_update")
    assert execution["status"] == "SUCCEEDED", how_it_went(execution)
    assert _only(execution)["outcome"] == "no_update"
    assert _only(execution)["message"] == "within noise"
    assert machine.approvals("t-wf-no-update") == ["Rejected"]
    assert not machine.made_by(execution)
    assert machine.record("wf-no-update")["last_retraining"]["M"]["outcome"] == {"S": "no_update"}


def test_an_earlier_version_is_served_again_as_a_new_one_without_training(machine: Machine) -> None:
    for _ in range(2):
        machine.run(workflow_name="wf-restored", scenario="promoted")
    first = sorted(machine.packages("t-wf-restored"), key=lambda package: int(package["ModelPackageVersion"]))[0]
    url = first["InferenceSpecification"]["Containers"][0]["ModelDataUrl"]
    execution = machine.run(workflow_name="wf-restored", scenario="promoted", restore_version=1, restore_url=url)
    assert execution["status"] == "SUCCEEDED", how_it_went(execution)
    assert "TrainModel" not in execution["visited"]
    assert _only(execution)["message"] == "version 1 again"
    assert machine.answer("t-wf-restored") == "3"
    assert machine.approvals("t-wf-restored") == ["Approved"] * 3


def test_too_few_runs_are_an_outcome(machine: Machine) -> None:
    execution = machine.run(workflow_name="wf-few", scenario="insufficient_data")
    assert execution["status"] == "SUCCEEDED", how_it_went(execution)
    assert _only(execution) == {
        "notification_id": execution["executionArn"],
        "outcome": "insufficient_data",
        "workflow_name": "wf-few",
        "message": "2 runs, at least 5 are needed",
        "execution_arn": execution["executionArn"],
        "model_version": None,
    }
    assert "examined_runs" not in machine.record("wf-few")
    assert "lease_owner" not in machine.record("wf-few")


def test_a_second_delivery_ends_as_already_running(machine: Machine) -> None:
    execution = machine.run(workflow_name="wf-twice", scenario="already_running")
    assert (execution["status"], execution["error"]) == ("FAILED", "AlreadyRunning")
    assert _only(execution)["outcome"] == "no_update"
    assert "TrainModel" not in execution["visited"]


def test_a_failed_training_carries_its_reason(machine: Machine) -> None:
    execution = machine.run(workflow_name="wf-training", scenario="training_failed")
    assert (execution["status"], execution["error"]) == ("FAILED", "TrainingFailed")
    assert "the scenario says so" in execution["cause"]
    assert _only(execution)["outcome"] == "failed"
    assert "the scenario says so" in _only(execution)["message"]
    assert "lease_owner" not in machine.record("wf-training")


def test_a_training_that_never_ends_is_stopped_and_told_of(machine: Machine) -> None:
    execution = machine.run("hurried", workflow_name="wf-endless", scenario="training_endless")
    assert (execution["status"], execution["error"]) == ("FAILED", "TrainingStopped")
    assert _only(execution)["outcome"] == "failed"
    job = machine.client("sagemaker").describe_training_job(TrainingJobName=f"t-{execution['name']}")
    assert job["TrainingJobStatus"] in ("Stopping", "Stopped")


def test_a_refusal_by_sagemaker_is_tried_again_and_named_when_it_lasts(machine: Machine) -> None:
    with machine.fault("CreateTrainingJob", "ThrottlingException"):
        execution = machine.run(workflow_name="wf-busy", scenario="promoted")
    assert execution["status"] == "SUCCEEDED", how_it_went(execution)
    with machine.fault("CreateTrainingJob", "ThrottlingException", times=4):
        execution = machine.run(workflow_name="wf-busy", scenario="promoted")
    assert execution["status"] == "FAILED"
    assert _only(execution)["outcome"] == "failed"
    assert "planted" in _only(execution)["message"]
    assert machine.answer("t-wf-busy") == "1"


def test_what_an_earlier_try_of_an_execution_made_is_adopted(machine: Machine) -> None:
    """As after a redrive, or when an answer was lost: job, model and endpoint config have their names already."""
    first = machine.run(workflow_name="wf-adopted", scenario="promoted")
    sagemaker, name = machine.client("sagemaker"), f"x{uuid4().hex[:12]}"
    job = sagemaker.describe_training_job(TrainingJobName=f"t-{first['name']}")
    told = {"RoleArn", "AlgorithmSpecification", "HyperParameters", "InputDataConfig", "OutputDataConfig"}
    told |= {"ResourceConfig", "StoppingCondition", "EnableNetworkIsolation"}
    sagemaker.create_training_job(TrainingJobName=f"t-{name}", **{member: job[member] for member in told})
    model = sagemaker.describe_model(ModelName=f"t-{first['name']}")
    container = model["PrimaryContainer"] | {"Environment": {"MODEL_VERSION": "2"}}
    sagemaker.create_model(
        ModelName=f"t-{name}", PrimaryContainer=container, ExecutionRoleArn=model["ExecutionRoleArn"]
    )
    config = sagemaker.describe_endpoint_config(EndpointConfigName=f"t-{first['name']}")
    variants = [each | {"ModelName": f"t-{name}"} for each in config["ProductionVariants"]]
    sagemaker.create_endpoint_config(EndpointConfigName=f"t-{name}", ProductionVariants=variants)

    execution = machine.run(name=name, workflow_name="wf-adopted", scenario="promoted")
    assert execution["status"] == "SUCCEEDED", how_it_went(execution)
    assert "SettleTraining" in execution["visited"]
    assert machine.answer("t-wf-adopted") == "2"


def test_an_endpoint_that_is_updating_is_waited_for(machine: Machine, tmp_path: Path) -> None:
    go = tmp_path / "go"
    go.touch()
    first = machine.run(workflow_name="wf-updating", scenario="promoted", waits_for=str(go))
    go.unlink()
    sagemaker = machine.client("sagemaker")
    config = sagemaker.describe_endpoint_config(EndpointConfigName=f"t-{first['name']}")
    sagemaker.create_endpoint_config(EndpointConfigName="by-hand", ProductionVariants=config["ProductionVariants"])
    sagemaker.update_endpoint(EndpointName="t-wf-updating", EndpointConfigName="by-hand")
    arn = machine.start(workflow_name="wf-updating", scenario="promoted")
    machine.wait_until_in("WaitForEndpoint", arn)
    assert "Promote" not in machine.visited(arn)
    go.touch()
    second = machine.finish(arn)
    assert second["status"] == "SUCCEEDED", how_it_went(second)
    assert machine.answer("t-wf-updating") == "2"


@pytest.mark.skipif(BACKEND == "localstack", reason="LocalStack keeps nothing over a restart")
@pytest.mark.parametrize("state", PROMOTION)
def test_killed_in_any_state_the_old_model_answers_and_the_next_execution_goes_through(
    machine: Machine, state: str
) -> None:
    assert isinstance(machine.cloud, LocalCloud)
    workflow = f"wf-killed-{state.lower()}"
    machine.run(workflow_name=workflow, scenario="promoted")
    arn = machine.start(workflow_name=workflow, scenario="promoted")
    machine.wait_until_in(state, arn)
    machine.cloud.kill()
    machine.cloud.start()
    states = machine.client("stepfunctions")
    assert states.describe_execution(executionArn=arn)["status"] in ("ABORTED", "SUCCEEDED")
    assert machine.answer(f"t-{workflow}") in ("1", "2")
    execution = machine.run(workflow_name=workflow, scenario="promoted")
    assert execution["status"] == "SUCCEEDED", how_it_went(execution)
    assert machine.answer(f"t-{workflow}") == str(len(machine.packages(f"t-{workflow}")))
    assert [each for each in execution["notifications"] if each["notification_id"] == execution["executionArn"]]


def test_an_endpoint_that_takes_too_long_is_given_up_and_cleaned_away(machine: Machine, tmp_path: Path) -> None:
    """It cannot be deleted while it is coming up, so that is tried again."""
    go = tmp_path / "go"
    arn = machine.start("hurried", workflow_name="wf-late", scenario="promoted", waits_for=str(go))
    machine.wait_until_in("Conclude", arn)
    go.touch()
    execution = machine.finish(arn)
    assert (execution["status"], execution["error"]) == ("FAILED", "EndpointTimeout")
    assert "Endpoint t-wf-late was still Creating after 2 seconds" in _only(execution)["message"]
    assert not machine.made_by(execution)
    assert "t-wf-late" not in machine.resources()["endpoints"]


def test_a_bad_artefact_reaches_no_endpoint(machine: Machine) -> None:
    execution = machine.run(workflow_name="wf-artefact", scenario="bad_artifact")
    assert (execution["status"], execution["error"]) == ("FAILED", "BadArtifact")
    assert _only(execution)["message"] == "BadArtifact: model.tar.gz holds more than it should"
    assert "t-wf-artefact" not in machine.resources()["endpoints"]


def test_an_endpoint_that_never_serves_leaves_nothing(machine: Machine) -> None:
    execution = machine.run(workflow_name="wf-endpoint", scenario="endpoint_failed")
    assert (execution["status"], execution["error"]) == ("FAILED", "EndpointFailed")
    assert _only(execution)["outcome"] == "failed"
    assert "t-wf-endpoint" not in machine.resources()["endpoints"]
    assert not machine.made_by(execution)
    assert machine.approvals("t-wf-endpoint") == ["Rejected"]


def test_a_failed_update_leaves_the_old_model_answering(machine: Machine) -> None:
    first = machine.run(workflow_name="wf-update", scenario="promoted")
    second = machine.run(workflow_name="wf-update", scenario="endpoint_failed")
    assert (second["status"], second["error"]) == ("FAILED", "EndpointFailed")
    assert machine.answer("t-wf-update") == "1"
    assert machine.made_by(first)
    assert not machine.made_by(second)


def test_a_promotion_that_cannot_be_recorded_is_rolled_back(machine: Machine) -> None:
    machine.run(workflow_name="wf-stale", scenario="promoted")
    second = machine.run(workflow_name="wf-stale", scenario="stale_promotion")
    assert (second["status"], second["error"]) == ("FAILED", "StalePromotion")
    assert _only(second)["message"] == "StalePromotion: the record names a newer version"
    assert machine.answer("t-wf-stale") == "1"
    assert not machine.made_by(second)
    assert machine.approvals("t-wf-stale") == ["Approved", "Rejected"]


def test_a_promotion_that_the_table_refuses_is_rolled_back_too(machine: Machine) -> None:
    """Only where nobody heard what became of the record may the challenger go on serving."""
    machine.run(workflow_name="wf-overflow", scenario="promoted")
    second = machine.run(workflow_name="wf-overflow", scenario="promotion_refused")
    assert (second["status"], second["error"]) == ("FAILED", "ClientError")
    assert machine.answer("t-wf-overflow") == "1"
    assert not machine.made_by(second)
    assert machine.approvals("t-wf-overflow") == ["Approved", "Rejected"]


def test_a_first_promotion_that_cannot_be_recorded_leaves_nothing(machine: Machine) -> None:
    execution = machine.run(workflow_name="wf-unrecorded", scenario="stale_promotion")
    assert execution["error"] == "StalePromotion"
    assert "t-wf-unrecorded" not in machine.resources()["endpoints"]
    assert not machine.made_by(execution)


def test_throttling_is_not_taken_for_absence(machine: Machine) -> None:
    first = machine.run(workflow_name="wf-throttled", scenario="promoted")
    assert first["status"] == "SUCCEEDED", how_it_went(first)
    with machine.fault("DescribeEndpoint", "ThrottlingException"):
        execution = machine.run(workflow_name="wf-throttled", scenario="promoted")
    assert execution["status"] == "SUCCEEDED", how_it_went(execution)
    assert machine.answer("t-wf-throttled") == "2"


@pytest.mark.parametrize("code", ["ResourceLimitExceeded", "ValidationException"])
def test_an_endpoint_that_is_refused_is_given_up_at_once_with_its_reason(machine: Machine, code: str) -> None:
    workflow = f"wf-refused-{code.lower()}"
    with machine.fault("CreateEndpoint", code):
        execution = machine.run(workflow_name=workflow, scenario="promoted")
    assert (execution["status"], execution["error"]) == ("FAILED", "EndpointRefused")
    assert _only(execution)["message"] == f"EndpointRefused: {code}: planted"
    assert "WaitForEndpoint" not in execution["visited"]
    assert not machine.made_by(execution)
    assert machine.approvals(f"t-{workflow}") == ["Rejected"]


def test_what_serves_is_not_cleaned_away_when_a_rollback_is_refused(machine: Machine) -> None:
    machine.run(workflow_name="wf-refused", scenario="promoted")
    with machine.fault("UpdateEndpoint", "ValidationException", after=1):
        second = machine.run(workflow_name="wf-refused", scenario="stale_promotion")
    assert second["status"] == "FAILED"
    assert second["visited"].count("Promote") == 1
    assert machine.answer("t-wf-refused") == "2", "the challenger serves, since the way back was barred"
    assert machine.made_by(second)


@pytest.mark.parametrize("input_", [{"workflow": 1}, {"workflow_name": ""}, {"workflow_name": None}, "text", []])
def test_input_without_a_name_is_told_of_too(machine: Machine, input_: object) -> None:
    started = machine.client("stepfunctions").start_execution(
        stateMachineArn=machine.arns["retrain"], name=f"x{uuid4().hex[:12]}", input=json.dumps(input_)
    )
    execution = machine.finish(started["executionArn"])
    assert (execution["status"], execution["error"]) == ("FAILED", "InvalidInput")
    assert _only(execution)["outcome"] == "failed"


def test_an_outcome_that_cannot_be_told_stands_and_raises_the_alarm(machine: Machine) -> None:
    execution = machine.run("unheard", workflow_name="wf-unheard", scenario="promoted")
    assert (execution["status"], execution["error"]) == ("FAILED", "NotificationFailed")
    assert machine.answer("t-wf-unheard") == "1"
    assert machine.record("wf-unheard")["last_retraining"]["M"]["outcome"] == {"S": "promoted"}


def test_retrain_all_finishes_the_others_and_names_the_one_that_failed(machine: Machine) -> None:
    execution = machine.run("retrain_all")
    assert execution["status"] == "FAILED"
    assert execution["error"] == "WorkflowsFailed"
    assert execution["cause"] == '1 of 4 retrainings failed: ["training_failed"]'
    outcomes = {each["workflow_name"]: each["outcome"] for each in execution["notifications"]}
    assert outcomes == {
        "promoted": "promoted",
        "training_failed": "failed",
        "no_update": "no_update",
        "already_running": "no_update",  # left to the execution that holds the claim, which is no failure
    }
