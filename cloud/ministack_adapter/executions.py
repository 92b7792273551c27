"""Step Functions executions: how they end, and what Retry, Catch and nested executions see."""

import json
import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from ministack.core import responses
from ministack.services import stepfunctions

from cloud.ministack_adapter.delivery import once_kept, tell_so_far
from cloud.ministack_adapter.patching import Untyped, existing, wrap
from cloud.ministack_adapter.sagemaker_tasks import task_cancelled

# States.ALL matches neither: https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
_UNCATCHABLE = {"States.Runtime", "States.DataLimitExceeded"}
_NESTED = "arn:aws:states:::states:startExecution.sync"
_POLL_SECONDS = 0.1
_TELLING_SECONDS = 2
_Execution = dict[str, Any]


class ExecutionEndedError(Exception):
    """Stops what still runs of an execution that was aborted or timed out."""


def install(keep: Callable[[], None]) -> None:
    """Make the changes. `keep` writes the executions to disk."""
    wrap(stepfunctions, "_run_execution", partial(_with_end, keep))
    wrap(stepfunctions, "_fail_execution", _only_while_running)
    wrap(stepfunctions, "_execute_task", partial(_unless_ended, keep))
    wrap(stepfunctions, "_execute_wait", partial(_telling_first, keep))
    wrap(stepfunctions, "_invoke_resource_with_timeout", _with_cancellation)
    wrap(stepfunctions, "_invoke_nested_start_execution", _named_errors)
    wrap(stepfunctions, "_invoke_nested_start_execution_sync", _nested)
    wrap(stepfunctions, "_start_execution", partial(_started_once, keep))
    wrap(stepfunctions, "_error_matches", _match_errors)
    wrap(stepfunctions, "_find_matching_retrier", _delay)
    wrap(stepfunctions, "_restore_state", _abort_restored)
    wrap(stepfunctions, "_stop_execution", partial(_kept_first, keep))
    wrap(stepfunctions, "_describe_execution", _once_told)
    for name in ("_create_state_machine", "_update_state_machine"):
        wrap(stepfunctions, name, _keep_tracing)


def announce_aborted(executions: list[_Execution], keep: Callable[[], None]) -> None:
    """Emit the status events of executions that `_abort_restored` aborted, each under its own account and region."""
    with once_kept(keep):
        for execution in executions:
            region, account = execution["executionArn"].split(":")[3:5]
            with _scope(account, region):
                existing(stepfunctions, "_emit_execution_status_event")(execution)


cloud_ends = threading.Event()
"""Set when the local cloud was asked to stop: executions go no further, and the next start aborts and tells of them."""
_telling: dict[str, threading.Event] = {}
"""Executions that run, or have ended and not told all yet."""
aborted_at_start: list[_Execution] = []
"""What a restart ended: nothing of it runs any more."""


def _with_end(keep: Callable[[], None], run: Callable[[str], None]) -> Callable[[str], None]:
    """Let the machine's TimeoutSeconds end an execution as TIMED_OUT; ministack does not look at it."""

    def run_execution(arn: str) -> None:
        execution = stepfunctions._executions.get(arn)
        if execution is None:
            return
        token = task_cancelled.set(lambda: execution["status"] != "RUNNING")
        told = _telling[arn] = threading.Event()
        timer = _timeout_timer(execution, keep)
        try:
            with once_kept(keep):
                run(arn)
        finally:
            told.set()
            _telling.pop(arn, None)
            task_cancelled.reset(token)
            if timer is not None:
                timer.cancel()

    return run_execution


def _timeout_timer(execution: _Execution, keep: Callable[[], None]) -> threading.Timer | None:
    machine = stepfunctions._state_machines.get(execution["stateMachineArn"]) or {}
    try:
        seconds = json.loads(machine.get("definition", "{}")).get("TimeoutSeconds")
    except ValueError:
        return None
    if not isinstance(seconds, int | float):
        return None
    region, account = execution["executionArn"].split(":")[3:5]

    def end() -> None:
        with _scope(account, region), once_kept(keep):
            _end(execution, "TIMED_OUT", "ExecutionTimedOut", {"executionTimedOutEventDetails": {}})

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    return timer


def _end(execution: _Execution, status: str, event: str, details: dict[str, Any]) -> None:
    if execution["status"] != "RUNNING":
        return
    execution["status"] = status
    execution["stopDate"] = responses.now_iso()
    stepfunctions._add_event(execution, event, details)
    stepfunctions._emit_execution_status_event(execution)


def _only_while_running(fail: Callable[[_Execution, str, str], None]) -> Callable[[_Execution, str, str], None]:
    """An execution that was aborted stays ABORTED; ministack makes it FAILED when its task fails afterwards."""

    def fail_execution(execution: _Execution, error: str, cause: str) -> None:
        if execution["status"] == "RUNNING" and not cloud_ends.is_set():
            fail(execution, error, cause)

    return fail_execution


def _unless_ended(keep: Callable[[], None], execute: Callable[..., Any]) -> Callable[..., Any]:
    """Start no task of an execution that has ended; ministack lets Map items and Parallel branches go on."""

    def execute_task(*arguments: Untyped) -> Untyped:
        if cloud_ends.is_set() or task_cancelled.get()():
            raise ExecutionEndedError("The execution has ended.")
        tell_so_far(keep)
        return execute(*arguments)

    return execute_task


def _telling_first(keep: Callable[[], None], execute: Callable[..., Any]) -> Callable[..., Any]:
    """Hold nothing back while an execution waits."""

    def execute_wait(*arguments: Untyped) -> Untyped:
        tell_so_far(keep)
        return execute(*arguments)

    return execute_wait


def _once_told(describe: Callable[[dict[str, Any]], Any]) -> Callable[[dict[str, Any]], Any]:
    """Tell of an end when all that the execution told has arrived: on AWS a message is published before the end."""

    def describe_execution(data: dict[str, Any]) -> Untyped:
        arn = data.get("executionArn", "")
        execution, told = stepfunctions._executions.get(arn), _telling.get(arn)
        if told is not None and execution is not None and execution["status"] != "RUNNING":
            told.wait(_TELLING_SECONDS)
        return describe(data)

    return describe_execution


def _kept_first(keep: Callable[[], None], stop: Callable[..., Any]) -> Callable[..., Any]:
    """An execution that was stopped is on disk as that before anybody is told."""

    def stop_execution(*arguments: Untyped) -> Untyped:
        with once_kept(keep):
            return stop(*arguments)

    return stop_execution


def _with_cancellation(invoke: Callable[..., Any]) -> Callable[..., Any]:
    """Tell the task when its TimeoutSeconds is over, so that a .sync job is stopped, as on AWS."""

    def invoke_with_timeout(resource: str, parameters: Untyped, timeout: float) -> Untyped:
        over = threading.Event()
        outer = task_cancelled.get()
        token = task_cancelled.set(lambda: over.is_set() or outer())
        try:
            return invoke(resource, parameters, timeout)
        finally:
            over.set()
            task_cancelled.reset(token)

    return invoke_with_timeout


def _named_errors(start: Callable[..., Any]) -> Callable[..., Any]:
    """Failing to start is StepFunctions.<Error>Exception on AWS; ministack leaves out the service's name."""

    def invoke_nested(resource: str, parameters: dict[str, Any]) -> Untyped:
        try:
            return start(resource, parameters)
        except stepfunctions._ExecutionError as error:
            if error.error.startswith("States."):
                raise
            name = f"StepFunctions.{error.error.removesuffix('Exception')}Exception"
            raise stepfunctions._ExecutionError(name, error.cause) from error

    return invoke_nested


def _nested(_original: Callable[..., Any]) -> Callable[..., Any]:
    """`states:startExecution.sync` and `.sync:2`: a real execution, whose failure is States.TaskFailed.

    On AWS the Cause is the child's description as JSON, and the child is stopped with its parent
    (https://docs.aws.amazon.com/step-functions/latest/dg/connect-stepfunctions.html). ministack raises the child's
    own error, and its nested executions emit no status events.
    """

    def invoke_nested(resource: str, parameters: dict[str, Any]) -> dict[str, Any]:
        started = stepfunctions._invoke_nested_start_execution(resource, parameters)
        arn = started["ExecutionArn"]
        execution = stepfunctions._executions[arn]
        pause = threading.Event()
        while execution["status"] == "RUNNING":
            if task_cancelled.get()():
                stepfunctions._stop_execution({"executionArn": arn})
                raise ExecutionEndedError("The parent execution has ended.")
            pause.wait(_POLL_SECONDS)
        described = {
            name[:1].upper() + name[1:]: value
            for name, value in execution.items()
            if name in _DESCRIBED and value is not None
        }
        if execution["status"] != "SUCCEEDED":
            described.pop("Output", None)
            raise stepfunctions._ExecutionError("States.TaskFailed", json.dumps(described))
        if resource == f"{_NESTED}:2":
            described["Output"] = json.loads(described["Output"])
        return described

    return invoke_nested


_DESCRIBED = {
    "executionArn", "stateMachineArn", "name", "status", "startDate", "stopDate", "input", "inputDetails", "output",
    "outputDetails", "error", "cause",
}  # fmt: skip


def _started_once(keep: Callable[[], None], start: Callable[[dict[str, Any]], Any]) -> Callable[[dict[str, Any]], Any]:
    """The same name and input as a running execution give that execution, as on AWS; ministack refuses it.

    A new one is on disk before its start is answered: one that a crash loses would end without telling anybody. Where
    the disk does not take it, it is stopped, which tells, and the start is answered with an error.
    https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
    """

    def start_execution(data: dict[str, Any]) -> Untyped:
        machine = stepfunctions._resolve_state_machine_arn(data.get("stateMachineArn", ""))
        if machine and data.get("name"):
            arn = f"{machine.replace(':stateMachine:', ':execution:')}:{data['name']}"
            running = stepfunctions._executions.get(arn)
            if running and running["status"] == "RUNNING" and running["input"] == data.get("input", "{}"):
                return responses.json_response({"executionArn": arn, "startDate": running["startDate"]})
        answer = start(data)
        if answer[0] < 300:
            try:
                keep()
            except OSError as error:
                stepfunctions._stop_execution({"executionArn": json.loads(answer[2])["executionArn"]})
                return responses.error_response_json("ServiceUnavailable", f"The disk: {error.strerror}", 503)
        return answer

    return start_execution


def _match_errors(match: Callable[[list[str], str], bool]) -> Callable[[list[str], str], bool]:
    """States.ALL and States.TaskFailed do not match States.Runtime; ministack lets them."""

    def error_matches(names: list[str], error: str) -> bool:
        return error in names if error in _UNCATCHABLE else match(names, error)

    return error_matches


def _delay(find: Callable[..., Any]) -> Callable[..., Any]:
    """MaxDelaySeconds and JitterStrategy FULL, which ministack does not look at: the wait they give, already computed.

    https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html#error-handling-retrying-after-an-error
    """

    def find_matching_retrier(retriers: list[dict[str, Any]], error: str, counts: dict[int, int]) -> Untyped:
        retrier, index = find(retriers, error, counts)
        if retrier is None:
            return retrier, index
        wait = retrier.get("IntervalSeconds", 1) * retrier.get("BackoffRate", 2.0) ** counts.get(index, 0)
        wait = min(wait, retrier.get("MaxDelaySeconds", wait))
        if retrier.get("JitterStrategy") == "FULL":
            wait = random.uniform(0, wait)  # noqa: S311 - spreads load, guards nothing
        return retrier | {"IntervalSeconds": wait, "BackoffRate": 1.0}, index

    return find_matching_retrier


def _abort_restored(restore: Callable[[dict[str, Any]], None]) -> Callable[[dict[str, Any]], None]:
    """Executions that ran when the server ended become ABORTED, with an event. AWS has no such thing as a restart.

    ministack makes them FAILED and says so to nobody.
    """

    def restore_state(data: dict[str, Any]) -> None:
        executions = (data or {}).get("executions")
        for execution in executions.all_values() if executions else ():
            if execution.get("status") == "RUNNING":
                execution["status"] = "ABORTED"
                execution["stopDate"] = responses.now_iso()
                execution["error"] = "LocalCloud.Restarted"
                execution["cause"] = "The local cloud was restarted while the execution was running."
                details = {"error": execution["error"], "cause": execution["cause"]}
                stepfunctions._add_event(execution, "ExecutionAborted", {"executionAbortedEventDetails": details})
                aborted_at_start.append(execution)
        restore(data)

    return restore_state


def _keep_tracing(write: Callable[[dict[str, Any]], Any]) -> Callable[[dict[str, Any]], Any]:
    """Store tracingConfiguration; ministack drops it, and Terraform then plans to set it again, for ever."""

    def write_state_machine(data: dict[str, Any]) -> Untyped:
        answer = write(data)
        if answer[0] < 300 and "tracingConfiguration" in data:
            arn = data.get("stateMachineArn") or json.loads(answer[2])["stateMachineArn"]
            stepfunctions._state_machines[arn]["tracingConfiguration"] = data["tracingConfiguration"]
        return answer

    return write_state_machine


@contextmanager
def _scope(account: str, region: str) -> Iterator[None]:
    account_token = responses._request_account_id.set(account)
    region_token = responses._request_region.set(region)
    try:
        yield
    finally:
        responses._request_account_id.reset(account_token)
        responses._request_region.reset(region_token)
