"""The ports: what the logic needs from the outside, without saying who provides it.

Every method may raise `DependencyUnavailable` where it says nothing else.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from contract.base import Label, PredictionId, Shape, UtcTime
from contract.budgets import Budget, SpendRecord
from contract.container import Invocation, InvocationResponse
from contract.corrections import RunChange
from contract.endpoint_records import EndpointRecord
from contract.kept import KeptPrediction, PredictionsQuery, PredictionSummary
from contract.runs import RecordedRun, Run, RunsQuery
from contract.workflows import LastRetraining, WorkflowRecord
from functions.shared.spend import Amount, Line


class Clock(Protocol):
    """Time, so that tests can set it."""

    def now(self) -> datetime:
        """Return the time of day in UTC."""

    def steady(self) -> float:
        """Return seconds that only grow, for measuring."""

    def pause(self, seconds: float) -> None:
        """Wait before a retry."""


@dataclass(frozen=True)
class Recorded:
    """What became of the runs of one workflow, by run_id."""

    accepted: frozenset[str] = frozenset()
    unchanged: frozenset[str] = frozenset()
    conflicts: frozenset[str] = frozenset()
    held: frozenset[tuple[str, float]] = frozenset()
    """Bills that wait for a person: run_id and amount."""

    def __or__(self, other: "Recorded") -> "Recorded":
        """Return what became of the runs of both."""
        return Recorded(
            self.accepted | other.accepted,
            self.unchanged | other.unchanged,
            self.conflicts | other.conflicts,
            self.held | other.held,
        )


class RunRecorder(Protocol):
    """Writes runs and the counters of their workflow together."""

    def record(self, workflow_name: str, runs: Sequence[Run]) -> Recorded:
        """Record runs of one workflow; what is sent of the same run is joined by `revisions`, as with what is there."""


class RunKeeper(Protocol):
    """Reads one run, and writes what people make of it."""

    def get(self, workflow_name: str, run_id: str) -> RecordedRun | None:
        """Return a run as it is at this moment, or None when there is none.

        Raises:
            MalformedRecord: it is not of the shape that we write.
        """

    def change(self, change: RunChange) -> bool:
        """Write a run, its counts and the trail together; return False if the run was written meanwhile."""


class RunTrail(Protocol):
    """What people changed of runs."""

    def of(self, workflow_name: str, run_id: str) -> list[RunChange]:
        """Return the changes of a run, in order."""


class Newcomers(Protocol):
    """Lets names of workflows in that nobody recorded before, so many a day from each caller."""

    @property
    def limit(self) -> int:
        """How many a caller may bring in a day (UTC)."""

    def refused(self, workflow_names: Sequence[str], caller_id: str) -> frozenset[str]:
        """Let in those that are new, in order, up to the limit; return those that are beyond it."""


@dataclass
class History:
    """The SUCCEEDED runs of one workflow as they are read; complete once `rows` has been exhausted."""

    rows: Iterator[Run]
    unreadable: list[str] = field(default_factory=list)
    """What is wrong with each stored run that is not a valid run."""


class RunPosition(Shape):
    """A run's place among those of its workflow, in order of completion."""

    completed_at: UtcTime
    run_id: Label


class PredictionPosition(Shape):
    """A prediction's place among all, in order of when it was asked for."""

    asked_at: UtcTime
    prediction_id: PredictionId


@dataclass(frozen=True)
class PredictionsFound:
    """A page of kept predictions, and where to go on; None where there are no more."""

    predictions: Sequence[PredictionSummary]
    position: PredictionPosition | None


class RunHistory(Protocol):
    """Reads runs."""

    def succeeded(self, workflow_name: str) -> History:
        """Read every SUCCEEDED run that counts and was recorded before the call, ordered by run_id."""

    def all(self, workflow_name: str) -> History:
        """Read every run that counts and was recorded before the call, ordered by run_id."""

    def get(self, workflow_name: str, run_id: str) -> RecordedRun | None:
        """Return a run as it is at this moment, or None when there is none."""

    def recent(self, workflow_name: str, limit: int) -> list[RecordedRun]:
        """Return the runs that completed last and count, latest first."""

    def page(
        self, workflow_name: str, query: RunsQuery, after: RunPosition | None
    ) -> tuple[list[RecordedRun], RunPosition | None]:
        """Return runs that a query asks for, latest first, and where to go on; None where the history ends.

        It may find fewer than the query's limit, or none, before the end. `after` lies within the query's times.
        """


class WorkflowRecords(Protocol):
    """Reads the counters of workflows."""

    def get(self, workflow_name: str) -> WorkflowRecord | None:
        """Return the record of a workflow, or None when it has none."""

    def all(self) -> list[WorkflowRecord]:
        """Return every workflow."""

    def names(self) -> list[str]:
        """Return names of workflows for suggestions: all, or the first of very many."""


@dataclass(frozen=True)
class Lease:
    """Who is retraining a workflow, and until when that counts."""

    owner: str
    expires_at: datetime | None


class Leases(Protocol):
    """At most one retraining of a workflow at a time."""

    def claim(self, workflow_name: str, lease: Lease, replaces: Lease | None = None) -> Lease | None:
        """Take the lease if it is free, ours, or exactly `replaces`; return None, or the lease that stands in the way.

        Raises:
            LookupError: the workflow has no record.
            WorkflowRetired: it is retired.
        """


class Retirements(Protocol):
    """Marks workflows as retired, under the lease that retrainings take."""

    def retire(self, workflow_name: str, lease: Lease, at: datetime, replaces: Lease | None = None) -> Lease | None:
        """Take the lease as `Leases.claim` does and, with the same write, mark the workflow as retired.

        One that is retired stays so since when it was. What was examined is forgotten, so that the schedule trains it
        if it comes back.
        """

    def release(self, workflow_name: str, owner: str) -> None:
        """Give the lease back, if that owner has it."""

    def revive(self, workflow_name: str) -> None:
        """Take the mark away."""


class ServingResources(Protocol):
    """What SageMaker keeps so that a workflow's model answers."""

    def delete(self, endpoint_name: str) -> None:
        """Delete an endpoint with every config and model that was made for it; what is gone already is fine.

        Raises:
            EndpointBusy: the endpoint is being changed.
        """


@dataclass(frozen=True)
class TrainingJob:
    """A training job, in SageMaker's words."""

    status: str
    """InProgress, Completed, Failed, Stopping or Stopped."""
    detail: str
    """Its secondary status."""
    model_data_url: str | None = None
    failure_reason: str | None = None


class TrainingJobs(Protocol):
    """Training jobs by name."""

    def describe(self, name: str) -> TrainingJob | None:
        """Return a job, or None when there is none of that name."""

    def stop(self, name: str) -> None:
        """Ask a job to stop; one that has ended by itself is left."""


@dataclass(frozen=True)
class Endpoint:
    """An endpoint, in SageMaker's words."""

    status: str
    config: str
    """Name of the config that is in service, or that a new endpoint begins with."""
    failure_reason: str | None = None


class Hosting(Protocol):
    """Endpoints, and what they serve."""

    def describe(self, name: str) -> Endpoint | None:
        """Return an endpoint, or None when there is none of that name; no other answer is taken for absence."""

    def create(self, name: str, config: str) -> None:
        """Ask for a new endpoint.

        Raises:
            Refused: there will be none: what is wrong lasts, or the name is taken.
        """

    def update(self, name: str, config: str) -> None:
        """Ask an endpoint to change to another config, answering meanwhile.

        Raises:
            Refused: it will not: what is wrong lasts, or it is changing already.
        """

    def delete(self, name: str) -> None:
        """Delete an endpoint, if it is there.

        Raises:
            EndpointBusy: the endpoint is being changed.
        """

    def delete_model(self, name: str) -> None:
        """Delete the endpoint config and the model of that name, if they are there."""


class Approvals(Protocol):
    """What the model registry says of versions."""

    def approve(self, model_package_arn: str, reason: str) -> None:
        """Say that a version serves, and why."""

    def reject(self, model_package_arn: str, reason: str) -> None:
        """Say that a version does not serve, and why."""


@dataclass(frozen=True)
class Examined:
    """How much of a workflow's history a retraining has seen."""

    runs: int
    revisions: int


class Verdicts(Protocol):
    """How the latest retraining of each workflow ended."""

    def record(self, workflow_name: str, ended: LastRetraining, examined: Examined | None) -> None:
        """Write how an execution ended and give its claim back, if it has one; a claim of another is left."""


class Executions(Protocol):
    """Executions of the state machines."""

    def is_running(self, execution_arn: str) -> bool:
        """Say whether an execution is under way; one that does not exist is not."""


@dataclass(frozen=True)
class Execution:
    """One execution of a state machine."""

    name: str
    status: str
    """RUNNING, SUCCEEDED, FAILED, TIMED_OUT, ABORTED or PENDING_REDRIVE."""
    input: Mapping[str, Any]
    started_at: datetime
    ended_at: datetime | None = None
    output: Mapping[str, Any] = field(default_factory=dict)
    error: str | None = None
    cause: str | None = None

    @property
    def is_running(self) -> bool:
        """Whether it is under way."""
        return self.status in {"RUNNING", "PENDING_REDRIVE"}


@dataclass(frozen=True)
class StateEntered:
    """A state that an execution has entered, and when."""

    name: str
    at: datetime


class StartableExecutions(Protocol):
    """Executions of one state machine, by name."""

    def start(self, name: str, content: Mapping[str, Any]) -> None:
        """Start an execution; one of that name and content that is running is left to run.

        Raises:
            NameTaken: one of that name has ended, or runs with other content.
        """

    def describe(self, name: str) -> Execution | None:
        """Return an execution, or None when there is none of that name."""

    def states_entered(self, name: str) -> Sequence[StateEntered]:
        """Return the states that an execution has entered, in order of time."""


class SpendRecords(Protocol):
    """Reads what was spent."""

    def of_month(self, month: str) -> list[SpendRecord]:
        """Return every line of a month."""


class SpendLedger(Protocol):
    """Rewrites what was spent."""

    def replace(self, record: WorkflowRecord, lines: Mapping[Line, Amount]) -> bool:
        """Set the lines of a workflow, and that they hold all its runs; return False if any was recorded meanwhile."""


class BudgetRecords(Protocol):
    """The monthly limits of teams."""

    def all(self) -> list[Budget]:
        """Return every budget."""

    def put(self, budget: Budget) -> None:
        """Write a budget in place of the one that the team has."""

    def delete(self, team: str) -> Budget | None:
        """Delete a team's budget; return it, or None when it has none."""


class EndpointRecords(Protocol):
    """The records that say which endpoint answers for a workflow."""

    def get(self, workflow_name: str) -> EndpointRecord | None:
        """Return a workflow's record, or None.

        Raises:
            MalformedRecord: it is not of the shape that we write.
        """

    def all(self) -> Mapping[str, EndpointRecord]:
        """Return every readable record by workflow."""

    def put(self, record: EndpointRecord) -> None:
        """Write a record with a higher version than the one that is there; the very same promotion again is fine.

        Raises:
            StalePromotion: the one that is there is as new or newer.
        """

    def delete(self, workflow_name: str) -> None:
        """Delete a workflow's record, if it has one."""


class PredictionKeeper(Protocol):
    """Keeps what was answered."""

    def keep(self, kept: KeptPrediction) -> None:
        """Keep a prediction, once; gives up within a second."""


class KeptPredictions(Protocol):
    """Predictions that were kept."""

    def get(self, prediction_id: str) -> KeptPrediction | None:
        """Return a prediction, or None where none is kept under that id."""

    def page(self, query: PredictionsQuery, after: PredictionPosition | None) -> PredictionsFound:
        """Return predictions that a query asks for, latest first, reading no more items than its limit.

        It may find fewer, or none, before the end. `after` lies within the query's times.
        """


class Models(Protocol):
    """Models in service."""

    def invoke(self, record: EndpointRecord, invocation: Invocation, deadline: float) -> InvocationResponse:
        """Ask the model that a record names; `deadline` is on the steady clock.

        Raises:
            EndpointMissing, ModelWarming, ModelFailed, ModelTimedOut
        """


@dataclass(frozen=True)
class RegisteredModel:
    """One version in the model registry."""

    version: int
    created_at: datetime
    approval: str
    """PendingManualApproval, Approved or Rejected."""
    reason: str | None
    metadata: Mapping[str, str]


class ModelRegistry(Protocol):
    """The registry of all models ever trained."""

    def ensure_group(self, name: str) -> None:
        """Make the group of that name unless it is there."""

    def versions(self, group_name: str, limit: int) -> list[RegisteredModel]:
        """Return the newest versions of a group, newest first; none when there is no such group."""

    def artifact_uri(self, model_package_arn: str) -> str | None:
        """Return where the artefact of a version is, or None when the version is gone."""

    def evaluation_uri(self, model_package_arn: str) -> str | None:
        """Return where the evaluation of a version is, or None when the version is gone."""


class Artifacts(Protocol):
    """Objects in the artefacts bucket, by S3 URI."""

    def uri(self, key: str) -> str:
        """Return the S3 URI of a key."""

    def read(self, uri: str, max_bytes: int) -> bytes | None:
        """Return an object's content, or None when there is none.

        Raises:
            BadArtifact: it is larger than `max_bytes`, or not in the artefacts bucket.
        """

    def write(self, uri: str, content: bytes, content_type: str) -> None:
        """Write an object."""


def by_name(records: Iterable[WorkflowRecord]) -> list[WorkflowRecord]:
    """Order records by workflow name, letter case aside."""
    return sorted(records, key=lambda record: (record.workflow_name.casefold(), record.workflow_name))
