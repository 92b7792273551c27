"""Lambda handler of `record_runs`."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from contract.corrections import RunCorrection
from contract.runs import Run, RunsRequest
from contract.validation_words import required_members
from functions.record_runs.corrections import Corrector
from functions.record_runs.logic import Recorder, read_runs
from functions.record_runs.settings import Settings
from functions.shared.adapters import aws
from functions.shared.adapters.callers_table import NewcomersTable
from functions.shared.adapters.changes_table import ChangesTable
from functions.shared.adapters.recording import RunsWriter
from functions.shared.clock import SystemClock
from functions.shared.http import Answer, HttpRequest, Operations, respond


def handler(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """Answer one proxy event."""
    return respond(event, OPERATIONS, lambda: settings().web_origin)


@cache
def settings() -> Settings:
    """Read the environment, once."""
    return Settings.from_environment()


@cache
def recorder() -> Recorder:
    """Put the function together, once."""
    newcomers = NewcomersTable(
        aws.dynamodb_for_writes(),
        settings().callers_table,
        workflows_table=settings().workflows_table,
        limit=settings().new_workflows_per_day,
        clock=SystemClock(),
    )
    return Recorder(runs(), SystemClock(), newcomers)


@cache
def corrector() -> Corrector:
    """Put together what changes runs, once."""
    trail = ChangesTable(aws.dynamodb_for_writes(), settings().run_changes_table)
    return Corrector(runs(), trail, SystemClock())


@cache
def runs() -> RunsWriter:
    """Return what writes runs."""
    return RunsWriter(
        aws.dynamodb_for_writes(),
        settings().workflow_runs_table,
        changes_table=settings().run_changes_table,
        workflows_table=settings().workflows_table,
        spend_table=settings().spend_table,
        clock=SystemClock(),
    )


def _record(request: HttpRequest) -> Answer:
    request.check_body(f"{required_members(Run)}, or with runs")
    sent = read_runs(request.body)
    record = recorder()
    if isinstance(sent, RunsRequest):
        response = record.record_many(sent, request.caller.id)
    else:
        response = record.record_one(sent, request.caller.id)
    # 201 says that something was recorded or refused row by row; a pure repetition changed nothing.
    repeated = response.unchanged > 0 and response.accepted == 0 and not response.rejected and not response.held
    return Answer(response, status=200 if repeated else 201)


def _correct(request: HttpRequest) -> Answer:
    correction = request.read(RunCorrection)
    names = request.path_parameters
    return Answer(
        corrector().correct(names.get("workflow_name", ""), names.get("run_id", ""), correction, request.caller)
    )


OPERATIONS: Operations = {"recordRuns": _record, "correctRun": _correct}
