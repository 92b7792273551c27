"""Lambda handler of `record_runs`."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from contract.base import MAX_BATCH_BODY_BYTES
from contract.runs import Run, RunsRequest
from functions.record_runs.logic import Recorder, is_batch
from functions.record_runs.settings import Settings
from functions.shared import aws
from functions.shared.clock import SystemClock
from functions.shared.explain import required_members
from functions.shared.http import Answer, HttpRequest, Routes, read_json, respond
from functions.shared.recording import RunsWriter


def handler(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """Answer one proxy event."""
    return respond(event, ROUTES, lambda: settings().web_origin)


@cache
def settings() -> Settings:
    """Read the environment, once."""
    return Settings.from_environment()


@cache
def recorder() -> Recorder:
    """Put the function together, once."""
    clock = SystemClock()
    writer = RunsWriter(
        aws.dynamodb_for_writes(),
        settings().workflow_runs_table,
        workflows_table=settings().workflows_table,
        spend_table=settings().spend_table,
        clock=clock,
    )
    return Recorder(writer, clock)


def _record(request: HttpRequest) -> Answer:
    request.check_body(MAX_BATCH_BODY_BYTES, f"{required_members(Run)}, or with runs")
    if is_batch(request.body):
        response = recorder().record_many(read_json(request.body, RunsRequest))
    else:
        response = recorder().record_one(read_json(request.body, Run))
    # 201 says that something was recorded or refused row by row; a pure repetition changed nothing.
    repeated = response.unchanged > 0 and response.accepted == 0 and not response.rejected
    return Answer(response, status=200 if repeated else 201)


ROUTES: Routes = {("POST", "/runs"): _record}
