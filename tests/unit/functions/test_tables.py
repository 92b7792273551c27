"""The ports to AWS, on moto; faults are injected below botocore."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ConnectTimeoutError, ReadTimeoutError
from moto import mock_aws

from contract.endpoint_records import EndpointRecord
from contract.runs import Run
from functions.shared.adapters import aws
from functions.shared.adapters.endpoints_table import EndpointsTable
from functions.shared.adapters.items import from_item, to_item
from functions.shared.adapters.recording import RunsWriter
from functions.shared.adapters.s3 import ArtifactsBucket
from functions.shared.adapters.sagemaker import Registry
from functions.shared.adapters.stepfunctions import StateMachine, StateMachineExecutions
from functions.shared.adapters.workflows_table import WorkflowsTable
from functions.shared.errors import BadArtifact, DependencyUnavailable, MalformedRecord, NameTaken, StalePromotion
from functions.shared.ports import Lease
from tests.fakes import aws_faults, shapes
from tests.fakes.aws_faults import Injector, Reply
from tests.fakes.ports import FakeClock
from tests.fakes.shapes import GB, NOW, WORKFLOW
from tests.unit.functions.conftest import writer

type Client = Any  # moto takes any botocore client, and so do these tests
type Maker = Callable[[], Reply]
URL = "https://dynamodb.invalid/"


def some_runs(count: int, **changes: object) -> list[Run]:
    return [shapes.run(run_id=f"run-{number:05d}", **changes) for number in range(count)]


FULL_RUN = {
    "output_bytes": 0,
    "cost_usd": 0.1 + 0.2,
    "parameters": {"paired": True, "threads": 4, "depth": 30.5, "tiny": 1.5e-7, "caller": "bcf\u00fc", "whole": 2.0},
    "tags": {"team": "\u751f\u7269", "note": "=cmd()"},
    "engine": "nextflow",
    "purchase_option": "spot",
}


def test_a_run_comes_back_as_it_was() -> None:
    run = shapes.run(**FULL_RUN)
    item = to_item(run)
    assert item["cost_usd"] == {"N": "0.30000000000000004"}
    assert item["parameters"]["M"]["paired"] == {"BOOL": True}
    assert from_item(item, Run) == run
    assert set(to_item(shapes.run())) == {
        *("workflow_name", "run_id", "status", "started_at", "completed_at", "input_bytes", "cost_usd", "cost_source")
    }


def test_an_endpoint_record_comes_back_as_it_was() -> None:
    record = shapes.endpoint(profile=shapes.profile(typical_output_ratio=None))
    assert from_item(to_item(record), EndpointRecord) == record


@pytest.mark.parametrize(
    "change",
    [{"endpoint_name": None}, {"endpoint_name": {"S": ""}}, {"extra": {"S": "x"}}, {"runs": {"B": b"1"}}],
)
def test_a_malformed_item_says_so(change: dict[str, Any]) -> None:
    item = {**to_item(shapes.endpoint()), **change}
    with pytest.raises(MalformedRecord):
        from_item({name: value for name, value in item.items() if value is not None}, EndpointRecord)


def test_runs_are_recorded_and_counted_exactly(runs: RunsWriter, dynamodb: Client) -> None:
    first = runs.record(WORKFLOW, [*some_runs(105), shapes.run(run_id="f", status="FAILED", cost_usd=0.0)])
    assert (len(first.accepted), len(first.unchanged), len(first.conflicts)) == (106, 0, 0)
    changed = shapes.run(run_id="run-00000", cost_usd=99.0)
    second = runs.record(WORKFLOW, [changed, *some_runs(106)[1:], shapes.run(run_id="new", **FULL_RUN)])
    assert second.accepted == {"run-00105", "new"}
    assert second.conflicts == {"run-00000"}
    assert len(second.unchanged) == 104
    record = WorkflowsTable(dynamodb, "workflows").get(WORKFLOW)
    assert record is not None
    assert (record.runs, record.succeeded_runs, record.examined_runs) == (108, 107, 0)
    assert record.latest_recorded_at == NOW
    stored = dynamodb.get_item(TableName="runs", Key={"workflow_name": {"S": WORKFLOW}, "run_id": {"S": "run-00000"}})
    assert stored["Item"]["cost_usd"] == {"N": "12.3"}
    again = runs.record(WORKFLOW, [shapes.run(run_id="new", **FULL_RUN)])
    assert again.unchanged == {"new"}


def test_a_bill_replaces_an_estimate_and_is_counted_once(runs: RunsWriter, dynamodb: Client) -> None:
    estimated = some_runs(120, cost_source="estimated", cost_usd=0.1 + 0.2, parameters={"depth": 2.0})
    failed = shapes.run(run_id="failed", status="FAILED", cost_source="estimated", cost_usd=0.0)
    runs.record(WORKFLOW, [*estimated, failed])
    bills = [run.model_copy(update={"cost_source": "billed", "cost_usd": 0.25}) for run in [*estimated, failed]]
    assert len(runs.record(WORKFLOW, bills).accepted) == 121
    assert len(runs.record(WORKFLOW, bills).unchanged) == 121
    assert len(runs.record(WORKFLOW, [*estimated, failed]).unchanged) == 121
    other = [run.model_copy(update={"cost_usd": 0.26}) for run in bills]
    assert len(runs.record(WORKFLOW, other).conflicts) == 121
    record = WorkflowsTable(dynamodb, "workflows").get(WORKFLOW)
    assert record is not None
    assert (record.runs, record.succeeded_runs, record.revisions) == (121, 120, 120)
    stored = list(runs.succeeded(WORKFLOW).rows)
    assert {(run.cost_usd, run.cost_source, run.estimated_cost_usd) for run in stored} == {(0.25, "billed", 0.1 + 0.2)}


def test_an_estimate_after_a_bill_is_noted_and_teaches_nothing(runs: RunsWriter, dynamodb: Client) -> None:
    runs.record(WORKFLOW, [shapes.run()])
    estimate = shapes.run(cost_source="estimated", cost_usd=9.5)
    assert runs.record(WORKFLOW, [estimate]).unchanged == {"run-1"}
    (stored,) = runs.succeeded(WORKFLOW).rows
    assert (stored.cost_usd, stored.cost_source, stored.estimated_cost_usd) == (12.3, "billed", 9.5)
    record = WorkflowsTable(dynamodb, "workflows").get(WORKFLOW)
    assert record is not None
    assert (record.runs, record.revisions) == (1, 0)


def test_a_bill_that_lost_a_race_is_judged_by_what_is_there_now(runs: RunsWriter, dynamodb: Client) -> None:
    estimate, bill = shapes.run(cost_source="estimated", cost_usd=9.5), shapes.run()
    runs.record(WORKFLOW, [estimate])
    rival = shapes.run(cost_usd=19.0)
    other = writer(aws.patient_dynamodb())

    def overtaken() -> None:
        assert other.record(WORKFLOW, [rival]).accepted == {"run-1"}

    injector = Injector([aws_faults.through, overtaken]).attach(dynamodb, "TransactWriteItems")
    assert runs.record(WORKFLOW, [bill]).conflicts == {"run-1"}
    assert len(injector.calls) == 2
    (stored,) = runs.succeeded(WORKFLOW).rows
    assert (stored.cost_usd, stored.estimated_cost_usd) == (19.0, 9.5)


def test_contention_is_waited_out_with_jitter(aws_environment: None) -> None:
    clock, dynamodb = FakeClock(), aws.dynamodb_for_writes()
    conflict = aws_faults.error(
        "TransactionCanceledException",
        400,
        CancellationReasons=[{"Code": "None"}, {"Code": "TransactionConflict", "Message": "x"}],
    )
    injector = Injector([conflict, conflict, lambda: aws_faults.response(b"{}")]).attach(dynamodb, "TransactWriteItems")
    recorded = writer(dynamodb, clock).record(WORKFLOW, [shapes.run()])
    assert recorded.accepted == {"run-1"}
    assert len(injector.calls) == 3
    assert len(clock.pauses) == 2


def test_endless_contention_ends(dynamodb: Client) -> None:
    conflict = aws_faults.error(
        "TransactionCanceledException", 400, CancellationReasons=[{"Code": "TransactionConflict"}, {"Code": "None"}]
    )
    injector = Injector([conflict]).attach(dynamodb, "TransactWriteItems")
    clock = FakeClock()
    with pytest.raises(DependencyUnavailable):
        writer(dynamodb, clock).record(WORKFLOW, [shapes.run()])
    assert len(injector.calls) == 8
    assert sum(clock.pauses) < 6


def test_history_is_read_page_by_page_in_order(runs: RunsWriter, dynamodb: Client) -> None:
    # 80 rows of 18 kB are more than a page of 1 MB. moto copies all tables for each transaction, so no record().
    padding = {"tags": {f"t{number}": "x" * 256 for number in range(20)}}
    padding["parameters"] = {f"p{number}": "y" * 256 for number in range(50)}
    for run in reversed(some_runs(80, **padding)):
        dynamodb.put_item(TableName="runs", Item=to_item(run))
    runs.record(WORKFLOW, [shapes.run(run_id="failed", status="FAILED")])
    runs.record("other", [shapes.run(workflow_name="other")])
    pages = Injector([aws_faults.through]).attach(dynamodb, "Query")
    history = runs.succeeded(WORKFLOW)
    found = [run.run_id for run in history.rows]
    assert found == [run.run_id for run in some_runs(80)]
    assert history.unreadable == []
    assert len(pages.calls) > 1


def test_a_row_that_is_no_run_is_left_out_and_told(runs: RunsWriter, dynamodb: Client) -> None:
    runs.record(WORKFLOW, some_runs(3))
    bad = {**to_item(shapes.run(run_id="bad")), "cost_usd": {"N": "-1"}}
    dynamodb.put_item(TableName="runs", Item=bad)
    history = runs.succeeded(WORKFLOW)
    assert len(list(history.rows)) == 3
    assert history.unreadable[0].startswith("bad: ")
    assert {run.run_id for run in runs.recent(WORKFLOW, 20)} == {"run-00000", "run-00001", "run-00002"}


def test_recent_runs_are_the_latest(runs: RunsWriter) -> None:
    runs.record(
        WORKFLOW, [shapes.run(run_id=f"r{hour}", completed_at=NOW + timedelta(hours=hour)) for hour in range(9)]
    )
    assert [run.run_id for run in runs.recent(WORKFLOW, 3)] == ["r8", "r7", "r6"]


def test_one_execution_at_a_time_holds_a_lease(runs: RunsWriter, dynamodb: Client) -> None:
    table = WorkflowsTable(dynamodb, "workflows")
    mine, yours = Lease("arn:mine", NOW + timedelta(hours=1)), Lease("arn:yours", NOW + timedelta(hours=2))
    with pytest.raises(LookupError):
        table.claim(WORKFLOW, mine)
    runs.record(WORKFLOW, some_runs(1))
    assert table.claim(WORKFLOW, mine) is None
    assert table.claim(WORKFLOW, mine) is None, "the same execution again"
    assert table.claim(WORKFLOW, yours) == mine
    assert table.claim(WORKFLOW, yours, replaces=Lease("arn:mine", NOW)) == mine, "the lease was renewed meanwhile"
    assert table.claim(WORKFLOW, yours, replaces=mine) is None
    assert table.claim(WORKFLOW, mine) == yours
    record = table.get(WORKFLOW)
    assert record is not None
    assert (record.lease_owner, record.runs) == ("arn:yours", 1)


def test_an_endpoint_record_only_goes_forward(dynamodb: Client) -> None:
    table = EndpointsTable(dynamodb, "endpoints")
    third = shapes.endpoint()
    table.put(third)
    table.put(third)
    older = shapes.endpoint(model_version=2, model_package_arn=shapes.PACKAGE.format(2))
    rival = shapes.endpoint(model_package_arn=shapes.PACKAGE.format(3).replace("runquote", "rival"))
    for record in (older, rival):
        with pytest.raises(StalePromotion):
            table.put(record)
    assert table.get(WORKFLOW) == third
    newer = shapes.endpoint(model_version=4, model_package_arn=shapes.PACKAGE.format(4))
    table.put(newer)
    assert table.get(WORKFLOW) == newer
    assert table.get("nobody") is None
    dynamodb.put_item(TableName="endpoints", Item={"workflow_name": {"S": "bad"}})
    assert set(table.all()) == {WORKFLOW}
    with pytest.raises(MalformedRecord):
        table.get("bad")


THROTTLED = aws_faults.error("ProvisionedThroughputExceededException", 400)


def test_throttled_once_is_not_noticed(dynamodb: Client) -> None:
    EndpointsTable(dynamodb, "endpoints").put(shapes.endpoint())
    reads = aws.dynamodb_for_reads()
    injector = Injector([THROTTLED, aws_faults.through]).attach(reads)
    assert EndpointsTable(reads, "endpoints").get(WORKFLOW) is not None
    assert len(injector.calls) == 2


@pytest.mark.parametrize(
    "fault",
    [
        THROTTLED,
        aws_faults.error("InternalServerError", 500),
        lambda: ReadTimeoutError(endpoint_url=URL),
        lambda: ConnectTimeoutError(endpoint_url=URL),
    ],
)
def test_a_table_that_does_not_answer_is_unavailable(dynamodb: Client, fault: Maker) -> None:
    reads = aws.dynamodb_for_reads()
    injector = Injector([fault]).attach(reads)
    with pytest.raises(DependencyUnavailable):
        EndpointsTable(reads, "endpoints").get(WORKFLOW)
    assert len(injector.calls) == 4
    config: Any = reads.meta.config
    pauses = 0.05 + 0.1 + 0.2
    assert 4 * max(config.read_timeout, config.connect_timeout) + pauses < 6, "a hanging table is given up within 6 s"


def test_a_wrong_request_is_not_taken_for_an_outage(dynamodb: Client) -> None:
    with pytest.raises(dynamodb.exceptions.ResourceNotFoundException):
        EndpointsTable(dynamodb, "no-such-table").get(WORKFLOW)


def test_artifacts_are_read_within_bounds(aws_environment: None) -> None:
    with mock_aws():
        aws.s3().create_bucket(Bucket="artifacts")
        bucket = ArtifactsBucket(aws.s3(), "artifacts")
        uri = bucket.uri("a/b.json")
        assert uri == "s3://artifacts/a/b.json"
        assert bucket.read(uri, 10) is None
        bucket.write(uri, b"12345", "application/json")
        assert bucket.read(uri, 5) == b"12345"
        with pytest.raises(BadArtifact):
            bucket.read(uri, 4)
        for elsewhere in ("s3://other/a", "https://artifacts/a", "s3://artifacts/", "s3://artifacts-2/a"):
            with pytest.raises(BadArtifact):
                bucket.read(elsewhere, 5)


def test_the_registry(aws_environment: None) -> None:
    with mock_aws():
        client = aws.sagemaker()
        registry = Registry(client)
        assert registry.versions("no-such-group", 20) == []
        client.create_model_package_group(ModelPackageGroupName="group")
        for number in range(3):
            client.create_model_package(
                ModelPackageGroupName="group",
                ModelApprovalStatus="PendingManualApproval",
                CustomerMetadataProperties={"runs": str(number)},
                InferenceSpecification={
                    "Containers": [{"Image": "image", "ModelDataUrl": f"s3://artifacts/{number}"}],
                    "SupportedContentTypes": ["application/json"],
                    "SupportedResponseMIMETypes": ["application/json"],
                },
            )
        found = registry.versions("group", 20)
        assert {(version.version, version.metadata["runs"]) for version in found} == {(1, "0"), (2, "1"), (3, "2")}
        arns = [
            summary["ModelPackageArn"]
            for summary in client.list_model_packages(ModelPackageType="Versioned")["ModelPackageSummaryList"]
        ]
        arn = next(arn for arn in arns if arn.endswith("/2"))
        assert registry.artifact_uri(arn) == "s3://artifacts/1"
        assert registry.evaluation_uri(arn) is None
        assert registry.evaluation_uri(arn.replace("/2", "/9")) is None
        assert registry.artifact_uri(arn.replace("/2", "/9")) is None
        client.update_model_package(ModelPackageArn=arn, ModelApprovalStatus="Rejected", ApprovalDescription="worse")
        describes = Injector([aws_faults.through]).attach(client, "DescribeModelPackage")
        by_version = {version.version: version for version in registry.versions("group", 20)}
        assert (by_version[2].approval, by_version[2].reason) == ("Rejected", "worse")
        assert len(describes.calls) == 3
        registry.versions("group", 20)
        assert len(describes.calls) == 5, "what is decided is not asked for again"


def test_executions(aws_environment: None) -> None:
    with mock_aws():
        client = aws.step_functions()
        definition = '{"StartAt": "S", "States": {"S": {"Type": "Succeed"}}}'
        role = "arn:aws:iam::123456789012:role/states"
        machine = client.create_state_machine(name="retrain", definition=definition, roleArn=role)
        execution = client.start_execution(stateMachineArn=machine["stateMachineArn"], name="one")["executionArn"]
        executions = StateMachineExecutions(client)
        assert executions.is_running(execution)
        client.stop_execution(executionArn=execution)
        assert not executions.is_running(execution)
        assert not executions.is_running(execution.replace(":one", ":two"))
        assert not executions.is_running("arn:not-an-execution")


def test_executions_of_one_state_machine(aws_environment: None) -> None:
    with mock_aws():
        client = aws.step_functions_for_requests()
        definition = '{"StartAt": "S", "States": {"S": {"Type": "Succeed"}}}'
        role = "arn:aws:iam::123456789012:role/states"
        machine_arn = client.create_state_machine(name="retrain", definition=definition, roleArn=role)[
            "stateMachineArn"
        ]
        machine = StateMachine(client, machine_arn)
        machine.start("one", {"workflow_name": WORKFLOW})
        machine.start("one", {"workflow_name": WORKFLOW})
        found = machine.describe("one")
        assert found is not None
        assert (found.name, found.is_running, found.input, found.output) == (
            "one",
            True,
            {"workflow_name": WORKFLOW},
            {},
        )
        assert machine.describe("two") is None
        client.stop_execution(executionArn=f"{machine_arn.replace(':stateMachine:', ':execution:')}:one")
        stopped = machine.describe("one")
        assert stopped is not None
        assert (stopped.is_running, stopped.status) == (False, "ABORTED")
        assert stopped.ended_at is not None
        with pytest.raises(NameTaken):
            machine.start("one", {"workflow_name": WORKFLOW})


def test_the_states_of_an_execution_are_read_to_the_last_page(aws_environment: None) -> None:
    with mock_aws():
        client = aws.step_functions_for_requests()

        def page(number: int, **more: object) -> Any:  # noqa: ANN401 - what the client answers
            entered = {"timestamp": NOW, "stateEnteredEventDetails": {"name": f"S{number}"}}
            return {"events": [entered, {"timestamp": NOW, "type": "TaskScheduled"}], **more}

        pages = [page(1, nextToken="more"), page(2)]
        asked: list[dict[str, object]] = []

        def answer(**request: object) -> Any:  # noqa: ANN401 - as above
            asked.append(request)
            return pages[len(asked) - 1]

        client.get_execution_history = answer  # type: ignore[method-assign] # moto makes no events
        machine = StateMachine(client, "arn:aws:states:us-east-1:123456789012:stateMachine:retrain")
        assert [state.name for state in machine.states_entered("one")] == ["S1", "S2"]
        assert asked[1]["nextToken"] == "more"
        assert asked[0]["executionArn"] == "arn:aws:states:us-east-1:123456789012:execution:retrain:one"


def test_sizes_of_sixteen_digits_are_exact() -> None:
    run = shapes.run(input_bytes=99_999_999_999_999_999, output_bytes=GB + 1)
    assert from_item(to_item(run), Run).input_bytes == 99_999_999_999_999_999
