"""Workflows retire: what answers for them goes, whoever is killed on the way, and nothing is left; they come back."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from moto import mock_aws

from contract.names import challenger_name, is_retirement, resource_name
from contract.states import SelectWorkflowsRequest
from contract.workflows import WorkflowRecord, WorkflowsQuery
from functions.retire_workflow.logic import LEASE_SECONDS, Retirer
from functions.retrainings.logic import Retrainer
from functions.select_workflows.logic import WorkflowSelector
from functions.shared import lookup
from functions.shared.adapters import aws
from functions.shared.adapters.endpoints_table import EndpointsTable
from functions.shared.adapters.recording import RunsWriter
from functions.shared.adapters.serving import Serving
from functions.shared.adapters.workflows_table import WorkflowsTable
from functions.shared.errors import (
    AlreadyRunning,
    ApiError,
    DependencyUnavailable,
    EndpointBusy,
    InvalidInput,
    WorkflowRetired,
)
from functions.shared.ports import Lease
from tests.fakes import shapes
from tests.fakes.ports import FakeClock, FakeEndpoints, FakeExecutions, FakeServing, FakeStateMachine, FakeWorkflows
from tests.fakes.shapes import NOW, WORKFLOW
from tests.unit.functions.test_retraining import Bench
from tests.unit.functions.test_workflows import catalogue

EXECUTION = "arn:aws:states:us-east-1:000000000000:execution:runquote-retrain:scheduled"
RESOURCE = resource_name("runquote", WORKFLOW)


class Deployment:
    """A workflow with a model in service, on fakes."""

    def __init__(self, **record: Any) -> None:  # noqa: ANN401 - members of a record
        self.workflows = FakeWorkflows(shapes.workflow(**record))
        self.endpoints = FakeEndpoints(shapes.endpoint())
        self.serving = FakeServing(RESOURCE)
        self.executions = FakeExecutions()
        self.machine = FakeStateMachine()
        self.clock = FakeClock()

    @property
    def record(self) -> WorkflowRecord:
        return self.workflows.records[WORKFLOW]

    def retire(self) -> Any:  # noqa: ANN401 - what the retirer returns
        return Retirer(
            workflows=self.workflows,
            retirements=self.workflows,
            executions=self.executions,
            endpoints=self.endpoints,
            serving=self.serving,
            clock=self.clock,
            name_prefix="runquote",
        ).retire(WORKFLOW)

    def retrain(self) -> Any:  # noqa: ANN401 - as above
        return Retrainer(
            workflows=self.workflows, retirements=self.workflows, executions=self.machine, clock=self.clock
        ).start(WORKFLOW)


def test_a_retired_workflow_keeps_its_history_and_nothing_else() -> None:
    deployment = Deployment(succeeded_runs=58, examined_runs=50)
    told = deployment.retire()
    assert (told.retired_at, told.runs) == (NOW, 60)
    assert (deployment.endpoints.records, deployment.serving.names) == ({}, set())
    assert (deployment.record.runs, deployment.record.lease_owner) == (60, None)
    with pytest.raises(ApiError, match=r"was retired on 1 June 2026, .* brings it back") as refused:
        raise lookup.missing(WORKFLOW, deployment.workflows)
    assert refused.value.code == "workflow_not_found"
    selected = WorkflowSelector(deployment.workflows).select(SelectWorkflowsRequest(execution_name="nightly"))
    assert selected.workflows == []
    known = catalogue(workflows=deployment.workflows, endpoints=deployment.endpoints)
    assert known.list(WorkflowsQuery()).workflows == []
    assert [each.retired_at for each in known.list(WorkflowsQuery(retired=True)).workflows] == [NOW]
    assert known.detail(WORKFLOW).retired_at == NOW


def test_retired_twice_is_retired_once() -> None:
    deployment = Deployment()
    first = deployment.retire()
    deployment.clock.advance(3600)
    assert deployment.retire() == first


def test_no_workflow_is_retired_while_it_is_retrained() -> None:
    deployment = Deployment(lease_owner=EXECUTION, lease_expires_at=NOW + timedelta(hours=1))
    deployment.executions.running.add(EXECUTION)
    with pytest.raises(ApiError, match="A retraining is under way") as refused:
        deployment.retire()
    assert refused.value.code == "retraining_conflict"
    assert (deployment.record.retired_at, len(deployment.endpoints.records)) == (None, 1)
    deployment.executions.running.clear()
    assert deployment.retire().retired_at == NOW


@pytest.mark.parametrize("failure", [DependencyUnavailable("SageMaker"), EndpointBusy(RESOURCE), SystemExit("killed")])
def test_who_is_killed_on_the_way_leaves_what_the_next_call_finds(failure: Any) -> None:  # noqa: ANN401 - any exception
    deployment = Deployment()
    deployment.serving.failure = failure
    with pytest.raises((ApiError, DependencyUnavailable, SystemExit)):
        deployment.retire()
    # Nothing is asked of a model that is about to go, and nobody may come in between.
    assert (deployment.endpoints.records, deployment.record.retired_at) == ({}, NOW)
    for interfere in (deployment.retire, deployment.retrain):
        with pytest.raises(ApiError, match="is being retired"):
            interfere()
    deployment.clock.advance(LEASE_SECONDS + 1)
    assert deployment.retire().retired_at == NOW
    assert deployment.serving.names == set()
    assert deployment.record.lease_owner is None


def test_the_page_shows_no_retraining_while_one_is_retired() -> None:
    deployment = Deployment()
    deployment.serving.failure = EndpointBusy(RESOURCE)
    with pytest.raises(ApiError):
        deployment.retire()
    assert is_retirement(deployment.record.lease_owner or "")
    assert catalogue(workflows=deployment.workflows).detail(WORKFLOW).running_retraining_id is None


def test_a_retraining_that_is_asked_for_brings_it_back_and_one_that_began_before_does_not() -> None:
    deployment = Deployment()
    deployment.retire()
    bench = Bench(retired_at=NOW)
    with pytest.raises(InvalidInput, match="is retired"):
        bench.prepare()
    assert bench.workflows.claims == []
    _, started = deployment.retrain()
    assert started
    assert deployment.record.retired_at is None
    # Whatever was examined before, there is all to learn.
    assert deployment.record.examined_runs == 0


def test_no_retraining_claims_a_workflow_that_is_being_retired() -> None:
    until = NOW + timedelta(seconds=LEASE_SECONDS)
    bench = Bench(lease_owner="retirement:1", lease_expires_at=until)
    with pytest.raises(AlreadyRunning, match="is being retired"):
        bench.prepare()
    bench.clock.advance(LEASE_SECONDS + 1)
    bench.prepare()


# In the tables and in SageMaker


def test_marking_and_claiming_exclude_each_other(dynamodb: Any, runs: RunsWriter) -> None:  # noqa: ANN401 - moto's client
    table = WorkflowsTable(dynamodb, "workflows")
    runs.record(WORKFLOW, [shapes.run()])
    later = NOW + timedelta(hours=1)
    execution, retirement = Lease(EXECUTION, later), Lease("retirement:1", later)
    assert table.claim(WORKFLOW, execution) is None
    assert table.retire(WORKFLOW, retirement, NOW) == execution
    assert table.retire(WORKFLOW, retirement, NOW, replaces=execution) is None
    with pytest.raises(WorkflowRetired):
        table.claim(WORKFLOW, execution)
    table.release(WORKFLOW, "retirement:2")
    assert table.retire(WORKFLOW, Lease("retirement:2", later), later) == retirement
    table.release(WORKFLOW, retirement.owner)
    assert table.retire(WORKFLOW, Lease("retirement:2", later), later) is None
    record = table.get(WORKFLOW)
    assert record is not None
    assert (record.retired_at, record.runs, record.examined_runs) == (NOW, 1, 0)
    table.revive(WORKFLOW)
    table.revive("nobody")
    assert table.get("nobody") is None
    table.release(WORKFLOW, "retirement:2")
    assert table.claim(WORKFLOW, execution) is None


def test_a_new_run_brings_a_workflow_back_and_a_late_bill_does_not(dynamodb: Any, runs: RunsWriter) -> None:  # noqa: ANN401 - as above
    table = WorkflowsTable(dynamodb, "workflows")
    estimate = shapes.run(cost_source="estimated", cost_usd=12.0)
    runs.record(WORKFLOW, [estimate])
    table.retire(WORKFLOW, Lease("retirement:1", NOW), NOW)
    runs.record(WORKFLOW, [shapes.run(cost_source="billed", cost_usd=12.5)])
    record = table.get(WORKFLOW)
    assert record is not None
    assert (record.retired_at, record.revisions) == (NOW, 1)
    runs.record(WORKFLOW, [shapes.run(run_id="later")])
    record = table.get(WORKFLOW)
    assert record is not None
    assert (record.retired_at, record.runs) == (None, 2)


def test_a_deleted_endpoint_record_leaves_the_others(dynamodb: Any) -> None:  # noqa: ANN401 - as above
    table = EndpointsTable(dynamodb, "endpoints")
    for name in (WORKFLOW, "other"):
        table.put(shapes.endpoint(workflow_name=name))
    for _ in range(2):
        table.delete(WORKFLOW)
    assert list(table.all()) == ["other"]


@pytest.fixture
def sagemaker(aws_environment: None) -> Iterator[Any]:
    with mock_aws():
        yield aws.sagemaker()


def serve(client: Any, workflow_name: str, *executions: str) -> None:  # noqa: ANN401 - as above
    for execution in executions:
        name = challenger_name("runquote", workflow_name, execution)
        client.create_model(ModelName=name, ExecutionRoleArn="arn:aws:iam::123456789012:role/sagemaker-role")
        variant = {"VariantName": "only", "ModelName": name, "InitialInstanceCount": 1, "InstanceType": "ml.m5.large"}
        client.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant])
    client.create_endpoint(EndpointName=resource_name("runquote", workflow_name), EndpointConfigName=name)


def left(client: Any) -> list[str]:  # noqa: ANN401 - as above
    found = [each["EndpointName"] for each in client.list_endpoints()["Endpoints"]]
    found += [each["EndpointConfigName"] for each in client.list_endpoint_configs()["EndpointConfigs"]]
    return sorted(found + [each["ModelName"] for each in client.list_models()["Models"]])


def test_all_that_serves_a_workflow_goes_and_nothing_of_another(sagemaker: Any) -> None:  # noqa: ANN401 - as above
    serve(sagemaker, "rnaseq", "first")
    expected = left(sagemaker)
    serve(sagemaker, WORKFLOW, "first", "second")
    serving = Serving(sagemaker, FakeClock())
    serving.delete(RESOURCE)
    assert left(sagemaker) == expected
    serving.delete(RESOURCE)
    assert left(sagemaker) == expected


def test_what_an_earlier_try_left_is_found_without_the_endpoint(sagemaker: Any) -> None:  # noqa: ANN401 - as above
    serve(sagemaker, WORKFLOW, "first")
    sagemaker.delete_endpoint(EndpointName=RESOURCE)
    Serving(sagemaker, FakeClock()).delete(RESOURCE)
    assert left(sagemaker) == []
