"""The ports, in memory. Each counts or keeps what was asked of it, so that a test can tell that something happened."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from contract.budgets import Budget, SpendRecord
from contract.container import Invocation, InvocationResponse
from contract.corrections import RunChange
from contract.endpoint_records import EndpointRecord
from contract.kept import KeptPrediction, PredictionsQuery
from contract.runs import RecordedRun, Run, RunsQuery
from contract.workflows import LastRetraining, WorkflowRecord
from functions.shared.errors import BadArtifact, EndpointBusy, NameTaken, StalePromotion, WorkflowRetired
from functions.shared.kept import summary
from functions.shared.ports import (
    Endpoint,
    Examined,
    Execution,
    History,
    Lease,
    PredictionPosition,
    PredictionsFound,
    Recorded,
    RegisteredModel,
    RunPosition,
    StateEntered,
    TrainingJob,
)
from functions.shared.revisions import is_held, is_revision, plain, received, recorded_run
from functions.shared.spend import Amount, Line
from tests.fakes.shapes import NOW, answer

type Failure = Exception | None


class FakeClock:
    """A clock that stands still until a test moves it."""

    def __init__(self, now: datetime = NOW) -> None:
        self.time = now
        self.seconds = 0.0
        self.pauses: list[float] = []

    def now(self) -> datetime:
        return self.time

    def steady(self) -> float:
        return self.seconds

    def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.seconds += seconds

    def advance(self, seconds: float) -> None:
        self.seconds += seconds
        self.time += timedelta(seconds=seconds)


class FakePredictions:
    """Predictions by id; keeps and reads them."""

    def __init__(self) -> None:
        self.kept: dict[str, KeptPrediction] = {}
        self.failure: Failure = None
        self.tries = 0
        self.queries: list[tuple[PredictionsQuery, PredictionPosition | None]] = []

    def keep(self, kept: KeptPrediction) -> None:
        self.tries += 1
        if self.failure:
            raise self.failure
        self.kept[kept.prediction_id] = kept

    def get(self, prediction_id: str) -> KeptPrediction | None:
        return self.kept.get(prediction_id)

    def page(self, query: PredictionsQuery, after: PredictionPosition | None) -> PredictionsFound:
        self.queries.append((query, after))
        return PredictionsFound([summary(each) for each in self.kept.values()], None)


class FakeRuns:
    """Runs by workflow and run_id, and their trail; records, changes and reads them."""

    def __init__(self, runs: Sequence[Run] = ()) -> None:
        self.runs = {(run.workflow_name, run.run_id): recorded_run(run) for run in runs}
        self.trail: list[RunChange] = []
        self.unreadable: list[str] = []
        self.failure: Failure = None
        self.overtaken = False
        self.calls: list[str] = []
        self.queries: list[tuple[RunsQuery, RunPosition | None]] = []

    def record(self, workflow_name: str, runs: Sequence[Run]) -> Recorded:
        self.calls.append(workflow_name)
        if self.failure:
            raise self.failure
        recorded = Recorded()
        for run in sorted(runs, key=lambda run: run.cost_source == "billed"):
            present = self.runs.get((workflow_name, run.run_id))
            earlier = [change.before for change in self.of(workflow_name, run.run_id)]
            both = received(present, run, NOW, earlier)
            one = frozenset({run.run_id})
            if both is None:
                recorded |= Recorded(conflicts=one)
                continue
            self.runs[workflow_name, run.run_id] = both
            changed = present is None or is_revision(present, both)
            bill = frozenset({(run.run_id, run.cost_usd)}) if is_held(both, run.cost_usd) else frozenset()
            recorded |= Recorded(accepted=one, held=bill) if changed else Recorded(unchanged=one, held=bill)
        return recorded

    def get(self, workflow_name: str, run_id: str) -> RecordedRun | None:
        if self.failure:
            raise self.failure
        return self.runs.get((workflow_name, run_id))

    def of(self, workflow_name: str, run_id: str) -> list[RunChange]:
        return [each for each in self.trail if (each.workflow_name, each.run_id) == (workflow_name, run_id)]

    def change(self, change: RunChange) -> bool:
        if self.overtaken:
            return False
        self.runs[change.workflow_name, change.run_id] = change.after
        self.trail.append(change)
        return True

    def succeeded(self, workflow_name: str) -> History:
        unreadable: list[str] = []
        return History(self._rows(workflow_name, unreadable), unreadable)

    def _rows(self, workflow_name: str, unreadable: list[str]) -> Iterator[Run]:
        if self.failure:
            raise self.failure
        unreadable.extend(self.unreadable)
        for name, run_id in sorted(self.runs):
            run = self.runs[name, run_id]
            if name == workflow_name and run.status == "SUCCEEDED" and not run.withdrawn:
                yield plain(run)

    def all(self, workflow_name: str) -> History:
        mine = sorted(
            (run for run in self.runs.values() if run.workflow_name == workflow_name and not run.withdrawn),
            key=lambda run: run.run_id,
        )
        return History(iter(mine), list(self.unreadable))

    def recent(self, workflow_name: str, limit: int) -> list[RecordedRun]:
        mine = [run for run in self.runs.values() if run.workflow_name == workflow_name]
        return sorted(mine, key=lambda run: run.completed_at, reverse=True)[:limit]

    def page(
        self, workflow_name: str, query: RunsQuery, after: RunPosition | None
    ) -> tuple[list[RecordedRun], RunPosition | None]:
        if self.failure:
            raise self.failure
        self.queries.append((query, after))
        mine = [run for run in self.recent(workflow_name, len(self.runs)) if query.status in {None, run.status}]
        if after is not None:
            mine = [run for run in mine if run.completed_at < after.completed_at]
        page, rest = mine[: query.limit], mine[query.limit :]
        onward = RunPosition(completed_at=page[-1].completed_at, run_id=page[-1].run_id) if rest else None
        return page, onward


class FakeNewcomers:
    """Lets so many names in, whoever brings them."""

    def __init__(self, *known: str, limit: int = 1000) -> None:
        self.known = set(known)
        self.limit = limit
        self.brought: dict[str, list[str]] = {}

    def refused(self, workflow_names: Sequence[str], caller_id: str) -> frozenset[str]:
        new = [name for name in workflow_names if name not in self.known]
        brought = self.brought.setdefault(caller_id, [])
        let_in = new[: max(self.limit - len(brought), 0)]
        brought += let_in
        self.known.update(let_in)
        return frozenset(new[len(let_in) :])


class FakeWorkflows:
    """Workflow records, leases included."""

    def __init__(self, *records: WorkflowRecord) -> None:
        self.records = {record.workflow_name: record for record in records}
        self.claims: list[Lease] = []
        self.steals: list[Lease] = []
        self.lost_races = 0

    def get(self, workflow_name: str) -> WorkflowRecord | None:
        return self.records.get(workflow_name)

    def all(self) -> list[WorkflowRecord]:
        return list(self.records.values())

    def names(self) -> list[str]:
        return list(self.records)

    def claim(self, workflow_name: str, lease: Lease, replaces: Lease | None = None) -> Lease | None:
        if self.records[workflow_name].retired_at is not None:
            raise WorkflowRetired(workflow_name)
        return self._take(workflow_name, lease, replaces)

    def retire(self, workflow_name: str, lease: Lease, at: datetime, replaces: Lease | None = None) -> Lease | None:
        holder = self._take(workflow_name, lease, replaces)
        if holder is None:
            since = self.records[workflow_name].retired_at or at
            self._set(workflow_name, retired_at=since, examined_runs=0, examined_revisions=0)
        return holder

    def release(self, workflow_name: str, owner: str) -> None:
        if self.records[workflow_name].lease_owner == owner:
            self._set(workflow_name, lease_owner=None, lease_expires_at=None)

    def revive(self, workflow_name: str) -> None:
        self._set(workflow_name, retired_at=None)

    def _set(self, workflow_name: str, **changes: object) -> None:
        self.records[workflow_name] = self.records[workflow_name].model_copy(update=changes)

    def _take(self, workflow_name: str, lease: Lease, replaces: Lease | None) -> Lease | None:
        record = self.records[workflow_name]
        held = Lease(record.lease_owner, record.lease_expires_at) if record.lease_owner else None
        if replaces is not None and self.lost_races:
            self.lost_races -= 1
            return Lease("arn:winner", lease.expires_at)
        if held is not None and held.owner != lease.owner and held != replaces:
            return held
        if replaces is not None:
            self.steals.append(replaces)
        self.claims.append(lease)
        self.records[workflow_name] = record.model_copy(
            update={"lease_owner": lease.owner, "lease_expires_at": lease.expires_at}
        )
        return None


class FakeExecutions:
    """Executions that are running."""

    def __init__(self, *running: str) -> None:
        self.running = set(running)
        self.asked: list[str] = []

    def is_running(self, execution_arn: str) -> bool:
        self.asked.append(execution_arn)
        return execution_arn in self.running


class FakeStateMachine:
    """Executions by name; a name is good for one."""

    def __init__(self, *executions: Execution) -> None:
        self.executions = {execution.name: execution for execution in executions}
        self.entered: dict[str, list[StateEntered]] = {}
        self.started: list[str] = []

    def start(self, name: str, content: Mapping[str, Any]) -> None:
        present = self.executions.get(name)
        if present is not None and not (present.is_running and present.input == content):
            raise NameTaken(name)
        if present is None:
            self.started.append(name)
            self.executions[name] = Execution(name, "RUNNING", content, NOW)

    def describe(self, name: str) -> Execution | None:
        return self.executions.get(name)

    def states_entered(self, name: str) -> Sequence[StateEntered]:
        return self.entered.get(name, [])


class FakeSpend:
    """Lines of spend."""

    def __init__(self, *records: SpendRecord) -> None:
        self.records = list(records)

    def of_month(self, month: str) -> list[SpendRecord]:
        return [record for record in self.records if record.month == month]


class FakeLedger:
    """Keeps the lines that were set; `busy` attempts find that a run was recorded meanwhile."""

    def __init__(self, workflows: "FakeWorkflows", busy: int = 0) -> None:
        self.workflows = workflows
        self.busy = busy
        self.lines: dict[Line, Amount] = {}

    def replace(self, record: WorkflowRecord, lines: Mapping[Line, Amount]) -> bool:
        if self.busy:
            self.busy -= 1
            return False
        self.lines |= lines
        counted = record.model_copy(update={"spend_runs": record.runs})
        self.workflows.records[record.workflow_name] = counted
        return True


class FakeBudgets:
    """Budgets by team."""

    def __init__(self, *budgets: Budget) -> None:
        self.budgets = {budget.team: budget for budget in budgets}

    def all(self) -> list[Budget]:
        return list(self.budgets.values())

    def put(self, budget: Budget) -> None:
        self.budgets[budget.team] = budget

    def delete(self, team: str) -> Budget | None:
        return self.budgets.pop(team, None)


class FakeEndpoints:
    """Endpoint records; an exception in place of one is raised when it is read."""

    def __init__(self, *records: EndpointRecord, failures: Mapping[str, Exception] | None = None) -> None:
        self.records = {record.workflow_name: record for record in records}
        self.failures = dict(failures or {})
        self.gets: list[str] = []

    def get(self, workflow_name: str) -> EndpointRecord | None:
        self.gets.append(workflow_name)
        if workflow_name in self.failures:
            raise self.failures[workflow_name]
        return self.records.get(workflow_name)

    def all(self) -> Mapping[str, EndpointRecord]:
        return self.records

    def put(self, record: EndpointRecord) -> None:
        present = self.records.get(record.workflow_name)
        again = present is not None and present.model_package_arn == record.model_package_arn
        if present is not None and record.model_version <= present.model_version and not again:
            raise StalePromotion(record.workflow_name)
        self.records[record.workflow_name] = record

    def delete(self, workflow_name: str) -> None:
        self.records.pop(workflow_name, None)


class FakeServing:
    """Endpoints that can be deleted; a failure is raised instead, once."""

    def __init__(self, *names: str, failure: Failure = None) -> None:
        self.names = set(names)
        self.failure = failure

    def delete(self, endpoint_name: str) -> None:
        failure, self.failure = self.failure, None
        if failure:
            raise failure
        self.names.discard(endpoint_name)


class FakeHosting:
    """One endpoint that takes so many looks for each change, and the configs and models that there are.

    A refusal is raised in place of the next change, once, after which the endpoint is as `then` says, if it says.
    """

    def __init__(self, endpoint: Endpoint | None = None, models: Iterable[str] = ()) -> None:
        self.endpoint = endpoint
        self.models = set(models)
        self.asked: list[tuple[str, str]] = []
        self.refusal: Failure = None
        self.then: Endpoint | None = None
        self.failure: Failure = None
        self.busy = 0

    def describe(self, name: str) -> Endpoint | None:
        if self.failure:
            raise self.failure
        return self.endpoint

    def create(self, name: str, config: str) -> None:
        self._ask("create", config, Endpoint("Creating", config))

    def update(self, name: str, config: str) -> None:
        assert self.endpoint is not None
        self._ask("update", config, Endpoint("Updating", self.endpoint.config))

    def _ask(self, action: str, config: str, endpoint: Endpoint) -> None:
        self.asked.append((action, config))
        refusal, self.refusal = self.refusal, None
        if refusal:
            self.endpoint = self.then or self.endpoint
            raise refusal
        self.endpoint = endpoint

    def delete(self, name: str) -> None:
        if self.busy:
            self.busy -= 1
            raise EndpointBusy(name)
        self.asked.append(("delete", name))
        self.endpoint = None

    def delete_model(self, name: str) -> None:
        self.models.discard(name)


class FakeTraining:
    """Training jobs by name."""

    def __init__(self, **jobs: TrainingJob) -> None:
        self.jobs = jobs
        self.stopped: list[str] = []

    def describe(self, name: str) -> TrainingJob | None:
        return self.jobs.get(name)

    def stop(self, name: str) -> None:
        self.stopped.append(name)
        self.jobs[name] = replace(self.jobs[name], status="Stopping", detail="Stopping")


class FakeVerdicts:
    """How executions ended, by workflow; a failure is raised instead."""

    def __init__(self, failure: Failure = None) -> None:
        self.recorded: dict[str, tuple[LastRetraining, Examined | None]] = {}
        self.failure = failure

    def record(self, workflow_name: str, ended: LastRetraining, examined: Examined | None) -> None:
        if self.failure:
            raise self.failure
        self.recorded[workflow_name] = ended, examined


class FakeModels:
    """Models that answer with a function, or fail."""

    def __init__(self, reply: Callable[[Invocation], InvocationResponse] = answer, failure: Failure = None) -> None:
        self.reply = reply
        self.failure = failure
        self.invocations: list[tuple[str, Invocation]] = []

    def invoke(self, record: EndpointRecord, invocation: Invocation, deadline: float) -> InvocationResponse:
        self.invocations.append((record.workflow_name, invocation))
        if self.failure:
            raise self.failure
        return self.reply(invocation)


class FakeRegistry:
    """Versions by group, newest first; artefacts by package ARN."""

    def __init__(self, versions: Sequence[RegisteredModel] = (), artifacts: Mapping[str, str] | None = None) -> None:
        self.registered = list(versions)
        self.artifacts = dict(artifacts or {})
        self.evaluations: dict[str, str] = {}
        self.failure: Failure = None
        self.groups: set[str] = set()
        self.judged: dict[str, tuple[str, str]] = {}

    def ensure_group(self, name: str) -> None:
        self.groups.add(name)

    def approve(self, model_package_arn: str, reason: str) -> None:
        self._judge(model_package_arn, "Approved", reason)

    def reject(self, model_package_arn: str, reason: str) -> None:
        self._judge(model_package_arn, "Rejected", reason)

    def _judge(self, model_package_arn: str, status: str, reason: str) -> None:
        if self.failure:
            raise self.failure
        self.judged[model_package_arn] = status, reason

    def versions(self, group_name: str, limit: int) -> list[RegisteredModel]:
        if self.failure:
            raise self.failure
        return self.registered[:limit]

    def artifact_uri(self, model_package_arn: str) -> str | None:
        return self.artifacts.get(model_package_arn)

    def evaluation_uri(self, model_package_arn: str) -> str | None:
        return self.evaluations.get(model_package_arn)


class FakeArtifacts:
    """Objects by URI."""

    def __init__(self, objects: Mapping[str, bytes] | None = None) -> None:
        self.objects = dict(objects or {})
        self.writes: list[str] = []

    def uri(self, key: str) -> str:
        return f"s3://bucket/{key}"

    def read(self, uri: str, max_bytes: int) -> bytes | None:
        content = self.objects.get(uri)
        if content is not None and len(content) > max_bytes:
            raise BadArtifact(uri)
        return content

    def write(self, uri: str, content: bytes, content_type: str) -> None:
        self.writes.append(uri)
        self.objects[uri] = content


EARLIER = datetime(2026, 1, 1, tzinfo=UTC)
